/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record_json.h"

#include "base/timestamp.h"
#include "base/vec.h"
#include "event/codec.h"
#include "store/record.h"
#include "wire/json.h"

static const char *const change_names[] = {"ADDED", "MODIFIED", "DELETED"};
static const char *const lost_names[] = {"updates", "events"};

void tt_record_put_time(struct tt_buf *to, int64_t us)
{
	char text[TT_TIME_SIZE];

	if (us == TT_TIME_ZERO) {
		tt_buf_text(to, "null");
		return;
	}
	size_t n = tt_time_format(us, TT_TIME_MICROS, text);

	tt_buf_char(to, '"');
	tt_buf_add(to, text, n);
	tt_buf_char(to, '"');
}

static void put_gap(struct tt_buf *to, const struct tt_gap *gap)
{
	tt_buf_text(to, ",\"namespaces\":[");
	for (uint32_t i = 0; i < gap->n_namespaces; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		tt_json_put_string(to, gap->namespaces[i]);
	}
	tt_buf_text(to, "],\"from\":");
	tt_record_put_time(to, gap->from_us);
	tt_buf_text(to, ",\"to\":");
	tt_record_put_time(to, gap->to_us);
	tt_buf_printf(to, ",\"lost\":\"%s\",\"reason\":", lost_names[gap->lost]);
	tt_json_put_string(to, gap->reason);
}

void tt_record_put_json(struct tt_buf *to, const struct tt_record *record)
{
	bool gap = record->kind == TT_RECORD_GAP;

	tt_buf_text(to, "{\"seq\":");
	tt_buf_u64(to, record->seq);
	tt_buf_text(
		to, gap ? ",\"kind\":\"gap\",\"cluster\":" : ",\"kind\":\"event\",\"cluster\":");
	tt_json_put_string(to, record->cluster);
	tt_buf_text(to, ",\"recordedAt\":");
	tt_record_put_time(to, record->recorded_at_us);
	if (gap) {
		put_gap(to, &record->gap);
	} else {
		tt_buf_text(to, ",\"change\":\"");
		tt_buf_text(to, change_names[record->change]);
		tt_buf_text(to, "\",\"event\":");
		tt_event_encode_json(to, &record->event, TT_JSON_OBJECT);
	}
	tt_buf_text(to, "}\n");
}

void tt_record_put_cursor(struct tt_buf *to, uint64_t seq)
{
	tt_buf_text(to, "{\"kind\":\"cursor\",\"seq\":");
	tt_buf_u64(to, seq);
	tt_buf_text(to, "}\n");
}

/* What a line may hold; absent members stay as they are. */
struct line {
	struct tt_str kind, cluster, recorded_at, change, event, from, to, lost, reason;
	struct {
		struct tt_str *items;
		size_t n, cap;
	} namespaces;
	int64_t seq;
};

static void read_namespaces(struct line *l, struct tt_json_reader *r)
{
	if (!tt_json_enter_array(r))
		return;
	while (tt_json_next_item(r)) {
		struct tt_str namespace = tt_json_string(r);

		*tt_vec_push(&l->namespaces) = namespace;
	}
}

static void read_member(struct line *l, struct tt_str key, struct tt_json_reader *r)
{
	const struct {
		const char *name;
		struct tt_str *to;
	} texts[] = {
		{"kind", &l->kind},
		{"cluster", &l->cluster},
		{"recordedAt", &l->recorded_at},
		{"change", &l->change},
		{"from", &l->from},
		{"to", &l->to},
		{"lost", &l->lost},
		{"reason", &l->reason},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!tt_str_is(key, texts[i].name))
			continue;
		*texts[i].to = tt_json_string(r);
		return;
	}
	if (tt_str_is(key, "seq"))
		l->seq = tt_json_int(r);
	else if (tt_str_is(key, "event"))
		l->event = tt_json_skip(r);
	else if (tt_str_is(key, "namespaces"))
		read_namespaces(l, r);
	else
		(void)tt_json_skip(r);
}

static int read_line(struct line *l, struct tt_str text, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, text, arena);
	if (tt_json_peek(&r) != TT_JSON_OBJECT_VALUE)
		tt_json_reader_fail(&r, "expected an object");
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key))
			read_member(l, key, &r);
	int rc = tt_json_reader_end(&r, true, err);

	if (rc == 0 && l->seq < 0)
		rc = tt_fail(err, TT_EINVAL, "seq is negative");
	return rc;
}

/* Which of `n` names `text` is. */
static int find_name(struct tt_str text, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (tt_str_is(text, names[i]))
			return i;
	return -1;
}

static int parse_time(const char *name, struct tt_str text, int64_t *ret, struct tt_err *err)
{
	*ret = TT_TIME_ZERO;
	if (text.len == 0 || tt_time_parse(text, false, ret))
		return 0;
	return tt_fail(err, TT_EINVAL, "%s is no time: \"%.*s\"", name,
		text.len > 64 ? 64 : (int)text.len, text.data);
}

static int fill_event(
	struct tt_batch *batch, struct tt_record *r, const struct line *l, struct tt_err *err)
{
	int change = find_name(l->change, change_names, 3);

	if (change < 0)
		return tt_fail(err, TT_EINVAL, "change must be ADDED, MODIFIED or DELETED");
	if (l->event.len == 0)
		return tt_fail(err, TT_EINVAL, "the record has no event");
	r->change = (enum tt_change)change;
	int rc = tt_event_decode(&r->event, TT_ENCODING_JSON, l->event, &batch->arena, err);

	return rc != 0 ? tt_err_wrap(err, "event") : 0;
}

static int fill_gap(
	struct tt_batch *batch, struct tt_record *r, const struct line *l, struct tt_err *err)
{
	int lost = find_name(l->lost, lost_names, 2);

	if (lost < 0)
		return tt_fail(err, TT_EINVAL, "lost must be updates or events");
	r->gap = (struct tt_gap){.lost = (enum tt_lost)lost, .reason = l->reason};
	r->gap.n_namespaces = (uint32_t)l->namespaces.n;
	r->gap.namespaces = tt_arena_new(&batch->arena, struct tt_str, l->namespaces.n);
	for (size_t i = 0; i < l->namespaces.n; i++)
		r->gap.namespaces[i] = l->namespaces.items[i];
	int rc = parse_time("from", l->from, &r->gap.from_us, err);

	return rc == 0 ? parse_time("to", l->to, &r->gap.to_us, err) : rc;
}

static int fill_record(struct tt_batch *batch, const struct line *l, struct tt_err *err)
{
	bool gap = tt_str_is(l->kind, "gap");

	if (!gap && !tt_str_is(l->kind, "event"))
		return tt_fail(err, TT_EINVAL, "kind must be event, gap or cursor");
	struct tt_record *r = gap ? tt_batch_add_gap(batch)
				  : tt_batch_add_event(batch, TT_CHANGE_ADDED);

	r->seq = (uint64_t)l->seq;
	if (l->cluster.len > 0)
		r->cluster = l->cluster;
	int rc = parse_time("recordedAt", l->recorded_at, &r->recorded_at_us, err);

	if (rc == 0)
		rc = gap ? fill_gap(batch, r, l, err) : fill_event(batch, r, l, err);
	if (rc != 0) {
		batch->n--;
		return rc;
	}
	if (!gap)
		r->time_us = tt_event_time_us(&r->event,
			r->recorded_at_us == TT_TIME_ZERO ? INT64_MAX : r->recorded_at_us);
	return 1;
}

int tt_record_parse_json(
	struct tt_batch *batch, struct tt_str line, uint64_t *ret_cursor, struct tt_err *err)
{
	struct line l = {0};
	struct tt_str text = tt_str_dup(&batch->arena, line);
	int rc = read_line(&l, text, &batch->arena, err);

	if (rc == 0 && tt_str_is(l.kind, "cursor"))
		*ret_cursor = (uint64_t)l.seq;
	else if (rc == 0)
		rc = fill_record(batch, &l, err);
	if (rc > 0)
		batch->bytes += line.len;
	tt_vec_release(&l.namespaces);
	return rc;
}
