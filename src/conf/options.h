/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - typed options, declared once as a table that feeds the configuration file, the
 * command line, --help, --check, the manual and the shell completion.
 *
 * A table describes the members of a struct. Unknown keys and wrong types are errors with line,
 * column, and the nearest known name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_yaml;

enum tt_option_type {
	TT_OPTION_TEXT,     /* const char *, NULL if not given */
	TT_OPTION_BOOL,     /* bool; a flag on the command line */
	TT_OPTION_INT,      /* int64_t, within min..max */
	TT_OPTION_DURATION, /* int64_t, microseconds: 90s, 15m, 1h30m, 30d */
	TT_OPTION_SIZE,     /* uint64_t, bytes: 64KiB, 20GiB, 5GB, 1000 */
	TT_OPTION_ADDRESS,  /* const char *, ADDR:PORT */
	TT_OPTION_CHOICE,   /* int, index into `choices` */
	TT_OPTION_TEXTS,    /* struct tt_texts; repeated or comma-separated on the command line */
	TT_OPTION_STRUCT,   /* a nested struct described by `members` */
	TT_OPTION_STRUCTS,  /* struct tt_structs: a list of them */
};

struct tt_texts {
	const char **items;
	size_t n;
};

struct tt_structs {
	void *items; /* array of the nested struct */
	size_t n;
};

struct tt_option {
	const char *name; /* key in the file; NULL ends a table */
	enum tt_option_type type;
	size_t offset;              /* in the struct */
	const char *fallback;       /* as it would be written in the file; NULL: none */
	const char *help;           /* one sentence without a final stop */
	const char *flag;           /* on the command line: "config", "n,namespace"; NULL: none */
	const char *metavar;        /* of the flag's value: FILE, ADDR:PORT */
	const char *const *choices; /* ended by NULL */
	int64_t min, max;           /* of an INT when not both 0 */
	const struct tt_option *members;
	size_t member_size; /* sizeof the nested struct */
};

/* Fills `target` with the fallbacks of `table`. Texts go into `arena`. */
void tt_options_init(const struct tt_option *table, void *target, struct tt_arena *arena);

/* Takes what the mapping `node` gives over into `target`. `file` is for the messages. */
int tt_options_from_yaml(const struct tt_option *table, void *target, const struct tt_yaml *node,
	const char *file, struct tt_arena *arena, struct tt_err *err);

/* Reads the options at the front of argv (long, --name=value, short, bundled flags, "--") into
 * `target`. Options may stand between operands; operands are moved to the end. Returns the index
 * of the first operand, or TT_EINVAL with a sentence and the nearest known flag. */
int tt_options_from_args(const struct tt_option *table, void *target, int argc, char **argv,
	struct tt_arena *arena, struct tt_err *err);

/* Appends the effective configuration of `target` as YAML that tt_options_from_yaml() reads. */
void tt_options_print(struct tt_buf *to, const struct tt_option *table, const void *target);

/* Appends the lines of --help: flags, metavars, help and fallbacks, wrapped at 80 columns. */
void tt_options_help(struct tt_buf *to, const struct tt_option *table);

/* Appends text as roff, in which a backslash, a hyphen, a double quote, and a dot or quote at the
 * start of a line would mean something. */
void tt_roff_put(struct tt_buf *to, struct tt_str text);

/* Appends the options as roff for section OPTIONS (flags) or CONFIGURATION (keys). */
void tt_options_man_flags(struct tt_buf *to, const struct tt_option *table);
void tt_options_man_keys(struct tt_buf *to, const struct tt_option *table);

/* The nearest name to `word` among `names` (ended by NULL) that is near enough for "did you
 * mean", or NULL. */
const char *tt_nearest(struct tt_str word, const char *const *names);
