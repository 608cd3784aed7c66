/* SPDX-License-Identifier: Apache-2.0 */
#include "event/selector.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "event/event.h"

/* Indexed by enum tt_field_label; a column for each API group. */
static const char *const labels[][2] = {
	[TT_LABEL_METADATA_NAME] = {"metadata.name", "metadata.name"},
	[TT_LABEL_METADATA_NAMESPACE] = {"metadata.namespace", "metadata.namespace"},
	[TT_LABEL_INVOLVED_KIND] = {"involvedObject.kind", "regarding.kind"},
	[TT_LABEL_INVOLVED_NAMESPACE] = {"involvedObject.namespace", "regarding.namespace"},
	[TT_LABEL_INVOLVED_NAME] = {"involvedObject.name", "regarding.name"},
	[TT_LABEL_INVOLVED_UID] = {"involvedObject.uid", "regarding.uid"},
	[TT_LABEL_INVOLVED_API_VERSION] = {"involvedObject.apiVersion", "regarding.apiVersion"},
	[TT_LABEL_INVOLVED_RESOURCE_VERSION] = {"involvedObject.resourceVersion",
		"regarding.resourceVersion"},
	[TT_LABEL_INVOLVED_FIELD_PATH] = {"involvedObject.fieldPath", "regarding.fieldPath"},
	[TT_LABEL_REASON] = {"reason", "reason"},
	[TT_LABEL_TYPE] = {"type", "type"},
	[TT_LABEL_REPORTING_COMPONENT] = {"reportingComponent", "reportingController"},
	[TT_LABEL_SOURCE] = {"source", "source"},
};

static int find_label(
	struct tt_str name, enum tt_api_group group, enum tt_field_label *ret, struct tt_err *err)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (tt_str_is(name, labels[i][group == TT_GROUP_EVENTS])) {
			*ret = (enum tt_field_label)i;
			return 0;
		}
	return tt_fail(err, TT_EINVAL, "field label not supported: %.*s", TT_STR_ARG(name));
}

/* Cuts `*text` at the first comma that no backslash escapes; the rest stays in `*text`, which
 * has data == NULL behind the last term. */
static struct tt_str next_term(struct tt_str *text)
{
	struct tt_str term = *text;

	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == '\\') {
			i++;
		} else if (text->data[i] == ',') {
			term.len = i;
			*text = (struct tt_str){text->data + i + 1, text->len - i - 1};
			return term;
		}
	}
	*text = (struct tt_str){0};
	return term;
}

/* Splits `term` at its first operator; false if it has none. */
static bool split_term(
	struct tt_str term, struct tt_str *ret_label, struct tt_str *ret_value, bool *ret_negated)
{
	static const struct tt_str operators[] = {{"!=", 2}, {"==", 2}, {"=", 1}};

	for (size_t at = 0; at < term.len; at++) {
		struct tt_str rest = {term.data + at, term.len - at};

		for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
			if (!tt_str_starts(rest, operators[i]))
				continue;
			*ret_label = (struct tt_str){term.data, at};
			*ret_value = (struct tt_str){
				rest.data + operators[i].len, rest.len - operators[i].len};
			*ret_negated = i == 0;
			return true;
		}
	}
	return false;
}

static bool is_special(char c)
{
	return c == '\\' || c == ',' || c == '=';
}

/* Undoes the escapes of a value. */
static int unescape(
	struct tt_str value, struct tt_arena *arena, struct tt_str *ret, struct tt_err *err)
{
	char *text = tt_arena_alloc(arena, value.len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		bool escape = value.data[i] == '\\';
		size_t after = 0;

		i += escape;
		if (escape && i < value.len)
			(void)tt_utf8_decode(
				(struct tt_str){value.data + i, value.len - i}, &after);
		if (escape && (i == value.len || !is_special(value.data[i])))
			return tt_fail(err, TT_EINVAL,
				"invalid field selector: invalid escape sequence: \\%.*s",
				(int)after, value.data + i);
		if (!escape && is_special(value.data[i]))
			return tt_fail(err, TT_EINVAL,
				"invalid field selector: unescaped character in value: %d",
				value.data[i]);
		text[n++] = value.data[i];
	}
	*ret = (struct tt_str){text, n};
	return 0;
}

int tt_fieldselector_parse(struct tt_fieldselector *s, enum tt_api_group group, struct tt_str text,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str whole = text;
	size_t most = 1;

	for (size_t i = 0; i < text.len; i++)
		most += text.data[i] == ',';
	*s = (struct tt_fieldselector){.terms = tt_arena_new(arena, struct tt_field_term, most)};
	if (text.len == 0)
		return 0;
	while (text.data != NULL) {
		struct tt_field_term *t = &s->terms[s->n];
		struct tt_str term = next_term(&text), label, value;

		if (term.len == 0)
			continue;
		if (!split_term(term, &label, &value, &t->negated))
			return tt_fail(err, TT_EINVAL,
				"invalid selector: '%.*s'; can't understand '%.*s'",
				TT_STR_ARG(whole), TT_STR_ARG(term));
		int rc = unescape(value, arena, &t->value, err);

		if (rc == 0)
			rc = find_label(label, group, &t->label, err);
		if (rc < 0)
			return rc;
		s->n++;
	}
	return 0;
}

static struct tt_str field_of(const struct tt_event *e, enum tt_field_label label)
{
	const struct tt_objectref *object = &e->involved_object;

	switch (label) {
	case TT_LABEL_METADATA_NAME: return e->metadata.name;
	case TT_LABEL_METADATA_NAMESPACE: return e->metadata.namespace;
	case TT_LABEL_INVOLVED_KIND: return object->kind;
	case TT_LABEL_INVOLVED_NAMESPACE: return object->namespace;
	case TT_LABEL_INVOLVED_NAME: return object->name;
	case TT_LABEL_INVOLVED_UID: return object->uid;
	case TT_LABEL_INVOLVED_API_VERSION: return object->api_version;
	case TT_LABEL_INVOLVED_RESOURCE_VERSION: return object->resource_version;
	case TT_LABEL_INVOLVED_FIELD_PATH: return object->field_path;
	case TT_LABEL_REASON: return e->reason;
	case TT_LABEL_TYPE: return e->type;
	case TT_LABEL_REPORTING_COMPONENT: return e->reporting_component;
	case TT_LABEL_SOURCE: break;
	}
	return e->source_component.len > 0 ? e->source_component : e->reporting_component;
}

bool tt_fieldselector_matches(const struct tt_fieldselector *s, const struct tt_event *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct tt_field_term *t = &s->terms[i];

		if (tt_str_eq(field_of(e, t->label), t->value) == t->negated)
			return false;
	}
	return true;
}
