/* SPDX-License-Identifier: Apache-2.0 */
/* match.h - a filter made ready for columns: its texts as dictionary numbers, so that most records
 * are decided without being made.
 *
 * The matcher is told when another dictionary begins, and prepares each block; then rows are
 * asked one by one. What it cannot decide by numbers (rare terms of a field selector) is left to
 * tt_filter_matches() on the record: see `exact`. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "store/dict.h"
#include "store/inside.h"
#include "store/reader.h"

enum { TT_MATCH_KEYS = 2 };

struct tt_match {
	const struct tt_filter *filter;
	struct tt_str namespace;      /* that the filter or its selector demands; "": any */
	struct tt_str name;           /* the same, of the involved object */
	struct tt_str event_name;     /* the same, of the event; its object's name is then `name` */
	bool odd_names;               /* events whose name is not made from the object's pass too */
	uint32_t cluster;             /* 0: any */
	bool impossible;              /* nothing can pass, except gaps if `gaps` */
	bool gaps;                    /* gaps pass */
	bool deleted;                 /* records of deletions pass */
	bool exact;                   /* rows that pass need no look at the record */
	bool wants_object;            /* kind or name matter */
	uint64_t keys[TT_MATCH_KEYS]; /* of filters; any may be there */
	unsigned n_keys;              /* 0: filters do not help */

	struct tt_dict *dict;
	bool no_namespace; /* the wanted namespace is not in this dictionary */
	uint32_t namespace_id;
	struct tt_map objects;   /* id -> 1 yes, 2 no */
	bool objects_known;      /* those that are not there are no */
	uint64_t **message_bits; /* per chunk of the dict; NULL: not searched yet */
	uint32_t *message_hits;
	size_t n_chunks;

	const struct tt_block *block;
	uint8_t *sig_ok; /* per signature of the block */
	size_t cap_sigs;
};

/* Readies a matcher for `filter`, which must outlive it. */
void tt_match_init(struct tt_match *m, const struct tt_filter *filter, struct tt_store *store);
void tt_match_release(struct tt_match *m);

/* Whether the zone map leaves a chance for records that pass. */
bool tt_match_zone(const struct tt_match *m, const struct tt_block_info *info);

/* The dictionary of the next blocks, NULL for none. `m` uses it until the next call. */
void tt_match_dict(struct tt_match *m, struct tt_dict *dict);

/* Tells the matcher that wanted objects are only in the chunks of the dictionary for which
 * `maybe` is set (from filters); returns whether there are any. Only with keys. */
bool tt_match_objects(struct tt_match *m, const bool *maybe);

/* The columns that tt_match_row() looks at, as bits. */
uint32_t tt_match_columns(const struct tt_match *m);

/* Readies for the rows of `b`, whose columns of tt_match_columns() are there. False if no row of
 * it can pass. */
bool tt_match_block(struct tt_match *m, const struct tt_block *b);

/* Whether row `i` passes, as far as numbers tell. */
bool tt_match_row(struct tt_match *m, uint32_t i);

/* Whether any message of the dictionary's chunks [0, n) holds the text that is searched for;
 * true if none is. */
bool tt_match_any_message(struct tt_match *m, size_t n);

/* Where `needle` is first found in `haystack`, or NULL; fast for long texts. */
const char *tt_search(const char *haystack, size_t n, struct tt_str needle);
