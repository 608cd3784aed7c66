/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "tap/tap.h"

enum { N_EVENTS = 200000 };

static uint64_t stream_hash(uint64_t seed, enum tt_encoding encoding, bool managed)
{
	struct corpus *c = corpus_new(seed, CORPUS_START_US);
	struct corpus_event e;
	struct tt_buf b;
	uint64_t hash = 0;

	tt_buf_init(&b, 1 << 20);
	for (int i = 0; i < 2000; i++) {
		corpus_next(c, &e);
		tt_buf_clear(&b);
		corpus_put_frame(&b, encoding, &e, managed);
		hash = tt_hash(b.data, b.len, hash);
	}
	tt_buf_release(&b);
	corpus_free(c);
	return hash;
}

/* Figures of different days and machines are comparable only while these values stay. */
static void the_stream_never_changes(void)
{
	tap_int(stream_hash(CORPUS_SEED, TT_ENCODING_JSON, true), 0xb1535a952ba7b423u);
	tap_int(stream_hash(CORPUS_SEED, TT_ENCODING_PROTOBUF, true), 0x6a15bfee3276a58eu);
	tap_ok(stream_hash(CORPUS_SEED + 1, TT_ENCODING_PROTOBUF, true) !=
		stream_hash(CORPUS_SEED, TT_ENCODING_PROTOBUF, true));
}

static void decodes_as(enum tt_encoding encoding, bool managed)
{
	struct corpus *c = corpus_new(CORPUS_SEED, CORPUS_START_US);
	struct tt_arena arena = {0};
	struct tt_buf b;

	tt_buf_init(&b, 1 << 20);
	for (int i = 0; i < 20000; i++) {
		struct corpus_event e;
		struct tt_watch_frame frame;
		struct tt_err err = {0};

		corpus_next(c, &e);
		tt_buf_clear(&b);
		corpus_put_frame(&b, encoding, &e, managed);
		struct tt_str bytes = tt_buf_view(&b);

		if (encoding == TT_ENCODING_PROTOBUF)
			bytes = (struct tt_str){bytes.data + 4, bytes.len - 4};
		int rc = tt_watch_frame_decode(&frame, encoding, bytes, &arena, &err);

		if (!tap_okf(rc == 0, "event %d: %s", i, err.msg) ||
			!tap_int(frame.type, e.modified ? TT_WATCH_MODIFIED : TT_WATCH_ADDED) ||
			!tap_okf(tt_event_equal(&frame.event, &e.event), "event %d differs", i))
			break;
		tt_arena_clear(&arena);
	}
	tt_buf_release(&b);
	tt_arena_release(&arena);
	corpus_free(c);
}

static void frames_decode_to_the_event(void)
{
	decodes_as(TT_ENCODING_JSON, false);
	decodes_as(TT_ENCODING_JSON, true);
	decodes_as(TT_ENCODING_PROTOBUF, false);
	decodes_as(TT_ENCODING_PROTOBUF, true);
}

/* Without managedFields a frame is what our encoder writes, which golden data of a real API server
 * hold to account. */
static void frames_are_those_of_the_encoder(void)
{
	static const enum tt_encoding encodings[] = {TT_ENCODING_JSON, TT_ENCODING_PROTOBUF};
	struct corpus *c = corpus_new(CORPUS_SEED, CORPUS_START_US);
	struct tt_buf ours, theirs;

	tt_buf_init(&ours, 1 << 20);
	tt_buf_init(&theirs, 1 << 20);
	for (int i = 0; i < 20000; i++) {
		struct corpus_event e;
		enum tt_encoding encoding = encodings[i % 2];

		corpus_next(c, &e);
		tt_buf_clear(&ours);
		tt_buf_clear(&theirs);
		corpus_put_frame(&ours, encoding, &e, false);
		tt_watch_frame_encode(&theirs, encoding,
			e.modified ? TT_WATCH_MODIFIED : TT_WATCH_ADDED, &e.event);
		if (!tap_str_at(
			    tt_buf_view(&ours), tt_buf_view(&theirs), __FILE__, __LINE__, "frame"))
			break;
	}
	tt_buf_release(&ours);
	tt_buf_release(&theirs);
	corpus_free(c);
}

struct counts {
	double modified, warnings, message_bytes, objects, messages, identities, json, protobuf;
	double json_managed, protobuf_managed;
	size_t reasons, namespaces;
	bool ascending;
};

static double frame_bytes(
	struct tt_buf *b, enum tt_encoding encoding, const struct corpus_event *e, bool managed)
{
	tt_buf_clear(b);
	corpus_put_frame(b, encoding, e, managed);
	return (double)b->len / N_EVENTS;
}

static void count(struct counts *n)
{
	struct corpus *c = corpus_new(CORPUS_SEED, CORPUS_START_US);
	struct tt_map objects = {0}, messages = {0}, identities = {0}, reasons = {0}, spaces = {0};
	struct tt_buf b;
	int64_t before_us = CORPUS_START_US;

	*n = (struct counts){.ascending = true};
	tt_buf_init(&b, 1 << 20);
	for (int i = 0; i < N_EVENTS; i++) {
		struct corpus_event e;

		corpus_next(c, &e);
		n->modified += (double)e.modified / N_EVENTS;
		n->warnings += (double)tt_str_is(e.event.type, "Warning") / N_EVENTS;
		n->message_bytes += (double)e.event.message.len / N_EVENTS;
		(void)tt_map_put(&objects, tt_hash_str(e.event.involved_object.uid, 0), NULL);
		(void)tt_map_put(&messages, tt_hash_str(e.event.message, 0), NULL);
		(void)tt_map_put(&identities, tt_hash_str(e.event.metadata.uid, 0), NULL);
		(void)tt_map_put(&reasons, tt_hash_str(e.event.reason, 0), NULL);
		(void)tt_map_put(&spaces, tt_hash_str(e.event.metadata.namespace, 0), NULL);
		n->json += frame_bytes(&b, TT_ENCODING_JSON, &e, false);
		n->json_managed += frame_bytes(&b, TT_ENCODING_JSON, &e, true);
		n->protobuf += frame_bytes(&b, TT_ENCODING_PROTOBUF, &e, false);
		n->protobuf_managed += frame_bytes(&b, TT_ENCODING_PROTOBUF, &e, true);
		n->ascending &= corpus_now_us(c) >= before_us;
		before_us = corpus_now_us(c);
	}
	n->objects = (double)objects.n / N_EVENTS;
	n->messages = (double)messages.n / N_EVENTS;
	n->identities = (double)identities.n / N_EVENTS;
	n->reasons = reasons.n;
	n->namespaces = spaces.n;
	tt_map_release(&objects);
	tt_map_release(&messages);
	tt_map_release(&identities);
	tt_map_release(&reasons);
	tt_map_release(&spaces);
	tt_buf_release(&b);
	corpus_free(c);
}

static void near(const char *what, double got, double low, double high)
{
	tap_okf(got >= low && got <= high, "%s: %.4f, want %.4f to %.4f", what, got, low, high);
}

static void statistics_are_those_of_a_busy_cluster(void)
{
	struct counts n;

	count(&n);
	near("modified", n.modified, 0.19, 0.22);
	near("warnings", n.warnings, 0.20, 0.24);
	near("bytes of a message", n.message_bytes, 72, 77);
	near("objects per event", n.objects, 0.12, 0.14);
	near("messages per event", n.messages, 0.30, 0.36);
	near("identities per event", n.identities, 0.78, 0.81);
	near("JSON", n.json_managed, 1215, 1245);
	near("JSON without managedFields", n.json, 860, 890);
	near("protobuf", n.protobuf_managed, 750, 775);
	near("protobuf without managedFields", n.protobuf, 490, 507);
	tap_int(n.reasons, 28);
	tap_ok(n.namespaces >= 45 && n.namespaces <= 50);
	tap_ok(n.ascending);
}

int main(void)
{
	tap_test("the_stream_never_changes", the_stream_never_changes);
	tap_test("frames_decode_to_the_event", frames_decode_to_the_event);
	tap_test("frames_are_those_of_the_encoder", frames_are_those_of_the_encoder);
	tap_test("statistics_are_those_of_a_busy_cluster", statistics_are_those_of_a_busy_cluster);
	return tap_done();
}
