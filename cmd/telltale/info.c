/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/info.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "store/record_json.h"
#include "store/store.h"
#include "telltale/source.h"
#include "wire/json.h"

/* A connected watch ends, and so proves that nothing is missing, at least every 150 s. */
enum { STALE_S = 180 };

enum { CLUSTERS_MAX = 4096, WATCHES_MAX = 4096, READERS_MAX = 4096, JSON_MAX_BYTES = 16 << 20 };

static int64_t read_time(struct tt_json_reader *r)
{
	int64_t us;
	struct tt_str text = tt_json_string(r);

	if (text.len == 0 || !tt_time_parse(text, false, &us))
		return TT_TIME_ZERO;
	return us;
}

static void read_watch(struct tt_json_reader *r, struct tt_watch_info *w)
{
	struct tt_str key;

	*w = (struct tt_watch_info){.last_proof_us = TT_TIME_ZERO};
	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "namespace"))
			w->namespace = tt_json_string(r);
		else if (tt_str_is(key, "state"))
			w->state = tt_json_string(r);
		else if (tt_str_is(key, "problem"))
			w->problem = tt_json_string(r);
		else if (tt_str_is(key, "resourceVersion"))
			w->resource_version = tt_json_string(r);
		else if (tt_str_is(key, "lastProof"))
			w->last_proof_us = read_time(r);
		else if (tt_str_is(key, "connected"))
			w->connected = tt_json_bool(r);
		else
			tt_json_skip(r);
	}
}

/* How many items the array has that comes next; it is not consumed. */
static size_t count_items(const struct tt_json_reader *r, size_t max)
{
	struct tt_json_reader ahead = *r;
	size_t n = 0;

	if (!tt_json_enter_array(&ahead))
		return 0;
	for (; tt_json_next_item(&ahead); n++)
		tt_json_skip(&ahead);
	return n < max ? n : max;
}

static void read_watches(struct tt_json_reader *r, struct tt_cluster_info *c)
{
	size_t n = count_items(r, WATCHES_MAX);

	c->watches = tt_arena_new(r->arena, struct tt_watch_info, n);
	if (!tt_json_enter_array(r))
		return;
	while (tt_json_next_item(r))
		if (c->n_watches < n)
			read_watch(r, &c->watches[c->n_watches++]);
		else
			tt_json_skip(r);
}

static void read_cluster(struct tt_json_reader *r, struct tt_cluster_info *c)
{
	struct tt_str key;

	*c = (struct tt_cluster_info){.last_proof_us = TT_TIME_ZERO, .last_event_us = TT_TIME_ZERO};
	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "name"))
			c->name = tt_json_string(r);
		else if (tt_str_is(key, "kind"))
			c->kind = tt_json_string(r);
		else if (tt_str_is(key, "state"))
			c->state = tt_json_string(r);
		else if (tt_str_is(key, "resourceVersion"))
			c->resource_version = tt_json_string(r);
		else if (tt_str_is(key, "lastProof"))
			c->last_proof_us = read_time(r);
		else if (tt_str_is(key, "lastEvent"))
			c->last_event_us = read_time(r);
		else if (tt_str_is(key, "events"))
			c->events = (uint64_t)tt_json_int(r);
		else if (tt_str_is(key, "gaps"))
			c->gaps = (uint64_t)tt_json_int(r);
		else if (tt_str_is(key, "watches"))
			read_watches(r, c);
		else
			tt_json_skip(r);
	}
}

static void read_clusters(struct tt_json_reader *r, struct tt_source_info *info)
{
	size_t n = count_items(r, CLUSTERS_MAX);

	info->clusters = tt_arena_new(r->arena, struct tt_cluster_info, n);
	if (!tt_json_enter_array(r))
		return;
	while (tt_json_next_item(r))
		if (info->n_clusters < n)
			read_cluster(r, &info->clusters[info->n_clusters++]);
		else
			tt_json_skip(r);
}

static void read_reader(struct tt_json_reader *r, struct tt_reader_info *reader)
{
	struct tt_str key;

	*reader = (struct tt_reader_info){0};
	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "name"))
			reader->name = tt_json_string(r);
		else if (tt_str_is(key, "cursor"))
			reader->cursor = (uint64_t)tt_json_int(r);
		else if (tt_str_is(key, "lag"))
			reader->lag = (uint64_t)tt_json_int(r);
		else
			tt_json_skip(r);
	}
}

static void read_readers(struct tt_json_reader *r, struct tt_source_info *info)
{
	size_t n = count_items(r, READERS_MAX);

	info->readers = tt_arena_new(r->arena, struct tt_reader_info, n);
	if (!tt_json_enter_array(r))
		return;
	while (tt_json_next_item(r))
		if (info->n_readers < n)
			read_reader(r, &info->readers[info->n_readers++]);
		else
			tt_json_skip(r);
}

static void read_member(struct tt_json_reader *r, struct tt_str key, struct tt_source_info *info)
{
	if (tt_str_is(key, "log"))
		info->log = tt_json_string(r);
	else if (tt_str_is(key, "head"))
		info->head = (uint64_t)tt_json_int(r);
	else if (tt_str_is(key, "oldest"))
		info->oldest = (uint64_t)tt_json_int(r);
	else if (tt_str_is(key, "bytes"))
		info->bytes = (uint64_t)tt_json_int(r);
	else if (tt_str_is(key, "walBytes"))
		info->wal_bytes = (uint64_t)tt_json_int(r);
	else if (tt_str_is(key, "reserveBytes"))
		info->reserve_bytes = (uint64_t)tt_json_int(r);
	else if (tt_str_is(key, "firstRecorded"))
		info->first_recorded_us = read_time(r);
	else if (tt_str_is(key, "lastRecorded"))
		info->last_recorded_us = read_time(r);
	else if (tt_str_is(key, "clusters"))
		read_clusters(r, info);
	else if (tt_str_is(key, "readers"))
		read_readers(r, info);
	else
		tt_json_skip(r);
}

int tt_info_parse(
	struct tt_source_info *ret, struct tt_str json, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;

	*ret = (struct tt_source_info){
		.first_recorded_us = TT_TIME_ZERO,
		.last_recorded_us = TT_TIME_ZERO,
		.json = json,
	};
	tt_json_reader_init(&r, json, arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key))
			read_member(&r, key, ret);
	if (tt_json_reader_end(&r, true, err) != 0) {
		(void)tt_err_wrap(err, "the status cannot be understood");
		return TT_EIO;
	}
	return 0;
}

static void put_text(struct tt_buf *to, const char *key, struct tt_str text)
{
	tt_buf_printf(to, ",\"%s\":", key);
	tt_json_put_string(to, text);
}

static void put_time(struct tt_buf *to, const char *key, int64_t us)
{
	tt_buf_printf(to, ",\"%s\":", key);
	tt_record_put_time(to, us);
}

static void put_cluster(struct tt_buf *to, const struct tt_cluster_info *c)
{
	tt_buf_text(to, "{\"name\":");
	tt_json_put_string(to, c->name);
	put_text(to, "kind", c->kind);
	tt_buf_text(to, ",\"state\":null");
	put_text(to, "resourceVersion", c->resource_version);
	put_time(to, "lastProof", c->last_proof_us);
	put_time(to, "lastEvent", c->last_event_us);
	tt_buf_printf(to, ",\"events\":%llu,\"gaps\":%llu,\"watches\":[]}",
		(unsigned long long)c->events, (unsigned long long)c->gaps);
}

static struct tt_str info_json(const struct tt_source_info *info, struct tt_arena *arena)
{
	struct tt_buf to;

	tt_buf_init(&to, JSON_MAX_BYTES);
	tt_buf_text(&to, "{\"log\":");
	tt_json_put_string(&to, info->log);
	tt_buf_printf(&to,
		",\"head\":%llu,\"oldest\":%llu,\"bytes\":%llu,\"walBytes\":%llu"
		",\"reserveBytes\":%llu",
		(unsigned long long)info->head, (unsigned long long)info->oldest,
		(unsigned long long)info->bytes, (unsigned long long)info->wal_bytes,
		(unsigned long long)info->reserve_bytes);
	put_time(&to, "firstRecorded", info->first_recorded_us);
	put_time(&to, "lastRecorded", info->last_recorded_us);
	tt_buf_text(&to, ",\"clusters\":[");
	for (size_t i = 0; i < info->n_clusters; i++) {
		if (i > 0)
			tt_buf_char(&to, ',');
		put_cluster(&to, &info->clusters[i]);
	}
	tt_buf_text(&to, "],\"readers\":[");
	for (size_t i = 0; i < info->n_readers; i++) {
		tt_buf_text(&to, i > 0 ? ",{\"name\":" : "{\"name\":");
		tt_json_put_string(&to, info->readers[i].name);
		tt_buf_printf(&to, ",\"cursor\":%llu,\"lag\":%llu}",
			(unsigned long long)info->readers[i].cursor,
			(unsigned long long)info->readers[i].lag);
	}
	tt_buf_text(&to, "]}\n");
	struct tt_str json = tt_str_dup(arena, tt_buf_view(&to));

	tt_buf_release(&to);
	return json;
}

static void take_cluster(
	struct tt_cluster_info *c, const struct tt_cluster_status *from, struct tt_arena *arena)
{
	static const char *const kinds[] = {
		[TT_CLUSTER_COLLECTED] = "collected",
		[TT_CLUSTER_HOSTED] = "hosted",
		[TT_CLUSTER_RECORDING] = "recording",
	};

	*c = (struct tt_cluster_info){
		.name = from->name,
		.kind = tt_str_from(kinds[from->kind]),
		.last_proof_us = TT_TIME_ZERO,
		.last_event_us = from->last_event_us,
		.events = from->events,
		.gaps = from->gaps,
	};
	c->watches = tt_arena_new(arena, struct tt_watch_info, from->n_positions);
	for (size_t i = 0; i < from->n_positions; i++) {
		const struct tt_position *p = &from->positions[i];

		c->watches[c->n_watches++] = (struct tt_watch_info){
			.namespace = p->namespace,
			.last_proof_us = p->last_proof_us,
			.connected = true,
		};

		/* a cluster is as far behind as its slowest watch */
		if (i > 0 && p->last_proof_us >= c->last_proof_us)
			continue;
		c->last_proof_us = p->last_proof_us;
		c->resource_version = tt_str_printf(arena, "%llu", (unsigned long long)p->rv);
	}
}

void tt_info_from_store(
	struct tt_source_info *ret, const struct tt_store_status *status, struct tt_arena *arena)
{
	*ret = (struct tt_source_info){
		.log = status->log,
		.head = status->head,
		.oldest = status->oldest,
		.bytes = status->bytes,
		.wal_bytes = status->wal_bytes,
		.reserve_bytes = status->reserve_bytes,
		.first_recorded_us = status->first_recorded_us,
		.last_recorded_us = status->last_recorded_us,
		.clusters = tt_arena_new(arena, struct tt_cluster_info, status->n_clusters),
		.n_clusters = status->n_clusters,
		.readers = tt_arena_new(arena, struct tt_reader_info, status->n_cursors),
		.n_readers = status->n_cursors,
	};
	for (size_t i = 0; i < status->n_clusters; i++)
		take_cluster(&ret->clusters[i], &status->clusters[i], arena);
	for (size_t i = 0; i < status->n_cursors; i++)
		ret->readers[i] = (struct tt_reader_info){
			.name = status->cursors[i].name,
			.cursor = status->cursors[i].seq,
			.lag = status->head - status->cursors[i].seq,
		};
	ret->json = info_json(ret, arena);
}

void tt_info_mark_open_gaps(struct tt_source_info *info, bool is_held, int64_t now_us)
{
	int64_t stale_us = now_us - (int64_t)STALE_S * TT_US_PER_S;

	for (size_t i = 0; i < info->n_clusters; i++) {
		const struct tt_cluster_info *c = &info->clusters[i];

		for (size_t k = 0; tt_str_is(c->kind, "collected") && k < c->n_watches; k++) {
			struct tt_watch_info *w = &c->watches[k];

			w->connected = is_held && w->last_proof_us >= stale_us;
			w->problem = w->connected ? TT_STR("")
				     : is_held    ? TT_STR("it is disconnected")
						  : TT_STR("telltaled is not running");
		}
	}
}
