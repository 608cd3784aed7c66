/* SPDX-License-Identifier: Apache-2.0 */
/* DELETE: the end of an event, which is a record too. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/delete_options.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/write.h"

static void answer_deleted(struct tt_api_request *r, const struct tt_event *e)
{
	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Success"),
					.has_details = true,
					.name = e->metadata.name,
					.group = r->url.group,
					.kind = TT_STR("events"),
					.uid = e->metadata.uid});
}

/* 409 unless the event is the one that is meant; false then. */
static bool is_meant(struct tt_api_write *w, const struct tt_delete_options *options)
{
	const struct tt_record *found = &w->found->records[0];
	struct tt_str name = found->event.metadata.name, uid = found->event.metadata.uid;
	struct tt_arena *arena = w->r->arena;
	struct tt_str version = tt_api_version(w->r, found->seq), why;

	if (options->has_uid && !tt_str_eq(options->uid, uid))
		why = tt_str_printf(arena,
			"the UID in the precondition (%.*s) does not match the UID in record "
			"(%.*s). The object might have been deleted and then recreated",
			TT_STR_ARG(options->uid), TT_STR_ARG(uid));
	else if (options->has_version && !tt_str_eq(options->resource_version, version))
		why = tt_str_printf(arena,
			"the ResourceVersion in the precondition (%.*s) does not match the "
			"ResourceVersion in record (%.*s). The object might have been modified",
			TT_STR_ARG(options->resource_version), TT_STR_ARG(version));
	else
		return true;
	tt_api_answer_status(w->r, &(struct tt_status){.status = TT_STR("Failure"),
					   .message = tt_str_printf(arena,
						   "Operation cannot be fulfilled on Event "
						   "\"%.*s\": %.*s",
						   TT_STR_ARG(name), TT_STR_ARG(why)),
					   .reason = TT_STR("Conflict"),
					   .code = 409,
					   .has_details = true,
					   .name = name,
					   .kind = TT_STR("Event")});
	return false;
}

/* Those of garbage collection go: nothing depends on an event. */
static void drop_finalizers(struct tt_objectmeta *meta, struct tt_arena *arena)
{
	struct tt_str *kept = tt_arena_new(arena, struct tt_str, meta->n_finalizers + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < meta->n_finalizers; i++)
		if (!tt_str_is(meta->finalizers[i], "orphan") &&
			!tt_str_is(meta->finalizers[i], "foregroundDeletion"))
			kept[n++] = meta->finalizers[i];
	meta->finalizers = kept;
	meta->n_finalizers = n;
}

/* What has finalizers is marked, and goes when the last of them is taken away. */
static void mark(struct tt_api_write *w, struct tt_event *e)
{
	uint64_t seq = w->found->records[0].seq;

	if (e->metadata.deletion_us == TT_TIME_ZERO) {
		e->metadata.deletion_us = w->r->now_us - w->r->now_us % TT_US_PER_S;
		e->metadata.has_deletion_grace_period = true;
		e->metadata.deletion_grace_period_seconds = 0;
		if (!tt_api_write_commit(w, e, TT_CHANGE_MODIFIED, &seq))
			return;
	}
	tt_api_write_answer(w, 200, e, seq);
}

static void delete_it(struct tt_api_write *w, const struct tt_delete_options *options)
{
	struct tt_event e = w->found->records[0].event;
	uint64_t seq;

	if (!is_meant(w, options))
		return;
	drop_finalizers(&e.metadata, w->r->arena);
	if (e.metadata.n_finalizers > 0)
		mark(w, &e);
	else if (tt_api_write_commit(w, &e, TT_CHANGE_DELETED, &seq))
		answer_deleted(w->r, &e);
}

void tt_api_delete(struct tt_api_request *r)
{
	struct tt_delete_options options;
	struct tt_api_write w;

	if (!tt_api_write_begin(&w, r))
		return;
	if (tt_api_delete_options(r, w.body, &options) && tt_api_write_find(&w, r->url.name)) {
		w.options.dry_run = options.dry_run.given;
		if (w.found != NULL)
			delete_it(&w, &options);
		else
			tt_api_fail_not_found(r);
	}
	tt_api_write_end(&w);
}
