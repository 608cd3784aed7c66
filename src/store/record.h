/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - an entry of the log, the batches that carry entries between threads, and the
 * position of a watch.
 *
 * A record is an event at one resourceVersion (an observation) or a gap: a stretch of time in
 * which events may have been missed. Texts are borrowed from the batch that holds the record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "event/event.h"

enum tt_record_kind { TT_RECORD_EVENT = 1, TT_RECORD_GAP = 2 };

enum tt_change { TT_CHANGE_ADDED = 0, TT_CHANGE_MODIFIED = 1, TT_CHANGE_DELETED = 2 };

/* What a gap may have lost: whole events, or only intermediate counts and early deletions. */
enum tt_lost { TT_LOST_UPDATES = 0, TT_LOST_EVENTS = 1 };

struct tt_gap {
	struct tt_str *namespaces; /* scope; none means all namespaces of the cluster */
	uint32_t n_namespaces;
	uint32_t epoch;         /* of the watch position, see tt_position */
	int64_t from_us, to_us; /* from is TT_TIME_ZERO at the very beginning */
	enum tt_lost lost;
	struct tt_str reason; /* a sentence for people */
	bool by_reader;       /* made by a reader: records that are damaged or no longer kept */
};

struct tt_record {
	uint64_t seq; /* from 1, dense; given by the log when it is appended */
	enum tt_record_kind kind;
	enum tt_change change; /* of an event */
	struct tt_str cluster;
	int64_t recorded_at_us;   /* never decreasing; one value per commit; given by the log */
	int64_t time_us;          /* of an event: its event time `t`; given by the log */
	uint64_t predecessor_seq; /* the observation of its identity before this one; 0: none known
				   */
	union {
		struct tt_event event;
		struct tt_gap gap;
	};
};

/* How far one watch has come. A watch is a cluster and a namespace, "" for all of them. */
struct tt_position {
	struct tt_str cluster, namespace;
	uint32_t epoch;        /* which history of etcd this is, from 1 */
	uint64_t rv;           /* P: everything up to this resourceVersion is recorded */
	int64_t last_proof_us; /* last moment known to be without loss; TT_TIME_ZERO: never */
	int64_t shortest_lifetime_us; /* shortest time seen from an event's t to its DELETED; 0:
					 none */
	bool listing;                 /* a list is under way: */
	uint64_t list_rv;             /* L: resourceVersion of its first page */
	struct tt_str last_key;       /* "namespace/name" of the last object stored from it */
	struct tt_str system_uid;     /* uid of namespace kube-system, "" if not readable */
};

/* Why something that was received is not in the log. */
enum tt_refusal {
	TT_REFUSED_UNDECODABLE, /* not an Event, or damaged */
	TT_REFUSED_TOO_LARGE,
	TT_REFUSED_N,
};

/* Bookkeeping of one batch: received = records of kind event + duplicates + deletions + the sum
 * of refused. The totals are published in the same step that publishes the records. */
struct tt_batch_counts {
	uint64_t received, duplicates, deletions, refused[TT_REFUSED_N];
};

/* Records that travel together: filled by one thread, then immutable and shared. All their text
 * is in `arena` or in memory that lives longer. */
struct tt_batch {
	unsigned refs;
	struct tt_arena arena;
	struct tt_record *records;
	size_t n, cap;
	size_t bytes;          /* estimate of the encoded size, for limits */
	struct tt_str cluster; /* whose counts and position these are */
	struct tt_batch_counts counts;
	bool numbered; /* the log gives events their seq as resourceVersion */
	bool listed;   /* from a list: an event that is new to us may yet be in the log */
	struct tt_position *position; /* committed together with the records; NULL: none */
};

/* A batch for `cluster` (copied) with one reference. */
struct tt_batch *tt_batch_new(struct tt_str cluster);

/* One more reference, and one less; the last frees the batch. NULL is allowed. Any thread. */
struct tt_batch *tt_batch_ref(struct tt_batch *b);
void tt_batch_unref(struct tt_batch *b);

/* A new record at the end, with kind and cluster set and the event initialised. Its texts must
 * live in b->arena; the caller adds to b->bytes. Borrowed until the next call. */
struct tt_record *tt_batch_add_event(struct tt_batch *b, enum tt_change change);
struct tt_record *tt_batch_add_gap(struct tt_batch *b);

/* Sets the position that is committed with the batch (deep copy). */
void tt_batch_set_position(struct tt_batch *b, const struct tt_position *position);
