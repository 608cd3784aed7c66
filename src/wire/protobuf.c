/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/protobuf.h"

#include <string.h>

#include "wire/excerpt.h"

enum { MAX_VARINT_BYTES = 10 };

static bool fail_at(struct tt_pb_reader *r, const unsigned char *at)
{
	r->failed = true;
	r->at = r->end = at;
	return false;
}

static inline bool read_varint(struct tt_pb_reader *r, uint64_t *ret_value)
{
	const unsigned char *at = r->at;
	size_t left = (size_t)(r->end - at),
	       most = left < MAX_VARINT_BYTES ? left : MAX_VARINT_BYTES;
	uint64_t value = 0;

	for (size_t i = 0; i < most; i++) {
		value |= (uint64_t)(at[i] & 0x7f) << (7 * i);
		if (at[i] < 0x80) {
			r->at = at + i + 1;
			*ret_value = value;
			return true;
		}
	}
	return fail_at(r, at);
}

static bool read_fixed(struct tt_pb_reader *r, size_t n, uint64_t *ret_value)
{
	if ((size_t)(r->end - r->at) < n)
		return fail_at(r, r->at);
	*ret_value = 0;
	for (size_t i = 0; i < n; i++)
		*ret_value |= (uint64_t)r->at[i] << (8 * i);
	r->at += n;
	return true;
}

static inline bool read_length(struct tt_pb_reader *r, struct tt_pb_field *field)
{
	const unsigned char *at = r->at;

	if (!read_varint(r, &field->value))
		return false;
	if (field->value > (uint64_t)(r->end - r->at))
		return fail_at(r, at);
	field->bytes = (struct tt_str){(const char *)r->at, (size_t)field->value};
	r->at += field->value;
	return true;
}

void tt_pb_reader_init(struct tt_pb_reader *r, struct tt_str bytes)
{
	static const unsigned char nothing[1];
	const unsigned char *start = bytes.len > 0 ? (const unsigned char *)bytes.data : nothing;

	*r = (struct tt_pb_reader){.start = start, .at = start, .end = start + bytes.len};
}

bool tt_pb_next_any(struct tt_pb_reader *r, struct tt_pb_field *ret_field)
{
	const unsigned char *at = r->at;
	uint64_t key;

	if (at == r->end || !read_varint(r, &key))
		return false;
	if (key > UINT32_MAX || key < TT_PB_KEY(1, 0))
		return fail_at(r, at);
	ret_field->key = (uint32_t)key;
	ret_field->bytes = (struct tt_str){0};
	if ((key & 7) == TT_PB_LENGTH)
		return read_length(r, ret_field);
	switch (key & 7) {
	case TT_PB_VARINT: return read_varint(r, &ret_field->value);
	case TT_PB_FIXED64: return read_fixed(r, 8, &ret_field->value);
	case TT_PB_FIXED32: return read_fixed(r, 4, &ret_field->value);
	default: return fail_at(r, at);
	}
}

int tt_pb_reader_end(const struct tt_pb_reader *r, struct tt_err *err)
{
	char excerpt[TT_EXCERPT_SIZE];

	if (!r->failed && r->at == r->end)
		return 0;
	size_t offset = (size_t)(r->at - r->start);
	struct tt_str seen = {(const char *)r->start, offset};

	return tt_fail(err, TT_EINVAL, "no protobuf at offset %zu, behind \"%s\"", offset,
		tt_excerpt_format(seen, offset, excerpt));
}

static size_t varint_format(uint64_t value, unsigned char to[MAX_VARINT_BYTES])
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		to[n++] = (unsigned char)(value | 0x80);
	to[n++] = (unsigned char)value;
	return n;
}

void tt_pb_put_raw_varint(struct tt_buf *to, uint64_t value)
{
	unsigned char bytes[MAX_VARINT_BYTES];

	tt_buf_add(to, bytes, varint_format(value, bytes));
}

/* Puts a key and the number behind it: a value, or the length of what follows. Gives the place
 * behind them, where there is room for `more`; NULL if that does not fit. */
static char *put_head(struct tt_buf *to, uint32_t key, uint64_t value, size_t more)
{
	bool is_short = key < 0x80 && value < 0x80; /* nearly all are, and two bytes need no call */
	unsigned char bytes[2 * MAX_VARINT_BYTES] = {(unsigned char)key, (unsigned char)value};
	size_t n = 2;

	if (!is_short) {
		n = varint_format(key, bytes);
		n += varint_format(value, bytes + n);
	}
	char *at = tt_buf_reserve(to, n + more);

	if (at == NULL)
		return NULL;
	if (is_short)
		memcpy(at, bytes, 2);
	else
		memcpy(at, bytes, n);
	at[n] = '\0';
	to->len += n;
	return at + n;
}

void tt_pb_put_varint(struct tt_buf *to, uint32_t number, uint64_t value)
{
	(void)put_head(to, TT_PB_KEY(number, TT_PB_VARINT), value, 0);
}

void tt_pb_put_bytes(struct tt_buf *to, uint32_t number, struct tt_str bytes)
{
	char *at = put_head(to, TT_PB_KEY(number, TT_PB_LENGTH), bytes.len, bytes.len);

	if (at == NULL || bytes.len == 0)
		return;
	memcpy(at, bytes.data, bytes.len);
	at[bytes.len] = '\0';
	to->len += bytes.len;
}

size_t tt_pb_begin(struct tt_buf *to, uint32_t number)
{
	(void)put_head(to, TT_PB_KEY(number, TT_PB_LENGTH), 0, 0); /* one byte of length, so far */
	return to->len;
}

void tt_pb_end(struct tt_buf *to, size_t mark)
{
	unsigned char length[MAX_VARINT_BYTES];

	if (to->failed)
		return;
	size_t body = to->len - mark;
	size_t n = varint_format(body, length);

	if (tt_buf_reserve(to, n - 1) == NULL)
		return;
	memmove(to->data + mark + n - 1, to->data + mark, body + 1);
	memcpy(to->data + mark - 1, length, n);
	to->len += n - 1;
}
