/* SPDX-License-Identifier: Apache-2.0 */
/* One loop over keys for every message of the tables. Servers write members in the order of the
 * tables, so that the search for a key begins behind the last one found and mostly ends there. */
#include <string.h>

#include "event/items.h"
#include "event/json_decode.h"
#include "event/members.h"
#include "event/times.h"

/* The member called `key`, or NULL; `*next` is where to look first, and becomes the place behind
 * it. */
static const struct tt_member *find(const struct tt_message *m, struct tt_str key, unsigned *next)
{
	for (unsigned i = 0, at = *next; i < m->n; i++, at++) {
		at = at < m->n ? at : 0;
		const struct tt_member *member = &m->members[at];

		if (tt_member_is(member, key)) {
			*next = at + 1;
			return member;
		}
	}
	return NULL;
}

/* A metav1.Time, or MicroTime, which demands six digits. */
static int64_t read_time(struct tt_json_reader *r, bool micros)
{
	const char *at = r->at;
	struct tt_str text = tt_json_string(r);
	int64_t us;

	if (text.data == NULL)
		return TT_TIME_ZERO; /* null, or a problem */
	if (!tt_time_parse(text, micros, &us)) {
		r->at = at;
		tt_json_reader_fail(r, micros ? "expected a time like 2006-01-02T15:04:05.000000Z"
					      : "expected a time like 2006-01-02T15:04:05Z");
		return TT_TIME_ZERO;
	}
	int64_t rest = us % TT_US_PER_S;

	rest += rest < 0 ? TT_US_PER_S : 0;
	return tt_decoded_time((us - rest) / TT_US_PER_S, micros ? rest : 0);
}

static int32_t read_int32(struct tt_json_reader *r)
{
	int64_t value = tt_json_int(r);

	if (value < INT32_MIN || value > INT32_MAX) {
		tt_json_reader_fail(r, "number does not fit into 32 bits");
		return 0;
	}
	return (int32_t)value;
}

/* The items of an array or of a map. A second one of the same name replaces the first. */
static void read_items(struct tt_json_reader *r, const struct tt_member *member, void *base)
{
	bool map = member->type == TT_MEMBER_MAP;
	struct tt_str key = {0};

	memset(tt_member_at(base, member->presence), 0, sizeof(uint32_t));
	if (!(map ? tt_json_enter_object(r) : tt_json_enter_array(r)))
		return;
	while (map ? tt_json_next_key(r, &key) : tt_json_next_item(r)) {
		void *item = tt_items_push(member, base, r->arena);

		if (item == NULL) {
			tt_json_reader_fail(r, "too many items");
			return;
		}
		if (map)
			*(struct tt_label *)item = (struct tt_label){key, tt_json_string(r)};
		else if (member->type == TT_MEMBER_STRINGS)
			*(struct tt_str *)item = tt_json_string(r);
		else
			tt_message_read_json(r, member->message, item);
	}
	if (map)
		tt_items_sort(member, base, r->arena);
}

static void read_member(struct tt_json_reader *r, const struct tt_member *member, void *base)
{
	void *at = tt_member_at(base, member->offset);

	switch (member->type) {
	case TT_MEMBER_STRING: *(struct tt_str *)at = tt_json_string(r); return;
	case TT_MEMBER_INT32: *(int32_t *)at = read_int32(r); return;
	case TT_MEMBER_INT64: *(int64_t *)at = tt_json_int(r); return;
	case TT_MEMBER_TIME: *(int64_t *)at = read_time(r, false); return;
	case TT_MEMBER_MICROTIME: *(int64_t *)at = read_time(r, true); return;
	case TT_MEMBER_BOOL: *(int8_t *)at = tt_json_bool(r); return;
	case TT_MEMBER_MESSAGE: tt_message_read_json(r, member->message, at); return;
	default: read_items(r, member, base); return;
	}
}

/* An optional member: null unsets it. */
static void read_optional(struct tt_json_reader *r, const struct tt_member *member, void *base)
{
	bool set = tt_json_peek(r) != TT_JSON_NULL;

	if (member->presence != 0)
		*(bool *)tt_member_at(base, member->presence) = set;
	if (set)
		read_member(r, member, base);
	else
		(void)tt_json_skip(r);
}

void tt_member_read_json(struct tt_json_reader *r, const struct tt_member *member, void *base)
{
	if ((member->flags & TT_MEMBER_OPTIONAL) != 0)
		read_optional(r, member, base);
	else
		read_member(r, member, base);
}

static void read_found(struct tt_json_reader *r, const struct tt_member *member, void *base)
{
	if (member == NULL)
		(void)tt_json_skip(r);
	else
		tt_member_read_json(r, member, base);
}

/* Takes the next key if it is one of the members that come next in the table: an empty member or
 * two are left out between them. */
static const struct tt_member *guess(
	struct tt_json_reader *r, const struct tt_message *m, unsigned *next)
{
	enum { GUESSES = 3 };

	for (unsigned i = *next; i < m->n && i < *next + GUESSES; i++)
		if (tt_json_guess_key(r, m->members[i].quoted)) {
			*next = i + 1;
			return &m->members[i];
		}
	return NULL;
}

void tt_message_read_json(struct tt_json_reader *r, const struct tt_message *m, void *base)
{
	const struct tt_member *member;
	unsigned next = 0;
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	for (;;) {
		member = guess(r, m, &next);
		if (member == NULL) {
			if (!tt_json_next_key(r, &key))
				return;
			member = find(m, key, &next);
		}
		read_found(r, member, base);
	}
}

/* The table for an apiVersion; NULL, and a problem, if it has no Events. */
static const struct tt_message *read_api_version(struct tt_json_reader *r)
{
	struct tt_str version = tt_json_string(r);
	const struct tt_message *m = tt_event_message(version);

	if (m == NULL)
		tt_json_reader_fail(r, "apiVersion is none that has Events");
	return m;
}

static void read_kind(struct tt_json_reader *r)
{
	struct tt_str kind = tt_json_string(r);

	if (kind.len > 0 && !tt_str_is(kind, "Event"))
		tt_json_reader_fail(r, "kind is not Event");
}

/* Reads an Event by the table `m`, or the one that its apiVersion asks for. If that stands behind
 * members that were read by another table, returns it: the Event must be read again. */
static const struct tt_message *read_event_by(
	struct tt_json_reader *r, struct tt_event *e, const struct tt_message *m)
{
	const struct tt_message *wanted = m;
	bool begun = false;
	unsigned next = 0;
	struct tt_str key;

	tt_event_init(e);
	if (!tt_json_enter_object(r)) {
		tt_json_reader_fail(r, "expected an Event");
		return NULL;
	}
	for (;;) {
		const struct tt_member *member = guess(r, m, &next);

		if (member == NULL && !tt_json_next_key(r, &key))
			break;
		if (member == NULL && tt_str_is(key, "kind")) {
			read_kind(r);
		} else if (member == NULL && tt_str_is(key, "apiVersion")) {
			wanted = read_api_version(r);
			m = begun || wanted == NULL ? m : wanted;
		} else {
			begun = true;
			read_found(r, member != NULL ? member : find(m, key, &next), e);
		}
	}
	return wanted != m && r->problem == NULL ? wanted : NULL;
}

void tt_event_read_json(struct tt_json_reader *r, struct tt_event *e, const struct tt_message *m)
{
	struct tt_json_reader again = *r;
	const struct tt_message *wanted = read_event_by(r, e, m);

	if (wanted != NULL) {
		*r = again;
		(void)read_event_by(r, e, wanted);
	}
}
