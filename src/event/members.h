/* SPDX-License-Identifier: Apache-2.0 */
/* members.h - the members of an Event and of what carries it, as tables: JSON name, protobuf
 * number, type, place in the C struct, and when Go writes them. The codecs, the copy and the
 * comparison of events are loops over these tables. Only for src/event.
 *
 * A message may lie flat in its owner's struct: its members then count their offsets from the
 * owner, and the message itself has offset 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum tt_member_type {
	TT_MEMBER_STRING,    /* struct tt_str */
	TT_MEMBER_INT32,     /* int32_t */
	TT_MEMBER_INT64,     /* int64_t */
	TT_MEMBER_TIME,      /* int64_t microseconds: metav1.Time, whole seconds */
	TT_MEMBER_MICROTIME, /* int64_t microseconds: metav1.MicroTime */
	TT_MEMBER_BOOL,      /* int8_t: 0, 1, or -1 for absent */
	TT_MEMBER_MESSAGE,
	TT_MEMBER_MAP,      /* struct tt_label array, ascending by key */
	TT_MEMBER_STRINGS,  /* struct tt_str array */
	TT_MEMBER_MESSAGES, /* array of structs of message->size */
};

enum {
	/* JSON: written although empty ("", 0; a time as null). Else what is empty is left out. */
	TT_MEMBER_ALWAYS = 1,
	/* A pointer in Go: absent from protobuf too if unset. `presence` is its bool, unless it is
	 * a time or bool, which have a value for "absent", or 0 for a number that must be more. */
	TT_MEMBER_OPTIONAL = 2,
};

struct tt_message;

struct tt_member {
	struct tt_str quoted; /* its name in JSON, with quotes and colon: `"count":` */
	uint8_t key;          /* TT_PB_KEY() of its number and wire type */
	uint8_t type;         /* enum tt_member_type */
	uint8_t flags;
	uint16_t offset;
	uint16_t presence; /* offset of the bool of an optional member, or of an array's uint32_t */
	const struct tt_message *message;
};

struct tt_message {
	const struct tt_member *members; /* ascending by key */
	uint8_t n;
	uint16_t size;             /* of the struct, if it stands in an array */
	const uint8_t *json_order; /* indices in the order of JSON, or NULL for that of numbers */
};

extern const struct tt_message tt_message_event;        /* struct tt_event, as core/v1 */
extern const struct tt_message tt_message_event_events; /* the same as events.k8s.io/v1 */
extern const struct tt_message tt_message_partial;      /* of a struct tt_event: its metadata */
extern const struct tt_message tt_message_status;       /* struct tt_status */
extern const struct tt_message tt_message_listmeta;     /* struct tt_listmeta */
extern const struct tt_message tt_message_list_head;    /* of a list, without items: the same */
extern const struct tt_message tt_message_ownerref;     /* struct tt_ownerref */

/* The table for Events of an apiVersion: "v1" or none, or one of events.k8s.io; else NULL. */
const struct tt_message *tt_event_message(struct tt_str api_version);

/* Gives the members of `m` in `base` their empty values: times, and what has a value for
 * "absent". Everything else is zero already. */
void tt_message_init(const struct tt_message *m, void *base);

/* Whether `key` is the name of `member`. */
static inline bool tt_member_is(const struct tt_member *member, struct tt_str key)
{
	return member->quoted.len == key.len + 3 &&
	       memcmp(member->quoted.data + 1, key.data, key.len) == 0;
}

/* The place of a member. */
static inline void *tt_member_at(void *base, size_t offset)
{
	return (char *)base + offset;
}

static inline const void *tt_member_of(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

/* Whether an optional member is set. */
bool tt_member_is_set(const struct tt_member *member, const void *base);
