/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include "base/arena.h"
#include "base/clock.h"
#include "store/extra.h"

static const char hex_digits[] = "0123456789abcdef";

/* The value of a lower-case hexadecimal digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The same byte eight times. */
#define EIGHT(byte) ((byte)*0x0101010101010101u)

/* Eight lower-case hexadecimal digits, in two runs of four, as four bytes; false if they are none.
 * All are worked on at once: the low half of a letter is 9 short of its value, and what comes out
 * must lead back to the same digits. */
static bool parse_hex8(const char *a, const char *b, uint8_t ret[4])
{
	uint64_t text, digits;

	memcpy(&text, a, 4);
	memcpy((char *)&text + 4, b, 4);
	digits = (text & EIGHT(0x0fu)) + (text >> 6 & EIGHT(0x01u)) * 9;
	uint64_t letters = (digits + EIGHT(0x06u)) >> 4 & EIGHT(0x01u);

	if ((digits & EIGHT(0xf0u)) != 0 || digits + EIGHT(0x30u) + letters * 39 != text)
		return false;
	digits = digits << 4 | digits >> 8;
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(digits >> (16 * i));
	return true;
}

bool tt_uuid_parse(struct tt_str text, uint8_t ret[16])
{
	const char *t = text.data;

	return text.len == 36 && t[8] == '-' && t[13] == '-' && t[18] == '-' && t[23] == '-' &&
	       parse_hex8(t, t + 4, ret) && parse_hex8(t + 9, t + 14, ret + 4) &&
	       parse_hex8(t + 19, t + 24, ret + 8) && parse_hex8(t + 28, t + 32, ret + 12);
}

void tt_uuid_format(const uint8_t uuid[16], char to[36])
{
	for (int i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			to[at++] = '-';
		to[at++] = hex_digits[uuid[i] >> 4];
		to[at++] = hex_digits[uuid[i] & 15];
	}
}

bool tt_row_name_suffix(struct tt_str name, struct tt_str object, uint64_t *ret_suffix)
{
	if (name.len < object.len + 2 || name.len > object.len + 17 ||
		name.data[object.len] != '.' || name.data[object.len + 1] == '0')
		return false;
	uint64_t v = 0;

	for (size_t i = object.len + 1; i < name.len; i++) {
		int digit = hex_value(name.data[i]);

		if (digit < 0)
			return false;
		v = v << 4 | (unsigned)digit;
	}
	if (object.len > 0 && memcmp(name.data, object.data, object.len) != 0)
		return false;
	*ret_suffix = v;
	return true;
}

size_t tt_row_name(char *to, size_t size, struct tt_str object, uint64_t suffix)
{
	size_t digits = (67 - (size_t)__builtin_clzll(suffix | 1)) / 4;
	size_t len = object.len + 1 + digits;

	if (len > size)
		return 0;
	if (object.len > 0)
		memcpy(to, object.data, object.len);
	to[object.len] = '.';
	for (size_t i = len; i > object.len + 1; suffix >>= 4)
		to[--i] = hex_digits[suffix & 15];
	return len;
}

/* a - b and a * b of any values, wrapping. */
static int64_t wrap_sub(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t wrap_mul(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

enum tt_time_mode tt_time_mode(int64_t value, int64_t reference)
{
	if (value == TT_TIME_ZERO)
		return TT_TIME_ABSENT;
	int64_t distance = wrap_sub(reference, value);

	if (distance == 0)
		return TT_TIME_SAME;
	return distance % TT_US_PER_S == 0 ? TT_TIME_IN_SECONDS : TT_TIME_IN_MICROS;
}

int64_t tt_time_distance(enum tt_time_mode mode, int64_t value, int64_t reference)
{
	int64_t distance = wrap_sub(reference, value);

	return mode == TT_TIME_IN_SECONDS ? distance / TT_US_PER_S : distance;
}

int64_t tt_time_from_distance(enum tt_time_mode mode, int64_t distance, int64_t reference)
{
	switch (mode) {
	case TT_TIME_ABSENT: return TT_TIME_ZERO;
	case TT_TIME_SAME: return reference;
	case TT_TIME_IN_SECONDS: return wrap_sub(reference, wrap_mul(distance, TT_US_PER_S));
	case TT_TIME_IN_MICROS: return wrap_sub(reference, distance);
	}
	return TT_TIME_ZERO;
}

/* A decimal number as strconv would write it: no sign, no leading zero, 64 bits. */
static bool parse_decimal(struct tt_str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 20 || (s.data[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.data[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, digit, &v))
			return false;
	}
	*ret = v;
	return true;
}

static uint32_t number_shape(struct tt_str text, enum tt_shape_bit bit, uint64_t *ret)
{
	if (text.len == 0)
		return TT_TEXT_EMPTY << bit;
	return (parse_decimal(text, ret) ? TT_TEXT_USUAL : TT_TEXT_EXTRA) << bit;
}

static uint32_t object_rv_shape(struct tt_row *row, struct tt_str text)
{
	uint32_t shape = number_shape(text, TT_SHAPE_OBJECT_RV, &row->object_rv);

	if (tt_zigzag(wrap_sub((int64_t)row->rv, (int64_t)row->object_rv)) != UINT64_MAX)
		return shape;
	row->object_rv = 0; /* the one distance that the column has no number for */
	return TT_TEXT_EXTRA << TT_SHAPE_OBJECT_RV;
}

static enum tt_text_mode uid_mode(struct tt_str uid, uint8_t ret[16])
{
	if (uid.len == 0)
		return TT_TEXT_EMPTY;
	return tt_uuid_parse(uid, ret) ? TT_TEXT_USUAL : TT_TEXT_EXTRA;
}

static enum tt_host_mode host_mode(const struct tt_event *e)
{
	if (e->source_host.len == 0)
		return e->reporting_instance.len == 0 ? TT_HOST_NONE : TT_HOST_INSTANCE;
	if (e->reporting_instance.len == 0)
		return TT_HOST_ONLY;
	return tt_str_eq(e->source_host, e->reporting_instance) ? TT_HOST_BOTH : TT_HOST_DIFFERENT;
}

static enum tt_count_mode count_mode(const struct tt_event *e)
{
	if (!e->has_series)
		return TT_COUNT_ALONE;
	if (e->count == 0)
		return TT_COUNT_ZERO;
	return e->count == e->series_count ? TT_COUNT_SAME : TT_COUNT_EXTRA;
}

/* The times of an event, and the part of the shape that says how they are stored. */
static uint32_t take_times(struct tt_row *row, const struct tt_event *e)
{
	uint32_t shape = (row->t % TT_US_PER_S != 0) << TT_SHAPE_MICROS;

	row->first = e->first_timestamp_us;
	row->last = e->last_timestamp_us;
	row->event_time = e->event_time_us;
	row->series_last = e->has_series ? e->series_last_observed_us : TT_TIME_ZERO;
	row->creation = e->metadata.creation_us;
	shape |= tt_time_mode(row->last, row->t) << TT_SHAPE_LAST;
	shape |= tt_time_mode(row->event_time, row->t) << TT_SHAPE_EVENT_TIME;
	shape |= tt_time_mode(row->series_last, row->t) << TT_SHAPE_SERIES_LAST;
	shape |= tt_time_mode(row->first, row->t) << TT_SHAPE_FIRST;
	shape |= tt_time_mode(row->creation, tt_creation_base(row->t, row->first, row->event_time))
		 << TT_SHAPE_CREATION;
	return shape;
}

static bool has_extra(const struct tt_event *e, uint32_t shape)
{
	const struct tt_objectmeta *m = &e->metadata;

	return tt_shape_get(shape, TT_SHAPE_NAME, 2) == TT_TEXT_EXTRA ||
	       tt_shape_get(shape, TT_SHAPE_UID, 2) == TT_TEXT_EXTRA ||
	       tt_shape_get(shape, TT_SHAPE_RV, 2) == TT_TEXT_EXTRA ||
	       tt_shape_get(shape, TT_SHAPE_OBJECT_RV, 2) == TT_TEXT_EXTRA ||
	       tt_shape_get(shape, TT_SHAPE_HOST, 3) == TT_HOST_DIFFERENT ||
	       tt_shape_get(shape, TT_SHAPE_COUNT, 2) == TT_COUNT_EXTRA || e->has_related ||
	       m->generate_name.len > 0 || m->self_link.len > 0 || m->generation != 0 ||
	       m->deletion_us != TT_TIME_ZERO || m->has_deletion_grace_period || m->n_labels > 0 ||
	       m->n_annotations > 0 || m->n_owner_references > 0 || m->n_finalizers > 0;
}

static void take_event(struct tt_row *row, const struct tt_record *record)
{
	const struct tt_event *e = &record->event;
	const struct tt_objectmeta *m = &e->metadata;
	uint32_t shape = (uint32_t)record->change << TT_SHAPE_CHANGE;

	shape |= take_times(row, e);
	shape |= (uint32_t)count_mode(e) << TT_SHAPE_COUNT;
	row->count = e->has_series ? e->series_count : e->count;
	shape |= (uint32_t)(tt_row_name_suffix(m->name, e->involved_object.name, &row->suffix)
				    ? TT_TEXT_USUAL
				    : TT_TEXT_EXTRA)
		 << TT_SHAPE_NAME;
	shape |= (uint32_t)uid_mode(m->uid, row->uid) << TT_SHAPE_UID;
	shape |= number_shape(m->resource_version, TT_SHAPE_RV, &row->rv);
	shape |= object_rv_shape(row, e->involved_object.resource_version);
	shape |= (uint32_t)host_mode(e) << TT_SHAPE_HOST;
	if (has_extra(e, shape))
		shape |= 1u << TT_SHAPE_HAS_EXTRA;
	row->shape = shape;
}

void tt_row_from_record(
	struct tt_row *row, const struct tt_record *record, struct tt_packer *extras)
{
	memset(row, 0, sizeof(*row));
	row->recorded = record->recorded_at_us;
	row->t = record->time_us;
	row->extra_at = (uint32_t)extras->len;
	if (record->kind == TT_RECORD_GAP) {
		row->first = row->last = row->event_time = TT_TIME_ZERO;
		row->series_last = row->creation = TT_TIME_ZERO;
		row->t = record->recorded_at_us;
		row->shape = 1u << TT_SHAPE_GAP | 1u << TT_SHAPE_HAS_EXTRA;
		if (row->t % TT_US_PER_S != 0)
			row->shape |= 1u << TT_SHAPE_MICROS;
		tt_extra_pack_gap(extras, &record->gap);
	} else {
		take_event(row, record);
		if (tt_shape_get(row->shape, TT_SHAPE_HAS_EXTRA, 1))
			tt_extra_pack_event(extras, record, row->shape);
	}
	row->extra_len = (uint32_t)(extras->len - row->extra_at);
}

static void give_times(struct tt_event *e, const struct tt_row *row)
{
	e->first_timestamp_us = row->first;
	e->last_timestamp_us = row->last;
	e->event_time_us = row->event_time;
	e->series_last_observed_us = row->series_last;
	e->metadata.creation_us = row->creation;
}

static void give_counts(struct tt_event *e, const struct tt_row *row)
{
	enum tt_count_mode mode = tt_shape_get(row->shape, TT_SHAPE_COUNT, 2);

	e->has_series = mode != TT_COUNT_ALONE;
	if (e->has_series)
		e->series_count = row->count;
	if (mode == TT_COUNT_ALONE || mode == TT_COUNT_SAME)
		e->count = row->count;
}

static struct tt_str format_decimal(uint64_t v, struct tt_arena *arena)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	return tt_str_dup(arena, (struct tt_str){at, (size_t)(digits + sizeof(digits) - at)});
}

static void give_names(struct tt_event *e, const struct tt_row *row, struct tt_arena *arena)
{
	struct tt_objectmeta *m = &e->metadata;
	struct tt_str object = e->involved_object.name;

	if (tt_shape_get(row->shape, TT_SHAPE_NAME, 2) == TT_TEXT_USUAL) {
		char *name = tt_arena_alloc(arena, object.len + 17, 1);

		m->name = (struct tt_str){
			name, tt_row_name(name, object.len + 17, object, row->suffix)};
	}
	if (tt_shape_get(row->shape, TT_SHAPE_UID, 2) == TT_TEXT_USUAL) {
		char *uid = tt_arena_alloc(arena, 36, 1);

		tt_uuid_format(row->uid, uid);
		m->uid = (struct tt_str){uid, 36};
	}
	if (tt_shape_get(row->shape, TT_SHAPE_RV, 2) == TT_TEXT_USUAL)
		m->resource_version = format_decimal(row->rv, arena);
	if (tt_shape_get(row->shape, TT_SHAPE_OBJECT_RV, 2) == TT_TEXT_USUAL)
		e->involved_object.resource_version = format_decimal(row->object_rv, arena);
}

static void give_hosts(struct tt_event *e, const struct tt_row *row, struct tt_str host)
{
	switch ((enum tt_host_mode)tt_shape_get(row->shape, TT_SHAPE_HOST, 3)) {
	case TT_HOST_NONE: break;
	case TT_HOST_BOTH: e->source_host = e->reporting_instance = host; break;
	case TT_HOST_ONLY:
	case TT_HOST_DIFFERENT: e->source_host = host; break;
	case TT_HOST_INSTANCE: e->reporting_instance = host; break;
	}
}

bool tt_row_to_record(struct tt_record *record, const struct tt_row *row,
	const struct tt_row_texts *texts, struct tt_str extra, struct tt_arena *arena)
{
	bool gap = tt_shape_get(row->shape, TT_SHAPE_GAP, 1);

	record->recorded_at_us = row->recorded;
	record->cluster = texts->cluster;
	record->kind = gap ? TT_RECORD_GAP : TT_RECORD_EVENT;
	if (gap)
		return tt_extra_unpack_gap(&record->gap, extra, arena);
	struct tt_event *e = &record->event;

	tt_event_init(e);
	record->time_us = row->t;
	record->change = tt_shape_get(row->shape, TT_SHAPE_CHANGE, 2);
	e->metadata.namespace = texts->namespace;
	e->involved_object = texts->object;
	e->involved_object.field_path = texts->field_path;
	e->reason = texts->reason;
	e->message = texts->message;
	e->type = texts->type;
	e->action = texts->action;
	e->source_component = texts->source_component;
	e->reporting_component = texts->reporting_component;
	give_times(e, row);
	give_counts(e, row);
	give_names(e, row, arena);
	give_hosts(e, row, texts->host);
	return tt_extra_unpack_event(record, extra, arena);
}
