/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - where a verb reads from: a data directory, or a running telltaled. A source belongs
 * to one thread; only tt_source_wake() may be called by others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "store/reader.h"

struct tt_api;
struct tt_arena;
struct tt_cli;
struct tt_globals;

/* What is asked of a view. */
struct tt_query {
	struct tt_filter filter;
	size_t limit;      /* the newest so many; 0: all */
	bool strange_kind; /* nobody knows the kind of the filter: it may be no kind at all */
};

/* Which records come next. */
struct tt_next {
	uint64_t after;                 /* those with a greater seq */
	const struct tt_filter *filter; /* need not be applied in full */
	int64_t wait_ns;                /* how long to wait for one */
};

struct tt_answer {
	struct tt_batch *batch;    /* owns the records; release with tt_batch_unref() */
	struct tt_record *records; /* events, ascending by (t, seq) */
	size_t n;
	uint64_t seq;           /* the log as it was at this record; go on from here */
	bool truncated;         /* there are more than `limit` */
	struct tt_str *notices; /* sentences to be said, in the arena */
	size_t n_notices;
};

/* One watch of a collected cluster. Without a daemon the state is "", and whether it is connected
 * is what the log shows. */
struct tt_watch_info {
	struct tt_str namespace, state, problem;
	struct tt_str resource_version;
	int64_t last_proof_us;
	bool connected;
};

struct tt_cluster_info {
	struct tt_str name, kind;
	struct tt_str state;            /* "": no daemon was asked */
	struct tt_str resource_version; /* "": none */
	int64_t last_proof_us, last_event_us;
	uint64_t events, gaps;
	struct tt_watch_info *watches;
	size_t n_watches;
};

struct tt_reader_info {
	struct tt_str name;
	uint64_t cursor, lag;
};

struct tt_source_info {
	struct tt_str log;
	uint64_t head, oldest, bytes, wal_bytes, reserve_bytes;
	int64_t first_recorded_us, last_recorded_us;
	struct tt_cluster_info *clusters;
	size_t n_clusters;
	struct tt_reader_info *readers;
	size_t n_readers;
	struct tt_str json; /* the same as /v1/status has it */
};

struct tt_source;

/* What a kind of source can do. */
struct tt_source_ops {
	/* The newest observations that pass, and what a person must be told beside them. */
	int (*view)(struct tt_source *s, const struct tt_query *query, struct tt_answer *ret,
		struct tt_arena *arena, struct tt_err *err);
	/* The next records in order. `*ret_cursor` is how far the log was read. TT_EGONE: `after`
	 * is beyond the head. */
	int (*read)(struct tt_source *s, const struct tt_next *next, struct tt_batch **ret,
		uint64_t *ret_cursor, struct tt_err *err);
	/* The gaps of a cluster ("": of all), in order. */
	int (*gaps)(struct tt_source *s, struct tt_str cluster, struct tt_batch **ret,
		struct tt_err *err);
	int (*info)(struct tt_source *s, struct tt_source_info *ret, struct tt_arena *arena,
		struct tt_err *err);
	/* The kind that `word` means among the resources of a cluster; false if that is not known.
	 */
	bool (*kind)(struct tt_source *s, struct tt_str cluster, struct tt_str word,
		struct tt_arena *arena, struct tt_str *ret);
	void (*wake)(struct tt_source *s);
	void (*close)(struct tt_source *s);
};

struct tt_source {
	const struct tt_source_ops *ops;
	const char *where; /* URL or directory */
	bool is_daemon;
};

/* The source that the options name; without any the local daemon if it answers, else the default
 * data directory. If neither is there, the error says so of both. */
int tt_source_open(struct tt_source **ret, struct tt_cli *cli, const struct tt_globals *globals,
	struct tt_err *err);

/* NULL is allowed. */
void tt_source_close(struct tt_source *s);

/* A source of either kind. tt_source_open_api() takes over `api`. */
int tt_source_open_data(struct tt_source **ret, const char *dir, struct tt_err *err);
void tt_source_open_api(struct tt_source **ret, struct tt_api *api);

/* The cluster meant when none is named: the first that is collected now, else the first that ever
 * was, else the first hosted one, else the first recording; "" if there is none at all. */
struct tt_str tt_source_default_cluster(const struct tt_source_info *info);

/* The cluster of this name; NULL: there is none. */
const struct tt_cluster_info *tt_source_cluster(
	const struct tt_source_info *info, struct tt_str name);

/* The names of all clusters but one, as "a, b", in the arena. */
struct tt_str tt_source_other_clusters(
	const struct tt_source_info *info, struct tt_str but, struct tt_arena *arena);

/* Whether there is such a cluster, or none is named; TT_ENOTFOUND says which there are. */
int tt_source_check_cluster(
	const struct tt_source_info *info, struct tt_str name, struct tt_err *err);

/* The cluster that `*cluster` names, checked to exist; if that is empty the default one, which is
 * said on a terminal where there are several. */
int tt_source_choose_cluster(struct tt_cli *cli, const struct tt_source_info *info,
	struct tt_str *cluster, struct tt_err *err);

/* Prints what `source` answers to `query`, as `options` want it. */
typedef int (*tt_source_show_fn)(struct tt_cli *cli, struct tt_source *source,
	const struct tt_source_info *info, struct tt_query *query, const void *options,
	struct tt_err *err);

/* What a verb that shows a view does with its options: opens the source, chooses the cluster of
 * `query`, looks there for a kind that is not one of Kubernetes' own, and has it shown. The exit
 * code of the program. */
int tt_source_show(struct tt_cli *cli, const struct tt_globals *globals, struct tt_query *query,
	tt_source_show_fn show, const void *options);

/* Whether the options name a server, a directory, or nothing; both is an error. How to speak TLS,
 * or a token, is only for a server. */
enum tt_place { TT_PLACE_DEFAULT, TT_PLACE_SERVER, TT_PLACE_DATA };
int tt_place_of(const struct tt_globals *globals, enum tt_place *ret, struct tt_err *err);

/* The address that --server gives, else the one of this machine. */
const char *tt_place_url(const struct tt_globals *globals);

/* The local daemon, if it answers: 0 with an open api. */
int tt_place_local_daemon(struct tt_api **ret, struct tt_err *err);
