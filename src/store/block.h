/* SPDX-License-Identifier: Apache-2.0 */
/* block.h - records as columns: the form of sealed blocks, and of each commit in the tail.
 *
 * A block is `n` records with consecutive seqs. Encoded it is two containers of streams: `scan`,
 * what a search looks at in every record, and `rest`, what only records that are shown need. The
 * tail keeps both, and a dictionary of its own, in one container without compression. Decoded it
 * is arrays, each made when it is first wanted. Numbers of texts refer to the dictionary of the
 * block's epoch, or of the tail blob. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "store/bytes.h"
#include "store/container.h"
#include "store/row.h"

enum { TT_BLOCK_RECORDS = 8192, TT_BLOCK_BYTES = 4 << 20, TT_BLOCK_MAX_RECORDS = 1 << 20 };

enum tt_part { TT_PART_SCAN, TT_PART_REST, TT_PARTS };

/* Stream ids; stored, never renumbered. Those up to PRED are in the scan part. */
enum tt_block_stream {
	TT_STREAM_SHAPES = 1,
	TT_STREAM_SIG,
	TT_STREAM_T,
	TT_STREAM_T_MICROS,
	TT_STREAM_CLUSTER,
	TT_STREAM_NAMESPACE,
	TT_STREAM_OBJECT,
	TT_STREAM_MESSAGE,
	TT_STREAM_PRED,
	TT_STREAM_FIELD_PATH,
	TT_STREAM_HOST,
	TT_STREAM_COUNT,
	TT_STREAM_RV,
	TT_STREAM_OBJECT_RV,
	TT_STREAM_FIRST,
	TT_STREAM_LAST,
	TT_STREAM_EVENT_TIME,
	TT_STREAM_SERIES_LAST,
	TT_STREAM_CREATION,
	TT_STREAM_SUFFIX,
	TT_STREAM_SUFFIX_NANOS,
	TT_STREAM_UID,
	TT_STREAM_RECORDED,
	TT_STREAM_EXTRA,
	TT_STREAM_N,
	/* of a tail blob, beside the above: its dictionary */
	TT_STREAM_TAIL_STRINGS = 28,
	TT_STREAM_TAIL_OBJECTS,
	TT_STREAM_TAIL_UIDS,
	TT_STREAM_TAIL_MESSAGES,
};

/* --- encoding --- */

struct tt_block_encoder;

/* Buffers for making blocks, one thread. */
struct tt_block_encoder *tt_block_encoder_new(void);
/* NULL is allowed. */
void tt_block_encoder_free(struct tt_block_encoder *e);

struct tt_block_source {
	const struct tt_row *rows;
	uint32_t n;                           /* at least 1 */
	uint64_t first_seq;                   /* of rows[0] */
	const uint8_t *extras;                /* what extra_at of the rows counts in */
	uint32_t first_object, first_message; /* numbers from here on were given in this block */
};

/* Encodes rows. Afterwards tt_block_streams() gives the streams of each part, borrowed until the
 * next call; returns their number. */
void tt_block_encode(struct tt_block_encoder *e, const struct tt_block_source *source);
size_t tt_block_streams(const struct tt_block_encoder *e, enum tt_part part,
	struct tt_stream streams[TT_CONTAINER_MAX_STREAMS]);

/* --- decoding --- */

enum tt_column {
	TT_COLUMN_SIG, /* also the table of shapes */
	TT_COLUMN_T,
	TT_COLUMN_CLUSTER,
	TT_COLUMN_NAMESPACE,
	TT_COLUMN_OBJECT,
	TT_COLUMN_MESSAGE,
	TT_COLUMN_PRED,
	TT_COLUMN_FIELD_PATH, /* from here on in the rest */
	TT_COLUMN_HOST,
	TT_COLUMN_COUNT,
	TT_COLUMN_RV,
	TT_COLUMN_OBJECT_RV,
	TT_COLUMN_LAST,
	TT_COLUMN_EVENT_TIME,
	TT_COLUMN_SERIES_LAST,
	TT_COLUMN_FIRST,
	TT_COLUMN_CREATION,
	TT_COLUMN_NANOS,
	TT_COLUMN_SUFFIX,
	TT_COLUMN_UID,
	TT_COLUMN_RECORDED,
	TT_COLUMN_EXTRA,
	TT_COLUMNS,
};

/* A combination of signature and shape that occurs in the block. */
struct tt_block_sig {
	uint32_t sig, shape;
	uint32_t n, n_skipped; /* rows that have it; of these before the first that is wanted */
};

/* A block being read. Immutable but for columns that appear; shared by threads. */
struct tt_block {
	uint64_t first_seq;
	uint32_t n;
	/* rows that columns made from now on have: all of a shared block */
	uint32_t first_wanted, end_wanted;
	pthread_mutex_t mutex;     /* over what follows */
	size_t bytes;              /* of memory in all */
	uint8_t *stored[TT_PARTS]; /* containers; NULL until given */
	struct tt_container *parts[TT_PARTS];
	struct tt_decompressor *decompressor; /* of the thread that makes a column */
	bool have[TT_COLUMNS], damaged[TT_COLUMNS];

	uint32_t *rows; /* of an excerpt: places in the block it was taken from; else NULL */
	struct tt_block_sig *sigs; /* with TT_COLUMN_SIG */
	uint32_t n_sigs;
	uint32_t *sig; /* index into sigs */
	uint32_t *cluster, *namespace, *object, *message, *field_path, *host;
	uint32_t *context; /* row before with the same object and host mode, + 1; or 0 */
	int64_t *t, *first, *last, *event_time, *series_last, *creation, *recorded;
	uint64_t *pred, *rv, *object_rv, *suffix;
	uint8_t *nanos; /* of the names that are not as before, in planes; see tt_block_mark_nanos()
			 */
	int32_t *count;
	uint8_t (*uid)[16];
	uint32_t *extra_end; /* end of the extra of each row in `extra` */
	uint8_t *extra;
};

/* A block of `n` records from `first_seq` on, without parts. */
struct tt_block *tt_block_new(uint64_t first_seq, uint32_t n);
void tt_block_free(struct tt_block *b);

/* Whether `part` was given. */
bool tt_block_has_part(struct tt_block *b, enum tt_part part);

/* Gives a stored part (copied). False if it is damaged. */
bool tt_block_set_part(struct tt_block *b, enum tt_part part, struct tt_str stored);

/* The part that holds `column`. */
static inline enum tt_part tt_column_part(enum tt_column column)
{
	return column <= TT_COLUMN_PRED ? TT_PART_SCAN : TT_PART_REST;
}

/* Lets columns that are made from now on have but rows [first, end), and none of those before that
 * follow from them alone. Of a block with TT_COLUMN_SIG that nobody else sees. */
void tt_block_want(struct tt_block *b, uint32_t first, uint32_t end);

/* The row, of a block with TT_COLUMN_PRED, from which row `i` has its name and uid. */
uint32_t tt_block_origin(const struct tt_block *b, uint32_t i);

/* Marks the rows, of a block with TT_COLUMN_NANOS, that have names of their own with a number that
 * is `nanos` modulo 10^9. */
void tt_block_mark_nanos(const struct tt_block *b, uint32_t nanos, bool *marks);

/* Makes `column` readable, and what it depends on; the part must have been given. False if it is
 * damaged. */
bool tt_block_need(struct tt_block *b, enum tt_column column, struct tt_decompressor *d);

/* Whether all columns are readable. */
bool tt_block_has_all(const struct tt_block *b);

/* Makes all columns readable. */
bool tt_block_need_all(struct tt_block *b, struct tt_decompressor *d);

/* Frees the stored parts of a block with all columns. */
void tt_block_drop_parts(struct tt_block *b);

/* Row `i` of a block with all columns; its extra is in `*ret_extra`. */
void tt_block_row(
	const struct tt_block *b, uint32_t i, struct tt_row *ret, struct tt_str *ret_extra);

/* `n` rows of a block with all columns, by their places in order, as a block of their own, whose
 * first_seq stays that of `b`. */
struct tt_block *tt_block_excerpt(const struct tt_block *b, const uint32_t *rows, uint32_t n);

/* The place of row `i` in the block, or in that from which the excerpt was taken. */
static inline uint32_t tt_block_place(const struct tt_block *b, uint32_t i)
{
	return b->rows != NULL ? b->rows[i] : i;
}

/* The seq of row `i`. */
static inline uint64_t tt_block_seq(const struct tt_block *b, uint32_t i)
{
	return b->first_seq + tt_block_place(b, i);
}

/* The row with this seq, which must be one of the block, or of the excerpt. */
uint32_t tt_block_find(const struct tt_block *b, uint64_t seq);

/* For each of `n` keys where it last stood before, + 1, or 0: in `ret`. */
void tt_find_contexts(const uint64_t *keys, uint32_t n, uint32_t *ret);

/* What joins records that likely have the same host, path and version: the object, and how its
 * host is told. */
static inline uint64_t tt_context_key(uint32_t object, uint32_t shape)
{
	return (uint64_t)object << 3 | tt_shape_get(shape, TT_SHAPE_HOST, 3);
}

/* The shape of row `i` (after TT_COLUMN_SIG). */
static inline uint32_t tt_block_shape(const struct tt_block *b, uint32_t i)
{
	return b->sigs[b->sig[i]].shape;
}
