/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "event/codec.h"
#include "tap/tap.h"

static const int64_t T0 = 1700000000; /* 2023-11-14T22:13:20Z */

#define EVENT(name, time)                                                                          \
	"{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" name "\","           \
	"\"namespace\":\"d\",\"resourceVersion\":\"7\",\"creationTimestamp\":\"" time "\"},"       \
	"\"lastTimestamp\":\"" time "\"}"
#define FRAME(type, name, time) "{\"type\":\"" type "\",\"object\":" EVENT(name, time) "}"

static const char pretty[] =
	"{\n    \"type\": \"ADDED\",\n    \"object\": {\n        \"metadata\": {"
	"\n            \"name\": \"p\"\n        }\n    }\n}\n";

/* The name of a new file that holds `text`; the caller removes it. */
static char *file_of(const char *text, char path[64])
{
	(void)snprintf(path, 64, "/tmp/recording-test-XXXXXX");
	int fd = mkstemp(path);
	size_t n = strlen(text);

	tap_ok(fd >= 0 && write(fd, text, n) == (ssize_t)n);
	(void)close(fd);
	return path;
}

/* What reading `text` gives: names of events by type, '!' for what is damaged. */
static void check_names(const char *text, const char *want)
{
	struct tt_arena arena = {0};
	struct tt_recording *r = NULL;
	struct tt_watch_frame frame;
	struct tt_err err;
	struct tt_buf got;
	char path[64];

	tt_buf_init(&got, 4096);
	tt_buf_text(&got, "");
	tap_int(tt_recording_open(&r, file_of(text, path), &err), 0);
	(void)unlink(path);
	for (;;) {
		int rc = tt_recording_next(r, &arena, &frame, &err);

		if (rc == 0 || rc == TT_EIO)
			break;
		if (rc == 1)
			tt_buf_printf(&got, "%c:%.*s ", tt_watch_type_name(frame.type)[0],
				TT_STR_ARG(frame.event.metadata.name));
		else
			tt_buf_text(&got, "! ");
		tt_arena_clear(&arena);
	}
	tap_str(tt_buf_view(&got), want);
	tt_recording_close(r);
	tt_arena_release(&arena);
	tt_buf_release(&got);
}

static void test_damage_costs_only_itself(void)
{
	check_names("", "");
	check_names("\n\n  \n", "");
	check_names(FRAME("ADDED", "a", "2023-11-14T22:13:20Z"), "A:a ");
	check_names(FRAME("ADDED", "a", "2023-11-14T22:13:20Z") "\n\n" FRAME(
			    "MODIFIED", "b", "2023-11-14T22:13:20Z") "\n",
		"A:a M:b ");
	check_names("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"cut\n" FRAME(
			    "ADDED", "a", "2023-11-14T22:13:20Z") "\n",
		"! A:a ");
	check_names("garbage\n" FRAME("DELETED", "a", "2023-11-14T22:13:20Z") "\n[]\n", "! D:a ! ");
	check_names(FRAME("ADDED", "a", "2023-11-14T22:13:20Z") "\n{\"type\":\"ADD", "A:a ! ");
}

static void test_indented_values_and_bare_events_are_read(void)
{
	struct tt_buf text;

	tt_buf_init(&text, 4096);
	tt_buf_text(&text, pretty);
	tt_buf_text(&text, pretty);
	check_names(text.data, "A:p A:p ");
	tt_buf_release(&text);
	check_names(EVENT("bare", "2023-11-14T22:13:20Z") "\n", "A:bare ");
}

static void test_bookmarks_are_passed_over_and_errors_are_not(void)
{
	check_names("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Event\",\"apiVersion\":\"v1\","
		    "\"metadata\":{\"resourceVersion\":\"9\"}}}\n"
		    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n",
		"E: ");
}

static void test_damage_is_said_with_its_line(void)
{
	struct tt_arena arena = {0};
	struct tt_recording *r = NULL;
	struct tt_watch_frame frame;
	struct tt_err err = {0};
	char path[64];

	(void)file_of("\n{\"type\":\"ADDED\",\n \"object\":{}\n}\nnonsense\n", path);
	tap_int(tt_recording_open(&r, path, &err), 0);
	(void)unlink(path);
	while (tt_recording_next(r, &arena, &frame, &err) == 1)
		;
	tap_okf(tt_str_find(tt_str_from(err.msg), TT_STR(":5: ")) > 0, "%s", err.msg);
	tt_recording_close(r);
	tt_arena_release(&arena);
}

static void test_too_long_a_value_is_dropped_whole(void)
{
	static const size_t length = (size_t)9 << 20;
	struct tt_buf text;

	tt_buf_init(&text, (size_t)32 << 20);
	tt_buf_text(&text, "{\"type\":\"ADDED\",\"object\":{\"message\":\"");
	memset(tt_buf_reserve(&text, length), 'x', length);
	text.len += length;
	tt_buf_text(&text, "\"}}\n" FRAME("ADDED", "a", "2023-11-14T22:13:20Z") "\n");
	check_names(text.data, "! A:a ");
	tt_buf_release(&text);
}

static void test_a_missing_file_and_a_directory_are_sentences(void)
{
	struct tt_recording *r = NULL;
	struct tt_err err;

	tap_int(tt_recording_open(&r, "/nonexistent/x", &err), TT_ENOTFOUND);
	tap_str(tt_str_from(err.msg), "cannot open /nonexistent/x: No such file or directory");
	tap_int(tt_recording_open(&r, "/", &err), TT_EINVAL);
	tap_ok(r == NULL);
}

static void check_extent(struct tt_recording *r)
{
	struct tt_arena arena = {0};
	struct tt_recording_extent extent;
	struct tt_watch_frame frame;
	uint64_t done, total;
	struct tt_err err;

	tap_int(tt_recording_measure(r, &extent, &err), 0);
	tap_int(extent.events, 2);
	tap_int(extent.oldest_us, T0 * TT_US_PER_S);
	tap_int(extent.newest_us, (T0 + 9) * TT_US_PER_S);
	tt_recording_progress(r, &done, &total);
	tap_int(done, 0);
	tap_ok(total > 0);
	tap_int(tt_recording_next(r, &arena, &frame, &err), 1);
	tap_str(frame.event.metadata.name, "a");
	while (tt_recording_next(r, &arena, &frame, &err) != 0)
		;
	tt_recording_progress(r, &done, &total);
	tap_int(done, total);
	tt_arena_release(&arena);
}

static const char three[] = FRAME("ADDED", "a", "2023-11-14T22:13:20Z") "\nbroken\n" FRAME(
	"MODIFIED", "a", "2023-11-14T22:13:29Z") "\n" FRAME("DELETED", "a",
	"2023-11-14T23:00:00Z") "\n";

static void test_measuring_goes_back_to_the_start(void)
{
	struct tt_recording *r = NULL;
	char path[64];

	tap_int(tt_recording_open(&r, file_of(three, path), NULL), 0);
	(void)unlink(path);
	check_extent(r);
	tt_recording_close(r);
}

static void test_a_pipe_can_be_measured(void)
{
	struct tt_recording *r = NULL;
	int ends[2], saved = dup(STDIN_FILENO);

	tap_int(pipe(ends), 0);
	tap_ok(write(ends[1], three, sizeof(three) - 1) == (ssize_t)sizeof(three) - 1);
	(void)close(ends[1]);
	(void)dup2(ends[0], STDIN_FILENO);
	tap_int(tt_recording_open(&r, "-", NULL), 0);
	check_extent(r);
	tt_recording_close(r);
	(void)dup2(saved, STDIN_FILENO);
	(void)close(saved);
	(void)close(ends[0]);
}

static void test_shifting_moves_every_time_that_is_set(void)
{
	struct tt_event e;
	int64_t now_us = (T0 + 100) * TT_US_PER_S + 999999;
	int64_t by_us = tt_recording_shift_us(T0 * TT_US_PER_S + 5, now_us);

	tap_int(by_us % TT_US_PER_S, 0);
	tap_int(by_us, 100 * (int64_t)TT_US_PER_S);
	tap_int(tt_recording_shift_us(now_us, T0 * TT_US_PER_S), -101 * (int64_t)TT_US_PER_S);
	tt_event_init(&e);
	tt_recording_shift(&e, by_us);
	tap_ok(e.metadata.creation_us == TT_TIME_ZERO && e.metadata.deletion_us == TT_TIME_ZERO &&
		e.first_timestamp_us == TT_TIME_ZERO && e.last_timestamp_us == TT_TIME_ZERO &&
		e.event_time_us == TT_TIME_ZERO);
	e.metadata.creation_us = e.metadata.deletion_us = 1;
	e.first_timestamp_us = e.last_timestamp_us = e.event_time_us = 2;
	e.has_series = true;
	e.series_last_observed_us = 3;
	tt_recording_shift(&e, 10);
	tap_ok(e.metadata.creation_us == 11 && e.metadata.deletion_us == 11 &&
		e.first_timestamp_us == 12 && e.last_timestamp_us == 12 && e.event_time_us == 12 &&
		e.series_last_observed_us == 13);
}

int main(void)
{
	tap_test("damage_costs_only_itself", test_damage_costs_only_itself);
	tap_test("indented_values_and_bare_events_are_read",
		test_indented_values_and_bare_events_are_read);
	tap_test("bookmarks_are_passed_over_and_errors_are_not",
		test_bookmarks_are_passed_over_and_errors_are_not);
	tap_test("damage_is_said_with_its_line", test_damage_is_said_with_its_line);
	tap_test("too_long_a_value_is_dropped_whole", test_too_long_a_value_is_dropped_whole);
	tap_test("a_missing_file_and_a_directory_are_sentences",
		test_a_missing_file_and_a_directory_are_sentences);
	tap_test("measuring_goes_back_to_the_start", test_measuring_goes_back_to_the_start);
	tap_test("a_pipe_can_be_measured", test_a_pipe_can_be_measured);
	tap_test("shifting_moves_every_time_that_is_set",
		test_shifting_moves_every_time_that_is_set);
	return tap_done();
}
