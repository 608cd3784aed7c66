/* SPDX-License-Identifier: Apache-2.0 */
/* telltale check: verifies a log. */
#include "store/care.h"
#include "telltale/cli.h"
#include "telltale/source.h"

struct check_options {
	struct tt_globals globals;
};

static const char *const examples[] = {
	"check",
	"Verify the log in the default data directory, also while telltaled runs",
	"check --data /backup/telltale",
	"Verify a copy",
	NULL,
};

struct check {
	struct tt_cli *cli;
	struct tt_progress progress;
};

static int on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct check *c = arg;

	tt_progress_draw(&c->progress, done, total, TT_STR(""));
	return tt_interrupt_pending(c->cli->interrupt) ? TT_ECANCELED : 0;
}

static void on_problem(void *arg, struct tt_str sentence)
{
	struct check *c = arg;

	tt_progress_clear(&c->progress);
	tt_buf_str(&c->cli->out.buf, sentence);
	tt_buf_char(&c->cli->out.buf, '\n');
	(void)tt_out_flush(&c->cli->out);
}

static void put_result(struct tt_cli *cli, const struct tt_check_result *result)
{
	struct tt_buf *out = &cli->out.buf;

	tt_number_put(out, result->records);
	tt_buf_text(out, result->records == 1 ? " record in " : " records in ");
	tt_number_put(out, result->blocks);
	tt_buf_text(out, result->blocks == 1 ? " block: " : " blocks: ");
	if (result->problems == 0)
		tt_buf_text(out, "no problems\n");
	else
		tt_buf_printf(out, "%llu problem%s\n", (unsigned long long)result->problems,
			result->problems == 1 ? "" : "s");
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct check_options *o = arg;
	struct tt_check_result result = {0};
	struct check check = {.cli = cli};
	struct tt_err err;

	(void)operands;
	if (o->globals.server != NULL)
		return tt_cli_wrong_use(cli, &tt_verb_check,
			"check reads a data directory, not a server: use --data DIR");
	const char *dir = o->globals.data != NULL ? o->globals.data
						  : tt_place_default_dir(&cli->arena);

	tt_progress_init(&check.progress, &cli->terminal, cli->clock, "checking");
	tt_interrupt_catch(cli->interrupt, NULL, NULL);
	int rc = tt_store_check(dir, on_progress, on_problem, &check, &result, &err);

	tt_interrupt_release(cli->interrupt);
	tt_progress_clear(&check.progress);
	if (rc != 0)
		return tt_cli_fail(cli, &err);
	put_result(cli, &result);
	return result.problems == 0 ? TT_EXIT_DONE : TT_EXIT_FAILED;
}

const struct tt_verb tt_verb_check = {
	.name = "check",
	.operands = "",
	.summary = "Verify everything in a log: checksums, order, dictionaries, positions",
	.text = "It only reads. Problems go to standard output, one per line, and make the exit "
		"status 1.",
	.takes = TT_TAKES_DATA,
	.size = sizeof(struct check_options),
	.examples = examples,
	.run = run,
};
