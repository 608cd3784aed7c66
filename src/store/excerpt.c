/* SPDX-License-Identifier: Apache-2.0 */
#include "store/excerpt.h"

#include "base/hash.h"
#include "base/mem.h"

enum { OVERHEAD_BYTES = 400 /* of the allocator, for the many small arrays of a block */ };

struct excerpt {
	uint64_t block, hash;
	struct tt_block *rows; /* NULL: none */
};

static void free_excerpt(void *data)
{
	struct excerpt *e = data;

	tt_block_free(e->rows);
	tt_free(e);
}

static struct excerpt *excerpt_new(
	uint64_t hash, const struct tt_block *b, const uint32_t *rows, uint32_t n)
{
	struct excerpt *e = tt_calloc(1, sizeof(*e));

	*e = (struct excerpt){b->first_seq, hash, n > 0 ? tt_block_excerpt(b, rows, n) : NULL};
	return e;
}

/* The first row that the chosen ones, in order, need. */
static uint32_t first_of(const struct tt_block *b, const uint32_t *rows, uint32_t n)
{
	uint32_t first = rows[0];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t origin = tt_block_origin(b, rows[i]);

		first = origin < first ? origin : first;
	}
	return first;
}

/* The block in the cache, if it has all columns. */
static struct tt_cached *get_whole(struct tt_reader *r, uint64_t id)
{
	struct tt_cached *item = tt_cache_get(r->store->cache, TT_CACHE_BLOCK, id);

	if (item == NULL || tt_block_has_all(item->data))
		return item;
	tt_reader_done(r, item);
	return NULL;
}

/* From the block in the cache, or from one that is not put there: it would push out others that
 * are wanted whole. Of that one no rows are made but those from the first to the last one chosen.
 * Like tt_reader_block(). */
static int read_excerpt(struct tt_reader *r, const struct tt_block_info *info,
	const struct tt_choice *choice, struct excerpt **ret, struct tt_err *err)
{
	struct tt_cached *item = get_whole(r, info->id);
	struct tt_block *b = item != NULL ? item->data : tt_block_new(info->id, info->n);
	uint32_t *rows = tt_malloc(info->n * sizeof(*rows)), n = 0;
	uint32_t columns = choice->columns | 1u << TT_COLUMN_SIG | 1u << TT_COLUMN_PRED;
	int rc = tt_reader_columns(r, info, b, columns, err);

	if (rc > 0)
		n = choice->choose(choice->arg, b, rows);
	if (n > 0 && item == NULL)
		tt_block_want(b, first_of(b, rows, n), rows[n - 1] + 1);
	if (n > 0)
		rc = tt_reader_columns(r, info, b, TT_ALL_COLUMNS, err);
	if (rc > 0)
		*ret = excerpt_new(choice->hash, b, rows, n);
	tt_free(rows);
	if (item != NULL)
		tt_reader_done(r, item);
	else
		tt_block_free(b);
	return rc;
}

int tt_reader_excerpt(struct tt_reader *r, const struct tt_block_info *info,
	const struct tt_choice *choice, struct tt_cached **ret, const struct tt_block **ret_rows,
	struct tt_err *err)
{
	uint64_t id = tt_hash(&info->id, sizeof(info->id), choice->hash);
	struct excerpt *e = NULL;

	if (info->n == 0 || info->n > TT_BLOCK_MAX_RECORDS)
		return 0;
	while ((*ret = tt_cache_get(r->store->cache, TT_CACHE_EXCERPT, id)) != NULL) {
		e = (*ret)->data;
		if (e->block == info->id && e->hash == choice->hash)
			break;
		tt_cache_done(r->store->cache, *ret, 0); /* another with the same number */
		id++;
	}
	if (*ret == NULL) {
		int rc = read_excerpt(r, info, choice, &e, err);

		if (rc <= 0)
			return rc;
		size_t bytes = sizeof(*e) + (e->rows != NULL ? e->rows->bytes + OVERHEAD_BYTES : 0);

		*ret = tt_cache_put(r->store->cache, TT_CACHE_EXCERPT, id, e, bytes, free_excerpt);
		e = (*ret)->data;
	}
	*ret_rows = e->rows;
	return 1;
}
