/* SPDX-License-Identifier: Apache-2.0 */
#include "event/patch.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/timestamp.h"
#include "event/event.h"
#include "event/items.h"
#include "event/patch_list.h"

enum { MEMBERS_MAX = 16 };

/* What an object of a patch says. */
struct says {
	struct tt_patch_says members[MEMBERS_MAX];
	struct tt_str how;    /* $patch */
	struct tt_str retain; /* $retainKeys */
};

static const struct tt_str order_prefix = {"$setElementOrder", 16};
static const struct tt_str drop_prefix = {"$deleteFromPrimitiveList", 24};

static bool is_list_directive(struct tt_str key)
{
	return tt_str_starts(key, order_prefix) || tt_str_starts(key, drop_prefix);
}

static struct tt_patch_says *find(const struct tt_message *m, struct says *says, struct tt_str key)
{
	for (unsigned i = 0; i < m->n; i++)
		if (tt_member_is(&m->members[i], key))
			return &says->members[i];
	return NULL;
}

/* `$setElementOrder/LIST` or `$deleteFromPrimitiveList/LIST`. A LIST that is none is an error for
 * the former alone, as it is to the API server. */
static int take_list_directive(struct tt_patcher *p, const struct tt_message *m, struct says *says,
	struct tt_str key, struct tt_str value)
{
	struct tt_str name = key, prefix = tt_str_split(&name, '/');
	bool order = tt_str_eq(prefix, order_prefix);

	if (name.data == NULL || (!order && !tt_str_eq(prefix, drop_prefix)))
		return tt_fail(p->err, TT_EINVAL, "invalid patch format of %s list",
			tt_str_starts(key, order_prefix) ? "setElementOrder" : "primitive");
	struct tt_patch_says *to = find(m, says, name);
	bool is_list = to != NULL && tt_patch_is_list(&m->members[to - says->members]);

	if (order && !is_list)
		return tt_fail(p->err, TT_EINVAL, "\"%.*s\" is no list that could be ordered",
			TT_STR_ARG(name));
	if (is_list && order)
		to->order = value;
	else if (is_list)
		to->drop = value;
	return 0;
}

static int take(struct tt_patcher *p, const struct tt_message *m, struct says *says,
	struct tt_str key, struct tt_str value)
{
	if (p->strategic && is_list_directive(key))
		return take_list_directive(p, m, says, key, value);
	struct tt_patch_says *to = find(m, says, key);

	if (to != NULL)
		to->value = value;
	else if (tt_str_is(key, "$patch"))
		says->how = value;
	else if (tt_str_is(key, "$retainKeys"))
		says->retain = value;
	return 0;
}

/* Collects what the object `text` says; the last word counts. */
static int collect(
	struct tt_patcher *p, const struct tt_message *m, struct tt_str text, struct says *says)
{
	struct tt_json_reader r;
	struct tt_str key;

	tt_assert(m->n <= MEMBERS_MAX);
	*says = (struct says){0};
	tt_json_reader_init(&r, text, p->arena);
	if (!tt_json_enter_object(&r))
		return 0;
	while (tt_json_next_key(&r, &key)) {
		int rc = take(p, m, says, key, tt_json_skip(&r));

		if (rc < 0)
			return rc;
	}
	if (!p->strategic)
		says->how = says->retain = (struct tt_str){0};
	return 0;
}

static void clear(const struct tt_message *m, void *base);

static void clear_member(const struct tt_member *member, void *base)
{
	void *at = tt_member_at(base, member->offset);

	if ((member->flags & TT_MEMBER_OPTIONAL) != 0 && member->presence != 0)
		*(bool *)tt_member_at(base, member->presence) = false;
	switch (member->type) {
	case TT_MEMBER_STRING: *(struct tt_str *)at = (struct tt_str){0}; return;
	case TT_MEMBER_INT32: *(int32_t *)at = 0; return;
	case TT_MEMBER_INT64: *(int64_t *)at = 0; return;
	case TT_MEMBER_TIME:
	case TT_MEMBER_MICROTIME: *(int64_t *)at = TT_TIME_ZERO; return;
	case TT_MEMBER_BOOL: *(int8_t *)at = -1; return;
	case TT_MEMBER_MESSAGE: clear(member->message, at); return;
	default: memset(tt_member_at(base, member->presence), 0, sizeof(uint32_t)); return;
	}
}

/* Makes all of an object empty. */
static void clear(const struct tt_message *m, void *base)
{
	for (unsigned i = 0; i < m->n; i++)
		clear_member(&m->members[i], base);
}

static int compare(const void *a, const void *b)
{
	return tt_str_cmp(*(const struct tt_str *)a, *(const struct tt_str *)b);
}

/* A set of texts, ascending. */
struct set {
	struct tt_str *items;
	uint32_t n;
};

static bool has(const struct set *s, struct tt_str text)
{
	return s->n > 0 && bsearch(&text, s->items, s->n, sizeof(text), compare) != NULL;
}

/* The strings of the array `json`. */
static bool read_set(struct tt_patcher *p, struct tt_str json, struct set *ret)
{
	static const struct tt_member items = {.type = TT_MEMBER_STRINGS,
		.offset = offsetof(struct set, items),
		.presence = offsetof(struct set, n)};
	struct tt_patcher quiet = {.strategic = p->strategic, .arena = p->arena};

	*ret = (struct set){0};
	if (tt_patch_type_of(json) != TT_JSON_ARRAY || tt_patch_read(&quiet, &items, ret, json) < 0)
		return false;
	qsort(ret->items, ret->n, sizeof(*ret->items), compare);
	return true;
}

/* Reads $retainKeys, beside which the object `text` may name nothing else but nulls. */
static int read_retained(
	struct tt_patcher *p, struct tt_str text, struct tt_str retain, struct set *ret)
{
	struct tt_json_reader r;
	struct tt_str key;
	bool good = read_set(p, retain, ret);

	tt_json_reader_init(&r, text, p->arena);
	if (good && tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			bool set = tt_json_peek(&r) != TT_JSON_NULL;

			(void)tt_json_skip(&r);
			if (set && !tt_str_is(key, "$retainKeys") && !is_list_directive(key) &&
				!has(ret, key))
				good = false;
		}
	return good ? 0 : tt_fail(p->err, TT_EINVAL, "invalid patch format of retainKeys");
}

static struct tt_str name_of(const struct tt_member *member)
{
	return (struct tt_str){member->quoted.data + 1, member->quoted.len - 3};
}

/* $patch, which stands for the rest of its object: `*ret_replace` says which it is. */
static int read_how(struct tt_patcher *p, struct tt_str how, bool *ret_replace)
{
	*ret_replace = tt_str_is(how, "\"replace\"");
	if (*ret_replace || tt_str_is(how, "\"delete\""))
		return 0;
	return tt_fail(p->err, TT_EINVAL, "unknown patch type: %.*s", TT_STR_ARG(how));
}

/* What is deleted from a map while it is merged. */
static const char deleted[] = "";

/* Whether `key` is no key of a map but a directive; beside $patch nothing else is one. */
static bool is_directive(struct tt_str key, bool replace)
{
	if (replace)
		return tt_str_is(key, "$patch");
	return tt_str_is(key, "$retainKeys") || is_list_directive(key);
}

/* Adds the entries of the object `text`; a null is marked as deleted. */
static int add_entries(struct tt_patcher *p, const struct tt_member *member, void *base,
	struct tt_str text, bool replace)
{
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, text, p->arena);
	if (!tt_json_enter_object(&r))
		return 0;
	while (tt_json_next_key(&r, &key)) {
		bool null = tt_json_peek(&r) == TT_JSON_NULL;

		if (p->strategic && is_directive(key, replace)) {
			(void)tt_json_skip(&r);
			continue;
		}
		struct tt_str value = tt_json_string(&r);
		struct tt_label *label = tt_items_push(member, base, p->arena);

		if (label == NULL)
			return tt_fail(p->err, TT_EUNFIT, "too many items");
		*label = (struct tt_label){key, null ? (struct tt_str){deleted, 0} : value};
	}
	if (tt_json_reader_end(&r, true, p->err) == 0)
		return 0;
	if (p->err != NULL)
		p->err->code = TT_EUNFIT;
	return TT_EUNFIT;
}

/* A map of texts, where directives work as in an object. */
static int patch_map(
	struct tt_patcher *p, const struct tt_member *member, void *base, struct tt_str text)
{
	struct tt_label *labels;
	struct tt_label **at = tt_member_at(base, member->offset);
	uint32_t *n = tt_member_at(base, member->presence), had = *n, kept = 0;
	const struct tt_message none = {.n = 0};
	struct set retained = {0};
	struct says says;
	bool replace = false;

	if (tt_patch_type_of(text) != TT_JSON_OBJECT_VALUE)
		return tt_patch_read(p, member, base, text);
	int rc = collect(p, &none, text, &says);

	if (rc == 0 && says.how.data != NULL)
		rc = read_how(p, says.how, &replace);
	else if (rc == 0 && says.retain.data != NULL)
		rc = read_retained(p, text, says.retain, &retained);
	if (rc < 0)
		return rc;
	labels = *at;
	*n = 0;
	for (uint32_t i = 0; i < had && says.how.data == NULL; i++)
		if (says.retain.data == NULL || has(&retained, labels[i].key))
			*(struct tt_label *)tt_items_push(member, base, p->arena) = labels[i];
	if (says.how.data == NULL || (replace && had > 0))
		rc = add_entries(p, member, base, text, replace);
	tt_items_sort(member, base, p->arena);
	for (uint32_t i = 0; i < *n; i++)
		if ((*at)[i].value.data != deleted)
			(*at)[kept++] = (*at)[i];
	*n = kept;
	return rc;
}

/* An object, which may have been absent. */
static int patch_message(
	struct tt_patcher *p, const struct tt_member *member, void *base, struct tt_str text)
{
	bool optional = (member->flags & TT_MEMBER_OPTIONAL) != 0;
	bool absent = optional && !tt_member_is_set(member, base);
	struct says says;

	if (tt_patch_type_of(text) != TT_JSON_OBJECT_VALUE)
		return tt_patch_read(p, member, base, text);
	int rc = collect(p, member->message, text, &says);

	if (rc < 0)
		return rc;
	if (absent && says.how.data != NULL)
		return 0; /* a directive for what is not there goes for nothing */
	if (absent)
		clear(member->message, tt_member_at(base, member->offset));
	if (optional)
		*(bool *)tt_member_at(base, member->presence) = true;
	return p->object(p, member->message, tt_member_at(base, member->offset), text);
}

static int patch_member(struct tt_patcher *p, const struct tt_member *member, void *base,
	const struct tt_patch_says *says)
{
	struct tt_str value = says->value;

	if (value.data != NULL && tt_patch_type_of(value) == TT_JSON_NULL) {
		clear_member(member, base);
		return 0;
	}
	if (p->strategic && tt_patch_is_list(member))
		return tt_patch_list(p, member, base, says);
	if (value.data == NULL)
		return 0;
	if (member->type == TT_MEMBER_MESSAGE)
		return patch_message(p, member, base, value);
	if (member->type == TT_MEMBER_MAP)
		return patch_map(p, member, base, value);
	return tt_patch_read(p, member, base, value);
}

/* `$patch: replace` takes the object as it is, `delete` leaves nothing. */
static int replace_object(
	struct tt_patcher *p, const struct tt_message *m, void *base, const struct says *says)
{
	bool replace;
	int rc = read_how(p, says->how, &replace);

	if (rc < 0)
		return rc;
	clear(m, base);
	for (unsigned i = 0; i < m->n && replace && rc == 0; i++)
		if (says->members[i].value.data != NULL)
			rc = tt_patch_read(p, &m->members[i], base, says->members[i].value);
	return rc;
}

static int patch_object(
	struct tt_patcher *p, const struct tt_message *m, void *base, struct tt_str text)
{
	struct set retained = {0};
	struct says says;
	int rc = collect(p, m, text, &says);

	if (rc < 0)
		return rc;
	if (says.how.data != NULL)
		return replace_object(p, m, base, &says);
	if (says.retain.data != NULL) {
		rc = read_retained(p, text, says.retain, &retained);
		if (rc < 0)
			return rc;
	}
	for (unsigned i = 0; i < m->n && rc == 0; i++) {
		if (says.retain.data != NULL && !has(&retained, name_of(&m->members[i])))
			clear_member(&m->members[i], base);
		rc = patch_member(p, &m->members[i], base, &says.members[i]);
	}
	return rc;
}

/* A merge patch may name what it is for, but not change it. */
static int check_type(struct tt_patcher *p, enum tt_api_group group, struct tt_str patch)
{
	const char *version = group == TT_GROUP_EVENTS ? "events.k8s.io/v1" : "v1";
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, patch, p->arena);
	(void)tt_json_enter_object(&r);
	while (tt_json_next_key(&r, &key)) {
		const char *wanted = tt_str_is(key, "kind")         ? "Event"
				     : tt_str_is(key, "apiVersion") ? version
								    : NULL;
		bool null = tt_json_peek(&r) == TT_JSON_NULL;
		bool same = tt_json_peek(&r) == TT_JSON_STRING && wanted != NULL
				    ? tt_str_is(tt_json_string(&r), wanted)
				    : (tt_json_skip(&r), false);

		if (wanted != NULL && !null && !same)
			return tt_fail(
				p->err, TT_EUNFIT, "%.*s is not %s", TT_STR_ARG(key), wanted);
	}
	return 0;
}

int tt_event_patch(struct tt_event *e, enum tt_patch_type type, enum tt_api_group group,
	struct tt_str patch, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_patcher p = {type == TT_PATCH_STRATEGIC, arena, err, patch_object};
	struct tt_json_reader r;

	tt_json_reader_init(&r, patch, arena);
	enum tt_json_type found = tt_json_peek(&r);

	(void)tt_json_skip(&r);
	if (tt_json_reader_end(&r, true, err) < 0) {
		(void)tt_err_wrap(err, "error decoding patch");
		return TT_EINVAL;
	}
	if (found == TT_JSON_NULL && type == TT_PATCH_STRATEGIC)
		return 0;
	if (found != TT_JSON_OBJECT_VALUE)
		return tt_fail(err, TT_EINVAL, "error decoding patch: it is no JSON object");
	int rc = type == TT_PATCH_MERGE ? check_type(&p, group, patch) : 0;

	if (rc < 0)
		return rc;
	return patch_object(&p,
		group == TT_GROUP_EVENTS ? &tt_message_event_events : &tt_message_event, e, patch);
}
