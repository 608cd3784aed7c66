/* SPDX-License-Identifier: Apache-2.0 */
/* Servers write fields in ascending order and the empty ones too, so that the search for a number
 * begins behind the last one found and mostly ends there. */
#include "event/message_protobuf.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "event/ascii.h"
#include "event/items.h"
#include "event/times.h"
#include "wire/excerpt.h"
#include "wire/protobuf.h"

bool tt_pb_decoding_fail(struct tt_pb_decoding *d, const char *problem, const void *at)
{
	if (d->problem == NULL) {
		d->problem = problem;
		d->bad = at;
	}
	return false;
}

int tt_pb_decoding_end(const struct tt_pb_decoding *d, struct tt_err *err)
{
	char excerpt[TT_EXCERPT_SIZE];

	if (d->problem == NULL)
		return 0;
	size_t offset = d->bytes.len > 0 ? (size_t)((const char *)d->bad - d->bytes.data) : 0;

	return tt_fail(err, TT_EINVAL, "%s at offset %zu: \"%s\"", d->problem, offset,
		tt_excerpt_format(d->bytes, offset, excerpt));
}

/* The member with the number in `key`, or NULL. */
static const struct tt_member *find_by_number(const struct tt_message *m, uint32_t key)
{
	if (key >> 3 > m->members[m->n - 1].key >> 3)
		return NULL;
	for (const struct tt_member *member = m->members; member < m->members + m->n; member++)
		if (member->key >> 3 == key >> 3)
			return member;
	return NULL;
}

/* `s` with each byte that is part of no character replaced by U+FFFD. */
static struct tt_str repair_utf8(struct tt_str s, struct tt_arena *arena)
{
	char *text = tt_arena_alloc(arena, s.len * 3, 1), *to = text;

	while (s.len > 0) {
		size_t len;

		to += tt_utf8_encode(tt_utf8_decode(s, &len), to);
		s.data += len;
		s.len -= len;
	}
	return (struct tt_str){text, (size_t)(to - text)};
}

static struct tt_str checked_text(struct tt_pb_decoding *d, struct tt_str s)
{
	if (tt_is_ascii(s.data, s.len) || tt_utf8_valid(s))
		return s;
	return repair_utf8(s, d->arena);
}

/* A metav1.Time of our days as servers write it: five bytes of seconds, and nanos 0. */
static bool read_usual_time(struct tt_str bytes, int64_t *ret_us)
{
	const unsigned char *p = (const unsigned char *)bytes.data;

	if (bytes.len != 8 || p[0] != TT_PB_KEY(1, TT_PB_VARINT) || p[5] >= 0x80 || p[7] != 0 ||
		p[6] != TT_PB_KEY(2, TT_PB_VARINT) || (p[1] & p[2] & p[3] & p[4] & 0x80) == 0)
		return false;
	int64_t seconds = (p[1] & 0x7f) | (p[2] & 0x7f) << 7 | (p[3] & 0x7f) << 14 |
			  (int64_t)(p[4] & 0x7f) << 21 | (int64_t)p[5] << 28;

	*ret_us = seconds * TT_US_PER_S;
	return true;
}

/* A metav1.Time, or MicroTime. */
static bool read_time(struct tt_pb_decoding *d, struct tt_str bytes, bool micros, int64_t *ret_us)
{
	struct tt_pb_reader r;
	struct tt_pb_field f;
	int64_t seconds = 0, us = 0;

	*ret_us = TT_TIME_ZERO;
	if (bytes.len == 0 || read_usual_time(bytes, ret_us))
		return true;
	tt_pb_reader_init(&r, bytes);
	while (tt_pb_next(&r, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_VARINT))
			seconds = (int64_t)f.value;
		else if (f.key == TT_PB_KEY(2, TT_PB_VARINT) && micros)
			us = (int32_t)f.value / TT_NS_PER_US;
	}
	if (r.failed)
		return tt_pb_decoding_fail(d, "malformed time", r.at);
	*ret_us = tt_decoded_time(seconds, us);
	return true;
}

static bool read_label(struct tt_pb_decoding *d, struct tt_str bytes, struct tt_label *label)
{
	struct tt_pb_reader r;
	struct tt_pb_field f;

	tt_pb_reader_init(&r, bytes);
	while (tt_pb_next(&r, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH))
			label->key = checked_text(d, f.bytes);
		else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			label->value = checked_text(d, f.bytes);
	}
	return !r.failed || tt_pb_decoding_fail(d, "malformed map entry", r.at);
}

static bool read_item(
	struct tt_pb_decoding *d, const struct tt_member *member, struct tt_str bytes, void *base)
{
	void *item = tt_items_push(member, base, d->arena);

	if (item == NULL)
		return tt_pb_decoding_fail(d, "too many items", bytes.data);
	if (member->type == TT_MEMBER_MAP)
		return read_label(d, bytes, item);
	if (member->type == TT_MEMBER_MESSAGES)
		return tt_message_read_protobuf(d, member->message, bytes, item);
	*(struct tt_str *)item = checked_text(d, bytes);
	return true;
}

static bool read_member(struct tt_pb_decoding *d, const struct tt_member *member,
	const struct tt_pb_field *f, void *base)
{
	void *at = tt_member_at(base, member->offset);

	if ((member->flags & TT_MEMBER_OPTIONAL) != 0 && member->presence != 0)
		*(bool *)tt_member_at(base, member->presence) = true;
	switch (member->type) {
	case TT_MEMBER_STRING: *(struct tt_str *)at = checked_text(d, f->bytes); return true;
	case TT_MEMBER_INT32: *(int32_t *)at = (int32_t)f->value; return true;
	case TT_MEMBER_INT64: *(int64_t *)at = (int64_t)f->value; return true;
	case TT_MEMBER_TIME: return read_time(d, f->bytes, false, at);
	case TT_MEMBER_MICROTIME: return read_time(d, f->bytes, true, at);
	case TT_MEMBER_BOOL: *(int8_t *)at = f->value != 0; return true;
	case TT_MEMBER_MESSAGE: return tt_message_read_protobuf(d, member->message, f->bytes, at);
	default: return read_item(d, member, f->bytes, base);
	}
}

/* Takes the strings that come next as long as they are what nearly all of an Event is: in the order
 * of the table, ASCII, and shorter than 128 bytes, so that key and length are a byte each. Returns
 * the member that is to come next. All it does tt_pb_next() and read_member() do as well, but in
 * twice the time: here the place in the message stays in a register. */
static const struct tt_member *read_short_strings(struct tt_pb_reader *r,
	const struct tt_member *next, const struct tt_member *end, void *base)
{
	const unsigned char *at = r->at;

	for (; next < end && next->type == TT_MEMBER_STRING; next++) {
		ptrdiff_t left = r->end - at - 2;

		if (left < 0 || at[0] != next->key || at[1] >= 0x80 || at[1] > left)
			break;
		struct tt_str text = {(const char *)at + 2, at[1]};

		if (!tt_is_ascii(text.data, text.len))
			break;
		*(struct tt_str *)tt_member_at(base, next->offset) = text;
		at += 2 + text.len;
	}
	r->at = at;
	return next;
}

static void sort_maps(struct tt_pb_decoding *d, const struct tt_message *m, void *base)
{
	for (const struct tt_member *member = m->members; member < m->members + m->n; member++)
		if (member->type == TT_MEMBER_MAP)
			tt_items_sort(member, base, d->arena);
}

bool tt_message_read_protobuf(
	struct tt_pb_decoding *d, const struct tt_message *m, struct tt_str bytes, void *base)
{
	const struct tt_member *next = m->members, *end = next + m->n;
	struct tt_pb_reader r;
	struct tt_pb_field f;
	bool has_maps = false;

	tt_pb_reader_init(&r, bytes);
	for (;;) {
		next = read_short_strings(&r, next, end, base);
		if (!tt_pb_next(&r, &f))
			break;
		const struct tt_member *member = next;

		if (member == end || member->key != f.key) {
			member = find_by_number(m, f.key);
			if (member == NULL)
				continue;
			if (member->key != f.key)
				return tt_pb_decoding_fail(d, "field of a wrong wire type", r.at);
		}
		if (!read_member(d, member, &f, base))
			return false;
		has_maps |= member->type == TT_MEMBER_MAP;
		next = member + 1;
	}
	if (has_maps)
		sort_maps(d, m, base);
	return !r.failed || tt_pb_decoding_fail(d, "malformed protobuf", r.at);
}
