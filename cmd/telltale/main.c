/* SPDX-License-Identifier: Apache-2.0 */
/* telltale: finds the verb, reads its options, runs it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "telltale/cli.h"
#include "telltale/help.h"

/* The option of `table` that the word `arg` ("--data", "--data=x", "-h") names, or NULL. */
static const struct tt_option *option_named(const struct tt_option *table, const char *arg)
{
	struct tt_str rest = tt_str_from(arg[1] == '-' ? arg + 2 : arg + 1);
	struct tt_str name = tt_str_split(&rest, '=');

	for (; table->name != NULL; table++) {
		struct tt_str flags = tt_str_from(table->flag);

		while (flags.data != NULL)
			if (tt_str_eq(tt_str_split(&flags, ','), name))
				return table;
	}
	return NULL;
}

/* The option of any verb that `arg` names, or NULL. */
static const struct tt_option *any_option_named(const char *arg)
{
	const struct tt_option *option = option_named(tt_global_options, arg);

	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL && option == NULL; verb++)
		if ((*verb)->options != NULL)
			option = option_named((*verb)->options, arg);
	return option;
}

/* The index of the verb in argv: the first word that is no option and no value of one. `argc` if
 * there is none. */
static int find_verb(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			return i;
		const struct tt_option *option = any_option_named(argv[i]);

		if (option != NULL && option->type != TT_OPTION_BOOL &&
			strchr(argv[i], '=') == NULL)
			i++;
	}
	return argc;
}

static const struct tt_verb *verb_named(struct tt_str name)
{
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		if (tt_str_is(name, (*verb)->name))
			return *verb;
	return NULL;
}

static int no_such_verb(struct tt_cli *cli, const char *word)
{
	const char *names[16];
	size_t n = 0;

	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		names[n++] = (*verb)->name;
	names[n] = NULL;
	const char *near = tt_nearest(tt_str_from(word), names);

	if (near != NULL)
		return tt_cli_wrong_use(
			cli, NULL, "there is no verb \"%s\"; did you mean \"%s\"?", word, near);
	return tt_cli_wrong_use(cli, NULL, "there is no verb \"%s\"", word);
}

static int check_operands(struct tt_cli *cli, const struct tt_verb *verb, int n, char **operands)
{
	if (n > verb->max_operands)
		return tt_cli_wrong_use(
			cli, verb, "unexpected operand \"%s\"", operands[verb->max_operands]);
	if (n < verb->min_operands)
		return tt_cli_wrong_use(cli, verb, "%s is missing", verb->operands);
	return TT_EXIT_DONE;
}

/* kubectl's `-o ''` asks for what is printed without it. Takes it out; returns the new argc. */
static int drop_empty_output(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc && strcmp(argv[i], "--") != 0; i++) {
		if ((strcmp(argv[i], "-o") != 0 && strcmp(argv[i], "--output") != 0) ||
			argv[i + 1][0] != '\0')
			continue;
		memmove(argv + i, argv + i + 2, (size_t)(argc - i - 1) * sizeof(*argv));
		return argc - 2;
	}
	return argc;
}

/* Reads what stands around the verb, which is taken out of argv, and runs it. */
static int run_verb(struct tt_cli *cli, const struct tt_verb *verb, int argc, char **argv)
{
	const struct tt_option *table = tt_verb_options(cli, verb);
	struct tt_globals *options = tt_arena_zalloc(&cli->arena, verb->size, 16);
	struct tt_err err;

	tt_options_init(table, options, &cli->arena);
	argc = drop_empty_output(argc, argv);
	int first = tt_options_from_args(table, options, argc, argv, &cli->arena, &err);

	if (first < 0)
		return tt_cli_wrong_use(cli, verb, "%s", err.msg);
	if (options->help) {
		tt_help_put_verb(&cli->out.buf, cli, verb);
		return TT_EXIT_DONE;
	}
	int status = check_operands(cli, verb, argc - first, argv + first);

	return status != TT_EXIT_DONE ? status : verb->run(cli, options, argv + first);
}

/* Without a verb: the options that may stand alone. */
static int run_without_verb(struct tt_cli *cli, int argc, char **argv)
{
	struct tt_globals globals = {0};
	struct tt_err err;

	if (argc == 2 && strcmp(argv[1], "--man") == 0) {
		tt_help_put_man(&cli->out.buf, cli);
		return TT_EXIT_DONE;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return run_verb(cli, &tt_verb_version, 1, argv);
	tt_options_init(tt_global_options, &globals, &cli->arena);
	if (tt_options_from_args(tt_global_options, &globals, argc, argv, &cli->arena, &err) < 0)
		return tt_cli_wrong_use(cli, NULL, "%s", err.msg);
	if (argc > 1 && !globals.help)
		return tt_cli_wrong_use(cli, NULL, "what to do is missing");
	tt_help_put(&cli->out.buf, cli);
	return TT_EXIT_DONE;
}

/* "telltale help [VERB]" is the same as "telltale [VERB] --help". */
static int run_help(struct tt_cli *cli, const char *word)
{
	if (word == NULL) {
		tt_help_put(&cli->out.buf, cli);
		return TT_EXIT_DONE;
	}
	const struct tt_verb *verb = verb_named(tt_str_from(word));

	if (verb == NULL)
		return no_such_verb(cli, word);
	tt_help_put_verb(&cli->out.buf, cli, verb);
	return TT_EXIT_DONE;
}

static int run(struct tt_cli *cli, int argc, char **argv)
{
	int at = find_verb(argc, argv);

	if (at == argc)
		return run_without_verb(cli, argc, argv);
	const char *word = argv[at];
	const struct tt_verb *verb = verb_named(tt_str_from(word));

	if (verb == NULL && strcmp(word, "help") == 0)
		return run_help(cli, argv[at + 1]);
	if (verb == NULL)
		return no_such_verb(cli, word);
	memmove(argv + at, argv + at + 1, (size_t)(argc - at) * sizeof(*argv));
	return run_verb(cli, verb, argc - 1, argv);
}

/* As kubectl calls its plug-ins: by a file called kubectl-telltale. */
static const char *program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *name = slash != NULL ? slash + 1 : argv0;

	return strcmp(name, "kubectl-telltale") == 0 ? "kubectl telltale" : "telltale";
}

int main(int argc, char **argv)
{
	struct tt_cli cli = {
		.program = program_name(argc > 0 ? argv[0] : ""),
		.clock = &tt_clock_system,
	};

	(void)signal(SIGPIPE, SIG_IGN);
	cli.interrupt = tt_interrupt_start();
	tt_terminal_probe(&cli.terminal);
	tt_out_init(&cli.out, STDOUT_FILENO);
	int status = run(&cli, argc, argv);

	(void)tt_out_flush(&cli.out);
	if (cli.out.error != 0) {
		tt_cli_say(&cli, "cannot write to standard output: %s", strerror(cli.out.error));
		status = TT_EXIT_FAILED;
	} else if (cli.out.closed) {
		status = TT_EXIT_DONE;
	}
	tt_out_release(&cli.out);
	tt_arena_release(&cli.arena);
	return status;
}
