/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - reading the log: in order from a cursor, or as a view.
 *
 * A reader belongs to one thread; any number exist at once, also in other processes than the
 * writing one. No read transaction lasts longer than one call. What is damaged or no longer kept
 * is shown as a gap record that the reader makes (seq is that of the last missing record). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/labelselector.h"
#include "event/selector.h"
#include "store/record.h"

struct tt_reader;
struct tt_store;

/* Which events are wanted. Empty texts and zero numbers do not restrict. Gaps pass everything
 * but `cluster`. */
struct tt_filter {
	struct tt_str cluster, namespace;
	struct tt_str kind, name; /* of the involved object; kind without regard to case */
	const struct tt_str *types, *reasons; /* any of these */
	size_t n_types, n_reasons;
	struct tt_str grep;                      /* a substring of the message */
	const struct tt_fieldselector *selector; /* NULL: everything */
	const struct tt_labelselector *labels;   /* the same */
	int64_t since_us, until_us;              /* since <= t <= until; TT_TIME_ZERO or 0: open */
};

/* A reader on `store`, which must outlive it. */
int tt_reader_open(struct tt_reader **ret, struct tt_store *store, struct tt_err *err);
void tt_reader_close(struct tt_reader *r);

/* The log that it reads. */
struct tt_store *tt_reader_store(const struct tt_reader *r);

/* The records with seq > `*cursor` that pass `filter`, in order, at most `limit` of them, as a new
 * batch (possibly empty). Moves `*cursor` to the seq up to which the log has been read by this
 * call, which is more than that of the last record when the filter held some back; one call looks
 * at a bounded number of records and makes texts of 4 MiB and one record at most, so that an empty
 * answer below the head is normal. TT_EGONE if
 * `*cursor` is beyond the head. On failure it stays. */
int tt_reader_read(struct tt_reader *r, uint64_t *cursor, size_t limit,
	const struct tt_filter *filter, struct tt_batch **ret, struct tt_err *err);

/* Where an event is in the log. */
struct tt_location {
	int64_t t; /* its time, us */
	uint64_t seq;
};

/* V(S, T, W) of DESIGN, newest part: of the events with seq <= `max_seq` (0: the head) and t <=
 * `filter->until_us`, those that no later observation of the same identity inside that range
 * supersedes, that are not DELETED, and that pass the filter. */
struct tt_view {
	const struct tt_filter *filter;
	uint64_t max_seq;  /* S; 0: the head */
	size_t limit;      /* the newest so many; 0: all */
	bool observations; /* every observation instead of the newest of each identity */

	/* Of blocks, about the newest so many are looked at and no more, an eighth of that where
	 * labels or rare fields are asked for; 0: all. Not for tt_reader_view(). */
	size_t max_records;

	/* For tt_reader_find() alone: */
	int64_t before_us; /* only what has t < this, though what is later supersedes, and also
			    * what retention hides already; 0: all */
	bool oldest;       /* the oldest `limit`: a page */
	struct tt_location
		after; /* only what lies behind this place, the end of a page; seq 0: all */
};

struct tt_view_answer {
	struct tt_batch *batch; /* events ascending by (t, seq); the caller unrefs it */
	uint64_t seq;           /* S */
	bool truncated;         /* more than `limit` would have passed */
};

/* Answers `view`. */
int tt_reader_view(struct tt_reader *r, const struct tt_view *view, struct tt_view_answer *ret,
	struct tt_err *err);

struct tt_locations {
	struct tt_location *items; /* ascending by (t, seq); the caller frees them with tt_free() */
	size_t n;
	uint64_t seq;          /* S */
	bool truncated;        /* more than the view's limit would have passed */
	struct tt_batch *gaps; /* the caller's, for tt_reader_fetch(); NULL: they are not wanted */
};

/* Answers `view` with places, 16 bytes for an event, to be fetched piece by piece. */
int tt_reader_find(struct tt_reader *r, const struct tt_view *view, struct tt_locations *ret,
	struct tt_err *err);

/* The events at `places`, ascending by (t, seq), as a batch. What retention has dropped since, or
 * damage hides, is left out, and told by gaps at the end of `places->gaps`. Makes `places->n`
 * smaller, but never 0, so that their texts take about `max_bytes` at most. */
int tt_reader_fetch(struct tt_reader *r, struct tt_locations *places, size_t max_bytes,
	struct tt_batch **ret, struct tt_err *err);

/* The newest observation of an identity, as a batch of one record; TT_ENOTFOUND. */
int tt_reader_newest(struct tt_reader *r, struct tt_str cluster, struct tt_str namespace,
	struct tt_str name, struct tt_batch **ret, struct tt_err *err);

/* Which event. */
struct tt_identity_name {
	struct tt_str cluster, namespace, name;
};

/* A part of the log: seq <= `max_seq` (0: the head), since <= t <= until (0, TT_TIME_ZERO: open).
 */
struct tt_range {
	uint64_t max_seq;
	int64_t since_us, until_us;
};

/* The event that the view of `range` shows of an identity, as a batch of one record;
 * TT_ENOTFOUND, also if the newest observation inside it is a deletion. */
int tt_reader_get(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, struct tt_batch **ret, struct tt_err *err);

/* When a record was recorded and, of an event, its t. */
struct tt_record_times {
	int64_t recorded_at_us, t;
};

/* Those of record `seq`; TT_EGONE if it is not kept any more, or beyond the head, or damaged. */
int tt_reader_times(
	struct tt_reader *r, uint64_t seq, struct tt_record_times *ret, struct tt_err *err);

/* One of the identities that tt_reader_newest_of() is asked for. */
struct tt_newest {
	struct tt_str namespace, name;
	uint64_t seq; /* answered: of the newest observation, also a deletion; 0: none */
	uint64_t rv;  /* its resourceVersion; 0 if that is no number */
};

/* Fills in `seq` and `rv` of `n` items, each another identity of `cluster`. What is not there
 * costs microseconds; identities are told by their 64-bit hashes, as everywhere in the store. */
int tt_reader_newest_of(struct tt_reader *r, struct tt_str cluster, struct tt_newest *items,
	size_t n, struct tt_err *err);

/* The gaps of a cluster ("": of all) that overlap since..until, in order, as a batch. */
int tt_reader_gaps(struct tt_reader *r, struct tt_str cluster, int64_t since_us, int64_t until_us,
	struct tt_batch **ret, struct tt_err *err);

/* How many of the events of a view a namespace, or a cluster, has. */
struct tt_event_count {
	struct tt_str name;
	uint64_t events;
};

struct tt_event_counts {
	struct tt_event_count *items; /* most first */
	size_t n;
	uint64_t events; /* all together */
	bool partial;    /* the view's `max_records` was reached: there may be more of both */
};

/* Counts what `view` shows (its limit aside) in each namespace, also in others than its filter
 * names; into `arena`. */
int tt_reader_count_namespaces(struct tt_reader *r, const struct tt_view *view,
	struct tt_event_counts *ret, struct tt_arena *arena, struct tt_err *err);

/* The same in each cluster, also in others than its filter names. */
int tt_reader_count_clusters(struct tt_reader *r, const struct tt_view *view,
	struct tt_event_counts *ret, struct tt_arena *arena, struct tt_err *err);

/* Whether `record` passes `filter`. */
bool tt_filter_matches(const struct tt_filter *filter, const struct tt_record *record);
