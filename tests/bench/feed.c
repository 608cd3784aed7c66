/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include <stdio.h>

#include "bench.h"
#include "store/record.h"

enum { PIECE_BYTES = 16384, FRAME_MAX_BYTES = 1 << 20, CHUNK_MAX_BYTES = 64 << 20 };

static int64_t corpus_wall_us(const struct tt_clock *clock)
{
	return corpus_now_us(((const struct feed_clock *)clock)->corpus);
}

static int64_t real_mono_ns(const struct tt_clock *clock)
{
	return tt_clock_mono_ns(&tt_clock_system);
}

void feed_init(struct feed *f, enum tt_encoding encoding, int64_t start_us)
{
	*f = (struct feed){.encoding = encoding, .corpus = corpus_new(CORPUS_SEED, start_us)};
	f->clock.clock = (struct tt_clock){corpus_wall_us, real_mono_ns};
	f->clock.corpus = f->corpus;
	tt_buf_init(&f->bytes, CHUNK_MAX_BYTES);
	tt_framer_init(&f->framer, encoding == TT_ENCODING_JSON ? TT_FRAME_JSON : TT_FRAME_LENGTH32,
		FRAME_MAX_BYTES);
}

void feed_release(struct feed *f)
{
	corpus_free(f->corpus);
	tt_buf_release(&f->bytes);
	tt_framer_release(&f->framer);
}

static void note(struct feed_name *to, struct tt_str name, struct tt_str namespace)
{
	(void)snprintf(to->name, sizeof(to->name), "%.*s", TT_STR_ARG(name));
	(void)snprintf(to->namespace, sizeof(to->namespace), "%.*s", TT_STR_ARG(namespace));
}

static void note_event(struct feed *f, const struct corpus_event *e)
{
	const struct tt_objectref *about = &e->event.involved_object;

	note(&f->newest, e->event.metadata.name, e->event.metadata.namespace);
	if (tt_str_is(e->event.reason, "Scheduled"))
		note(&f->usual, about->name, about->namespace);
	else if (e->modified && tt_str_is(e->event.reason, "BackOff"))
		note(&f->noisy, about->name, about->namespace);
}

void feed_make(struct feed *f, size_t n)
{
	tt_buf_clear(&f->bytes);
	f->at = 0;
	for (size_t i = 0; i < n; i++) {
		struct corpus_event e;

		corpus_next(f->corpus, &e);
		corpus_put_frame(&f->bytes, f->encoding, &e, true);
		note_event(f, &e);
	}
	if (f->bytes.failed)
		bench_die("too many events in one piece");
}

/* The next frame, feeding the framer as a network would; false when nothing is left. */
static bool next_frame(struct feed *f, struct tt_str *ret)
{
	struct tt_err err;
	int rc;

	while ((rc = tt_framer_next(&f->framer, ret, &err)) == 0) {
		size_t n = f->bytes.len - f->at;

		if (n == 0)
			return false;
		n = n < PIECE_BYTES ? n : PIECE_BYTES;
		tt_framer_feed(&f->framer, (struct tt_str){f->bytes.data + f->at, n});
		f->at += n;
	}
	bench_check(rc, &err, "cutting frames");
	return true;
}

static void decode(
	struct feed *f, struct tt_watch_frame *frame, struct tt_str bytes, struct tt_arena *arena)
{
	struct tt_err err = {0};

	bench_check(
		tt_watch_frame_decode(frame, f->encoding, bytes, arena, &err), &err, "decoding");
}

bool feed_frame(struct feed *f, struct tt_watch_frame *ret, struct tt_arena *arena)
{
	struct tt_str bytes;

	if (!next_frame(f, &bytes))
		return false;
	decode(f, ret, bytes, arena);
	return true;
}

struct tt_batch *feed_batch(struct feed *f, size_t max)
{
	struct tt_batch *batch = tt_batch_new(TT_STR("prod"));
	struct tt_str bytes;

	while (batch->n < max && next_frame(f, &bytes)) {
		struct tt_watch_frame frame;

		/* The record outlives the framer's copy of the bytes. */
		bytes = tt_str_dup(&batch->arena, bytes);
		decode(f, &frame, bytes, &batch->arena);
		struct tt_record *record = tt_batch_add_event(
			batch, frame.type == TT_WATCH_ADDED ? TT_CHANGE_ADDED : TT_CHANGE_MODIFIED);

		record->event = frame.event;
		batch->bytes += bytes.len;
		batch->counts.received++;
		(void)tt_event_rv(&record->event, &f->rv);
	}
	if (batch->n > 0)
		tt_batch_set_position(batch, &(struct tt_position){.cluster = TT_STR("prod"),
						     .namespace = TT_STR(""),
						     .epoch = 1,
						     .rv = f->rv,
						     .last_proof_us = corpus_now_us(f->corpus)});
	return batch;
}
