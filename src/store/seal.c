/* SPDX-License-Identifier: Apache-2.0 */
/* From committed rows to sealed blocks. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/grams.h"
#include "store/writer.h"

enum { EPOCH_BLOCKS = 32, EPOCH_DICTIONARY_BYTES = 16 << 20, EPOCHS_PER_RETENTION = 30 };

/* --- epochs --- */

bool tt_writer_epoch_is_over(const struct tt_writer *w, int64_t now_us)
{
	struct tt_retention r = tt_store_retention(w->store);

	return w->epoch_open && r.age_us > 0 &&
	       now_us - w->epoch.first_recorded_us >= r.age_us / EPOCHS_PER_RETENTION;
}

/* Whether the epoch has all that one shall hold: it is the unit of retention, and the reach of a
 * lost dictionary. */
static bool epoch_is_full(const struct tt_writer *w, int64_t recorded)
{
	struct tt_retention r = tt_store_retention(w->store);

	return w->epoch.blocks >= EPOCH_BLOCKS || w->dictionary.bytes >= EPOCH_DICTIONARY_BYTES ||
	       (r.bytes > 0 && w->epoch.bytes >= r.bytes / EPOCHS_PER_RETENTION &&
		       w->epoch.blocks > 0) ||
	       tt_writer_epoch_is_over(w, recorded);
}

static void begin_epoch(struct tt_writer *w, int64_t recorded)
{
	w->epoch.id++;
	w->epoch.blocks = 0;
	w->epoch.bytes = 0;
	w->epoch.first_recorded_us = recorded;
	tt_dictionary_reset(&w->dictionary);
}

/* --- the open block --- */

static void begin_block(struct tt_writer *w, const struct tt_row *first, uint64_t seq)
{
	struct tt_open_block *b = &w->open;

	if (!w->epoch_open || epoch_is_full(w, first->recorded))
		begin_epoch(w, first->recorded);
	w->epoch_open = true;
	b->first_seq = seq;
	b->first_string = w->dictionary.n_strings + 1;
	b->first_sig = w->dictionary.n_sigs + 1;
	b->first_object = w->dictionary.n_objects + 1;
	b->first_message = w->dictionary.n_messages + 1;
	w->open_bytes = 0;
}

/* Whether `id` is seen for the first time in this block. */
static bool is_first(struct tt_packer *seen, uint32_t id)
{
	if (id >= seen->len) {
		size_t more = id + 1 - seen->len;

		memset(tt_pack_room(seen, more), 0, more);
		seen->len += more;
	}
	bool first = seen->data[id] == 0;

	seen->data[id] = 1;
	return first;
}

static void note_event(struct tt_open_block *b, const struct tt_staged *s, const struct tt_row *row)
{
	const struct tt_event *e = &s->record->event;

	tt_pack_fixed(&b->keys, s->hashes.object_key, 8);
	if (tt_shape_get(row->shape, TT_SHAPE_NAME, 2) != TT_TEXT_USUAL)
		tt_pack_fixed(&b->keys, tt_object_key(e->metadata.name), 8);
	if (is_first(&b->seen_namespaces, row->namespace))
		tt_zone_add(b->zone.namespaces, TT_ZONE_NAMESPACE_WORDS, e->metadata.namespace);
	if (is_first(&b->seen_sigs, row->sig)) {
		tt_zone_add(b->zone.reasons, TT_ZONE_REASON_WORDS, e->reason);
		tt_zone_add(&b->zone.types, 1, e->type);
	}
	if (s->record->change != TT_CHANGE_DELETED)
		tt_summary_add(
			b->summary, row->t, row->sig, s->added, tt_str_is(e->type, "Warning"));
}

void tt_writer_take(struct tt_writer *w, const struct tt_staged *s, const uint8_t *extras)
{
	struct tt_open_block *b = &w->open;
	size_t before = w->dictionary.bytes;

	if (b->n > 0 && s->record->seq != b->first_seq + b->n) /* a hole: damage in the tail */
		tt_writer_seal(w);
	if (b->n == 0)
		begin_block(w, &s->row, s->record->seq);
	if (b->rows == NULL) {
		b->cap = TT_BLOCK_RECORDS;
		b->rows = tt_malloc(b->cap * sizeof(*b->rows));
	}
	struct tt_row *row = &b->rows[b->n++];

	*row = s->row;
	row->extra_at = (uint32_t)b->extras.len;
	if (s->row.extra_len > 0)
		tt_pack_bytes(&b->extras, extras + s->row.extra_at, s->row.extra_len);
	tt_dictionary_number(&w->dictionary, row, s->record, &s->hashes);
	b->zone.clusters |= 1ull << row->cluster % 64;
	if (s->record->kind == TT_RECORD_EVENT)
		note_event(b, s, row);
	w->open_bytes += w->dictionary.bytes - before + row->extra_len + 64;
	if (b->n >= TT_BLOCK_RECORDS || w->open_bytes >= TT_BLOCK_BYTES)
		tt_writer_seal(w);
}

/* --- sealing --- */

static void seal_info(const struct tt_writer *w, struct tt_block_info *info)
{
	const struct tt_open_block *b = &w->open;
	const struct tt_dictionary *d = &w->dictionary;

	*info = (struct tt_block_info){
		.id = b->first_seq,
		.epoch = w->epoch.id,
		.n = b->n,
		.t_min = INT64_MAX,
		.t_max = INT64_MIN,
		.t_max_before = w->t_max,
		.recorded_min = b->rows[0].recorded,
		.recorded_max = b->rows[b->n - 1].recorded,
		.first_string = b->first_string,
		.n_strings = d->n_strings + 1 - b->first_string,
		.first_sig = b->first_sig,
		.n_sigs = d->n_sigs + 1 - b->first_sig,
		.first_object = b->first_object,
		.n_objects = d->n_objects + 1 - b->first_object,
		.first_message = b->first_message,
		.n_messages = d->n_messages + 1 - b->first_message,
		.zone = b->zone,
	};
	for (uint32_t i = 0; i < b->n; i++) {
		int64_t t = b->rows[i].t;

		info->t_min = t < info->t_min ? t : info->t_min;
		info->t_max = t > info->t_max ? t : info->t_max;
	}
}

static void seal_columns(struct tt_writer *w, struct tt_sealed *s)
{
	const struct tt_open_block *b = &w->open;
	struct tt_stream streams[TT_CONTAINER_MAX_STREAMS];

	tt_block_encode(w->encoder, &(struct tt_block_source){.rows = b->rows,
					    .n = b->n,
					    .first_seq = b->first_seq,
					    .extras = b->extras.data,
					    .first_object = b->first_object,
					    .first_message = b->first_message});
	for (int part = 0; part < TT_PARTS; part++) {
		size_t n = tt_block_streams(w->encoder, (enum tt_part)part, streams);

		tt_container_pack(&s->parts[part], streams, n, w->compressor);
	}
}

static void seal_chunks(struct tt_writer *w, struct tt_sealed *s)
{
	void (*const pack[TT_CHUNK_KINDS])(const struct tt_dictionary *d, struct tt_packer *to) = {
		tt_entries_pack_strings, tt_entries_pack_objects, tt_entries_pack_messages};
	struct tt_packer raw = {0};

	for (int kind = 0; kind < TT_CHUNK_KINDS; kind++) {
		struct tt_stream streams[2] = {{.id = TT_STREAM_ENTRIES}, {.id = TT_STREAM_UIDS}};

		raw.len = 0;
		pack[kind](&w->dictionary, &raw);
		streams[0].bytes = (struct tt_str){(const char *)raw.data, raw.len};
		if (kind == TT_CHUNK_OBJECTS) {
			const struct tt_packer *uids = &w->dictionary.new.object_uids;

			streams[1].bytes = (struct tt_str){(const char *)uids->data, uids->len};
			streams[1].random = true;
		}
		tt_container_pack(&s->chunks[kind], streams, 2, w->compressor);
	}
	tt_packer_release(&raw);
	const struct tt_packer *messages = &w->dictionary.new.message_text;

	tt_grams_pack(&s->grams, (struct tt_str){(const char *)messages->data, messages->len});
	tt_dictionary_flushed(&w->dictionary);
}

static int compare_links(const void *a, const void *b)
{
	const struct tt_link *x = a, *y = b;

	return (x->pred > y->pred) - (x->pred < y->pred);
}

static void seal_links(const struct tt_writer *w, struct tt_sealed *s)
{
	const struct tt_open_block *b = &w->open;

	s->links = tt_malloc(b->n * sizeof(*s->links));
	for (uint32_t i = 0; i < b->n; i++)
		if (b->rows[i].pred != 0 && b->rows[i].pred < b->first_seq)
			s->links[s->n_links++] = (struct tt_link){
				b->rows[i].pred, b->first_seq + i};
	qsort(s->links, s->n_links, sizeof(*s->links), compare_links);
}

static void seal_counts(const struct tt_writer *w, struct tt_sealed *s)
{
	for (uint32_t i = 0; i < w->open.n; i++) {
		const struct tt_row *row = &w->open.rows[i];
		struct tt_cluster_count *c = tt_counts_get(&s->counts, row->cluster);

		if (tt_shape_get(row->shape, TT_SHAPE_GAP, 1))
			c->gaps++;
		else
			c->events++;
	}
}

static uint64_t bytes_of(const struct tt_sealed *s)
{
	uint64_t n = s->grams.len + s->filter.len + s->summary.len;

	for (int part = 0; part < TT_PARTS; part++)
		n += s->parts[part].len;
	for (int kind = 0; kind < TT_CHUNK_KINDS; kind++)
		n += s->chunks[kind].len;
	return n;
}

static void clear_open(struct tt_open_block *b)
{
	b->n = 0;
	b->extras.len = 0;
	b->keys.len = 0;
	b->seen_namespaces.len = b->seen_sigs.len = 0;
	b->zone = (struct tt_zone){0};
	tt_summary_clear(b->summary);
}

void tt_writer_seal(struct tt_writer *w)
{
	struct tt_open_block *b = &w->open;

	if (b->n == 0)
		return;
	struct tt_sealed *s = tt_calloc(1, sizeof(*s));

	seal_info(w, &s->info);
	seal_columns(w, s);
	seal_chunks(w, s);
	seal_links(w, s);
	seal_counts(w, s);
	tt_filter_pack(
		&s->filter, (uint64_t *)(void *)b->keys.data, b->keys.len / sizeof(uint64_t));
	tt_summary_pack(&s->summary, b->summary);
	w->t_max = s->info.t_max > w->t_max ? s->info.t_max : w->t_max;
	w->epoch.blocks++;
	w->epoch.bytes += bytes_of(s);
	clear_open(b);
	*w->sealed_last = s;
	w->sealed_last = &s->next;
}

/* --- writing --- */

static int put_blob(struct tt_writer *w, enum tt_writer_statement statement, uint64_t id,
	const struct tt_packer *blob, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[statement];

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
	tt_db_bind_blob(stmt, 2, blob->data, blob->len);
	return tt_db_run(stmt, err);
}

static int put_info(struct tt_writer *w, const struct tt_block_info *info, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_BLOCK];
	struct tt_packer packed = {0};

	tt_block_info_pack(&packed, info);
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)info->id);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)info->epoch);
	(void)sqlite3_bind_int64(stmt, 3, info->n);
	(void)sqlite3_bind_int64(stmt, 4, info->t_min);
	(void)sqlite3_bind_int64(stmt, 5, info->t_max);
	(void)sqlite3_bind_int64(stmt, 6, info->t_max_before);
	(void)sqlite3_bind_int64(stmt, 7, info->recorded_min);
	(void)sqlite3_bind_int64(stmt, 8, info->recorded_max);
	tt_db_bind_blob(stmt, 9, packed.data, packed.len);
	int rc = tt_db_run(stmt, err);

	tt_packer_release(&packed);
	return rc;
}

static int put_outline(struct tt_writer *w, const struct tt_sealed *s, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_OUTLINE];

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)s->info.id);
	tt_db_bind_blob(stmt, 2, s->filter.data, s->filter.len);
	tt_db_bind_blob(stmt, 3, s->summary.data, s->summary.len);
	return tt_db_run(stmt, err);
}

/* Counts of an epoch so far, with those of a block added. */
static int sum_epoch(
	struct tt_writer *w, const struct tt_sealed *s, struct tt_packer *ret, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_EPOCH_CLUSTERS];
	struct tt_counts sum = {0};

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)s->info.epoch);
	int rc = tt_db_step(stmt, err);

	if (rc > 0)
		(void)tt_counts_unpack(&sum, tt_db_column(stmt, 0));
	(void)sqlite3_reset(stmt);
	for (size_t i = 0; i < s->counts.n; i++) {
		const struct tt_cluster_count *c = &s->counts.items[i];
		struct tt_cluster_count *to = tt_counts_get(&sum, c->cluster);

		to->events += c->events;
		to->gaps += c->gaps;
	}
	tt_counts_pack(&sum, ret);
	tt_vec_release(&sum);
	return rc < 0 ? rc : 0;
}

static int put_epoch(struct tt_writer *w, const struct tt_sealed *s, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_EPOCH];
	const struct tt_block_info *info = &s->info;
	struct tt_packer counts = {0};
	int rc = sum_epoch(w, s, &counts, err);

	if (rc == 0) {
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)info->epoch);
		(void)sqlite3_bind_int64(stmt, 2, (int64_t)info->id);
		(void)sqlite3_bind_int64(stmt, 3, (int64_t)(info->id + info->n - 1));
		(void)sqlite3_bind_int64(stmt, 4, info->t_min);
		(void)sqlite3_bind_int64(stmt, 5, info->t_max);
		(void)sqlite3_bind_int64(stmt, 6, info->t_max_before);
		(void)sqlite3_bind_int64(stmt, 7, info->recorded_min);
		(void)sqlite3_bind_int64(stmt, 8, info->recorded_max);
		(void)sqlite3_bind_int64(stmt, 9, (int64_t)bytes_of(s));
		tt_db_bind_blob(stmt, 10, counts.data, counts.len);
		rc = tt_db_run(stmt, err);
	}
	tt_packer_release(&counts);
	return rc;
}

/* The block that holds record `seq`: its id and its last seq; 0 and 0 if there is none. */
static int block_of(
	struct tt_writer *w, uint64_t seq, uint64_t *ret_id, uint64_t *ret_last, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_BLOCK_OF];

	*ret_id = *ret_last = 0;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)seq);
	int rc = tt_db_step(stmt, err);

	if (rc > 0) {
		*ret_id = (uint64_t)sqlite3_column_int64(stmt, 0);
		*ret_last = *ret_id + (uint64_t)sqlite3_column_int64(stmt, 1) - 1;
	}
	(void)sqlite3_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int put_links_of(struct tt_writer *w, uint64_t target, const struct tt_sealed *s,
	size_t from, size_t end, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_LINK];
	struct tt_packer blob = {0};

	tt_links_pack(&blob, target, s->info.id, s->links + from, end - from);
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)target);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)s->info.id);
	tt_db_bind_blob(stmt, 3, blob.data, blob.len);
	int rc = tt_db_run(stmt, err);

	tt_packer_release(&blob);
	return rc;
}

/* Links are ordered by predecessor, so those of one target block lie together. */
static int put_links(struct tt_writer *w, const struct tt_sealed *s, struct tt_err *err)
{
	int rc = 0;

	for (size_t from = 0, end; rc == 0 && from < s->n_links; from = end) {
		uint64_t target, last;

		rc = block_of(w, s->links[from].pred, &target, &last, err);
		for (end = from + 1; end < s->n_links && s->links[end].pred <= last;)
			end++;
		if (rc == 0 && target != 0 && s->links[from].pred <= last)
			rc = put_links_of(w, target, s, from, end, err);
	}
	return rc;
}

static int put_sealed(struct tt_writer *w, const struct tt_sealed *s, struct tt_err *err)
{
	uint64_t id = s->info.id;
	int rc = put_info(w, &s->info, err);

	for (int part = 0; rc == 0 && part < TT_PARTS; part++)
		rc = put_blob(w, TT_SQL_COLUMNS, id * 2 + (unsigned)part, &s->parts[part], err);
	for (int kind = 0; rc == 0 && kind < TT_CHUNK_KINDS; kind++)
		rc = put_blob(w, TT_SQL_CHUNK, id * 4 + (unsigned)kind, &s->chunks[kind], err);
	if (rc == 0)
		rc = put_blob(w, TT_SQL_CHUNK, id * 4 + TT_CHUNK_KINDS, &s->grams, err);
	if (rc == 0)
		rc = put_outline(w, s, err);
	if (rc == 0)
		rc = put_epoch(w, s, err);
	return rc == 0 ? put_links(w, s, err) : rc;
}

int tt_writer_put_sealed(struct tt_writer *w, struct tt_err *err)
{
	int rc = 0;
	uint64_t end = 0;

	for (const struct tt_sealed *s = w->sealed; rc == 0 && s != NULL; s = s->next) {
		rc = put_sealed(w, s, err);
		end = s->info.id + s->info.n - 1;
	}
	if (rc != 0 || end == 0)
		return rc;
	(void)sqlite3_bind_int64(w->sql[TT_SQL_TAIL_DROP], 1, (int64_t)end);
	return tt_db_run(w->sql[TT_SQL_TAIL_DROP], err);
}

static void sealed_free(struct tt_sealed *s)
{
	for (int part = 0; part < TT_PARTS; part++)
		tt_packer_release(&s->parts[part]);
	for (int kind = 0; kind < TT_CHUNK_KINDS; kind++)
		tt_packer_release(&s->chunks[kind]);
	tt_packer_release(&s->grams);
	tt_packer_release(&s->filter);
	tt_packer_release(&s->summary);
	tt_free(s->links);
	tt_vec_release(&s->counts);
	tt_free(s);
}

void tt_writer_sealed_done(struct tt_writer *w)
{
	while (w->sealed != NULL) {
		struct tt_sealed *s = w->sealed;

		w->sealed_end = s->info.id + s->info.n - 1;
		w->sealed = s->next;
		sealed_free(s);
	}
	w->sealed_last = &w->sealed;
}
