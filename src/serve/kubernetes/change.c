/* SPDX-License-Identifier: Apache-2.0 */
/* PUT and PATCH: another state of an event. */
#include "base/arena.h"
#include "base/timestamp.h"
#include "event/patch.h"
#include "event/prepare.h"
#include "event/unknown.h"
#include "event/validate.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/write.h"

/* From the state that exists to `e`; one that is the same is no write. */
static void change(struct tt_api_write *w, struct tt_event *e)
{
	const struct tt_event *old = &w->found->records[0].event;
	uint64_t seq = w->found->records[0].seq;

	tt_api_write_warn_of_owners(w, tt_event_prepare_update(e, old, w->r->arena));
	e->metadata.resource_version = old->metadata.resource_version;
	tt_event_validate_update(e, old, w->r->group, &w->causes);
	if (!tt_api_write_is_valid(w, e))
		return;
	/* it waited for its last finalizer */
	bool ends = old->metadata.deletion_us != TT_TIME_ZERO && e->metadata.n_finalizers == 0;

	if (!tt_event_equal(e, old) &&
		!tt_api_write_commit(w, e, ends ? TT_CHANGE_DELETED : TT_CHANGE_MODIFIED, &seq))
		return;
	/* the last state of what ends is that of the version it has had */
	tt_api_write_answer(w, 200, e, ends ? w->found->records[0].seq : seq);
}

/* A PUT of what does not exist makes it, for who may do that. */
static void put_new(struct tt_api_write *w, struct tt_event *e)
{
	uint64_t seq;

	w->r->verb = TT_VERB_CREATE;
	tt_api_write_fill(w, e);
	tt_event_validate(e, w->r->group, &w->causes);
	if (tt_api_write_is_valid(w, e) && tt_api_authorize(w->r) &&
		tt_api_write_commit(w, e, TT_CHANGE_ADDED, &seq))
		tt_api_write_answer(w, 201, e, seq);
}

void tt_api_update(struct tt_api_request *r)
{
	struct tt_api_write w;
	struct tt_event e;

	if (!tt_api_write_begin(&w, r))
		return;
	if (tt_api_write_body(&w, &e) && tt_api_write_find(&w, r->url.name) &&
		tt_api_write_is_current(&w, e.metadata.resource_version, e.metadata.uid)) {
		if (w.found != NULL)
			change(&w, &e);
		else
			put_new(&w, &e);
	}
	tt_api_write_end(&w);
}

static bool take_type(struct tt_api_request *r, enum tt_patch_type *ret)
{
	struct tt_str type = tt_media_type(tt_http_request_header(r->call, "Content-Type"));

	if (tt_str_is(type, "application/merge-patch+json"))
		*ret = TT_PATCH_MERGE;
	else if (tt_str_is(type, "application/strategic-merge-patch+json"))
		*ret = TT_PATCH_STRATEGIC;
	else {
		tt_api_fail(r, 415,
			"the body of the request was in an unknown format - accepted media types "
			"include: application/merge-patch+json, "
			"application/strategic-merge-patch+json");
		return false;
	}
	return true;
}

/* What the patch makes is no event. */
static void fail_unfit(struct tt_api_write *w, struct tt_str problem)
{
	tt_causes_add(&w->causes, "FieldValueInvalid", "patch",
		tt_str_printf(w->r->arena, "Invalid value: %.*s", TT_STR_ARG(problem)));
	tt_api_fail_invalid(
		w->r, &(struct tt_api_invalid){
			      .kind = TT_STR(""), .name = TT_STR(""), .causes = &w->causes});
}

static bool check_fields(struct tt_api_write *w, enum tt_patch_type type)
{
	struct tt_api_request *r = w->r;
	struct tt_event_body told = {0};
	struct tt_str problem;

	tt_unknown_in_patch(&told, type, r->group, w->body, r->arena);
	if (tt_api_write_check_fields(w, &told, &problem))
		return true;
	fail_unfit(w, problem);
	return false;
}

static void patch(struct tt_api_write *w, enum tt_patch_type type)
{
	struct tt_api_request *r = w->r;
	const struct tt_event *old = &w->found->records[0].event;
	struct tt_event e = *old;
	struct tt_err err;

	e.metadata.resource_version = e.metadata.uid = (struct tt_str){0};
	int rc = tt_event_patch(&e, type, r->group, w->body, r->arena, &err);

	if (rc == TT_EUNFIT)
		fail_unfit(w, tt_str_from(err.msg));
	else if (rc != 0)
		tt_api_fail(r, 400, "%s", err.msg);
	else if (check_fields(w, type) && tt_api_write_is_here(w, &e) &&
		 tt_api_write_is_current(w, e.metadata.resource_version, TT_STR("")))
		change(w, &e);
}

void tt_api_patch(struct tt_api_request *r)
{
	enum tt_patch_type type;
	struct tt_api_write w;

	if (!take_type(r, &type) || !tt_api_write_begin(&w, r))
		return;
	if (tt_api_write_find(&w, r->url.name)) {
		if (w.found != NULL)
			patch(&w, type);
		else
			tt_api_fail_not_found(r);
	}
	tt_api_write_end(&w);
}
