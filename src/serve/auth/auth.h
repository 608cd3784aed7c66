/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - who asks, and what he may.
 *
 * Who: a client certificate (common name the user, organizations his groups), a token of the file
 * that kube-apiserver reads by --token-auth-file, or a token that the collected cluster knows
 * (TokenReview). What: a file of rules, or what the collected cluster says (SubjectAccessReview).
 * telltaled asks with its own credentials, which need the role system:auth-delegator. Without any
 * of these nobody is known, and without rule or review nothing is allowed.
 *
 * The certificates, the file's tokens, and the rules work without the API server. Who needs an
 * answer of it that is not to be had gets TT_EAGAIN (503), never a guess. Answers are kept in
 * memory for 10 s, refusals for 5, so that what was revoked ends soon; tokens only as their
 * SHA-256, and never in a log or a message.
 *
 * All functions but new, stop and free may be called by any thread, and may block for as long as
 * the API server takes, 5 s at most for each question and as long for a turn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_auth;
struct tt_clock;
struct tt_http_call;
struct tt_kube_target;
struct tt_log;

/* What authenticators other than names and groups say of a user, handed on to the authorizer as
 * Kubernetes does: scopes of a token, for example. */
struct tt_user_extra {
	struct tt_str key;
	const struct tt_str *values;
	size_t n;
};

struct tt_user {
	struct tt_str name, uid;
	const struct tt_str *groups; /* with system:authenticated */
	size_t n_groups;
	const struct tt_user_extra *extra;
	size_t n_extra;
	/* The cluster whose API server vouches for him: what it says counts there and nowhere else.
	 * Empty: telltaled itself does, by a certificate or a token of its file. */
	struct tt_str realm;
};

/* What is to be done, as a SubjectAccessReview has it. */
struct tt_access {
	struct tt_str cluster;   /* whose rights count; never empty */
	struct tt_str verb;      /* get, list, watch, create, ... */
	struct tt_str group;     /* "" (core), "events.k8s.io" */
	struct tt_str resource;  /* "events"; "namespaces" */
	struct tt_str namespace; /* "": all of them; of a namespace itself its own name */
	struct tt_str name;      /* "": any */
	bool non_resource;       /* only cluster, verb and path count */
	struct tt_str path;      /* "/metrics" */
};

/* A cluster that requests may be about. */
struct tt_auth_cluster {
	struct tt_str name;
	struct tt_kube_target *target; /* of a collected one; NULL: hosted or recording */
};

struct tt_auth_options {
	const char *token_file;      /* token,user,uid,"group1,group2"; NULL: none */
	const char *rules_file;      /* see rules.h; NULL: none */
	const char *namespaces_file; /* keeps what tt_auth_namespace_since() knows; NULL: nothing */
	bool client_certificates;    /* the listener asks for them */
	bool token_review, subject_access_review;
	const struct tt_clock *clock; /* NULL: the system's */
	const struct tt_log *log;
};

/* Reads the files and starts a thread, which reads them again within 2 s of a change (what is wrong
 * then is logged, and what was read before stays) and keeps the namespaces up to date. `options`
 * need not outlive the call; clock and log must. Negative if a file cannot be read, or is wrong in
 * a line that the message names. */
int tt_auth_new(struct tt_auth **ret, const struct tt_auth_options *options, struct tt_err *err);

/* Makes everything that waits for an API server end with TT_EAGAIN, now and from now on. */
void tt_auth_stop(struct tt_auth *auth);

/* Stops it and frees everything; no other thread may be using it. NULL is allowed. */
void tt_auth_free(struct tt_auth *auth);

/* Replaces the clusters and takes their targets. What was asked of the former ones is forgotten. */
void tt_auth_set_clusters(struct tt_auth *auth, const struct tt_auth_cluster *clusters, size_t n);

/* Reads the files now. Negative, as above, if one is wrong: all stays as it was. */
int tt_auth_reload(struct tt_auth *auth, struct tt_err *err);

/* Who asks about `cluster` by `call`. `*ret` lives in `arena`. TT_EDENIED: 401, the message says
 * what Kubernetes says; TT_EINVAL: 400, he asks to be taken for somebody else; TT_EAGAIN: 503.
 * Where nobody is asked who he is, `auth` is NULL, and `*ret` is left alone.
 * For a stream to be called again, with an arena of its own, at least every 30 s. */
int tt_auth_authenticate(struct tt_auth *auth, struct tt_http_call *call, struct tt_str cluster,
	struct tt_user *ret, struct tt_arena *arena, struct tt_err *err);

/* Whether he may: 1, 0, or TT_EAGAIN (503). */
int tt_auth_allows(struct tt_auth *auth, const struct tt_user *user, const struct tt_access *access,
	struct tt_err *err);

/* Of many namespaces those in which he may do what `access` says of one. */
struct tt_auth_each {
	const struct tt_str *namespaces;
	int *may; /* of each: 1, 0, or TT_EAGAIN: undecided */
	size_t n;
	unsigned max_questions; /* at most so many are asked of an API server, one by one, */
	int64_t max_ns;         /* and none after so long */
	bool failed;            /* nor once a question failed, before the call or in it */
	size_t undecided;       /* how many that left */
};

/* Fills `each`. What is remembered is not asked again, so that who tries again soon gets further.
 */
void tt_auth_allows_each(struct tt_auth *auth, const struct tt_user *user,
	const struct tt_access *access, struct tt_auth_each *each);

/* Whether what he may in `cluster` is asked of its API server, where no rule allows it. */
bool tt_auth_asks(struct tt_auth *auth, const struct tt_user *user, struct tt_str cluster);

/* Whether he may know that there is a cluster of this name, and what it can be asked: who has a
 * right there by a rule, whom its API server vouches for, and whom it lets read its discovery. 1,
 * 0, or TT_EAGAIN (503). */
int tt_auth_may_know(struct tt_auth *auth, const struct tt_user *user, struct tt_str cluster,
	struct tt_err *err);

/* Since when a namespace of a cluster belongs to those who may read it now: its creationTimestamp.
 * What lies before belonged to others, and is for those who may read all namespaces. TT_TIME_ZERO:
 * no limit, since only the API server of a collected cluster makes namespaces; INT64_MAX: it does
 * not exist and was never seen, so that nothing is anybody's. A namespace that is gone, or an API
 * server that does not answer, leaves what was known last, also over a restart; TT_EAGAIN (503) if
 * that is nothing. */
int tt_auth_namespace_since(struct tt_auth *auth, struct tt_str cluster, struct tt_str namespace,
	int64_t *ret_us, struct tt_err *err);

/* The creationTimestamp of a namespace as far as it is known without asking; else TT_TIME_ZERO. */
int64_t tt_auth_namespace_made(
	struct tt_auth *auth, struct tt_str cluster, struct tt_str namespace);

/* Appends the counts of attempts and decisions for Prometheus. */
void tt_auth_metrics(struct tt_auth *auth, struct tt_buf *to);
