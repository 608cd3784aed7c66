/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.h - what standard output and standard error are connected to, and what is done only on
 * a terminal: colour (unless $NO_COLOR is set or $TERM is dumb) and a bar that shows progress. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_clock;

struct tt_terminal {
	bool out, err; /* it is a terminal */
	bool out_colour, err_colour;
	unsigned width; /* columns of the terminal at standard error */
};

/* Looks at the file descriptors 1 and 2 and the environment. */
void tt_terminal_probe(struct tt_terminal *t);

enum tt_colour { TT_COLOUR_BOLD, TT_COLOUR_YELLOW, TT_COLOUR_RED, TT_COLOUR_DIM };

/* Appends `text`, coloured if `on`. */
void tt_colour_put(struct tt_buf *to, bool on, enum tt_colour colour, struct tt_str text);

/* Colours the first occurrence of `word` behind `at`, if there is one. Column widths are not
 * changed by it, so this comes after aligning. */
void tt_colour_word(struct tt_buf *text, size_t at, struct tt_str word, enum tt_colour colour);

/* A line that is drawn again and again on standard error, at most ten times a second. */
struct tt_progress {
	const struct tt_terminal *terminal;
	const struct tt_clock *clock;
	const char *label;
	int64_t started_ns, drawn_ns;
	bool shown;
};

/* Nothing is ever drawn if standard error is no terminal. */
void tt_progress_init(struct tt_progress *p, const struct tt_terminal *terminal,
	const struct tt_clock *clock, const char *label);

/* How far it has come: `done` of `total` (0: unknown), with a short text behind it. */
void tt_progress_draw(struct tt_progress *p, uint64_t done, uint64_t total, struct tt_str note);

/* Wipes the line away. */
void tt_progress_clear(struct tt_progress *p);

struct tt_progress_state {
	const char *label;
	uint64_t done, total;
	struct tt_str note;
	int64_t elapsed_ns; /* gives the time left */
};

/* Appends the text of the line, at most `width` columns; for tests. */
void tt_progress_format(struct tt_buf *to, unsigned width, const struct tt_progress_state *state);

/* Appends a size for people: 812 B, 71.5 KiB, 1.3 GiB. */
void tt_bytes_put(struct tt_buf *to, uint64_t bytes);
