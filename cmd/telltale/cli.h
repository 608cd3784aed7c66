/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h - what all verbs share: the options that each takes, where output goes, and how a verb is
 * described. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "conf/options.h"
#include "telltale/interrupt.h"
#include "telltale/out.h"
#include "telltale/terminal.h"

/* Exit statuses; an interrupted program ends with 130 (see tt_interrupt_status()). */
enum { TT_EXIT_DONE = 0, TT_EXIT_FAILED = 1, TT_EXIT_WRONG_USE = 2 };

/* Options that most verbs take. The options struct of a verb begins with this one. */
struct tt_globals {
	const char *server, *ca, *token_file; /* --server URL and how to speak to it */
	const char *data;                     /* --data DIR */
	bool help;
};

/* Options of a verb that prints for people or for programs. */
struct tt_form_options {
	struct tt_globals globals;
	int form;
};
enum { TT_FORM_TEXT, TT_FORM_JSON };
extern const struct tt_option tt_form_options[];

struct tt_cli {
	const char *program; /* as it was called: "telltale" or "kubectl telltale" */
	struct tt_out out;
	struct tt_terminal terminal;
	struct tt_interrupt *interrupt;
	const struct tt_clock *clock;
	struct tt_arena arena; /* lives as long as the process */
};

/* Which of the global options a verb takes, beside --help. */
enum tt_takes { TT_TAKES_DATA = 1, TT_TAKES_SERVER = 2, TT_TAKES_PLACE = 3 };

struct tt_verb {
	const char *name;
	const char *operands; /* for the usage line: "FILE"; "" for none */
	int min_operands, max_operands;
	const char *summary;             /* one sentence, without a final stop */
	const char *text;                /* more about it; NULL: none */
	const struct tt_option *options; /* its own, beside the global ones */
	unsigned takes;                  /* bits of enum tt_takes */
	size_t size;                     /* of its options struct */
	const char *const *examples;     /* command line, then what it does; ended by NULL */
	const char *operand_words;       /* what completion offers: "FILE", "DIR", or words; NULL */
	/* Does the work; returns the exit status. `options` begins with struct tt_globals. */
	int (*run)(struct tt_cli *cli, const void *options, char **operands);
};

/* The verbs, ended by one without a name. */
extern const struct tt_verb *const tt_verbs[];

extern const struct tt_verb tt_verb_events, tt_verb_describe, tt_verb_log, tt_verb_status,
	tt_verb_kubeconfig, tt_verb_check, tt_verb_backup, tt_verb_replay, tt_verb_record,
	tt_verb_version, tt_verb_completion;

/* The options in struct tt_globals. */
extern const struct tt_option tt_global_options[];

/* The global options that `verb` takes, as a table in `arena`. */
const struct tt_option *tt_verb_globals(const struct tt_verb *verb, struct tt_arena *arena);

/* The options of `verb` and all global ones as one table, in the arena: those that it does not
 * take are refused in a sentence or mean nothing. */
const struct tt_option *tt_verb_options(struct tt_cli *cli, const struct tt_verb *verb);

/* Reads the number `text` that was given to `flag`; NULL, if it was not given, leaves `*ret`. */
int tt_cli_number(const char *flag, const char *text, unsigned long long *ret, struct tt_err *err);

/* The same with a point in time such as "7d" or "03:00" (see tt_when_parse()). */
int tt_cli_when(const struct tt_cli *cli, const char *flag, const char *text, int64_t *ret_us,
	struct tt_err *err);

/* The namespace that -n names; "default" if it was not given, or is empty, as kubectl has it. */
struct tt_str tt_cli_namespace(const char *text);

/* Says of a kind that nobody knows which of Kubernetes' own it may be, but for a letter or two, or
 * else what can be typed. */
void tt_cli_guess_kind(struct tt_cli *cli, struct tt_str kind);

/* Prints "telltale: sentence" on standard error. */
__attribute__((format(printf, 2, 3))) void tt_cli_say(struct tt_cli *cli, const char *fmt, ...);

/* Prints "Warning: sentence" as kubectl does. */
void tt_cli_warn(struct tt_cli *cli, struct tt_str sentence);

/* Prints `text` on standard error as it is. */
void tt_cli_print_err(struct tt_str text);

/* Says what went wrong; returns the exit status for it: interrupted, wrong use, or failed. */
int tt_cli_fail(struct tt_cli *cli, const struct tt_err *err);

/* Says that the program was called wrongly, and how to find help; returns TT_EXIT_WRONG_USE. */
__attribute__((format(printf, 3, 4))) int tt_cli_wrong_use(
	struct tt_cli *cli, const struct tt_verb *verb, const char *fmt, ...);
