/* SPDX-License-Identifier: Apache-2.0 */
/* row.h - a record as numbers: what the tail and the blocks store of it beside the texts, which
 * are numbers of dictionary entries here.
 *
 * The shape of a row says which of its fields are there and how they follow from others, so that
 * the usual event needs few numbers and every event comes back exactly. What has no place in the
 * numbers is in `extra`, a list of tagged values (extra.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/bytes.h"
#include "store/record.h"

/* How a time is stored: not there, the same as its reference, or its distance from it in whole
 * seconds or in microseconds. */
enum tt_time_mode { TT_TIME_ABSENT, TT_TIME_SAME, TT_TIME_IN_SECONDS, TT_TIME_IN_MICROS };

/* How a text that is nearly always of one form is stored. */
enum tt_text_mode { TT_TEXT_EMPTY, TT_TEXT_USUAL, TT_TEXT_EXTRA };

/* What source.host and reportingInstance have to do with each other. */
enum tt_host_mode {
	TT_HOST_NONE,      /* both are empty */
	TT_HOST_BOTH,      /* the same text */
	TT_HOST_ONLY,      /* no instance */
	TT_HOST_INSTANCE,  /* no host; the row's host is the instance */
	TT_HOST_DIFFERENT, /* the instance is in extra */
};

enum tt_count_mode {
	TT_COUNT_ALONE, /* no series: the row's count is `count` */
	TT_COUNT_ZERO,  /* a series, and count is 0 */
	TT_COUNT_SAME,  /* a series, and count is the same */
	TT_COUNT_EXTRA, /* a series; count is in extra */
};

/* Bit positions of the parts of a shape; the widths are in brackets. */
enum tt_shape_bit {
	TT_SHAPE_GAP = 0,         /* [1] a gap record; all else is in extra */
	TT_SHAPE_CHANGE = 1,      /* [2] enum tt_change */
	TT_SHAPE_MICROS = 3,      /* [1] t is not in whole seconds */
	TT_SHAPE_LAST = 4,        /* [2] enum tt_time_mode, from t */
	TT_SHAPE_EVENT_TIME = 6,  /* [2] from t */
	TT_SHAPE_SERIES_LAST = 8, /* [2] from t */
	TT_SHAPE_FIRST = 10,      /* [2] from t */
	TT_SHAPE_CREATION = 12,   /* [2] from the second of firstTimestamp, eventTime or t */
	TT_SHAPE_COUNT = 14,      /* [2] enum tt_count_mode */
	TT_SHAPE_NAME = 16,       /* [2] usual: "<involved name>.<hexadecimal number>" */
	TT_SHAPE_UID = 18,        /* [2] usual: a lower-case UUID */
	TT_SHAPE_RV = 20,         /* [2] usual: a decimal number */
	TT_SHAPE_OBJECT_RV = 22,  /* [2] the same, of the involved object */
	TT_SHAPE_HOST = 24,       /* [3] enum tt_host_mode */
	TT_SHAPE_AS_BEFORE = 27,  /* [1] name and uid are those of the predecessor, in this block */
	TT_SHAPE_HAS_EXTRA = 28,  /* [1] */
};

struct tt_row {
	int64_t t, recorded;
	int64_t first, last, event_time, series_last, creation; /* TT_TIME_ZERO: absent */
	uint64_t pred; /* seq of the previous observation of the identity, 0: none */
	uint64_t rv, object_rv;
	uint64_t suffix; /* the number behind the last dot of the name */
	uint32_t shape;
	uint32_t cluster; /* id in the table of clusters */
	uint32_t sig, object, message, namespace, field_path, host; /* dictionary ids; 0: empty */
	int32_t count;                /* series.count if there is a series, else count */
	uint32_t extra_at, extra_len; /* in the packer of extras */
	uint8_t uid[16];
};

/* The part of a shape that begins at `bit` and is `width` bits wide. */
static inline unsigned tt_shape_get(uint32_t shape, enum tt_shape_bit bit, unsigned width)
{
	return shape >> bit & ((1u << width) - 1);
}

/* The numbers of `record`, with no dictionary ids yet; its extras are appended to `extras`.
 * `record` has its seq, recorded_at_us and time_us. */
void tt_row_from_record(
	struct tt_row *row, const struct tt_record *record, struct tt_packer *extras);

/* The whole seconds of `us`, rounded down. */
static inline int64_t tt_time_seconds(int64_t us)
{
	return us / 1000000 - (us % 1000000 < 0);
}

/* The reference of creationTimestamp: the whole second of the first time that is there. */
static inline int64_t tt_creation_base(int64_t t, int64_t first, int64_t event_time)
{
	int64_t us = first != TT_TIME_ZERO ? first : event_time != TT_TIME_ZERO ? event_time : t;

	return (int64_t)((uint64_t)tt_time_seconds(us) * 1000000u);
}

/* How `value` is stored relative to `reference`, and the distance in that unit. Defined for all
 * values, by wrapping. */
enum tt_time_mode tt_time_mode(int64_t value, int64_t reference);
int64_t tt_time_distance(enum tt_time_mode mode, int64_t value, int64_t reference);
int64_t tt_time_from_distance(enum tt_time_mode mode, int64_t distance, int64_t reference);

/* The texts that a row refers to, resolved. */
struct tt_row_texts {
	struct tt_str cluster, namespace, message, field_path, host;
	struct tt_str reason, type, source_component, reporting_component, action;
	struct tt_objectref object; /* without resource_version and field_path */
};

/* The record back from its row: the opposite of tt_row_from_record(). `extra` are the bytes of
 * the row's extras; texts borrow from `texts` and `extra`, or are made in `arena`. False if the
 * extras are damaged. */
bool tt_row_to_record(struct tt_record *record, const struct tt_row *row,
	const struct tt_row_texts *texts, struct tt_str extra, struct tt_arena *arena);

/* Writes the name "<object>.<suffix>" of an event to `to`; returns its length, or 0 if it does
 * not fit into `size`. */
size_t tt_row_name(char *to, size_t size, struct tt_str object, uint64_t suffix);

/* Whether `name` is `object`, a dot and a hexadecimal number without leading zeros. */
bool tt_row_name_suffix(struct tt_str name, struct tt_str object, uint64_t *ret_suffix);

/* A lower-case UUID as 16 bytes, and back as 36 characters. */
bool tt_uuid_parse(struct tt_str text, uint8_t ret[16]);
void tt_uuid_format(const uint8_t uuid[16], char to[36]);
