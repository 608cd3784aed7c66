/* SPDX-License-Identifier: Apache-2.0 */
#include "event/message_encode.h"
#include "wire/json.h"

/* `quoted` is the key with its quotes and colon; a comma comes before all but the first. */
static void put_key(struct tt_buf *to, struct tt_str quoted, bool *first)
{
	char *p = tt_buf_reserve(to, quoted.len + 1);

	if (p == NULL)
		return;
	*p = ',';
	memcpy(p + !*first, quoted.data, quoted.len);
	to->len += quoted.len + !*first;
	to->data[to->len] = '\0';
	*first = false;
}

static void put_time(struct tt_buf *to, int64_t us, enum tt_time_form form)
{
	char text[TT_TIME_SIZE];

	if (us == TT_TIME_ZERO) {
		tt_buf_add(to, "null", 4);
		return;
	}
	tt_buf_char(to, '"');
	tt_buf_add(to, text, tt_time_format(us, form, text));
	tt_buf_char(to, '"');
}

static void put_map(struct tt_buf *to, const struct tt_label *labels, uint32_t n)
{
	tt_buf_char(to, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		tt_json_put_string(to, labels[i].key);
		tt_buf_char(to, ':');
		tt_json_put_string(to, labels[i].value);
	}
	tt_buf_char(to, '}');
}

/* The strings or messages of an array. */
static void put_array(
	struct tt_buf *to, const struct tt_member *member, const char *items, uint32_t n)
{
	size_t size = member->message != NULL ? member->message->size : sizeof(struct tt_str);

	tt_buf_char(to, '[');
	for (uint32_t i = 0; i < n; i++, items += size) {
		if (i > 0)
			tt_buf_char(to, ',');
		if (member->message != NULL)
			tt_message_put_json(to, member->message, items);
		else
			tt_json_put_string(to, *(const struct tt_str *)(const void *)items);
	}
	tt_buf_char(to, ']');
}

static void put_items(struct tt_buf *to, const struct tt_member *member, const void *base)
{
	uint32_t n = *(const uint32_t *)tt_member_of(base, member->presence);
	const void *items;

	memcpy(&items, tt_member_of(base, member->offset), sizeof(items));
	if (member->type == TT_MEMBER_MAP)
		put_map(to, items, n);
	else
		put_array(to, member, items, n);
}

/* Whether Go's omitempty (omitzero for the creationTimestamp) leaves a member out. */
static bool is_empty(const struct tt_member *member, const void *base)
{
	const void *at = tt_member_of(base, member->offset);

	switch (member->type) {
	case TT_MEMBER_STRING: return ((const struct tt_str *)at)->len == 0;
	case TT_MEMBER_INT32: return *(const int32_t *)at == 0;
	case TT_MEMBER_INT64: return *(const int64_t *)at == 0;
	case TT_MEMBER_TIME:
	case TT_MEMBER_MICROTIME: return *(const int64_t *)at == TT_TIME_ZERO;
	case TT_MEMBER_MAP:
	case TT_MEMBER_STRINGS:
	case TT_MEMBER_MESSAGES:
		return *(const uint32_t *)tt_member_of(base, member->presence) == 0;
	default: return false;
	}
}

static bool is_omitted(const struct tt_member *member, const void *base)
{
	if ((member->flags & TT_MEMBER_OPTIONAL) != 0)
		return !tt_member_is_set(member, base);
	return (member->flags & TT_MEMBER_ALWAYS) == 0 && is_empty(member, base);
}

static void put_value(struct tt_buf *to, const struct tt_member *member, const void *base)
{
	const void *at = tt_member_of(base, member->offset);

	switch (member->type) {
	case TT_MEMBER_STRING: tt_json_put_string(to, *(const struct tt_str *)at); break;
	case TT_MEMBER_INT32: tt_buf_i64(to, *(const int32_t *)at); break;
	case TT_MEMBER_INT64: tt_buf_i64(to, *(const int64_t *)at); break;
	case TT_MEMBER_TIME: put_time(to, *(const int64_t *)at, TT_TIME_SECONDS); break;
	case TT_MEMBER_MICROTIME: put_time(to, *(const int64_t *)at, TT_TIME_MICROS); break;
	case TT_MEMBER_BOOL: tt_buf_text(to, *(const int8_t *)at != 0 ? "true" : "false"); break;
	case TT_MEMBER_MESSAGE: tt_message_put_json(to, member->message, at); break;
	default: put_items(to, member, base); break;
	}
}

void tt_members_put_json(
	struct tt_buf *to, const struct tt_message *m, const void *base, bool first)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct tt_member
			*member = &m->members[m->json_order != NULL ? m->json_order[i] : i];

		if (is_omitted(member, base))
			continue;
		put_key(to, member->quoted, &first);
		put_value(to, member, base);
	}
}

void tt_message_put_json(struct tt_buf *to, const struct tt_message *m, const void *base)
{
	tt_buf_char(to, '{');
	tt_members_put_json(to, m, base, true);
	tt_buf_char(to, '}');
}

void tt_object_put_json(struct tt_buf *to, const struct tt_object *o)
{
	tt_buf_text(to, "{\"kind\":\"");
	tt_buf_str(to, o->kind);
	tt_buf_text(to, "\",\"apiVersion\":\"");
	tt_buf_str(to, o->api_version);
	tt_buf_char(to, '"');
	tt_members_put_json(to, o->message, o->base, false);
	tt_buf_char(to, '}');
}

void tt_frame_put_json(struct tt_buf *to, enum tt_watch_type type, const struct tt_object *o)
{
	tt_buf_text(to, "{\"type\":\"");
	tt_buf_text(to, tt_watch_type_name(type));
	tt_buf_text(to, "\",\"object\":");
	tt_object_put_json(to, o);
	tt_buf_text(to, "}\n");
}
