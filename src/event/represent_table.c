/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of an API server's events printer, always all ten: the client hides those whose
 * priority is not 0. The text under Count is a number, although its column is one of strings. */
#include "event/represent_table.h"

#include "event/cells.h"
#include "event/duration.h"
#include "event/represent_object.h"
#include "wire/json.h"

/* The descriptions are those of the API's own documentation, k8s.io/api core/v1 types.go. */
static const struct column {
	const char *name, *format, *priority, *description;
} columns[] = {
	{"Last Seen", "", "0",
		"The time at which the most recent occurrence of this event was recorded."},
	{"Type", "", "0",
		"Type of this event (Normal, Warning), new types could be added in the "
		"future"},
	{"Reason", "", "0",
		"This should be a short, machine understandable string that gives the "
		"reason for the transition into the object's current status."},
	{"Object", "", "0", "The object that this event is about."},
	{"Subobject", "", "1",
		"If referring to a piece of an object instead of an entire object, this "
		"string should contain a valid JSON/Go field access statement, such as "
		"desiredState.manifest.containers[2]. For example, if the object reference "
		"is to a container within a pod, this would take on a value like: "
		"\"spec.containers{name}\" (where \"name\" refers to the name of the container "
		"that triggered the event) or if no container name is specified "
		"\"spec.containers[2]\" (container with index 2 in this pod). This syntax is "
		"chosen only to have some well-defined way of referencing a part of an "
		"object."},
	{"Source", "", "1",
		"The component reporting this event. Should be a short machine "
		"understandable string."},
	{"Message", "", "0", "A human-readable description of the status of this operation."},
	{"First Seen", "", "1",
		"The time at which the event was first recorded. (Time of server receipt is "
		"in TypeMeta.)"},
	{"Count", "", "1", "The number of times this event has occurred."},
	{"Name", "name", "1",
		"Name must be unique within a namespace. Is required when creating "
		"resources, although some resources may allow a client to request the "
		"generation of an appropriate name automatically. Name is primarily "
		"intended for creation idempotence and configuration definition. Cannot be "
		"updated. More info: "
		"https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"},
};

static void put_columns(struct tt_buf *to)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const struct column *c = &columns[i];

		tt_buf_text(to, i == 0 ? "[{\"name\":" : ",{\"name\":");
		tt_json_put_string(to, tt_str_from(c->name));
		tt_buf_text(to, ",\"type\":\"string\",\"format\":");
		tt_json_put_string(to, tt_str_from(c->format));
		tt_buf_text(to, ",\"description\":");
		tt_json_put_string(to, tt_str_from(c->description));
		tt_buf_text(to, ",\"priority\":");
		tt_buf_text(to, c->priority);
		tt_buf_char(to, '}');
	}
	tt_buf_char(to, ']');
}

static void put_head(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_listmeta *meta)
{
	tt_object_put_json(to, &(struct tt_object){&tt_message_list_head, meta,
				       tt_represented_meta_version(r), TT_STR("Table")});
	if (!to->failed)
		to->len--; /* the brace, as the table goes on */
}

void tt_table_put_begin(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_listmeta *meta, bool with_columns)
{
	put_head(to, r, meta);
	tt_buf_text(to, ",\"columnDefinitions\":");
	if (with_columns)
		put_columns(to);
	else
		tt_buf_text(to, "null");
	tt_buf_text(to, ",\"rows\":[");
}

void tt_table_put_end(struct tt_buf *to)
{
	tt_buf_text(to, "]}");
}

static void put_age(struct tt_buf *to, int64_t then_us, int64_t now_us)
{
	char age[TT_AGE_SIZE];

	tt_json_put_string(to, (struct tt_str){age, tt_age_format(then_us, now_us, age)});
}

/* `pod/web`, or `pod` without a name. */
static void put_involved_object(struct tt_buf *to, const struct tt_objectref *object)
{
	size_t start = to->len;

	tt_json_put_piece(to, object->kind);
	for (size_t i = start; i < to->len; i++)
		if (to->data[i] >= 'A' && to->data[i] <= 'Z')
			to->data[i] |= 0x20;
	if (object->name.len > 0) {
		tt_buf_char(to, '/');
		tt_json_put_piece(to, object->name);
	}
}

static void put_source(struct tt_buf *to, const struct tt_event *e)
{
	struct tt_str instance = tt_cell_instance(e);

	tt_json_put_piece(to, tt_cell_component(e));
	if (instance.len > 0) {
		tt_buf_text(to, ", ");
		tt_json_put_piece(to, instance);
	}
}

static void put_cells(struct tt_buf *to, const struct tt_event *e, int64_t now_us)
{
	put_age(to, tt_cell_last_seen(e), now_us);
	tt_buf_char(to, ',');
	tt_json_put_string(to, e->type);
	tt_buf_char(to, ',');
	tt_json_put_string(to, e->reason);
	tt_buf_text(to, ",\"");
	put_involved_object(to, &e->involved_object);
	tt_buf_text(to, "\",");
	tt_json_put_string(to, e->involved_object.field_path);
	tt_buf_text(to, ",\"");
	put_source(to, e);
	tt_buf_text(to, "\",");
	tt_json_put_string(to, tt_cell_trim(e->message));
	tt_buf_char(to, ',');
	put_age(to, tt_cell_first_seen(e), now_us);
	tt_buf_char(to, ',');
	tt_buf_i64(to, tt_cell_count(e));
	tt_buf_char(to, ',');
	tt_json_put_string(to, e->metadata.name);
}

void tt_table_put_row(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_event *e)
{
	tt_buf_text(to, "{\"cells\":[");
	put_cells(to, e, r->now_us);
	tt_buf_text(to, "],\"object\":");
	if (r->include == TT_INCLUDE_NONE) {
		tt_buf_text(to, "null");
	} else {
		struct tt_object object = tt_represented_object(
			r, e, r->include == TT_INCLUDE_OBJECT);

		tt_object_put_json(to, &object);
	}
	tt_buf_char(to, '}');
}

void tt_table_put_single(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_event *e, bool with_columns)
{
	struct tt_listmeta meta = {.resource_version = e->metadata.resource_version,
		.self_link = e->metadata.self_link,
		.remaining_item_count = -1};

	tt_table_put_begin(to, r, &meta, with_columns);
	tt_table_put_row(to, r, e);
	tt_table_put_end(to);
}
