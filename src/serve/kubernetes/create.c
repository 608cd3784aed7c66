/* SPDX-License-Identifier: Apache-2.0 */
/* POST: a new event. */
#include "base/arena.h"
#include "base/rand.h"
#include "base/timestamp.h"
#include "event/prepare.h"
#include "event/validate.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/write.h"

static void fail_exists(struct tt_api_request *r, const struct tt_event *found)
{
	struct tt_str name = found->metadata.name;
	bool goes = found->metadata.deletion_us != TT_TIME_ZERO;
	struct tt_str text = tt_str_printf(r->arena, "%s%s \"%.*s\" already exists",
		goes ? "object is being deleted: " : "", tt_api_resource_name(r), TT_STR_ARG(name));

	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = text,
					.reason = TT_STR("AlreadyExists"),
					.code = 409,
					.has_details = true,
					.name = name,
					.group = r->url.group,
					.kind = TT_STR("events")});
}

/* The words and the code of an API server, odd as the latter is. */
static void fail_versioned(struct tt_api_request *r)
{
	tt_api_answer_status(
		r, &(struct tt_status){.status = TT_STR("Failure"),
			   .message = TT_STR(
				   "resourceVersion should not be set on objects to be created"),
			   .code = 500});
}

static bool has_version(const struct tt_event *e)
{
	unsigned long long number;

	return tt_str_u64(e->metadata.resource_version, &number) && number > 0;
}

static void create(struct tt_api_write *w, struct tt_event *e)
{
	struct tt_rand rand;
	uint64_t seq;

	tt_rand_init(&rand, tt_rand_seed());
	tt_api_write_fill(w, e);
	tt_event_generate_name(e, &rand, w->r->arena);
	tt_event_validate(e, w->r->group, &w->causes);
	if (!tt_api_write_is_valid(w, e) || !tt_api_write_find(w, e->metadata.name))
		return;
	if (!w->options.dry_run && has_version(e))
		fail_versioned(w->r);
	else if (w->found != NULL)
		fail_exists(w->r, &w->found->records[0].event);
	else if (tt_api_write_commit(w, e, TT_CHANGE_ADDED, &seq))
		tt_api_write_answer(w, 201, e, seq);
}

void tt_api_create(struct tt_api_request *r)
{
	struct tt_api_write w;
	struct tt_event e;

	if (!tt_api_write_begin(&w, r))
		return;
	if (tt_api_write_body(&w, &e))
		create(&w, &e);
	tt_api_write_end(&w);
}
