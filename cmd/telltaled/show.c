/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/show.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "collect/collect.h"
#include "event/table.h"
#include "store/ingest.h"
#include "store/reader.h"
#include "telltaled/daemon.h"

enum {
	NEWEST = 20,
	SLICE_MS = 250,
	WAIT_S = 15,
	RECORDS = 500,
	SCREEN_MAX_BYTES = 16 << 20,
};

struct tt_show {
	struct tt_daemon *daemon;
	struct tt_filter filter;
	struct tt_reader *reader;
	struct tt_arena arena;
	struct tt_buf cells, out;
	struct tt_tabwriter *tabs;
	struct tt_show_object object;
	uint64_t cursor;
	bool is_trouble, is_unwritable, is_unread;
};

int tt_show_new(
	struct tt_show **ret, struct tt_daemon *daemon, const char *cluster, struct tt_err *err)
{
	struct tt_show *show = tt_calloc(1, sizeof(*show));

	show->daemon = daemon;
	show->filter = (struct tt_filter){.cluster = tt_str_from(cluster),
		.since_us = TT_TIME_ZERO,
		.until_us = TT_TIME_ZERO};
	tt_buf_init(&show->cells, SCREEN_MAX_BYTES);
	tt_buf_init(&show->out, SCREEN_MAX_BYTES);
	show->tabs = tt_tabwriter_new(TT_TAB_GET, &show->out);
	int rc = tt_reader_open(&show->reader, tt_daemon_store(daemon), err);

	if (rc != 0) {
		show->reader = NULL;
		tt_show_free(show);
		return rc;
	}
	*ret = show;
	return 0;
}

void tt_show_free(struct tt_show *show)
{
	if (show == NULL)
		return;
	if (show->reader != NULL)
		tt_reader_close(show->reader);
	tt_tabwriter_free(show->tabs);
	tt_buf_release(&show->cells);
	tt_buf_release(&show->out);
	tt_arena_release(&show->arena);
	tt_free(show);
}

/* False if it is not taken any more. */
static bool write_all(const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		n -= (size_t)done;
	}
	return true;
}

/* Writes out what there is, each line by itself. */
static void write_lines(struct tt_show *show)
{
	const char *at = show->out.data, *end = at + show->out.len;

	while (at < end && !show->is_unread) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline != NULL ? newline + 1 : end;

		show->is_unread = !write_all(at, (size_t)(next - at));
		at = next;
	}
	tt_buf_clear(&show->out);
}

static void put_time(struct tt_buf *to, int64_t us)
{
	char text[TT_TIME_SIZE];

	tt_time_format(us, TT_TIME_SECONDS, text);
	tt_buf_text(to, text);
}

static void put_gap(struct tt_buf *to, const struct tt_gap *gap)
{
	if (gap->from_us == TT_TIME_ZERO) {
		tt_buf_text(to, "--- nothing is known from before ");
	} else {
		tt_buf_printf(to, "--- GAP: %s may be missing from ",
			gap->lost == TT_LOST_EVENTS ? "events" : "updates of events");
		put_time(to, gap->from_us);
		tt_buf_text(to, " to ");
	}
	put_time(to, gap->to_us);
	tt_buf_printf(to, ": %.*s\n", TT_STR_ARG(gap->reason));
}

static void flush(struct tt_show *show)
{
	tt_tabwriter_write(show->tabs, tt_buf_view(&show->cells));
	tt_tabwriter_flush(show->tabs);
	tt_buf_clear(&show->cells);
}

static void put_records(struct tt_show *show, const struct tt_batch *batch)
{
	int64_t now_us = tt_clock_wall_us(&tt_clock_system);

	for (size_t i = 0; i < batch->n; i++) {
		const struct tt_record *r = &batch->records[i];

		if (r->kind == TT_RECORD_EVENT) {
			tt_table_row(&show->cells, TT_TABLE_EVENTS, true, &r->event, now_us);
		} else {
			flush(show);
			put_gap(&show->out, &r->gap);
		}
	}
	flush(show);
	write_lines(show);
}

/* The newest one that went wrong, else the newest. */
static void choose_object(struct tt_show *show, const struct tt_batch *batch)
{
	const struct tt_event *best = NULL;

	for (size_t i = 0; i < batch->n; i++) {
		const struct tt_event *e = &batch->records[i].event;

		if (e->involved_object.namespace.len == 0)
			continue;
		if (best == NULL || tt_str_is(e->type, "Warning") ||
			!tt_str_is(best->type, "Warning"))
			best = e;
	}
	if (best == NULL)
		return;
	show->object.namespace = tt_str_dup(&show->arena, best->metadata.namespace);
	show->object.kind = tt_str_dup(&show->arena, best->involved_object.kind);
	show->object.name = tt_str_dup(&show->arena, best->involved_object.name);
}

int tt_show_newest(struct tt_show *show, struct tt_err *err)
{
	const struct tt_view view = {.filter = &show->filter, .limit = NEWEST};
	struct tt_view_answer answer = {0};
	int rc = tt_reader_view(show->reader, &view, &answer, err);

	if (rc != 0)
		return rc;
	show->cursor = answer.seq;
	if (answer.batch->n > 0)
		tt_buf_text(&show->out, answer.truncated ? "\nThe newest events:\n\n" : "\n");
	tt_table_header(&show->cells, TT_TABLE_EVENTS, true);
	if (answer.batch->n > 0)
		put_records(show, answer.batch);
	choose_object(show, answer.batch);
	tt_batch_unref(answer.batch);
	return 0;
}

bool tt_show_object(const struct tt_show *show, struct tt_show_object *ret)
{
	*ret = show->object;
	return ret->name.len > 0;
}

/* Whether the watch is open; if it is not, why, "" if that is not known yet. */
static bool is_connected(struct tt_show *show, struct tt_str *ret_problem, struct tt_arena *arena)
{
	struct tt_collector_status *watches;
	size_t n;

	tt_daemon_watches(show->daemon, &watches, &n, arena);
	*ret_problem = TT_STR("");
	for (size_t i = 0; i < n; i++)
		if (!watches[i].connected) {
			*ret_problem = watches[i].problem;
			return false;
		}
	return true;
}

void tt_show_wait(struct tt_show *show, bool (*stopping)(void))
{
	int64_t until_ns = tt_clock_mono_ns(&tt_clock_system) + (int64_t)WAIT_S * TT_NS_PER_S;
	const struct timespec slice = {0, (long)SLICE_MS * TT_NS_PER_MS / 5};
	bool is_over = false;

	while (!is_over && tt_clock_mono_ns(&tt_clock_system) < until_ns) {
		struct tt_arena arena = {0};
		struct tt_str problem;

		is_over = is_connected(show, &problem, &arena) || problem.len > 0 || stopping();
		tt_arena_release(&arena);
		if (!is_over)
			(void)nanosleep(&slice, NULL);
	}
	(void)tt_ingest_flush(tt_daemon_ingest(show->daemon), TT_NS_PER_S);
}

/* What the log says of trouble is never followed by that it is over; here both is. */
static void look_for_trouble(struct tt_show *show)
{
	bool is_unwritable = !tt_ingest_is_writable(tt_daemon_ingest(show->daemon));
	struct tt_arena arena = {0};
	struct tt_str problem;
	bool connected = is_connected(show, &problem, &arena);

	if (!connected && problem.len > 0 && !show->is_trouble) {
		show->is_trouble = true;
		tt_buf_printf(&show->out, "--- not connected: %.*s; it is tried again and again\n",
			TT_STR_ARG(problem));
	} else if (connected && show->is_trouble) {
		show->is_trouble = false;
		tt_buf_text(&show->out, "--- connected again\n");
	}
	if (show->is_unwritable && !is_unwritable)
		tt_buf_text(&show->out, "--- the log can be written again\n");
	show->is_unwritable = is_unwritable;
	tt_arena_release(&arena);
	write_lines(show);
}

int tt_show_until(struct tt_show *show, bool (*stopping)(void), struct tt_err *err)
{
	const int64_t slice_ns = (int64_t)SLICE_MS * TT_NS_PER_MS;

	while (!stopping() && !show->is_unread) {
		struct tt_batch *batch = NULL;

		look_for_trouble(show);
		if (tt_ingest_wait(tt_daemon_ingest(show->daemon), show->cursor, slice_ns) <=
			show->cursor)
			continue;
		int rc = tt_reader_read(
			show->reader, &show->cursor, RECORDS, &show->filter, &batch, err);

		if (rc != 0)
			return rc;
		if (batch->n > 0)
			put_records(show, batch);
		tt_batch_unref(batch);
	}
	return 0;
}
