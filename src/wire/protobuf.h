/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf.h - reading and writing the protobuf wire format, without schemas: the caller walks
 * the fields of one message and switches on their number.
 *
 * The reader's error is sticky: after bytes that are no protobuf tt_pb_next() returns false and
 * tt_pb_reader_end() reports. It reads only inside the message, and allocates nothing. Groups,
 * which proto3 does not know, are no protobuf here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum tt_pb_type { TT_PB_VARINT = 0, TT_PB_FIXED64 = 1, TT_PB_LENGTH = 2, TT_PB_FIXED32 = 5 };

/* A field number and type as one value, for `switch`. */
#define TT_PB_KEY(number, type) ((uint32_t)(number) << 3 | (type))

struct tt_pb_reader {
	const unsigned char *start, *at, *end;
	bool failed; /* `at` is then where, and `end` no further */
};

struct tt_pb_field {
	uint32_t key;        /* TT_PB_KEY(number, type) */
	uint64_t value;      /* of a varint or fixed field */
	struct tt_str bytes; /* of a length-delimited field, in the message; else empty */
};

/* A reader of the message in `bytes`. */
void tt_pb_reader_init(struct tt_pb_reader *r, struct tt_str bytes);

/* tt_pb_next() for every kind of field. */
bool tt_pb_next_any(struct tt_pb_reader *r, struct tt_pb_field *ret_field);

/* The next field; false at the end or at a failure. Inline, because decoding a watch consists of
 * little else. */
static inline bool tt_pb_next(struct tt_pb_reader *r, struct tt_pb_field *ret_field)
{
	const unsigned char *at = r->at;

	if (at == r->end)
		return false;
	/* Small numbers, and what is shorter than 128 bytes: nearly every field of an Event. */
	if (r->end - at >= 2 && at[0] < 0x80 && at[1] < 0x80 && at[0] >= TT_PB_KEY(1, 0)) {
		ret_field->key = at[0];
		ret_field->value = at[1];
		if ((at[0] & 7) == TT_PB_LENGTH && at[1] <= r->end - at - 2) {
			ret_field->bytes = (struct tt_str){(const char *)at + 2, at[1]};
			r->at = at + 2 + at[1];
			return true;
		}
		if ((at[0] & 7) == TT_PB_VARINT) {
			ret_field->bytes = (struct tt_str){0};
			r->at = at + 2;
			return true;
		}
	}
	return tt_pb_next_any(r, ret_field);
}

/* 0 if the message was read to its end, else TT_EINVAL with the offset. */
int tt_pb_reader_end(const struct tt_pb_reader *r, struct tt_err *err);

/* Appends a varint field, and a length-delimited field. A negative int32 or int64 is given as
 * (uint64_t)(int64_t)n, which makes the ten bytes that protobuf demands. */
void tt_pb_put_varint(struct tt_buf *to, uint32_t number, uint64_t value);
void tt_pb_put_bytes(struct tt_buf *to, uint32_t number, struct tt_str bytes);

/* Begins a nested message of unknown length in field `number`; end it with the returned mark. */
size_t tt_pb_begin(struct tt_buf *to, uint32_t number);
void tt_pb_end(struct tt_buf *to, size_t mark);

/* A bare varint, without a field. */
void tt_pb_put_raw_varint(struct tt_buf *to, uint64_t value);
