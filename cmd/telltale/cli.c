/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/duration.h"
#include "telltale/kinds.h"

const struct tt_verb *const tt_verbs[] = {
	&tt_verb_events,
	&tt_verb_describe,
	&tt_verb_log,
	&tt_verb_status,
	&tt_verb_kubeconfig,
	&tt_verb_check,
	&tt_verb_backup,
	&tt_verb_replay,
	&tt_verb_record,
	&tt_verb_version,
	&tt_verb_completion,
	NULL,
};

#define AT(member) .offset = offsetof(struct tt_globals, member)

const struct tt_option tt_global_options[] = {
	{.name = "server",
		.type = TT_OPTION_TEXT,
		AT(server),
		.flag = "server",
		.metavar = "URL",
		.help = "Ask the telltaled at this address; without it and without --data the one "
			"at http://127.0.0.1:7447 if it answers, else the default data directory"},
	{.name = "ca",
		.type = TT_OPTION_TEXT,
		AT(ca),
		.flag = "ca",
		.metavar = "FILE",
		.help = "Certificate authorities that may sign the server's certificate, or that "
			"certificate itself, as PEM; without --server for https://127.0.0.1:7447"},
	{.name = "token-file",
		.type = TT_OPTION_TEXT,
		AT(token_file),
		.flag = "token-file",
		.metavar = "FILE",
		.help = "Send the bearer token that is in FILE; over https only, and without "
			"--server to https://127.0.0.1:7447"},
	{.name = "data",
		.type = TT_OPTION_TEXT,
		AT(data),
		.flag = "data",
		.metavar = "DIR",
		.help = "Use the log in this data directory, also beside a running telltaled"},
	{.name = "help",
		.type = TT_OPTION_BOOL,
		AT(help),
		.flag = "h,help",
		.help = "Print help and exit"},
	{0},
};

static const char *const forms[] = {"text", "json", NULL};

const struct tt_option tt_form_options[] = {
	{.name = "output",
		.type = TT_OPTION_CHOICE,
		.offset = offsetof(struct tt_form_options, form),
		.flag = "o,output",
		.metavar = "FORM",
		.fallback = "text",
		.choices = forms,
		.help = "For people or for programs"},
	{0},
};

static size_t count_options(const struct tt_option *table)
{
	size_t n = 0;

	while (table != NULL && table[n].name != NULL)
		n++;
	return n;
}

const struct tt_option *tt_verb_globals(const struct tt_verb *verb, struct tt_arena *arena)
{
	struct tt_option *taken = tt_arena_new(
		arena, struct tt_option, count_options(tt_global_options) + 1);
	size_t n = 0;

	for (const struct tt_option *o = tt_global_options; o->name != NULL; o++) {
		unsigned needed = o->offset == offsetof(struct tt_globals, help) ? 0
				  : o->offset == offsetof(struct tt_globals, data)
					  ? TT_TAKES_DATA
					  : TT_TAKES_SERVER;

		if ((verb->takes & needed) == needed)
			taken[n++] = *o;
	}
	taken[n] = (struct tt_option){0};
	return taken;
}

const struct tt_option *tt_verb_options(struct tt_cli *cli, const struct tt_verb *verb)
{
	size_t own = count_options(verb->options), global = count_options(tt_global_options);
	struct tt_option *all = tt_arena_new(&cli->arena, struct tt_option, own + global + 1);

	if (own > 0)
		memcpy(all, verb->options, own * sizeof(*all));
	memcpy(all + own, tt_global_options, global * sizeof(*all));
	return all;
}

int tt_cli_number(const char *flag, const char *text, unsigned long long *ret, struct tt_err *err)
{
	if (text == NULL || tt_str_u64(tt_str_from(text), ret))
		return 0;
	return tt_fail(err, TT_EINVAL, "%s: \"%s\" is not a whole number from 0 up", flag, text);
}

int tt_cli_when(const struct tt_cli *cli, const char *flag, const char *text, int64_t *ret_us,
	struct tt_err *err)
{
	if (text == NULL)
		return 0;
	int rc = tt_when_parse(tt_str_from(text), tt_clock_wall_us(cli->clock), ret_us, err);

	return rc == 0 ? 0 : tt_err_wrap(err, "%s", flag);
}

struct tt_str tt_cli_namespace(const char *text)
{
	return text != NULL && text[0] != '\0' ? tt_str_from(text) : TT_STR("default");
}

void tt_cli_guess_kind(struct tt_cli *cli, struct tt_str kind)
{
	const char *near = tt_kind_near(kind);

	if (near != NULL)
		tt_cli_say(cli, "\"%.*s\" is no kind of Kubernetes' own; did you mean \"%s\"?",
			TT_STR_ARG(kind), near);
	else
		tt_cli_say(cli,
			"no kind \"%.*s\" is known here; if it is a plural or a short name, type "
			"the kind as it stands in events, such as Certificate",
			TT_STR_ARG(kind));
}

/* One write(2), so that lines of several processes do not mix. */
static void write_line(
	const struct tt_cli *cli, enum tt_colour colour, const char *label, struct tt_str sentence)
{
	struct tt_buf line;

	tt_buf_init(&line, 1 << 20);
	tt_colour_put(&line, cli->terminal.err_colour, colour, tt_str_from(label));
	tt_buf_char(&line, ' ');
	for (size_t i = 0; i < sentence.len; i++)
		tt_buf_char(&line, (unsigned char)sentence.data[i] < ' ' ? ' ' : sentence.data[i]);
	tt_buf_char(&line, '\n');
	(void)!write(STDERR_FILENO, line.data, line.len);
	tt_buf_release(&line);
}

void tt_cli_say(struct tt_cli *cli, const char *fmt, ...)
{
	struct tt_buf text;
	char sentence[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	tt_buf_init(&text, 256);
	tt_buf_printf(&text, "%s:", cli->program);
	write_line(cli, TT_COLOUR_DIM, text.data, tt_str_from(sentence));
	tt_buf_release(&text);
}

void tt_cli_warn(struct tt_cli *cli, struct tt_str sentence)
{
	write_line(cli, TT_COLOUR_YELLOW, "Warning:", sentence);
}

void tt_cli_print_err(struct tt_str text)
{
	(void)!write(STDERR_FILENO, text.data, text.len);
}

int tt_cli_fail(struct tt_cli *cli, const struct tt_err *err)
{
	int interrupted = tt_interrupt_status(cli->interrupt);

	if (interrupted != 0)
		return interrupted;
	tt_cli_say(cli, "%s", err->msg);
	return err->code == TT_EINVAL ? TT_EXIT_WRONG_USE : TT_EXIT_FAILED;
}

int tt_cli_wrong_use(struct tt_cli *cli, const struct tt_verb *verb, const char *fmt, ...)
{
	char sentence[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	tt_cli_say(cli, "%s (see %s%s%s --help)", sentence, cli->program, verb != NULL ? " " : "",
		verb != NULL ? verb->name : "");
	return TT_EXIT_WRONG_USE;
}
