/* SPDX-License-Identifier: Apache-2.0 */
#include "store/excerpt.h"

#include "base/mem.h"
#include "store/row.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000000000;

enum { COMMIT = 1000, COMMITS = 20, SMALL_BYTES = 200000 };

static struct scene {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	struct tt_reader *reader;
	unsigned chosen; /* how often a choice was made */
} s;

static void reopen(void)
{
	tt_reader_close(s.reader);
	tt_store_close(s.store);
	s.store = sample_open(s.dir, &s.clock.clock);
	tap_int(tt_reader_open(&s.reader, s.store, NULL), 0);
}

/* Events of every shape, and `also` in the third commit. */
static void begin(void (*also)(struct tt_batch *b))
{
	struct tt_rand rand;

	s = (struct scene){.dir = sample_dir_new()};
	sample_clock_init(&s.clock, NOW);
	tt_rand_init(&rand, 5);
	s.store = sample_open(s.dir, &s.clock.clock);
	for (uint64_t i = 0; i < COMMITS; i++) {
		struct tt_batch *b = tt_batch_new(TT_STR("prod"));

		for (uint64_t j = 0; j < COMMIT; j++)
			if (j % 10 == 3)
				sample_odd_event(b, &rand, NOW);
			else
				sample_event(b, i * COMMIT + j, 1, NOW);
		if (i == 2 && also != NULL)
			also(b);
		sample_append(s.store, b);
	}
	reopen();
}

static void end(void)
{
	tt_reader_close(s.reader);
	tt_store_close(s.store);
	sample_dir_remove(s.dir);
}

/* A reader whose cache holds nothing yet; the log that writes has looked at blocks itself. */
static struct tt_store *begin_reading(void)
{
	const struct tt_store_options options = {
		.dir = s.dir, .read_only = true, .clock = &s.clock.clock};
	struct tt_store *writing = s.store;

	tt_reader_close(s.reader);
	tap_int(tt_store_open(&s.store, &options, NULL), 0);
	tap_int(tt_reader_open(&s.reader, s.store, NULL), 0);
	return writing;
}

/* Every so manieth row, from the last of the first so many on; none if it is 0. */
static uint32_t choose(void *arg, const struct tt_block *b, uint32_t *rows)
{
	const uint32_t *step = arg;
	uint32_t n = 0;

	s.chosen++;
	for (uint32_t i = 0; *step > 0 && i < b->n; i++)
		if (i % *step == *step - 1)
			rows[n++] = i;
	return n;
}

static bool same_row(const struct tt_block *x, uint32_t i, const struct tt_block *y, uint32_t j)
{
	struct tt_row a = {0}, b = {0};
	struct tt_str a_extra, b_extra;

	tt_block_row(x, i, &a, &a_extra);
	tt_block_row(y, j, &b, &b_extra);
	a.extra_at = b.extra_at;
	return memcmp(&a, &b, sizeof(a)) == 0 && tt_str_eq(a_extra, b_extra);
}

static void an_excerpt_has_the_rows_of_its_block(void)
{
	static uint32_t steps[] = {1, 2, 97, 3000, 5000, 8192};
	enum { N = sizeof(steps) / sizeof(steps[0]) };
	struct tt_cached *items[2 * N], *whole = NULL;
	const struct tt_block *rows[2 * N];

	begin(NULL);
	tap_int(tt_reader_epoch_of(s.reader, 1, NULL), 1);
	const struct tt_block_info *info = &s.reader->blocks.items[1];

	for (size_t k = 0; k < 2 * N; k++) {
		struct tt_choice choice = {.hash = k, .choose = choose, .arg = &steps[k % N]};

		if (k == N) /* from here on from the cache */
			tap_int(tt_reader_block(s.reader, info, TT_ALL_COLUMNS, &whole, NULL), 1);
		tap_int(tt_reader_excerpt(s.reader, info, &choice, &items[k], &rows[k], NULL), 1);
	}
	for (size_t k = 0; k < 2 * N; k++) {
		uint32_t wrong = 0, step = steps[k % N];

		tap_int(rows[k]->n, info->n / step);
		for (uint32_t i = 0; i < rows[k]->n; i++) {
			uint32_t place = (i + 1) * step - 1;

			wrong += tt_block_seq(rows[k], i) != info->id + place ||
				 tt_block_find(rows[k], info->id + place) != i ||
				 !same_row(rows[k], i, whole->data, place);
		}
		tap_int(wrong, 0);
		tt_cache_done(s.store->cache, items[k], 0);
	}
	tt_reader_done(s.reader, whole);
	end();
}

static void an_excerpt_is_made_once_and_is_small(void)
{
	static uint32_t steps[] = {0, 3000};
	struct tt_cached *item;
	const struct tt_block *rows;

	begin(NULL);
	size_t before = tt_cache_bytes(s.store->cache);

	tap_int(tt_reader_epoch_of(s.reader, 1, NULL), 1);
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < s.reader->blocks.n; i++)
			for (uint64_t k = 0; k < 2; k++) {
				struct tt_choice choice = {
					.hash = k, .choose = choose, .arg = &steps[k]};

				tap_int(tt_reader_excerpt(s.reader, &s.reader->blocks.items[i],
						&choice, &item, &rows, NULL),
					1);
				tap_ok(k == 0 ? rows == NULL : rows->n == 2);
				tt_cache_done(s.store->cache, item, 0);
			}
	tap_int(s.chosen, 2 * s.reader->blocks.n);
	tap_ok(tt_cache_bytes(s.store->cache) - before < SMALL_BYTES);
	end();
}

static void an_excerpt_adds_nothing_to_a_block_in_the_cache(void)
{
	static uint32_t step = 3000;
	const struct tt_choice choice = {.hash = 1, .choose = choose, .arg = &step};
	struct tt_cached *block, *item;
	const struct tt_block *rows;

	begin(NULL);
	struct tt_store *writing = begin_reading();

	tap_int(tt_reader_epoch_of(s.reader, 1, NULL), 1);
	const struct tt_block_info *info = &s.reader->blocks.items[0];

	tap_int(tt_reader_block(s.reader, info, 1u << TT_COLUMN_T, &block, NULL), 1);
	size_t before = ((struct tt_block *)block->data)->bytes;

	tap_int(tt_reader_excerpt(s.reader, info, &choice, &item, &rows, NULL), 1);
	tap_int(rows->n, 2);
	tap_int(((struct tt_block *)block->data)->bytes, before);
	tt_cache_done(s.store->cache, item, 0);
	tt_reader_done(s.reader, block);
	tt_store_close(writing);
	end();
}

/* One event, which is told of another Pod later. */
static void move_an_event(struct tt_batch *b)
{
	for (int i = 0; i < 2; i++) {
		sample_event(b, 100000, 1 + i, NOW);
		struct tt_event *e = &b->records[b->n - 1].event;

		e->metadata.namespace = TT_STR("moved");
		e->metadata.name = TT_STR("moved");
		e->involved_object.name = i == 0 ? TT_STR("before") : TT_STR("behind");
	}
}

static size_t count_of(const char *name, bool observations)
{
	const struct tt_filter filter = {.name = tt_str_from(name), .kind = TT_STR("Pod")};
	const struct tt_view view = {.filter = &filter, .observations = observations};
	struct tt_view_answer answer;

	tap_int(tt_reader_view(s.reader, &view, &answer, NULL), 0);
	size_t n = answer.batch->n;

	tt_batch_unref(answer.batch);
	return n;
}

static void an_event_is_superseded_by_one_of_another_object(void)
{
	begin(move_an_event);
	for (int round = 0; round < 2; round++) {
		tap_int(count_of("before", true), 1);
		tap_int(count_of("before", false), 0);
		tap_int(count_of("behind", false), 1);
	}
	end();
}

/* The only record of a get. */
static uint64_t get(const char *namespace, const char *name, uint64_t max_seq)
{
	const struct tt_identity_name identity = {
		TT_STR("prod"), tt_str_from(namespace), tt_str_from(name)};
	const struct tt_range range = {.max_seq = max_seq};
	struct tt_batch *b;

	if (tt_reader_get(s.reader, &identity, &range, &b, NULL) != 0)
		return 0;
	uint64_t seq = b->records[0].seq;

	tt_batch_unref(b);
	return seq;
}

/* The same event as move_an_event(), but for a name that says when it began; and two others whose
 * names end alike. */
static void move_a_dated_event(struct tt_batch *b)
{
	static const char *const objects[] = {"other", "before", "before", "behind"};

	for (int i = 0; i < 4; i++) {
		sample_event(b, 100000, 1 + i, NOW);
		struct tt_event *e = &b->records[b->n - 1].event;
		uint64_t suffix = (uint64_t)NOW * 1000;
		struct tt_str object = tt_str_from(i == 0 ? "other" : "before");
		char name[40];
		size_t len = tt_row_name(name, sizeof(name), object, suffix);

		e->metadata.namespace = i == 1 ? TT_STR("elsewhere") : TT_STR("moved");
		e->metadata.name = tt_str_dup(&b->arena, (struct tt_str){name, len});
		e->involved_object.name = tt_str_from(objects[i]);
	}
}

static void a_get_tells_events_of_one_moment_apart(void)
{
	char other[40], before[40];
	const uint64_t first = 3 * COMMIT + 1; /* of the four */

	begin(move_a_dated_event);
	other[tt_row_name(other, sizeof(other), TT_STR("other"), (uint64_t)NOW * 1000)] = '\0';
	before[tt_row_name(before, sizeof(before), TT_STR("before"), (uint64_t)NOW * 1000)] = '\0';
	for (int round = 0; round < 2; round++) {
		tap_int(get("moved", other, 0), first);
		tap_int(get("elsewhere", before, 0), first + 1);
		tap_int(get("moved", before, 0), first + 3);
		tap_int(get("moved", before, first + 2), first + 2);
		tap_int(get("moved", before, first + 1), 0);
	}
	end();
}

static void a_history_leaves_blocks_out_of_the_cache(void)
{
	begin(NULL);
	struct tt_store *writing = begin_reading();

	for (int round = 0; round < 2; round++) {
		tap_int(count_of("web-100", true), 3);
		tap_int(count_of("web-2700", false), 3);
	}
	tap_ok(tt_cache_get(s.store->cache, TT_CACHE_BLOCK, 1) == NULL);
	tt_store_close(writing);
	end();
}

static void a_get_leaves_blocks_out_of_the_cache(void)
{
	char before[40];

	begin(move_a_dated_event);
	struct tt_store *writing = begin_reading();

	before[tt_row_name(before, sizeof(before), TT_STR("before"), (uint64_t)NOW * 1000)] = '\0';
	tap_int(get("moved", before, 0), 3 * COMMIT + 4);
	tap_ok(tt_cache_get(s.store->cache, TT_CACHE_BLOCK, 1) == NULL);
	tt_store_close(writing);
	end();
}

int main(void)
{
	tap_test("an excerpt has the rows of its block", an_excerpt_has_the_rows_of_its_block);
	tap_test("an excerpt is made once and is small", an_excerpt_is_made_once_and_is_small);
	tap_test("an excerpt adds nothing to a block in the cache",
		an_excerpt_adds_nothing_to_a_block_in_the_cache);
	tap_test("an event is superseded by one of another object",
		an_event_is_superseded_by_one_of_another_object);
	tap_test("a history leaves blocks out of the cache",
		a_history_leaves_blocks_out_of_the_cache);
	tap_test("a get tells events of one moment apart", a_get_tells_events_of_one_moment_apart);
	tap_test("a get leaves blocks out of the cache", a_get_leaves_blocks_out_of_the_cache);
	return tap_done();
}
