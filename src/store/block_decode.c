/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "store/block.h"

enum { NANOS = 1000000000 };

struct tt_block *tt_block_new(uint64_t first_seq, uint32_t n)
{
	struct tt_block *b = tt_calloc(1, sizeof(*b));

	tt_assert(n > 0 && n <= TT_BLOCK_MAX_RECORDS);
	b->first_seq = first_seq;
	b->n = b->end_wanted = n;
	b->bytes = sizeof(*b);
	tt_assert(pthread_mutex_init(&b->mutex, NULL) == 0);
	return b;
}

void tt_block_free(struct tt_block *b)
{
	if (b == NULL)
		return;
	void *const arrays[] = {b->rows, b->sigs, b->sig, b->cluster, b->namespace, b->object,
		b->message, b->field_path, b->host, b->context, b->t, b->first, b->last,
		b->event_time, b->series_last, b->creation, b->recorded, b->pred, b->rv,
		b->object_rv, b->suffix, b->nanos, b->count, b->uid, b->extra_end, b->extra};

	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		tt_free(arrays[i]);
	tt_block_drop_parts(b);
	(void)pthread_mutex_destroy(&b->mutex);
	tt_free(b);
}

bool tt_block_has_part(struct tt_block *b, enum tt_part part)
{
	(void)pthread_mutex_lock(&b->mutex);
	bool has = b->stored[part] != NULL;

	(void)pthread_mutex_unlock(&b->mutex);
	return has;
}

static bool set_part(struct tt_block *b, enum tt_part part, struct tt_str stored)
{
	if (b->stored[part] != NULL)
		return true;
	uint8_t *copy = tt_malloc(stored.len);

	memcpy(copy, stored.data, stored.len);
	struct tt_container *parts = tt_malloc(sizeof(*parts));

	if (!tt_container_parse(parts, (struct tt_str){(const char *)copy, stored.len})) {
		tt_free(copy);
		tt_free(parts);
		return false;
	}
	b->stored[part] = copy;
	b->parts[part] = parts;
	b->bytes += stored.len + sizeof(*parts);
	return true;
}

bool tt_block_set_part(struct tt_block *b, enum tt_part part, struct tt_str stored)
{
	if (stored.len == 0)
		return false;
	(void)pthread_mutex_lock(&b->mutex);
	bool ok = set_part(b, part, stored);

	(void)pthread_mutex_unlock(&b->mutex);
	return ok;
}

void tt_block_drop_parts(struct tt_block *b)
{
	for (int part = 0; part < TT_PARTS; part++) {
		tt_free(b->stored[part]);
		tt_free(b->parts[part]);
		b->stored[part] = NULL;
		b->parts[part] = NULL;
	}
}

/* A stream being read, with the memory of its bytes if it was compressed. */
struct input {
	struct tt_unpacker u;
	uint8_t *memory;
};

static bool open_input(struct input *in, struct tt_block *b, enum tt_block_stream id)
{
	enum tt_part part = id <= TT_STREAM_PRED ? TT_PART_SCAN : TT_PART_REST;
	static const uint8_t nothing;
	struct tt_str bytes;

	tt_assert(b->stored[part] != NULL);
	if (!tt_container_view(b->parts[part], (uint8_t)id, &bytes, &in->memory, b->decompressor))
		return false;
	in->u.at = bytes.data != NULL ? (const uint8_t *)bytes.data : &nothing;
	in->u.end = in->u.at + bytes.len;
	in->u.failed = false;
	return true;
}

/* Whether all was read that is wanted, and well; frees the bytes. */
static bool close_input(const struct tt_block *b, struct input *in)
{
	bool ok = !in->u.failed && (in->u.at == in->u.end || b->end_wanted < b->n);

	tt_free(in->memory);
	return ok;
}

/* Goes past `n` numbers. */
static void skip(struct tt_unpacker *u, uint32_t n)
{
	const uint64_t high = 0x8080808080808080u;

	while (n >= sizeof(high) && (size_t)(u->end - u->at) >= sizeof(high)) {
		uint64_t bytes;

		memcpy(&bytes, u->at, sizeof(bytes));
		u->at += sizeof(bytes);
		n -= (uint32_t)__builtin_popcountll(~bytes & high); /* each ends a number */
	}
	for (; n > 0; n--)
		(void)tt_unpack_varint(u);
}

static void *array(struct tt_block *b, size_t n, size_t size)
{
	b->bytes += n * size;
	return tt_malloc(n * size);
}

static unsigned get(const struct tt_block *b, uint32_t i, enum tt_shape_bit bit, unsigned width)
{
	return tt_shape_get(tt_block_shape(b, i), bit, width);
}

static bool decode_shapes(struct tt_block *b)
{
	struct input in;

	if (!open_input(&in, b, TT_STREAM_SHAPES))
		return false;
	size_t n = tt_unpack_count(&in.u);

	b->sigs = array(b, n, sizeof(*b->sigs));
	b->n_sigs = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		b->sigs[i] = (struct tt_block_sig){.sig = tt_unpack_u32(&in.u)};
		b->sigs[i].shape = tt_unpack_u32(&in.u);
	}
	return close_input(b, &in);
}

static bool decode_sig(struct tt_block *b)
{
	struct input in;
	bool ok = true;

	if (!decode_shapes(b) || !open_input(&in, b, TT_STREAM_SIG))
		return false;
	b->sig = array(b, b->n, sizeof(*b->sig));
	for (uint32_t i = 0; i < b->n && ok; i++) {
		b->sig[i] = tt_unpack_u32(&in.u);
		ok = b->sig[i] < b->n_sigs;
		if (ok)
			b->sigs[b->sig[i]].n++;
	}
	return close_input(b, &in) && ok;
}

/* How many rows have what is `value` under `mask` in their shape. */
struct rows_count {
	uint32_t all, skipped;
};

static struct rows_count count_rows(const struct tt_block *b, uint32_t mask, uint32_t value)
{
	struct rows_count count = {0};

	for (uint32_t i = 0; i < b->n_sigs; i++)
		if ((b->sigs[i].shape & mask) == value) {
			count.all += b->sigs[i].n;
			count.skipped += b->sigs[i].n_skipped;
		}
	return count;
}

/* Number `i` of `n` numbers in `size` planes. */
static uint32_t plane_get(const uint8_t *planes, uint32_t i, uint32_t n, unsigned size)
{
	uint32_t v = 0;

	for (unsigned plane = 0; plane < size; plane++)
		v |= (uint32_t)planes[(size_t)plane * n + i] << (8 * plane);
	return v;
}

static bool decode_t(struct tt_block *b)
{
	struct input in, micros;
	const uint32_t has_micros = 1u << TT_SHAPE_MICROS;
	struct rows_count n = count_rows(b, has_micros, has_micros);
	uint32_t at = n.skipped;
	uint64_t seconds = 0;

	if (!open_input(&in, b, TT_STREAM_T))
		return false;
	if (!open_input(&micros, b, TT_STREAM_T_MICROS)) {
		(void)close_input(b, &in);
		return false;
	}
	const uint8_t *planes = tt_unpack_bytes(&micros.u, (size_t)n.all * 3);

	b->t = array(b, b->n, sizeof(*b->t));
	for (uint32_t i = 0; i < b->first_wanted; i++)
		seconds += (uint64_t)tt_unpack_zigzag(&in.u);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++) {
		seconds += (uint64_t)tt_unpack_zigzag(&in.u);
		uint64_t t = seconds * 1000000u;

		if (planes != NULL && get(b, i, TT_SHAPE_MICROS, 1))
			t += plane_get(planes, at++, n.all, 3);
		b->t[i] = (int64_t)t;
	}
	bool ok = close_input(b, &in);

	return close_input(b, &micros) && ok;
}

static bool decode_cluster(struct tt_block *b)
{
	struct input in;

	if (!open_input(&in, b, TT_STREAM_CLUSTER))
		return false;
	b->cluster = array(b, b->n, sizeof(*b->cluster));
	for (uint32_t i = 0; i < b->end_wanted; i++)
		b->cluster[i] = tt_unpack_u32(&in.u);
	return close_input(b, &in);
}

/* The ids of a local column, in new memory. */
static uint32_t *read_locals(struct tt_unpacker *u, uint32_t *ret_n)
{
	size_t n = tt_unpack_count(u);
	uint32_t *ids = tt_malloc(n * sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = tt_unpack_u32(u);
	*ret_n = (uint32_t)n;
	return ids;
}

static bool decode_namespace(struct tt_block *b)
{
	struct input in;
	uint32_t n_ids;

	if (!open_input(&in, b, TT_STREAM_NAMESPACE))
		return false;
	uint32_t *ids = read_locals(&in.u, &n_ids);

	b->namespace = array(b, b->n, sizeof(*b->namespace));
	skip(&in.u, b->first_wanted);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++) {
		uint64_t local = tt_unpack_varint(&in.u);

		in.u.failed |= local >= n_ids;
		b->namespace[i] = in.u.failed ? 0 : ids[local];
	}
	tt_free(ids);
	return close_input(b, &in);
}

/* The opposite of pack_next(). */
static bool decode_ids(struct tt_block *b, enum tt_block_stream stream, uint32_t **ret)
{
	struct input in;

	if (!open_input(&in, b, stream))
		return false;
	uint32_t next = tt_unpack_u32(&in.u), *ids = array(b, b->n, sizeof(*ids));

	for (uint32_t i = 0; i < b->end_wanted; i++) {
		int64_t back = tt_unpack_zigzag(&in.u);

		ids[i] = back == 0 ? next++ : (uint32_t)(next - back);
	}
	*ret = ids;
	return close_input(b, &in);
}

static bool decode_object(struct tt_block *b)
{
	return decode_ids(b, TT_STREAM_OBJECT, &b->object);
}

static bool decode_message(struct tt_block *b)
{
	return decode_ids(b, TT_STREAM_MESSAGE, &b->message);
}

static bool decode_pred(struct tt_block *b)
{
	struct input in;

	if (!open_input(&in, b, TT_STREAM_PRED))
		return false;
	b->pred = array(b, b->n, sizeof(*b->pred));
	for (uint32_t i = 0; i < b->end_wanted; i++) {
		uint64_t back = tt_unpack_varint(&in.u), seq = b->first_seq + i;

		in.u.failed |= back >= seq;
		b->pred[i] = back > 0 ? seq - back : 0;
	}
	return close_input(b, &in);
}

/* The row before with the same object and host mode, for each row. */
static void find_contexts(struct tt_block *b)
{
	if (b->context != NULL)
		return;
	uint64_t *keys = tt_malloc(b->n * sizeof(*keys));

	b->context = array(b, b->n, sizeof(*b->context));
	for (uint32_t i = 0; i < b->end_wanted; i++)
		keys[i] = tt_context_key(b->object[i], tt_block_shape(b, i));
	tt_find_contexts(keys, b->end_wanted, b->context);
	tt_free(keys);
}

/* One row of a column of local numbers in which 0 means: as in the context. */
static uint32_t read_place(struct tt_block *b, struct tt_unpacker *u, uint32_t i,
	const uint32_t *column, const uint32_t *ids, uint32_t n_ids)
{
	uint64_t local = tt_unpack_varint(u);

	if (local == 0 && b->context[i] > 0)
		return column[b->context[i] - 1];
	if (local > 0 && local <= n_ids)
		return ids[local - 1];
	u->failed = true;
	return 0;
}

static bool decode_field_path(struct tt_block *b)
{
	struct input in;
	uint32_t n_ids;

	find_contexts(b);
	if (!open_input(&in, b, TT_STREAM_FIELD_PATH))
		return false;
	uint32_t *ids = read_locals(&in.u, &n_ids);

	b->field_path = array(b, b->n, sizeof(*b->field_path));
	for (uint32_t i = 0; i < b->end_wanted; i++)
		b->field_path[i] = read_place(b, &in.u, i, b->field_path, ids, n_ids);
	tt_free(ids);
	return close_input(b, &in);
}

static bool decode_host(struct tt_block *b)
{
	struct input in;
	uint32_t n_ids = 0;

	find_contexts(b);
	if (!open_input(&in, b, TT_STREAM_HOST))
		return false;
	uint32_t *ids = in.u.at < in.u.end ? read_locals(&in.u, &n_ids) : NULL;

	b->host = array(b, b->n, sizeof(*b->host));
	for (uint32_t i = 0; i < b->end_wanted; i++)
		b->host[i] = get(b, i, TT_SHAPE_HOST, 3) != TT_HOST_NONE
				     ? read_place(b, &in.u, i, b->host, ids, n_ids)
				     : 0;
	tt_free(ids);
	return close_input(b, &in);
}

static bool decode_count(struct tt_block *b)
{
	struct input in;

	if (!open_input(&in, b, TT_STREAM_COUNT))
		return false;
	b->count = array(b, b->n, sizeof(*b->count));
	skip(&in.u, b->first_wanted);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++)
		b->count[i] = (int32_t)tt_unpack_zigzag(&in.u);
	return close_input(b, &in);
}

/* Versions go on where the cluster's last one was. */
static bool decode_rv(struct tt_block *b)
{
	struct input in;
	struct tt_map rvs = {0};
	uint64_t *rv = NULL;

	if (!open_input(&in, b, TT_STREAM_RV))
		return false;
	b->rv = array(b, b->n, sizeof(*b->rv));
	for (uint32_t i = 0; i < b->end_wanted; i++) {
		if (i == 0 || b->cluster[i] != b->cluster[i - 1])
			rv = tt_map_put(&rvs, b->cluster[i], NULL);
		b->rv[i] = 0;
		if (get(b, i, TT_SHAPE_RV, 2) == TT_TEXT_USUAL)
			b->rv[i] = *rv += (uint64_t)tt_unpack_zigzag(&in.u);
	}
	tt_map_release(&rvs);
	return close_input(b, &in);
}

static bool decode_object_rv(struct tt_block *b)
{
	struct input in;

	find_contexts(b);
	if (!open_input(&in, b, TT_STREAM_OBJECT_RV))
		return false;
	b->object_rv = array(b, b->n, sizeof(*b->object_rv));
	for (uint32_t i = 0; i < b->end_wanted; i++) {
		b->object_rv[i] = 0;
		if (get(b, i, TT_SHAPE_OBJECT_RV, 2) != TT_TEXT_USUAL)
			continue;
		uint64_t distance = tt_unpack_varint(&in.u);

		if (distance > 0)
			b->object_rv[i] = b->rv[i] - (uint64_t)tt_unzigzag(distance - 1);
		else if (b->context[i] > 0)
			b->object_rv[i] = b->object_rv[b->context[i] - 1];
		else
			in.u.failed = true;
	}
	return close_input(b, &in);
}

/* A time of row `i` whose mode is at `bit` of the shape. */
static int64_t read_time(struct tt_block *b, struct tt_unpacker *u, uint32_t i,
	enum tt_shape_bit bit, int64_t reference)
{
	enum tt_time_mode mode = get(b, i, bit, 2);
	int64_t distance = mode == TT_TIME_IN_SECONDS || mode == TT_TIME_IN_MICROS
				   ? tt_unpack_zigzag(u)
				   : 0;

	return tt_time_from_distance(mode, distance, reference);
}

/* Goes past the times of rows that are not wanted. */
static void skip_times(const struct tt_block *b, struct tt_unpacker *u, enum tt_shape_bit bit)
{
	const uint32_t in_units = (uint32_t)TT_TIME_IN_SECONDS << bit; /* or in micros */

	skip(u, count_rows(b, in_units, in_units).skipped);
}

/* A column of times that are stored relative to t. */
static bool decode_time(
	struct tt_block *b, enum tt_block_stream stream, enum tt_shape_bit bit, int64_t **ret)
{
	struct input in;

	if (!open_input(&in, b, stream))
		return false;
	*ret = array(b, b->n, sizeof(**ret));
	skip_times(b, &in.u, bit);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++)
		(*ret)[i] = read_time(b, &in.u, i, bit, b->t[i]);
	return close_input(b, &in);
}

static bool decode_last(struct tt_block *b)
{
	return decode_time(b, TT_STREAM_LAST, TT_SHAPE_LAST, &b->last);
}

static bool decode_event_time(struct tt_block *b)
{
	return decode_time(b, TT_STREAM_EVENT_TIME, TT_SHAPE_EVENT_TIME, &b->event_time);
}

static bool decode_series_last(struct tt_block *b)
{
	return decode_time(b, TT_STREAM_SERIES_LAST, TT_SHAPE_SERIES_LAST, &b->series_last);
}

static bool decode_first(struct tt_block *b)
{
	return decode_time(b, TT_STREAM_FIRST, TT_SHAPE_FIRST, &b->first);
}

static int64_t creation_base(const struct tt_block *b, uint32_t i)
{
	return tt_creation_base(b->t[i], b->first[i], b->event_time[i]);
}

static bool decode_creation(struct tt_block *b)
{
	struct input in;

	if (!open_input(&in, b, TT_STREAM_CREATION))
		return false;
	b->creation = array(b, b->n, sizeof(*b->creation));
	skip_times(b, &in.u, TT_SHAPE_CREATION);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++)
		b->creation[i] = read_time(b, &in.u, i, TT_SHAPE_CREATION, creation_base(b, i));
	return close_input(b, &in);
}

/* The predecessor of row `i` in this block; the row itself, and a failure, if it has none. */
static uint32_t row_before(const struct tt_block *b, uint32_t i, bool *failed)
{
	if (b->pred[i] >= b->first_seq)
		return (uint32_t)(b->pred[i] - b->first_seq);
	*failed = true;
	return i;
}

/* Whether the text at `bit` of this shape is usual, and not that of the row before. */
static bool is_own(uint32_t shape, enum tt_shape_bit bit)
{
	return tt_shape_get(shape, bit, 2) == TT_TEXT_USUAL &&
	       !tt_shape_get(shape, TT_SHAPE_AS_BEFORE, 1);
}

static struct rows_count count_own(const struct tt_block *b, enum tt_shape_bit bit)
{
	return count_rows(b, 3u << bit | 1u << TT_SHAPE_AS_BEFORE, (uint32_t)TT_TEXT_USUAL << bit);
}

static bool decode_nanos(struct tt_block *b)
{
	struct input in;
	size_t n = count_own(b, TT_SHAPE_NAME).all;

	if (!open_input(&in, b, TT_STREAM_SUFFIX_NANOS))
		return false;
	const uint8_t *planes = tt_unpack_bytes(&in.u, n * 4);

	b->nanos = array(b, n * 4, 1);
	if (planes != NULL && n > 0)
		memcpy(b->nanos, planes, n * 4);
	return close_input(b, &in);
}

static bool decode_suffix(struct tt_block *b)
{
	struct input in;
	struct rows_count n = count_own(b, TT_SHAPE_NAME);
	uint32_t at = n.skipped;

	if (!open_input(&in, b, TT_STREAM_SUFFIX))
		return false;
	b->suffix = array(b, b->n, sizeof(*b->suffix));
	memset(b->suffix, 0, b->end_wanted * sizeof(*b->suffix));
	skip(&in.u, n.skipped);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++) {
		if (get(b, i, TT_SHAPE_AS_BEFORE, 1)) {
			b->suffix[i] = b->suffix[row_before(b, i, &in.u.failed)];
		} else if (get(b, i, TT_SHAPE_NAME, 2) == TT_TEXT_USUAL) {
			int64_t seconds = tt_time_seconds(creation_base(b, i));

			b->suffix[i] = ((uint64_t)seconds + (uint64_t)tt_unpack_zigzag(&in.u)) *
					       NANOS +
				       plane_get(b->nanos, at++, n.all, 4);
		}
	}
	return close_input(b, &in);
}

void tt_block_mark_nanos(const struct tt_block *b, uint32_t nanos, bool *marks)
{
	uint32_t n = count_own(b, TT_SHAPE_NAME).all, at = 0;
	bool *own = tt_malloc(b->n_sigs * sizeof(*own));

	for (uint32_t i = 0; i < b->n_sigs; i++)
		own[i] = is_own(b->sigs[i].shape, TT_SHAPE_NAME);
	for (uint32_t i = 0; i < b->n; i++) {
		if (!own[b->sig[i]])
			continue;
		marks[i] = b->nanos[at] == (uint8_t)nanos && plane_get(b->nanos, at, n, 4) == nanos;
		at++;
	}
	tt_free(own);
}

uint32_t tt_block_origin(const struct tt_block *b, uint32_t i)
{
	bool failed = false;

	while (get(b, i, TT_SHAPE_AS_BEFORE, 1) && !failed)
		i = row_before(b, i, &failed);
	return i;
}

static bool decode_uid(struct tt_block *b)
{
	struct input in;

	if (!open_input(&in, b, TT_STREAM_UID))
		return false;
	b->uid = array(b, b->n, sizeof(*b->uid));
	memset(b->uid, 0, b->end_wanted * sizeof(*b->uid));
	(void)tt_unpack_bytes(&in.u, 16 * (size_t)count_own(b, TT_SHAPE_UID).skipped);
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++) {
		if (get(b, i, TT_SHAPE_UID, 2) != TT_TEXT_USUAL)
			continue;
		const uint8_t *from = get(b, i, TT_SHAPE_AS_BEFORE, 1)
					      ? b->uid[row_before(b, i, &in.u.failed)]
					      : tt_unpack_bytes(&in.u, 16);

		if (from != NULL && from != b->uid[i])
			memcpy(b->uid[i], from, 16);
	}
	return close_input(b, &in);
}

static bool decode_recorded(struct tt_block *b)
{
	struct input in;
	uint64_t recorded = 0;

	if (!open_input(&in, b, TT_STREAM_RECORDED))
		return false;
	b->recorded = array(b, b->n, sizeof(*b->recorded));
	for (uint32_t i = 0; i < b->end_wanted;) {
		uint64_t run = tt_unpack_varint(&in.u);

		recorded += (uint64_t)tt_unpack_zigzag(&in.u);
		if (run == 0 || run > b->n - i)
			in.u.failed = true;
		for (; i < b->n && (run > 0 || in.u.failed); run--)
			b->recorded[i++] = (int64_t)recorded;
	}
	return close_input(b, &in);
}

static bool decode_extra(struct tt_block *b)
{
	const uint32_t has_extra = 1u << TT_SHAPE_HAS_EXTRA;
	struct input in;
	uint32_t at = 0;

	if (!open_input(&in, b, TT_STREAM_EXTRA))
		return false;
	b->extra_end = array(b, b->n, sizeof(*b->extra_end));
	b->extra = array(b, (size_t)(in.u.end - in.u.at), 1);
	for (uint32_t n = count_rows(b, has_extra, has_extra).skipped; n > 0; n--)
		(void)tt_unpack_str(&in.u);
	if (b->first_wanted > 0)
		b->extra_end[b->first_wanted - 1] = 0;
	for (uint32_t i = b->first_wanted; i < b->end_wanted; i++) {
		if (get(b, i, TT_SHAPE_HAS_EXTRA, 1)) {
			struct tt_str extra = tt_unpack_str(&in.u);

			if (extra.len > 0)
				memcpy(b->extra + at, extra.data, extra.len);
			at += (uint32_t)extra.len;
		}
		b->extra_end[i] = at;
	}
	return close_input(b, &in);
}

/* How each column is made, and which others it needs first. */
static const struct {
	bool (*decode)(struct tt_block *b);
	uint32_t needs;
} columns[TT_COLUMNS] = {
#define C(name) (1u << TT_COLUMN_##name)
	[TT_COLUMN_SIG] = {decode_sig, 0},
	[TT_COLUMN_T] = {decode_t, C(SIG)},
	[TT_COLUMN_CLUSTER] = {decode_cluster, 0},
	[TT_COLUMN_NAMESPACE] = {decode_namespace, 0},
	[TT_COLUMN_OBJECT] = {decode_object, 0},
	[TT_COLUMN_MESSAGE] = {decode_message, 0},
	[TT_COLUMN_PRED] = {decode_pred, 0},
	[TT_COLUMN_FIELD_PATH] = {decode_field_path, C(SIG) | C(OBJECT)},
	[TT_COLUMN_HOST] = {decode_host, C(SIG) | C(OBJECT)},
	[TT_COLUMN_COUNT] = {decode_count, 0},
	[TT_COLUMN_RV] = {decode_rv, C(SIG) | C(CLUSTER)},
	[TT_COLUMN_OBJECT_RV] = {decode_object_rv, C(SIG) | C(OBJECT) | C(RV)},
	[TT_COLUMN_LAST] = {decode_last, C(T)},
	[TT_COLUMN_EVENT_TIME] = {decode_event_time, C(T)},
	[TT_COLUMN_SERIES_LAST] = {decode_series_last, C(T)},
	[TT_COLUMN_FIRST] = {decode_first, C(T)},
	[TT_COLUMN_CREATION] = {decode_creation, C(FIRST) | C(EVENT_TIME)},
	[TT_COLUMN_NANOS] = {decode_nanos, C(SIG)},
	[TT_COLUMN_SUFFIX] = {decode_suffix, C(FIRST) | C(EVENT_TIME) | C(PRED) | C(NANOS)},
	[TT_COLUMN_UID] = {decode_uid, C(SIG) | C(PRED)},
	[TT_COLUMN_RECORDED] = {decode_recorded, 0},
	[TT_COLUMN_EXTRA] = {decode_extra, C(SIG)},
#undef C
};

/* The columns above stand in an order in which each comes behind what it needs. */
static bool need(struct tt_block *b, enum tt_column wanted)
{
	uint32_t needed = 1u << wanted;

	for (int c = (int)wanted; c >= 0; c--)
		if ((needed >> c & 1) != 0)
			needed |= columns[c].needs;
	for (int c = 0; c <= (int)wanted; c++) {
		if ((needed >> c & 1) == 0 || b->have[c])
			continue;
		if (b->damaged[c] || !columns[c].decode(b)) {
			b->damaged[c] = true;
			b->damaged[wanted] = true;
			return false;
		}
		__atomic_store_n(&b->have[c], true, __ATOMIC_RELEASE);
	}
	return true;
}

bool tt_block_need(struct tt_block *b, enum tt_column column, struct tt_decompressor *d)
{
	if (__atomic_load_n(&b->have[column], __ATOMIC_ACQUIRE))
		return true;
	(void)pthread_mutex_lock(&b->mutex);
	b->decompressor = d;
	bool ok = b->have[column] || (!b->damaged[column] && need(b, column));

	b->decompressor = NULL;
	(void)pthread_mutex_unlock(&b->mutex);
	return ok;
}

void tt_block_want(struct tt_block *b, uint32_t first, uint32_t end)
{
	tt_assert(b->have[TT_COLUMN_SIG] && first <= end && end <= b->n);
	b->first_wanted = first;
	b->end_wanted = end;
	for (uint32_t i = 0; i < first; i++)
		b->sigs[b->sig[i]].n_skipped++;
}

bool tt_block_has_all(const struct tt_block *b)
{
	for (int c = 0; c < TT_COLUMNS; c++)
		if (!__atomic_load_n(&b->have[c], __ATOMIC_ACQUIRE))
			return false;
	return true;
}

bool tt_block_need_all(struct tt_block *b, struct tt_decompressor *d)
{
	for (int c = 0; c < TT_COLUMNS; c++)
		if (!tt_block_need(b, (enum tt_column)c, d))
			return false;
	return true;
}

void tt_block_row(
	const struct tt_block *b, uint32_t i, struct tt_row *ret, struct tt_str *ret_extra)
{
	uint32_t start = i > 0 ? b->extra_end[i - 1] : 0;

	*ret_extra = (struct tt_str){(const char *)b->extra + start, b->extra_end[i] - start};
	*ret = (struct tt_row){
		.t = b->t[i],
		.recorded = b->recorded[i],
		.first = b->first[i],
		.last = b->last[i],
		.event_time = b->event_time[i],
		.series_last = b->series_last[i],
		.creation = b->creation[i],
		.pred = b->pred[i],
		.rv = b->rv[i],
		.object_rv = b->object_rv[i],
		.suffix = b->suffix[i],
		.shape = tt_block_shape(b, i),
		.cluster = b->cluster[i],
		.sig = b->sigs[b->sig[i]].sig,
		.object = b->object[i],
		.message = b->message[i],
		.namespace = b->namespace[i],
		.field_path = b->field_path[i],
		.host = b->host[i],
		.count = b->count[i],
	};
	memcpy(ret->uid, b->uid[i], sizeof(ret->uid));
}

/* The columns as arrays, so that rows of all can be copied alike. */
static const struct {
	size_t at, size; /* of the pointer in struct tt_block; of an item */
} arrays[] = {
#define A(name)                                                                                    \
	{                                                                                          \
		offsetof(struct tt_block, name), sizeof(*((struct tt_block *)0)->name)             \
	}
	A(sig),
	A(cluster),
	A(namespace),
	A(object),
	A(message),
	A(field_path),
	A(host),
	A(t),
	A(first),
	A(last),
	A(event_time),
	A(series_last),
	A(creation),
	A(recorded),
	A(pred),
	A(rv),
	A(object_rv),
	A(suffix),
	A(count),
	A(uid),
#undef A
};

static void *copy_rows(
	struct tt_block *e, const char *from, size_t size, const uint32_t *rows, uint32_t n)
{
	char *to = array(e, n, size);

	for (uint32_t i = 0; i < n; i++)
		memcpy(to + i * size, from + rows[i] * size, size);
	return to;
}

static void copy_extras(
	struct tt_block *e, const struct tt_block *b, const uint32_t *rows, uint32_t n)
{
	uint32_t len = 0;

	e->extra_end = array(e, n, sizeof(*e->extra_end));
	for (uint32_t i = 0; i < n; i++)
		e->extra_end[i] = len += b->extra_end[rows[i]] -
					 (rows[i] > 0 ? b->extra_end[rows[i] - 1] : 0);
	e->extra = array(e, len, 1);
	for (uint32_t i = 0, at = 0; i < n; at = e->extra_end[i++])
		if (e->extra_end[i] > at)
			memcpy(e->extra + at,
				b->extra + b->extra_end[rows[i]] - (e->extra_end[i] - at),
				e->extra_end[i] - at);
}

struct tt_block *tt_block_excerpt(const struct tt_block *b, const uint32_t *rows, uint32_t n)
{
	struct tt_block *e = tt_block_new(b->first_seq, n);

	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		const char *from;

		memcpy(&from, (const char *)b + arrays[i].at, sizeof(from));
		void *to = copy_rows(e, from, arrays[i].size, rows, n);

		memcpy((char *)e + arrays[i].at, &to, sizeof(to));
	}
	copy_extras(e, b, rows, n);
	e->rows = array(e, n, sizeof(*e->rows));
	memcpy(e->rows, rows, n * sizeof(*rows));
	e->n_sigs = b->n_sigs;
	e->sigs = array(e, b->n_sigs, sizeof(*b->sigs));
	memcpy(e->sigs, b->sigs, b->n_sigs * sizeof(*b->sigs));
	memset(e->have, true, sizeof(e->have));
	return e;
}

uint32_t tt_block_find(const struct tt_block *b, uint64_t seq)
{
	uint32_t low = 0, high = b->n - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (tt_block_seq(b, middle) < seq)
			low = middle + 1;
		else
			high = middle;
	}
	tt_assert(tt_block_seq(b, low) == seq);
	return low;
}
