/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/write.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "event/prepare.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/state.h"
#include "store/ingest.h"

enum {
	DECODED_TIMES = 8, /* the memory of a body that is decoded, and of the answer, roughly */
};

static const int64_t COMMIT_WAIT_NS = 30ll * TT_NS_PER_S;

bool tt_api_write_begin(struct tt_api_write *w, struct tt_api_request *r)
{
	*w = (struct tt_api_write){.r = r};
	tt_causes_init(&w->causes, r->arena);
	return tt_serve_take_body(r->call, DECODED_TIMES, &w->body) &&
	       (r->verb == TT_VERB_DELETE || tt_api_write_options(r, &w->options));
}

void tt_api_write_end(struct tt_api_write *w)
{
	tt_batch_unref(w->found);
	if (w->lock != NULL)
		(void)pthread_mutex_unlock(w->lock);
}

/* --- the body --- */

static const char *api_version(const struct tt_api_request *r)
{
	return r->group == TT_GROUP_CORE ? "v1" : "events.k8s.io/v1";
}

bool tt_api_write_check_fields(
	struct tt_api_write *w, const struct tt_event_body *body, struct tt_str *ret)
{
	struct tt_buf text;

	if (w->options.fields == TT_FIELDS_IGNORE || body->n_unknown == 0)
		return true;
	if (w->options.fields == TT_FIELDS_WARN) {
		for (size_t i = 0; i < body->n_unknown; i++)
			tt_serve_warn(w->r->call, body->unknown[i]);
		return true;
	}
	tt_buf_init(&text, 1 << 20);
	tt_buf_text(&text, "strict decoding error: ");
	for (size_t i = 0; i < body->n_unknown; i++) {
		if (i > 0)
			tt_buf_text(&text, ", ");
		tt_buf_str(&text, body->unknown[i]);
	}
	*ret = tt_str_dup(w->r->arena, tt_buf_view(&text));
	tt_buf_release(&text);
	return false;
}

static bool check_fields(struct tt_api_write *w, const struct tt_event_body *body)
{
	struct tt_str problem;

	if (tt_api_write_check_fields(w, body, &problem))
		return true;
	tt_api_fail(w->r, 400, "Event in version \"v1\" cannot be handled as a Event: %.*s",
		TT_STR_ARG(problem));
	return false;
}

static bool check_kind(struct tt_api_write *w, const struct tt_event_body *body)
{
	struct tt_str version = body->api_version, kind = body->kind;

	if (kind.len > 0 && !tt_str_is(kind, "Event")) {
		tt_api_fail(w->r, 400,
			"%.*s in version \"%.*s\" cannot be handled as a Event: unknown conversion",
			TT_STR_ARG(kind), TT_STR_ARG(version));
		return false;
	}
	if (version.len == 0 || tt_str_is(version, api_version(w->r)))
		return true;
	tt_api_fail(w->r, 400,
		"the API version in the data (%.*s) does not match the expected API version (%s)",
		TT_STR_ARG(version), api_version(w->r));
	return false;
}

bool tt_api_write_is_here(struct tt_api_write *w, struct tt_event *e)
{
	struct tt_str name = w->r->url.name;

	if (e->metadata.namespace.len == 0)
		e->metadata.namespace = w->r->url.namespace;
	if (!tt_str_eq(e->metadata.namespace, w->r->url.namespace)) {
		tt_api_fail(w->r, 400,
			"the namespace of the provided object does not match the namespace sent on "
			"the request");
		return false;
	}
	if (name.len == 0 || tt_str_eq(e->metadata.name, name))
		return true;
	if (e->metadata.name.len == 0)
		tt_api_fail(w->r, 400,
			"the name of the object (%.*s based on URL) was undeterminable: name must "
			"be provided",
			TT_STR_ARG(name));
	else
		tt_api_fail(w->r, 400,
			"the name of the object (%.*s) does not match the name on the URL (%.*s)",
			TT_STR_ARG(e->metadata.name), TT_STR_ARG(name));
	return false;
}

bool tt_api_write_body(struct tt_api_write *w, struct tt_event *ret)
{
	struct tt_api_request *r = w->r;
	struct tt_str type = tt_http_request_header(r->call, "Content-Type");
	struct tt_event_body body;
	enum tt_format format;
	struct tt_err err;

	/* a page of another site can send what names no type, or that of a form */
	if (!tt_negotiate_body(&format, type) || (type.len == 0 && r->serve->auth == NULL)) {
		tt_api_fail_body_type(r);
		return false;
	}
	if (tt_event_body_decode(&body, format, r->group, w->body, r->arena, &err) != 0) {
		tt_api_fail(r, 400, "%s", err.msg);
		return false;
	}
	*ret = body.event;
	return check_kind(w, &body) && check_fields(w, &body) && tt_api_write_is_here(w, ret);
}

/* --- what exists --- */

static bool exists(struct tt_api_write *w, const struct tt_record *record)
{
	int64_t ttl_us = tt_serve_event_ttl(w->r->serve, w->r->cluster);

	return record->change != TT_CHANGE_DELETED &&
	       record->recorded_at_us + ttl_us > w->r->now_us;
}

bool tt_api_write_find(struct tt_api_write *w, struct tt_str name)
{
	struct tt_api_request *r = w->r;
	struct tt_identity_name identity = {r->cluster, r->url.namespace, name};
	struct tt_batch *found = NULL;
	struct tt_reader *reader;
	struct tt_err err;

	w->lock = tt_api_lock(r->serve, &identity);
	if (w->lock == NULL) {
		tt_api_fail(r, 429, "others are writing to this event, please try again");
		return false;
	}
	int rc = tt_readers_borrow(&r->serve->readers, &reader, &err);

	if (rc == 0) {
		rc = tt_reader_newest(reader, r->cluster, r->url.namespace, name, &found, &err);
		tt_readers_done(&r->serve->readers, reader);
	}
	if (rc == 0 && exists(w, &found->records[0]))
		w->found = found;
	else if (rc == 0)
		tt_batch_unref(found);
	if (rc == 0 || rc == TT_ENOTFOUND)
		return true;
	tt_api_fail_err(r, &err);
	return false;
}

/* The words and the code of an API server, odd as the latter is. */
static void fail_unnumbered(struct tt_api_request *r, struct tt_str version)
{
	tt_api_answer_status(
		r, &(struct tt_status){.status = TT_STR("Failure"),
			   .message = tt_str_printf(r->arena,
				   "strconv.ParseUint: parsing \"%.*s\": invalid syntax",
				   TT_STR_ARG(version)),
			   .code = 500});
}

bool tt_api_write_is_current(struct tt_api_write *w, struct tt_str version, struct tt_str uid)
{
	const struct tt_record *found = w->found != NULL ? &w->found->records[0] : NULL;
	struct tt_str own = found != NULL ? found->event.metadata.uid : TT_STR("");
	struct tt_api_request *r = w->r;
	struct tt_str why = TT_STR(
		"the object has been modified; please apply your changes to the latest version and "
		"try again");
	unsigned long long number = 0;

	if (version.len > 0 && !tt_str_u64(version, &number)) {
		fail_unnumbered(r, version);
		return false;
	}
	if (uid.len > 0 && !tt_str_eq(uid, own))
		why = tt_str_printf(r->arena,
			"StorageError: invalid object, Code: 4, Key: /registry/events/%.*s/%.*s, "
			"ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in "
			"precondition: %.*s, UID in object meta: %.*s",
			TT_STR_ARG(r->url.namespace), TT_STR_ARG(r->url.name), TT_STR_ARG(uid),
			TT_STR_ARG(own));
	else if (found == NULL || number == 0 || number == found->seq)
		return true;
	tt_api_answer_status(r,
		&(struct tt_status){.status = TT_STR("Failure"),
			.message = tt_str_printf(r->arena,
				"Operation cannot be fulfilled on %s \"%.*s\": "
				"%.*s",
				tt_api_resource_name(r), TT_STR_ARG(r->url.name), TT_STR_ARG(why)),
			.reason = TT_STR("Conflict"),
			.code = 409,
			.has_details = true,
			.name = r->url.name,
			.group = r->url.group,
			.kind = TT_STR("events")});
	return false;
}

/* --- what is written --- */

bool tt_api_write_is_valid(struct tt_api_write *w, const struct tt_event *e)
{
	if (w->causes.n == 0)
		return true;
	/* without the group, of whichever the request is: so 1.34 answers */
	tt_api_fail_invalid(w->r,
		&(struct tt_api_invalid){
			.kind = TT_STR("Event"), .name = e->metadata.name, .causes = &w->causes});
	return false;
}

void tt_api_write_warn_of_owners(struct tt_api_write *w, struct tt_str uids)
{
	/* what a patch makes is seen only later by an API server */
	const char *when = w->r->verb == TT_VERB_PATCH ? " after mutating admission happens" : "";

	if (uids.len > 0)
		tt_serve_warn(w->r->call,
			tt_str_printf(w->r->arena,
				".metadata.ownerReferences contains duplicate entries%s; API "
				"server dedups owner references in 1.20+, and may reject such "
				"requests as early as 1.24; please fix your requests; duplicate "
				"UID(s) observed: %.*s",
				when, TT_STR_ARG(uids)));
}

void tt_api_write_fill(struct tt_api_write *w, struct tt_event *e)
{
	uint64_t a = tt_rand_seed(), b = tt_rand_seed();
	/* RFC 9562, version 4 */
	struct tt_str uid = tt_str_printf(w->r->arena, "%08x-%04x-4%03x-%04x-%012llx",
		(unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
		(unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffff));

	tt_api_write_warn_of_owners(w, tt_event_prepare_create(e, uid, w->r->now_us, w->r->arena));
}

/* Its size in bytes, as it is sent in protobuf. Patches could make an event grow without end; an
 * API server takes no larger request, and etcd no larger object. False: answered. */
static bool measure(struct tt_api_write *w, const struct tt_event *e, size_t *ret)
{
	struct tt_buf bytes;
	bool fits;

	tt_buf_init(&bytes, TT_SERVE_BODY_MAX_BYTES);
	tt_event_encode_protobuf(&bytes, e, true);
	fits = !bytes.failed;
	*ret = bytes.len;
	tt_buf_release(&bytes);
	if (!fits)
		tt_api_fail(w->r, 413, "Request entity too large: limit is %d",
			TT_SERVE_BODY_MAX_BYTES);
	return fits;
}

bool tt_api_write_commit(
	struct tt_api_write *w, const struct tt_event *e, enum tt_change change, uint64_t *ret_seq)
{
	struct tt_api_request *r = w->r;
	struct tt_err err;
	size_t bytes;

	*ret_seq = 0;
	if (!measure(w, e, &bytes))
		return false;
	if (w->options.dry_run)
		return true;
	struct tt_batch *batch = tt_batch_new(r->cluster);
	struct tt_record *record = tt_batch_add_event(batch, change);

	tt_event_copy(&record->event, e, &batch->arena);
	record->event.metadata.resource_version = (struct tt_str){0};
	batch->bytes = bytes + sizeof(*e);
	batch->numbered = true;
	batch->counts.received = 1;
	int rc = tt_ingest_put_wait(r->serve->ingest, tt_batch_ref(batch), COMMIT_WAIT_NS, &err);

	if (rc == 0)
		*ret_seq = batch->records[0].seq;
	else
		tt_api_fail_err(r, &err);
	tt_batch_unref(batch);
	return rc == 0;
}

void tt_api_write_answer(struct tt_api_write *w, int code, const struct tt_event *e, uint64_t seq)
{
	if (seq == 0 && w->found != NULL)
		seq = w->found->records[0].seq;
	tt_api_send_event(
		w->r, code, e, seq > 0 ? tt_api_version(w->r, seq) : e->metadata.resource_version);
}
