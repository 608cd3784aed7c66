/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests. What the JSON reader of the hot path passes over in silence is looked for in
 * a second walk, as only writes need it. */
#include "base/arena.h"
#include "base/utf8.h"
#include "conf/yaml_json.h"
#include "event/json_decode.h"
#include "event/protobuf_decode.h"
#include "event/unknown.h"

static int read_type(
	struct tt_event_body *body, struct tt_str json, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, json, arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "kind"))
				body->kind = tt_json_string(&r);
			else if (tt_str_is(key, "apiVersion"))
				body->api_version = tt_json_string(&r);
			else
				(void)tt_json_skip(&r);
		}
	return tt_json_reader_end(&r, true, err);
}

/* The table for a body: what its apiVersion names is for the caller to compare with the URL. */
static const struct tt_message *message_of(
	const struct tt_event_body *body, enum tt_api_group group)
{
	const struct tt_message *m = group == TT_GROUP_EVENTS ? &tt_message_event_events
							      : &tt_message_event;
	const struct tt_message *named = tt_event_message(body->api_version);

	return body->api_version.len > 0 && named != NULL ? named : m;
}

static bool is_event(const struct tt_event_body *body)
{
	return body->kind.len == 0 || tt_str_is(body->kind, "Event");
}

static int decode_json(struct tt_event_body *body, enum tt_api_group group, struct tt_str json,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	int rc = read_type(body, json, arena, err);

	if (rc < 0 || !is_event(body))
		return rc;
	const struct tt_message *m = message_of(body, group);

	tt_json_reader_init(&r, json, arena);
	tt_message_read_json(&r, m, &body->event);
	rc = tt_json_reader_end(&r, true, err);
	if (rc == 0)
		tt_unknown_in_body(body, m, json, arena);
	return rc;
}

static int decode_yaml(struct tt_event_body *body, enum tt_api_group group, struct tt_str yaml,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str json, twice;
	int rc = tt_yaml_text_to_json(&json, &twice, yaml, arena, err);

	if (rc == 0 && twice.len > 0) { /* told first, as Kubernetes does */
		body->unknown = tt_arena_new(arena, struct tt_str, TT_UNKNOWN_MAX);
		body->unknown[body->n_unknown++] = tt_str_printf(
			arena, "yaml: unmarshal errors:%.*s", TT_STR_ARG(twice));
	}
	return rc == 0 ? decode_json(body, group, json, arena, err) : rc;
}

static int decode_protobuf(struct tt_event_body *body, enum tt_api_group group, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str raw;
	int rc = tt_envelope_decode_protobuf(
		&body->api_version, &body->kind, &raw, bytes, arena, err);

	if (rc == 0 && !(tt_utf8_valid(body->api_version) && tt_utf8_valid(body->kind)))
		rc = tt_fail(err, TT_EINVAL, "kind and apiVersion are not UTF-8");
	if (rc < 0 || !is_event(body))
		return rc;
	return tt_message_decode_protobuf(&body->event, message_of(body, group), raw, arena, err);
}

int tt_event_body_decode(struct tt_event_body *ret, enum tt_format format, enum tt_api_group group,
	struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	*ret = (struct tt_event_body){0};
	tt_event_init(&ret->event);
	if (bytes.len == 0 && format != TT_FORMAT_YAML) /* in Kubernetes' words, or Go's */
		return tt_fail(err, TT_EINVAL,
			"the object provided is unrecognized (must be of type Event): %s (<empty>)",
			format == TT_FORMAT_PROTOBUF ? "empty data"
						     : "couldn't get version/kind; json parse "
						       "error: unexpected end of JSON input");
	switch (format) {
	case TT_FORMAT_PROTOBUF: return decode_protobuf(ret, group, bytes, arena, err);
	case TT_FORMAT_YAML: return decode_yaml(ret, group, bytes, arena, err);
	default: return decode_json(ret, group, bytes, arena, err);
	}
}
