/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/duration.h"

enum { DRAW_MS = 100, QUIET_MS = 300, WIDTH_DEFAULT = 80, WIDTH_MAX = 200, BAR_MIN = 10 };

void tt_terminal_probe(struct tt_terminal *t)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool colour = (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
		      strcmp(term, "dumb") != 0;
	struct winsize size = {0};

	t->out = isatty(STDOUT_FILENO) == 1;
	t->err = isatty(STDERR_FILENO) == 1;
	t->out_colour = t->out && colour;
	t->err_colour = t->err && colour;
	t->width = WIDTH_DEFAULT;
	if (t->err && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		t->width = size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

static const char *const codes[] = {
	[TT_COLOUR_BOLD] = "\033[1m",
	[TT_COLOUR_YELLOW] = "\033[33m",
	[TT_COLOUR_RED] = "\033[31m",
	[TT_COLOUR_DIM] = "\033[2m",
};

static const char reset[] = "\033[0m";

void tt_colour_put(struct tt_buf *to, bool on, enum tt_colour colour, struct tt_str text)
{
	if (on)
		tt_buf_text(to, codes[colour]);
	tt_buf_str(to, text);
	if (on)
		tt_buf_text(to, reset);
}

static void insert(struct tt_buf *text, size_t at, const char *what)
{
	size_t n = strlen(what);

	if (tt_buf_reserve(text, n) == NULL)
		return;
	memmove(text->data + at + n, text->data + at, text->len - at + 1);
	memcpy(text->data + at, what, n);
	text->len += n;
}

void tt_colour_word(struct tt_buf *text, size_t at, struct tt_str word, enum tt_colour colour)
{
	struct tt_str rest = {text->data + at, text->len - at};
	ptrdiff_t hit = tt_str_find(rest, word);

	if (hit < 0)
		return;
	insert(text, at + (size_t)hit + word.len, reset);
	insert(text, at + (size_t)hit, codes[colour]);
}

void tt_progress_init(struct tt_progress *p, const struct tt_terminal *terminal,
	const struct tt_clock *clock, const char *label)
{
	*p = (struct tt_progress){
		.terminal = terminal,
		.clock = clock,
		.label = label,
		.started_ns = tt_clock_mono_ns(clock),
	};
}

void tt_progress_draw(struct tt_progress *p, uint64_t done, uint64_t total, struct tt_str note)
{
	int64_t now_ns = tt_clock_mono_ns(p->clock);
	const struct tt_progress_state state = {
		p->label, done, total, note, now_ns - p->started_ns};
	struct tt_buf line;

	if (!p->terminal->err || now_ns - p->drawn_ns < (int64_t)DRAW_MS * TT_NS_PER_MS ||
		now_ns - p->started_ns < (int64_t)QUIET_MS * TT_NS_PER_MS)
		return;
	p->drawn_ns = now_ns;
	p->shown = true;
	tt_buf_init(&line, 2048);
	tt_buf_text(&line, "\r\033[K");
	tt_progress_format(&line, p->terminal->width - 1, &state);
	(void)!write(STDERR_FILENO, line.data, line.len);
	tt_buf_release(&line);
}

void tt_progress_clear(struct tt_progress *p)
{
	static const char wipe[] = "\r\033[K";

	if (p->shown)
		(void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
	p->shown = false;
}

/* The time that is left if it goes on as it did. */
static void put_time_left(struct tt_buf *to, double part, int64_t elapsed_ns)
{
	char text[TT_AGE_SIZE];

	if (part < 0.01 || elapsed_ns < TT_NS_PER_S)
		return;
	int64_t left_us = (int64_t)((double)elapsed_ns / part * (1 - part)) / TT_NS_PER_US;

	tt_age_format(0, left_us, text);
	tt_buf_printf(to, "  %s left", text);
}

void tt_progress_format(struct tt_buf *to, unsigned width, const struct tt_progress_state *state)
{
	double part = state->total > 0 ? (double)state->done / (double)state->total : 0;
	size_t start = to->len;
	struct tt_buf tail;

	if (part > 1)
		part = 1;
	tt_buf_init(&tail, 512);
	if (state->total > 0)
		tt_buf_printf(&tail, " %3.0f%%", part * 100);
	if (state->note.len > 0)
		tt_buf_printf(&tail, "  %.*s", TT_STR_ARG(state->note));
	if (state->total > 0)
		put_time_left(&tail, part, state->elapsed_ns);
	tt_buf_text(to, state->label);
	size_t used = strlen(state->label) + tail.len + 3;

	if (state->total > 0 && used + BAR_MIN <= width) {
		unsigned bar = width - (unsigned)used < 40 ? width - (unsigned)used : 40;
		unsigned full = (unsigned)(part * bar);

		tt_buf_text(to, " [");
		for (unsigned i = 0; i < bar; i++)
			tt_buf_char(to, i < full ? '=' : i == full ? '>' : ' ');
		tt_buf_char(to, ']');
	}
	tt_buf_str(to, tt_buf_view(&tail));
	tt_buf_release(&tail);
	if (to->len - start > width) {
		to->len = start + width;
		to->data[to->len] = '\0';
	}
}

void tt_bytes_put(struct tt_buf *to, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		tt_buf_printf(to, "%llu B", (unsigned long long)bytes);
		return;
	}
	while (value >= 1023.95 && unit < 5) {
		value /= 1024;
		unit++;
	}
	tt_buf_printf(to, "%.1f %s", value, units[unit]);
}
