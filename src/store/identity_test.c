/* SPDX-License-Identifier: Apache-2.0 */
#include "store/identity.h"

#include "base/rand.h"
#include "tap/tap.h"

static void put(struct tt_identities *ids, uint64_t hash, uint64_t seq)
{
	tt_identities_put(ids, &(struct tt_identity){.hash = hash, .seq = seq, .occurrences = 1});
}

static uint64_t seq_of(const struct tt_identities *ids, uint64_t hash)
{
	struct tt_identity found;

	return tt_identities_get(ids, hash, &found) ? found.seq : 0;
}

static void the_newest_is_known(void)
{
	struct tt_identities ids;

	tt_identities_init(&ids, 1 << 10, INT64_MIN);
	tap_int(seq_of(&ids, 5), 0);
	put(&ids, 5, 1);
	put(&ids, 6, 2);
	put(&ids, 5, 3);
	tap_int(seq_of(&ids, 5), 3);
	tap_int(seq_of(&ids, 6), 2);
	tt_identities_commit(&ids, 100);
	tap_int(seq_of(&ids, 5), 3);
	tt_identities_release(&ids);
}

static void a_rollback_takes_back_everything(void)
{
	struct tt_identities ids;
	struct tt_rand rand;

	tt_rand_init(&rand, 9);
	tt_identities_init(&ids, 1 << 9, INT64_MIN);
	for (uint64_t i = 1; i <= 200; i++)
		put(&ids, i * 0x9e3779b97f4a7c15u, i);
	tt_identities_commit(&ids, 1);
	for (int round = 0; round < 20; round++) { /* also with more than there is room for */
		for (uint64_t i = 0; i < 100u * (unsigned)round; i++)
			put(&ids, tt_rand_below(&rand, 1500) * 0x9e3779b97f4a7c15u, 1000 + i);
		tt_identities_rollback(&ids);
		for (uint64_t i = 0; i < 1500; i++)
			if (seq_of(&ids, i * 0x9e3779b97f4a7c15u) != (i > 0 && i <= 200 ? i : 0))
				tap_okf(false, "round %d: %llu is wrong", round,
					(unsigned long long)i);
	}
	tt_identities_release(&ids);
}

static void what_is_said_to_be_complete_is(void)
{
	struct tt_identities ids;

	tt_identities_init(&ids, 1 << 8, INT64_MIN);
	for (uint64_t i = 1; i <= 5000; i++) { /* seq i is recorded at i */
		put(&ids, i * 0x9e3779b97f4a7c15u, i);
		tt_identities_commit(&ids, (int64_t)i);
	}
	tap_ok(ids.complete_since_us > 4000 && ids.complete_since_us <= 5000);
	for (int64_t i = ids.complete_since_us; i <= 5000; i++)
		tap_int(seq_of(&ids, (uint64_t)i * 0x9e3779b97f4a7c15u), i);
	tap_int(seq_of(&ids, 0x9e3779b97f4a7c15u), 0);
	tap_ok(ids.n_slots <= 1 << 12);
	tt_identities_release(&ids);
}

static void older_ones_fill_up_but_do_not_replace(void)
{
	struct tt_identities ids;
	uint64_t n = 0;

	tt_identities_init(&ids, 1 << 6, INT64_MAX);
	put(&ids, 1, 900);
	tt_identities_commit(&ids, 0);
	tap_ok(tt_identities_put_older(&ids, &(struct tt_identity){.hash = 1, .seq = 5}));
	tap_int(seq_of(&ids, 1), 900);
	while (n < 1000 && tt_identities_put_older(
				   &ids, &(struct tt_identity){.hash = 1000 + n, .seq = 100 + n}))
		n++;
	tap_ok(n >= 16 && n < 1000);
	tap_int(seq_of(&ids, 1000), 100);
	tt_identities_release(&ids);
}

static void identities_differ_in_every_part(void)
{
	uint64_t h = tt_identity_hash(7, 1, TT_STR("ns"), TT_STR("name"));

	tap_ok(h == tt_identity_hash(7, 1, TT_STR("ns"), TT_STR("name")));
	tap_ok(h != tt_identity_hash(8, 1, TT_STR("ns"), TT_STR("name")));
	tap_ok(h != tt_identity_hash(7, 2, TT_STR("ns"), TT_STR("name")));
	tap_ok(h != tt_identity_hash(7, 1, TT_STR("n"), TT_STR("sname")));
	tap_ok(h != tt_identity_hash(7, 1, TT_STR("ns"), TT_STR("nam")));
}

int main(void)
{
	tap_test("the newest is known", the_newest_is_known);
	tap_test("a rollback takes back everything", a_rollback_takes_back_everything);
	tap_test("what is said to be complete is", what_is_said_to_be_complete_is);
	tap_test("older ones fill up but do not replace", older_ones_fill_up_but_do_not_replace);
	tap_test("identities differ in every part", identities_differ_in_every_part);
	return tap_done();
}
