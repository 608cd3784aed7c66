/* SPDX-License-Identifier: Apache-2.0 */
/* Every record comes back exactly as it was appended: from the tail, from blocks, and after the
 * log was closed and opened again. */
#include "base/mem.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000123456;

struct trip {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	struct tt_batch **sent;
	size_t n_sent;
};

static void trip_begin(struct trip *t)
{
	t->dir = sample_dir_new();
	sample_clock_init(&t->clock, NOW);
	t->store = sample_open(t->dir, &t->clock.clock);
	t->sent = NULL;
	t->n_sent = 0;
}

static void trip_end(struct trip *t)
{
	for (size_t i = 0; i < t->n_sent; i++)
		tt_batch_unref(t->sent[i]);
	tt_free(t->sent);
	tt_store_close(t->store);
	sample_dir_remove(t->dir);
}

static void send(struct trip *t, struct tt_batch *b)
{
	sample_append(t->store, tt_batch_ref(b));
	t->sent = tt_realloc(t->sent, t->n_sent + 1, sizeof(struct tt_batch *));
	t->sent[t->n_sent++] = b;
	t->clock.us += 1000;
}

static void reopen(struct trip *t)
{
	tt_store_close(t->store);
	t->store = sample_open(t->dir, &t->clock.clock);
}

/* Reads the whole log and compares it with what was sent. */
static void check_all(struct trip *t)
{
	struct tt_reader *r;
	uint64_t cursor = 0, head = tt_store_head(t->store);
	size_t batch = 0, at = 0, differences = 0, n = 0;

	tap_int(tt_reader_open(&r, t->store, NULL), 0);
	while (cursor < head) {
		struct tt_batch *got;

		if (!tap_int(tt_reader_read(r, &cursor, 700, NULL, &got, NULL), 0))
			break;
		for (size_t i = 0; i < got->n; i++, n++) {
			while (batch < t->n_sent && at >= t->sent[batch]->n) {
				batch++;
				at = 0;
			}
			differences += batch >= t->n_sent ||
				       !sample_same(
					       &got->records[i], &t->sent[batch]->records[at++]);
		}
		tt_batch_unref(got);
	}
	tap_int(differences, 0);
	tap_int(n, head);
	tt_reader_close(r);
}

static struct tt_batch *odd_batch(struct tt_rand *rand, const char *cluster, size_t n)
{
	struct tt_batch *b = tt_batch_new(tt_str_from(cluster));

	for (size_t i = 0; i < n; i++) {
		if (tt_rand_below(rand, 50) == 0)
			sample_gap(b, rand, NOW);
		else
			sample_odd_event(b, rand, NOW);
	}
	return b;
}

static void odd_events_survive(void)
{
	struct tt_rand rand;
	struct trip t;

	tt_rand_init(&rand, 7);
	trip_begin(&t);
	for (int i = 0; i < 30; i++)
		send(&t, odd_batch(&rand, i % 3 == 0 ? "edge" : "prod",
				 1 + tt_rand_below(&rand, 100)));
	check_all(&t); /* from the tail */
	reopen(&t);
	check_all(&t);
	for (int i = 0; i < 60; i++)
		send(&t, odd_batch(&rand, i % 3 == 0 ? "edge" : "prod",
				 1 + tt_rand_below(&rand, 1000)));
	check_all(&t); /* from blocks and tail */
	reopen(&t);
	check_all(&t);
	trip_end(&t);
}

static void usual_events_survive(void)
{
	struct trip t;

	trip_begin(&t);
	for (uint64_t i = 0; i < 40; i++) {
		struct tt_batch *b = tt_batch_new(TT_STR("prod"));

		for (uint64_t j = 0; j < 1000; j++) {
			uint64_t event = i * 1000 + j;

			if (j % 4 == 3) /* a repetition of one of the last 3,000 */
				sample_event(b,
					event - event * 7919 % (event < 3000 ? event + 1 : 3000),
					2 + (int32_t)(i % 9), NOW + (int64_t)event * 1000);
			else
				sample_event(b, event, 1, NOW + (int64_t)event * 1000);
		}
		send(&t, b);
	}
	check_all(&t);
	reopen(&t);
	check_all(&t);
	trip_end(&t);
}

int main(void)
{
	tap_test("every field of odd events survives tail, blocks and restart", odd_events_survive);
	tap_test("usual events survive tail, blocks and restart", usual_events_survive);
	return tap_done();
}
