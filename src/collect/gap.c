/* SPDX-License-Identifier: Apache-2.0 */
/* When a gap is true: see doc/architecture.md. */
#include <stdio.h>

#include "base/clock.h"
#include "collect/step_private.h"

static void set_gap(struct tt_collect *s, int64_t from_us, int64_t to_us, enum tt_lost lost,
	struct tt_str namespace, struct tt_collect_actions *out)
{
	out->has_gap = true;
	out->gap_namespace = namespace;
	out->gap = (struct tt_gap){
		.namespaces = &out->gap_namespace,
		.n_namespaces = namespace.len > 0,
		.epoch = s->position.epoch,
		.from_us = from_us,
		.to_us = to_us,
		.lost = lost,
		.reason = tt_str_from(out->text),
	};
}

/* Two units at most: 1h12m, 5m3s, 12s. */
static void format_span(int64_t us, char *to, size_t size)
{
	long long s = us > 0 ? us / TT_US_PER_S : 0;

	if (s >= 86400)
		(void)snprintf(to, size, "%lldd%lldh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		(void)snprintf(to, size, "%lldh%lldm", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		(void)snprintf(to, size, "%lldm%llds", s / 60, s % 60);
	else
		(void)snprintf(to, size, "%llds", s);
}

static void write_reason(const struct tt_collect *s, int64_t from_us, char *to, size_t size)
{
	char span[48];

	if (from_us == TT_TIME_ZERO) {
		(void)snprintf(to, size, "collection began");
		return;
	}
	format_span(s->list_start_us - from_us, span, sizeof(span));
	if (s->position.rv == 0)
		(void)snprintf(to, size,
			"the API server's storage was restored or replaced, %s after the last "
			"proof of completeness",
			span);
	else if (s->cause == TT_CAUSE_PREVKV)
		(void)snprintf(to, size,
			"the API server could not replay a deletion, %s after the last event",
			span);
	else
		(void)snprintf(to, size, "position expired after %s without %s", span,
			s->denied ? "permission" : "connection");
}

/* What a list, compared with the position, may have missed. An event that came and went unseen
 * had its TTL pass; that is excluded if the TTL is longer than the outage. An object from before
 * the outage that is still there proves it (leases, being shared, may outlive the TTL by a
 * minute). In a new epoch, and at the start, nothing is excluded. */
static enum tt_lost judge(const struct tt_collect *s, int64_t from_us, int64_t to_us)
{
	if (s->position.rv == 0 || from_us == TT_TIME_ZERO)
		return TT_LOST_EVENTS;
	if (s->survivor)
		return TT_LOST_UPDATES;
	if (to_us >= from_us && to_us - from_us < tt_collect_ttl_us(s) - TT_LEASE_SLACK_US)
		return TT_LOST_UPDATES;
	return TT_LOST_EVENTS;
}

void tt_step_list_gap(struct tt_collect *s, struct tt_collect_actions *out)
{
	int64_t from = s->position.last_proof_us, to = s->list_start_us;

	write_reason(s, from, out->text, sizeof(out->text));
	set_gap(s, from, to, judge(s, from, to), s->options.namespace, out);
}

/* Names have at most 253 bytes; these are foreign. */
static struct tt_str clip(struct tt_str s)
{
	return (struct tt_str){s.data, s.len < 253 ? s.len : 253};
}

void tt_step_refuse(struct tt_collect *s, const struct tt_collect_input *in,
	const struct tt_event *e, const struct tt_err *err, struct tt_collect_actions *out)
{
	struct tt_str ns = {0}, name = {0}, rv = {0};
	const char *why = err != NULL ? err->msg : "it has no resourceVersion";

	if (e != NULL) {
		ns = clip(e->metadata.namespace);
		name = clip(e->metadata.name);
		rv = clip(e->metadata.resource_version);
	}
	out->take = TT_TAKE_REFUSAL;
	out->refusal = err != NULL && err->code == TT_ELIMIT ? TT_REFUSED_TOO_LARGE
							     : TT_REFUSED_UNDECODABLE;
	if (name.len > 0)
		(void)snprintf(out->text, sizeof(out->text),
			"event %.*s%s%.*s at resourceVersion %.*s was refused: %s", TT_STR_ARG(ns),
			ns.len > 0 ? "/" : "", TT_STR_ARG(name), TT_STR_ARG(rv), why);
	else
		(void)snprintf(out->text, sizeof(out->text),
			"an event without readable name was refused: %s", why);
	set_gap(s, in->now_us, in->now_us, TT_LOST_EVENTS, ns.len > 0 ? ns : s->options.namespace,
		out);
}
