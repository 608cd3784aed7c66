/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/help.h"

#include <string.h>

#include "telltale/cli.h"

enum { TEXT_WIDTH = 79 };

/* Appends `text` in lines of at most TEXT_WIDTH columns. */
static void put_wrapped(struct tt_buf *to, const char *text)
{
	struct tt_str rest = tt_str_from(text);
	size_t column = 0;

	while (rest.data != NULL) {
		struct tt_str word = tt_str_split(&rest, ' ');

		if (column > 0 && column + 1 + word.len > TEXT_WIDTH) {
			tt_buf_char(to, '\n');
			column = 0;
		}
		if (column > 0) {
			tt_buf_char(to, ' ');
			column++;
		}
		tt_buf_str(to, word);
		column += word.len;
	}
	tt_buf_char(to, '\n');
}

static void put_usage(struct tt_buf *to, const char *program, const struct tt_verb *verb)
{
	tt_buf_printf(to, "%s %s [OPTION]...%s%s", program, verb->name,
		verb->operands[0] != '\0' ? " " : "", verb->operands);
}

void tt_help_put(struct tt_buf *to, struct tt_cli *cli)
{
	tt_buf_printf(to, "Usage: %s VERB [OPTION]...\n\n", cli->program);
	put_wrapped(to,
		"Shows the Events of Kubernetes clusters from the log of telltaled, which keeps "
		"them for months instead of an hour.");
	tt_buf_text(to, "\nVerbs:\n");
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		tt_buf_printf(to, "  %-12s%s\n", (*verb)->name, (*verb)->summary);
	tt_buf_text(to, "\nOptions of the verbs that read or write a log:\n");
	tt_options_help(to, tt_global_options);
	tt_buf_printf(to,
		"\nExamples:\n"
		"  %1$s events -A\n      The events of all namespaces, newest last\n"
		"  %1$s events --for deploy/web\n      The history of one Deployment\n"
		"  %1$s status\n      What is collected and kept\n"
		"  %1$s events --help\n      All about one verb\n",
		cli->program);
}

void tt_help_put_verb(struct tt_buf *to, struct tt_cli *cli, const struct tt_verb *verb)
{
	tt_buf_text(to, "Usage: ");
	put_usage(to, cli->program, verb);
	tt_buf_text(to, "\n\n");
	put_wrapped(to, tt_str_printf(&cli->arena, "%s.", verb->summary).data);
	if (verb->text != NULL) {
		tt_buf_char(to, '\n');
		put_wrapped(to, verb->text);
	}
	tt_buf_text(to, "\nOptions:\n");
	if (verb->options != NULL)
		tt_options_help(to, verb->options);
	tt_options_help(to, tt_verb_globals(verb, &cli->arena));
	tt_buf_text(to, "\nExamples:\n");
	for (const char *const *example = verb->examples; *example != NULL; example += 2)
		tt_buf_printf(to, "  %s %s\n      %s\n", cli->program, example[0], example[1]);
}

/* Which of the options above it takes. */
static void put_man_places(struct tt_buf *to, const struct tt_verb *verb)
{
	if (verb->takes == 0)
		return;
	tt_buf_text(to, ".PP\nIt also takes\n");
	if ((verb->takes & TT_TAKES_SERVER) != 0)
		tt_buf_text(to, ".BR \\-\\-server ,\n");
	if (verb->takes == TT_TAKES_PLACE)
		tt_buf_text(to, ".BR \\-\\-ca ,\n.B \\-\\-token\\-file\nand\n");
	else if (verb->takes == TT_TAKES_SERVER)
		tt_buf_text(to, ".B \\-\\-ca\nand\n.BR \\-\\-token\\-file .\n");
	if ((verb->takes & TT_TAKES_DATA) != 0)
		tt_buf_text(to, ".BR \\-\\-data .\n");
}

static void put_man_verb(struct tt_buf *to, const struct tt_verb *verb)
{
	tt_buf_text(to, ".SS ");
	tt_buf_printf(to, "\"%s%s%s\"\n", verb->name, verb->operands[0] != '\0' ? " " : "",
		verb->operands);
	tt_roff_put(to, tt_str_from(verb->summary));
	tt_buf_text(to, ".\n");
	if (verb->text != NULL) {
		tt_buf_text(to, ".PP\n");
		tt_roff_put(to, tt_str_from(verb->text));
		tt_buf_char(to, '\n');
	}
	if (verb->options != NULL)
		tt_options_man_flags(to, verb->options);
	put_man_places(to, verb);
	tt_buf_text(to, ".PP\nExamples:\n");
	for (const char *const *example = verb->examples; *example != NULL; example += 2) {
		tt_buf_text(to, ".TP\n.B telltale ");
		tt_roff_put(to, tt_str_from(example[0]));
		tt_buf_char(to, '\n');
		tt_roff_put(to, tt_str_from(example[1]));
		tt_buf_char(to, '\n');
	}
}

static const char man_end[] =
	".SH FILES\n"
	".TP\n.I /var/lib/telltale\nThe default data directory of root.\n"
	".TP\n.I $XDG_STATE_HOME/telltale\n"
	"The one of everybody else; $XDG_STATE_HOME is ~/.local/state if it is not set.\n"
	".SH ENVIRONMENT\n"
	".TP\n.B NO_COLOR\nIf set to anything, there is no colour on a terminal.\n"
	".TP\n.B KUBECONFIG\nThe kubeconfig files that\n.B telltale record\nand\n"
	".B telltale kubeconfig \\-\\-user\nread.\n"
	".SH \"EXIT STATUS\"\n"
	".TP\n.B 0\nDone, also if the reader of the output has gone away.\n"
	".TP\n.B 1\nFailed.\n"
	".TP\n.B 2\nWrong use.\n"
	".TP\n.B 130\nInterrupted.\n"
	".SH \"SEE ALSO\"\n"
	".BR telltaled (8),\n"
	".BR kubectl (1)\n";

void tt_help_put_man(struct tt_buf *to, struct tt_cli *cli)
{
	(void)cli;
	tt_buf_text(to,
		".TH TELLTALE 1 \"" TT_DATE "\" \"telltale " TT_VERSION "\" \"User Commands\"\n"
		".SH NAME\ntelltale \\- show what happened in Kubernetes clusters\n"
		".SH SYNOPSIS\n.B telltale\n.I VERB\n.RI [ OPTION ]...\n.br\n"
		".B kubectl telltale\n.I VERB\n.RI [ OPTION ]...\n"
		".SH DESCRIPTION\n"
		"Shows the Events of Kubernetes clusters from the log of\n"
		".BR telltaled (8),\n"
		"which keeps them for months instead of an hour. It asks a running\n"
		".B telltaled\nor reads a data directory by itself.\n"
		".SH OPTIONS\nThe verbs that read or write a log take these, as far as they "
		"say so below;\n"
		"every verb takes\n.BR \\-\\-help .\n");
	tt_options_man_flags(to, tt_global_options);
	tt_buf_text(to, ".SH VERBS\n");
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		put_man_verb(to, *verb);
	tt_buf_text(to, man_end);
}
