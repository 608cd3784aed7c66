/* SPDX-License-Identifier: Apache-2.0 */
/* step_private.h - what the parts of the step share: step.c (dispatch, failures), connect.c (the
 * checks before a watch), list.c, follow.c (the watch), gap.c. */
#pragma once

#include "collect/step.h"

/* 60 s: what leases are shared for, and so how exact a TTL is. */
#define TT_LEASE_SLACK_US ((int64_t)60 * 1000000)

/* How long a probe lives at first; doubled while that is too short for the replay. */
enum { TT_STEP_PROBE_SECONDS = 10 };

/* Goes along a row of the table. */
void tt_step_move(struct tt_collect *s, enum tt_collect_move_id id, struct tt_collect_actions *out);

/* Goes along `id` to backing-off: hands over what there is, closes the watch, and waits by the
 * back-off, or `retry_after_seconds` if that is not negative. `why` becomes the problem. */
void tt_step_back_off(struct tt_collect *s, enum tt_collect_move_id id,
	const struct tt_collect_input *in, struct tt_str why, int retry_after_seconds,
	struct tt_collect_actions *out);

/* The request under way failed: counts it and backs off along `id` with a sentence. */
void tt_step_request_failed(struct tt_collect *s, enum tt_collect_move_id id,
	const struct tt_collect_input *in, struct tt_collect_actions *out);

/* Whether an answer, or a status, means that what was asked for is no longer kept: HTTP 410, or
 * a Status with code 410, reason Expired or Gone. */
bool tt_step_is_expired(const struct tt_kube_reply *reply);
bool tt_step_status_is_expired(const struct tt_status *status);

/* Whether an ERROR frame means that the watch cannot be resumed from the position; notes why. */
bool tt_step_is_lost(struct tt_collect *s, const struct tt_status *status);

/* Begins connecting: asks for the server's version. */
void tt_step_check(struct tt_collect *s, struct tt_collect_actions *out);

/* connect.c: inputs of the state connecting but the opening of a watch. */
void tt_step_checked(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);
void tt_step_uid(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);
void tt_step_history(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);
void tt_step_connect_failed(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);
void tt_step_probe(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);

/* list.c: notes in the position that a list is due; begins it along `id`, in this epoch or in a
 * new one; and its inputs. */
void tt_step_due(struct tt_collect *s);
void tt_step_relist(
	struct tt_collect *s, enum tt_collect_move_id id, struct tt_collect_actions *out);
void tt_step_new_epoch(
	struct tt_collect *s, enum tt_collect_move_id id, struct tt_collect_actions *out);
void tt_step_list_input(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);

/* follow.c: opens a watch (or the one that only probes); and its inputs. */
void tt_step_open(
	struct tt_collect *s, enum tt_collect_phase phase, struct tt_collect_actions *out);
void tt_step_opened(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);
void tt_step_follow(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out);

/* Notes that the position has expired; whether it has so only just before, in which case a list
 * at once would only go round in a circle. */
bool tt_step_expires_again(struct tt_collect *s, int64_t now_ns);

/* The part of a watch's time after which silence means that nothing is left to come. */
int64_t tt_step_quiet_ns(const struct tt_collect *s);

/* gap.c: adds the gap that ends a list, from `list_start_us`; or the one that names an object. */
void tt_step_list_gap(struct tt_collect *s, struct tt_collect_actions *out);
void tt_step_refuse(struct tt_collect *s, const struct tt_collect_input *in,
	const struct tt_event *e, const struct tt_err *err, struct tt_collect_actions *out);
