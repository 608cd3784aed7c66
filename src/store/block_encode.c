/* SPDX-License-Identifier: Apache-2.0 */
#include "store/block.h"

#include "base/assert.h"

/* Numbers of a dictionary as numbers of the few that occur in this block, by first occurrence. */
struct local {
	uint32_t *index; /* by id: local number + 1; cleared by walking `ids` */
	size_t n_index;
	uint32_t *ids; /* by local number */
	uint32_t n;
	size_t cap;
	struct tt_packer body;
};

struct tt_block_encoder {
	struct tt_packer streams[TT_STREAM_N];
	struct local namespace, field_path, host;
	struct tt_map sigs, rvs;
	struct tt_packer shapes;
	uint32_t *sig, n_sigs; /* local signature per row */
	uint32_t *shape;       /* shape per row, with TT_SHAPE_AS_BEFORE */
	uint32_t *context;     /* row before in the same context + 1 */
	uint64_t *key;         /* of the context */
	size_t cap_rows;
	uint32_t n;
	uint64_t first_seq;
	uint32_t first_object, first_message;
	const struct tt_row *rows;
	const uint8_t *extras;
};

void tt_find_contexts(const uint64_t *keys, uint32_t n, uint32_t *ret)
{
	size_t mask = 63;

	while (mask < 2 * (size_t)n)
		mask = mask * 2 + 1;
	uint32_t *last = tt_calloc(mask + 1, sizeof(*last)); /* row + 1, found by its key */

	for (uint32_t i = 0; i < n; i++) {
		size_t at = (keys[i] * 0x9e3779b97f4a7c15u >> 32) & mask;

		while (last[at] != 0 && keys[last[at] - 1] != keys[i])
			at = (at + 1) & mask;
		ret[i] = last[at];
		last[at] = i + 1;
	}
	tt_free(last);
}

struct tt_block_encoder *tt_block_encoder_new(void)
{
	return tt_calloc(1, sizeof(struct tt_block_encoder));
}

static void local_release(struct local *l)
{
	tt_free(l->index);
	tt_free(l->ids);
	tt_packer_release(&l->body);
}

void tt_block_encoder_free(struct tt_block_encoder *e)
{
	if (e == NULL)
		return;
	for (int i = 0; i < TT_STREAM_N; i++)
		tt_packer_release(&e->streams[i]);
	local_release(&e->namespace);
	local_release(&e->field_path);
	local_release(&e->host);
	tt_map_release(&e->sigs);
	tt_map_release(&e->rvs);
	tt_packer_release(&e->shapes);
	tt_free(e->sig);
	tt_free(e->shape);
	tt_free(e->key);
	tt_free(e->context);
	tt_free(e);
}

static void local_begin(struct local *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		l->index[l->ids[i]] = 0;
	l->n = 0;
	l->body.len = 0;
}

/* The local number of `id`. */
static uint32_t local_number(struct local *l, uint32_t id)
{
	if (id >= l->n_index) {
		size_t n = (size_t)id * 2 + 256;

		l->index = tt_realloc(l->index, n, sizeof(*l->index));
		memset(l->index + l->n_index, 0, (n - l->n_index) * sizeof(*l->index));
		l->n_index = n;
	}
	if (l->index[id] != 0)
		return l->index[id] - 1;
	if (l->n >= l->cap) {
		l->cap = l->cap > 0 ? l->cap * 2 : 64;
		l->ids = tt_realloc(l->ids, l->cap, sizeof(*l->ids));
	}
	l->ids[l->n++] = id;
	l->index[id] = l->n;
	return l->n - 1;
}

/* The stream of a local column: the ids, then the body. */
static void local_end(const struct local *l, struct tt_packer *to)
{
	if (l->body.len == 0)
		return;
	tt_pack_varint(to, l->n);
	for (uint32_t i = 0; i < l->n; i++)
		tt_pack_varint(to, l->ids[i]);
	tt_pack_bytes(to, l->body.data, l->body.len);
}

static unsigned get(
	const struct tt_block_encoder *e, uint32_t i, enum tt_shape_bit bit, unsigned width)
{
	return tt_shape_get(e->shape[i], bit, width);
}

/* Whether name and uid of row `i` are those of its predecessor, which is in this block. */
static bool as_before(const struct tt_block_encoder *e, uint32_t i)
{
	const struct tt_row *row = &e->rows[i];

	if (row->pred < e->first_seq)
		return false;
	const struct tt_row *before = &e->rows[row->pred - e->first_seq];
	unsigned uid = tt_shape_get(row->shape, TT_SHAPE_UID, 2);

	return tt_shape_get(row->shape, TT_SHAPE_NAME, 2) == TT_TEXT_USUAL &&
	       tt_shape_get(before->shape, TT_SHAPE_NAME, 2) == TT_TEXT_USUAL &&
	       row->suffix == before->suffix && uid != TT_TEXT_EXTRA &&
	       uid == tt_shape_get(before->shape, TT_SHAPE_UID, 2) &&
	       memcmp(row->uid, before->uid, sizeof(row->uid)) == 0;
}

/* Local signatures and contexts of all rows. */
static void prepare(struct tt_block_encoder *e)
{
	tt_map_clear(&e->sigs);
	e->shapes.len = 0;
	e->n_sigs = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];
		bool is_new;

		e->shape[i] = row->shape;
		if (row->pred != 0 && as_before(e, i))
			e->shape[i] |= 1u << TT_SHAPE_AS_BEFORE;
		uint64_t *sig = tt_map_put(
			&e->sigs, (uint64_t)e->shape[i] << 32 | row->sig, &is_new);

		if (is_new) {
			*sig = e->n_sigs++;
			tt_pack_varint(&e->shapes, row->sig);
			tt_pack_varint(&e->shapes, e->shape[i]);
		}
		e->sig[i] = (uint32_t)*sig;
		e->key[i] = tt_context_key(row->object, e->shape[i]);
	}
	tt_find_contexts(e->key, e->n, e->context);
}

static void encode_sig(struct tt_block_encoder *e)
{
	struct tt_packer *shapes = &e->streams[TT_STREAM_SHAPES];

	tt_pack_varint(shapes, e->n_sigs);
	tt_pack_bytes(shapes, e->shapes.data, e->shapes.len);
	for (uint32_t i = 0; i < e->n; i++)
		tt_pack_varint(&e->streams[TT_STREAM_SIG], e->sig[i]);
}

/* `size` bytes of each number in planes: all the lowest bytes, then all the next ones. */
static void pack_planes(struct tt_packer *to, const uint32_t *numbers, uint32_t n, unsigned size)
{
	uint8_t *at = tt_pack_room(to, (size_t)n * size);

	for (unsigned plane = 0; plane < size; plane++)
		for (uint32_t i = 0; i < n; i++)
			*at++ = (uint8_t)(numbers[i] >> (8 * plane));
	to->len += (size_t)n * size;
}

static void encode_t(struct tt_block_encoder *e)
{
	uint32_t *micros = tt_malloc(e->n * sizeof(*micros));
	uint32_t n = 0;
	int64_t before = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		int64_t t = e->rows[i].t, seconds = tt_time_seconds(t);

		tt_pack_zigzag(&e->streams[TT_STREAM_T], seconds - before);
		before = seconds;
		if (get(e, i, TT_SHAPE_MICROS, 1))
			micros[n++] = (uint32_t)((uint64_t)t - (uint64_t)seconds * 1000000u);
	}
	pack_planes(&e->streams[TT_STREAM_T_MICROS], micros, n, 3);
	tt_free(micros);
}

/* New numbers of a dictionary come in order: 0 is the next new one, else the distance back. */
static void pack_next(struct tt_packer *to, uint32_t id, uint32_t *next)
{
	if (id == *next) {
		tt_pack_byte(to, 0);
		(*next)++;
	} else {
		tt_pack_zigzag(to, (int64_t)*next - id);
	}
}

static void encode_ids(struct tt_block_encoder *e)
{
	uint32_t object = e->first_object, message = e->first_message;

	tt_pack_varint(&e->streams[TT_STREAM_OBJECT], object);
	tt_pack_varint(&e->streams[TT_STREAM_MESSAGE], message);
	for (uint32_t i = 0; i < e->n; i++) {
		pack_next(&e->streams[TT_STREAM_OBJECT], e->rows[i].object, &object);
		pack_next(&e->streams[TT_STREAM_MESSAGE], e->rows[i].message, &message);
	}
}

static void encode_scan(struct tt_block_encoder *e)
{
	local_begin(&e->namespace);
	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];

		tt_pack_varint(&e->streams[TT_STREAM_CLUSTER], row->cluster);
		tt_pack_varint(&e->namespace.body, local_number(&e->namespace, row->namespace));
		tt_pack_varint(&e->streams[TT_STREAM_PRED],
			row->pred != 0 ? e->first_seq + i - row->pred : 0);
	}
	local_end(&e->namespace, &e->streams[TT_STREAM_NAMESPACE]);
}

/* Field path and host: 0 if as in the row before of the same context. */
static void encode_places(struct tt_block_encoder *e)
{
	local_begin(&e->field_path);
	local_begin(&e->host);
	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];
		const struct tt_row *before = e->context[i] > 0 ? &e->rows[e->context[i] - 1]
								: NULL;

		tt_assert(row != NULL);
		if (before != NULL && before->field_path == row->field_path)
			tt_pack_byte(&e->field_path.body, 0);
		else
			tt_pack_varint(&e->field_path.body,
				local_number(&e->field_path, row->field_path) + 1);
		if (get(e, i, TT_SHAPE_HOST, 3) == TT_HOST_NONE)
			continue;
		if (before != NULL && before->host == row->host)
			tt_pack_byte(&e->host.body, 0);
		else
			tt_pack_varint(&e->host.body, local_number(&e->host, row->host) + 1);
	}
	local_end(&e->field_path, &e->streams[TT_STREAM_FIELD_PATH]);
	local_end(&e->host, &e->streams[TT_STREAM_HOST]);
}

static void encode_versions(struct tt_block_encoder *e)
{
	tt_map_clear(&e->rvs);
	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];
		const struct tt_row *before = e->context[i] > 0 ? &e->rows[e->context[i] - 1]
								: NULL;

		tt_assert(row != NULL);
		if (get(e, i, TT_SHAPE_RV, 2) == TT_TEXT_USUAL) {
			uint64_t *rv = tt_map_put(&e->rvs, row->cluster, NULL);

			tt_pack_zigzag(&e->streams[TT_STREAM_RV], (int64_t)(row->rv - *rv));
			*rv = row->rv;
		}
		if (get(e, i, TT_SHAPE_OBJECT_RV, 2) != TT_TEXT_USUAL)
			continue;
		if (before != NULL && before->object_rv == row->object_rv)
			tt_pack_byte(&e->streams[TT_STREAM_OBJECT_RV], 0);
		else
			tt_pack_varint(&e->streams[TT_STREAM_OBJECT_RV],
				tt_zigzag((int64_t)(row->rv - row->object_rv)) + 1);
	}
}

static void encode_time(
	struct tt_packer *to, enum tt_time_mode mode, int64_t value, int64_t reference)
{
	if (mode == TT_TIME_IN_SECONDS || mode == TT_TIME_IN_MICROS)
		tt_pack_zigzag(to, tt_time_distance(mode, value, reference));
}

static void encode_times(struct tt_block_encoder *e)
{
	struct tt_packer *to = e->streams;

	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];

		encode_time(&to[TT_STREAM_LAST], get(e, i, TT_SHAPE_LAST, 2), row->last, row->t);
		encode_time(&to[TT_STREAM_EVENT_TIME], get(e, i, TT_SHAPE_EVENT_TIME, 2),
			row->event_time, row->t);
		encode_time(&to[TT_STREAM_SERIES_LAST], get(e, i, TT_SHAPE_SERIES_LAST, 2),
			row->series_last, row->t);
		encode_time(&to[TT_STREAM_FIRST], get(e, i, TT_SHAPE_FIRST, 2), row->first, row->t);
		encode_time(&to[TT_STREAM_CREATION], get(e, i, TT_SHAPE_CREATION, 2), row->creation,
			tt_creation_base(row->t, row->first, row->event_time));
	}
}

/* The number in a name is mostly the recorder's clock in nanoseconds. */
static void encode_suffix_and_uid(struct tt_block_encoder *e)
{
	uint32_t *nanos = tt_malloc(e->n * sizeof(*nanos));
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];

		if (get(e, i, TT_SHAPE_AS_BEFORE, 1))
			continue;
		if (get(e, i, TT_SHAPE_NAME, 2) == TT_TEXT_USUAL) {
			int64_t seconds = tt_time_seconds(
				tt_creation_base(row->t, row->first, row->event_time));

			tt_pack_zigzag(&e->streams[TT_STREAM_SUFFIX],
				(int64_t)(row->suffix / 1000000000u) - seconds);
			nanos[n++] = (uint32_t)(row->suffix % 1000000000u);
		}
		if (get(e, i, TT_SHAPE_UID, 2) == TT_TEXT_USUAL)
			tt_pack_bytes(&e->streams[TT_STREAM_UID], row->uid, sizeof(row->uid));
	}
	pack_planes(&e->streams[TT_STREAM_SUFFIX_NANOS], nanos, n, 4);
	tt_free(nanos);
}

static void encode_recorded(struct tt_block_encoder *e)
{
	struct tt_packer *to = &e->streams[TT_STREAM_RECORDED];
	int64_t before = 0;

	for (uint32_t i = 0, run; i < e->n; i += run) {
		int64_t recorded = e->rows[i].recorded;

		for (run = 1; i + run < e->n && e->rows[i + run].recorded == recorded;)
			run++;
		tt_pack_varint(to, run);
		tt_pack_zigzag(to, (int64_t)((uint64_t)recorded - (uint64_t)before));
		before = recorded;
	}
}

static void encode_counts_and_extras(struct tt_block_encoder *e)
{
	for (uint32_t i = 0; i < e->n; i++) {
		const struct tt_row *row = &e->rows[i];

		tt_pack_zigzag(&e->streams[TT_STREAM_COUNT], row->count);
		if (get(e, i, TT_SHAPE_HAS_EXTRA, 1)) {
			tt_pack_varint(&e->streams[TT_STREAM_EXTRA], row->extra_len);
			tt_pack_bytes(&e->streams[TT_STREAM_EXTRA], e->extras + row->extra_at,
				row->extra_len);
		}
	}
}

static void reserve(struct tt_block_encoder *e, uint32_t n)
{
	if (n <= e->cap_rows)
		return;
	e->cap_rows = n;
	e->sig = tt_realloc(e->sig, n, sizeof(*e->sig));
	e->shape = tt_realloc(e->shape, n, sizeof(*e->shape));
	e->key = tt_realloc(e->key, n, sizeof(*e->key));
	e->context = tt_realloc(e->context, n, sizeof(*e->context));
}

void tt_block_encode(struct tt_block_encoder *e, const struct tt_block_source *source)
{
	tt_assert(source->n > 0 && source->n <= TT_BLOCK_MAX_RECORDS);
	for (int i = 0; i < TT_STREAM_N; i++)
		e->streams[i].len = 0;
	reserve(e, source->n);
	e->rows = source->rows;
	e->n = source->n;
	e->first_seq = source->first_seq;
	e->extras = source->extras;
	e->first_object = source->first_object;
	e->first_message = source->first_message;
	prepare(e);
	encode_sig(e);
	encode_t(e);
	encode_ids(e);
	encode_scan(e);
	encode_places(e);
	encode_versions(e);
	encode_times(e);
	encode_suffix_and_uid(e);
	encode_recorded(e);
	encode_counts_and_extras(e);
}

size_t tt_block_streams(const struct tt_block_encoder *e, enum tt_part part,
	struct tt_stream streams[TT_CONTAINER_MAX_STREAMS])
{
	int first = part == TT_PART_SCAN ? TT_STREAM_SHAPES : TT_STREAM_FIELD_PATH;
	int end = part == TT_PART_SCAN ? TT_STREAM_FIELD_PATH : TT_STREAM_N;
	size_t n = 0;

	for (int id = first; id < end; id++)
		streams[n++] = (struct tt_stream){.id = (uint8_t)id,
			.random = id == TT_STREAM_UID,
			.bytes = {(const char *)e->streams[id].data, e->streams[id].len}};
	return n;
}
