/* SPDX-License-Identifier: Apache-2.0 */
#include "store/filter.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/rand.h"
#include "store/grams.h"
#include "store/match.h"
#include "tap/tap.h"

static struct tt_str view(const struct tt_packer *p)
{
	return (struct tt_str){(const char *)p->data, p->len};
}

static void filters_forget_nothing_and_invent_little(void)
{
	static const size_t sizes[] = {0, 1, 7, 3000, 8192};
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i], missing = 0, invented = 0;
		uint64_t *keys = tt_malloc((2 * n + 1) * sizeof(*keys));
		struct tt_packer p = {0};

		for (size_t j = 0; j < n; j++)
			keys[j] = keys[n + j] = tt_rand_u64(&rand); /* each twice */
		tt_filter_pack(&p, keys, 2 * n);
		tap_ok(tt_filter_verify(view(&p)) && p.len <= n * 10 / 8 + 8);
		for (size_t j = 0; j < 2 * n; j++)
			missing += !tt_filter_may_have(view(&p), keys[j]);
		for (size_t j = 0; j < 100000; j++)
			invented += tt_filter_may_have(view(&p), tt_rand_u64(&rand));
		tap_int(missing, 0);
		tap_okf(invented < (n < 10 ? 3000 : 1500), "%zu of 100,000 are invented", invented);
		tt_free(keys);
		tt_packer_release(&p);
	}
}

static void a_damaged_filter_excludes_nothing(void)
{
	uint64_t keys[] = {1, 2, 3};
	struct tt_packer p = {0};

	tt_filter_pack(&p, keys, 3);
	tap_ok(!tt_filter_may_have(view(&p), 99));
	p.data[0] ^= 1;
	tap_ok(tt_filter_may_have(view(&p), 99) && !tt_filter_verify(view(&p)));
	tap_ok(tt_filter_may_have((struct tt_str){0}, 99));
	tt_packer_release(&p);
}

static void summaries_count_by_hour_and_signature(void)
{
	const int64_t hour = 3600000000ll;
	struct tt_summary s = {0};
	struct tt_summary_entry *got;
	struct tt_packer p = {0};
	size_t n;

	tt_summary_add(&s, 5 * hour + 1, 7, 3, true);
	tt_summary_add(&s, 5 * hour - 1, 7, 1, false);
	tt_summary_add(&s, 5 * hour + 99, 7, 2, true);
	tt_summary_add(&s, 5 * hour, 2, 1, false);
	tt_summary_add(&s, -1, 9, 1, false);
	tt_summary_pack(&p, &s);
	tap_ok(tt_summary_unpack(view(&p), &got, &n));
	static const struct tt_summary_entry wanted[] = {
		{-1, 9, 1, 1, 0}, {4, 7, 1, 1, 0}, {5, 2, 1, 1, 0}, {5, 7, 2, 5, 2}};

	tap_int(n, 4);
	for (size_t i = 0; i < n && i < 4; i++)
		tap_okf(got[i].hour == wanted[i].hour && got[i].sig == wanted[i].sig &&
				got[i].observations == wanted[i].observations &&
				got[i].occurrences == wanted[i].occurrences &&
				got[i].warnings == wanted[i].warnings,
			"entry %zu", i);
	tt_free(got);
	p.data[p.len - 1] ^= 1;
	tap_ok(!tt_summary_unpack(view(&p), &got, &n));
	tt_packer_release(&p);
	tt_summary_release(&s);
}

static void grams_rule_out_most_absent_words(void)
{
	struct tt_packer text = {0}, p = {0};
	struct tt_rand rand;
	char line[100];

	tt_rand_init(&rand, 4);
	for (int i = 0; i < 3000; i++) {
		int n = snprintf(line, sizeof(line), "Created pod: web-%05llx in %llu ms",
			(unsigned long long)tt_rand_below(&rand, 1 << 20),
			(unsigned long long)tt_rand_below(&rand, 10000));

		tt_pack_bytes(&text, line, (size_t)n);
	}
	tt_grams_pack(&p, view(&text));
	tap_ok(tt_grams_verify(view(&p)));
	static const struct {
		const char *needle;
		bool may;
	} cases[] = {{"Created pod", true}, {"ms", true}, {"", true}, {"pod: web-", true},
		{"xyzzy", false}, {"Deleted pod", false}, {"created", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_okf(tt_grams_may_have(view(&p), tt_str_from(cases[i].needle)) == cases[i].may,
			"%s", cases[i].needle);
	p.data[9] ^= 1;
	tap_ok(tt_grams_may_have(view(&p), TT_STR("xyzzy")));
	tt_packer_release(&text);
	tt_packer_release(&p);
}

static void searching_finds_the_first_place(void)
{
	struct tt_rand rand;
	char text[400];

	tt_rand_init(&rand, 6);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)tt_rand_below(&rand, sizeof(text) + 1);
		size_t from = (size_t)tt_rand_below(&rand, n + 1);
		size_t len = (size_t)tt_rand_below(&rand, n - from + 1);

		for (size_t i = 0; i < n; i++)
			text[i] = (char)('a' + tt_rand_below(&rand, 2 + (unsigned)round % 3));
		if (len > 12)
			len = 1 + len % 12;
		struct tt_str needle = {text + from, len};
		char copy[16] = "";

		if (len > 0)
			memcpy(copy, needle.data, len);
		if (len > 0 && round % 2 == 0) /* often absent */
			copy[len / 2] = 'z';
		needle.data = copy;
		if (tt_search(text, n, needle) != memmem(text, n, copy, len)) {
			tap_okf(false, "round %d", round);
			return;
		}
	}
}

int main(void)
{
	tap_test("filters forget nothing and invent little",
		filters_forget_nothing_and_invent_little);
	tap_test("a damaged filter excludes nothing", a_damaged_filter_excludes_nothing);
	tap_test("summaries count by hour and signature", summaries_count_by_hour_and_signature);
	tap_test("grams rule out most absent words", grams_rule_out_most_absent_words);
	tap_test("searching finds the first place", searching_finds_the_first_place);
	return tap_done();
}
