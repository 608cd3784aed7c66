/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes, watch frames and lists in protobuf. */
#include "base/arena.h"
#include "event/message_protobuf.h"
#include "event/protobuf_decode.h"
#include "event/watch.h"
#include "wire/protobuf.h"

/* A stand-alone object: runtime.Unknown behind k8s\0. */
struct object {
	struct tt_str api_version, kind, raw;
	bool has_raw;
};

static bool read_type_meta(struct tt_pb_decoding *d, struct tt_str bytes, struct object *o)
{
	struct tt_pb_reader r;
	struct tt_pb_field f;

	tt_pb_reader_init(&r, bytes);
	while (tt_pb_next(&r, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH))
			o->api_version = f.bytes;
		else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			o->kind = f.bytes;
	}
	return !r.failed || tt_pb_decoding_fail(d, "malformed type meta", r.at);
}

static bool read_envelope(struct tt_pb_decoding *d, struct tt_str bytes, struct object *o)
{
	static const char prefix[4] = "k8s";
	struct tt_pb_reader r;
	struct tt_pb_field f;

	if (bytes.len < sizeof(prefix) || memcmp(bytes.data, prefix, sizeof(prefix)) != 0)
		return tt_pb_decoding_fail(d, "expected k8s and a NUL byte", bytes.data);
	tt_pb_reader_init(
		&r, (struct tt_str){bytes.data + sizeof(prefix), bytes.len - sizeof(prefix)});
	while (tt_pb_next(&r, &f)) {
		if (f.key == TT_PB_KEY(2, TT_PB_LENGTH)) {
			o->raw = f.bytes;
			o->has_raw = true;
		} else if (f.key == TT_PB_KEY(1, TT_PB_LENGTH) && !read_type_meta(d, f.bytes, o)) {
			return false;
		}
	}
	if (r.failed)
		return tt_pb_decoding_fail(d, "malformed envelope", r.at);
	return o->has_raw || tt_pb_decoding_fail(d, "envelope without an object", bytes.data);
}

static bool read_event(struct tt_pb_decoding *d, const struct object *o, struct tt_event *e)
{
	const struct tt_message *m = tt_event_message(o->api_version);

	if (o->kind.len > 0 && !tt_str_is(o->kind, "Event"))
		return tt_pb_decoding_fail(d, "kind is not Event", o->kind.data);
	if (m == NULL)
		return tt_pb_decoding_fail(
			d, "apiVersion is none that has Events", o->api_version.data);
	return tt_message_read_protobuf(d, m, o->raw, e);
}

static struct tt_pb_decoding decoding_of(struct tt_str bytes, struct tt_arena *arena)
{
	return (struct tt_pb_decoding){
		.bytes = {bytes.len > 0 ? bytes.data : "", bytes.len}, .arena = arena};
}

int tt_event_decode_protobuf(
	struct tt_event *e, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_pb_decoding d = decoding_of(bytes, arena);
	struct object o = {0};

	if (read_envelope(&d, d.bytes, &o))
		(void)read_event(&d, &o, e);
	return tt_pb_decoding_end(&d, err);
}

int tt_envelope_decode_protobuf(struct tt_str *ret_api_version, struct tt_str *ret_kind,
	struct tt_str *ret_raw, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_pb_decoding d = decoding_of(bytes, arena);
	struct object o = {0};

	(void)read_envelope(&d, d.bytes, &o);
	*ret_api_version = o.api_version;
	*ret_kind = o.kind;
	*ret_raw = o.raw;
	return tt_pb_decoding_end(&d, err);
}

int tt_message_decode_protobuf(struct tt_event *e, const struct tt_message *m, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_pb_decoding d = decoding_of(bytes, arena);

	(void)tt_message_read_protobuf(&d, m, d.bytes, e);
	return tt_pb_decoding_end(&d, err);
}

int tt_event_decode_item_protobuf(
	struct tt_event *e, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	return tt_message_decode_protobuf(e, &tt_message_event, bytes, arena, err);
}

static bool read_status(struct tt_pb_decoding *d, const struct object *o, struct tt_status *status)
{
	if (o->kind.len > 0 && !tt_str_is(o->kind, "Status"))
		return tt_pb_decoding_fail(d, "kind is not Status", o->kind.data);
	return tt_message_read_protobuf(d, &tt_message_status, o->raw, status);
}

int tt_status_decode_protobuf(
	struct tt_status *status, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_pb_decoding d = decoding_of(bytes, arena);
	struct object o = {0};

	if (read_envelope(&d, d.bytes, &o))
		(void)read_status(&d, &o, status);
	return tt_pb_decoding_end(&d, err);
}

/* The raw bytes of a runtime.RawExtension. */
static bool read_raw_extension(
	struct tt_pb_decoding *d, struct tt_str bytes, struct tt_str *ret_raw)
{
	struct tt_pb_reader r;
	struct tt_pb_field f;

	tt_pb_reader_init(&r, bytes);
	while (tt_pb_next(&r, &f))
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH))
			*ret_raw = f.bytes;
	return !r.failed || tt_pb_decoding_fail(d, "malformed watch object", r.at);
}

/* The type and the enveloped object of a metav1.WatchEvent. */
static bool read_watch_event(
	struct tt_pb_decoding *d, enum tt_watch_type *ret_type, struct object *o)
{
	struct tt_str type = {0}, raw = {0};
	struct tt_pb_reader r;
	struct tt_pb_field f;

	tt_pb_reader_init(&r, d->bytes);
	while (tt_pb_next(&r, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH))
			type = f.bytes;
		else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH) &&
			 !read_raw_extension(d, f.bytes, &raw))
			return false;
	}
	if (r.failed)
		return tt_pb_decoding_fail(d, "malformed watch event", r.at);
	if (raw.data == NULL)
		return tt_pb_decoding_fail(d, "watch event without an object", r.at);
	if (!tt_watch_type_parse(type, ret_type))
		return tt_pb_decoding_fail(d, "unknown type of watch event", d->bytes.data);
	return read_envelope(d, raw, o);
}

int tt_watch_frame_decode_protobuf(struct tt_watch_frame *frame, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_pb_decoding d = decoding_of(bytes, arena);
	struct object o = {0};

	if (read_watch_event(&d, &frame->type, &o)) {
		if (frame->type == TT_WATCH_ERROR)
			(void)read_status(&d, &o, &frame->status);
		else
			(void)read_event(&d, &o, &frame->event);
	}
	return tt_pb_decoding_end(&d, err);
}

/* One item of a list; returns what the callback returns. */
static int give_item(struct tt_pb_decoding *d, const struct tt_message *m, struct tt_str bytes,
	const struct tt_list_sink *sink)
{
	struct tt_pb_decoding inner = {.bytes = d->bytes, .arena = d->arena};
	struct tt_event *e = tt_arena_alloc(d->arena, sizeof(*e), _Alignof(struct tt_event));
	struct tt_err item_err = {0};

	tt_event_init(e);
	if (tt_message_read_protobuf(&inner, m, bytes, e))
		return sink->item(sink->arg, e, NULL);
	(void)tt_pb_decoding_end(&inner, &item_err);
	return sink->item(sink->arg, e, &item_err);
}

int tt_eventlist_decode_protobuf(struct tt_listmeta *ret_meta, struct tt_str bytes,
	struct tt_arena *arena, const struct tt_list_sink *sink, struct tt_err *err)
{
	struct tt_pb_decoding d = decoding_of(bytes, arena);
	const struct tt_message *m;
	struct object o = {0};
	struct tt_pb_reader r;
	struct tt_pb_field f;

	if (!read_envelope(&d, d.bytes, &o))
		return tt_pb_decoding_end(&d, err);
	m = tt_event_message(o.api_version);
	if (m == NULL || (o.kind.len > 0 && !tt_str_is(o.kind, "EventList"))) {
		tt_pb_decoding_fail(&d, "not an EventList", d.bytes.data);
		return tt_pb_decoding_end(&d, err);
	}
	tt_pb_reader_init(&r, o.raw);
	while (tt_pb_next(&r, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH)) {
			if (!tt_message_read_protobuf(&d, &tt_message_listmeta, f.bytes, ret_meta))
				break;
		} else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH)) {
			int rc = give_item(&d, m, f.bytes, sink);

			if (rc < 0)
				return rc;
		}
	}
	if (r.failed)
		tt_pb_decoding_fail(&d, "malformed list", r.at);
	return tt_pb_decoding_end(&d, err);
}
