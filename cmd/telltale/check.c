/* SPDX-License-Identifier: Apache-2.0 */
/* telltale check: verifies a log. */
#include "store/care.h"
#include "telltale/care.h"
#include "telltale/cli.h"

static const char *const examples[] = {
	"check",
	"Verify the log in the default data directory, also while telltaled runs",
	"check --data /backup/telltale",
	"Verify a copy",
	NULL,
};

static void on_problem(void *arg, struct tt_str sentence)
{
	struct tt_care *c = arg;

	tt_progress_clear(&c->progress);
	tt_buf_str(&c->cli->out.buf, sentence);
	tt_buf_char(&c->cli->out.buf, '\n');
	(void)tt_out_flush(&c->cli->out);
}

static void put_result(struct tt_cli *cli, const struct tt_check_result *result)
{
	struct tt_buf *out = &cli->out.buf;

	tt_buf_grouped(out, result->records);
	tt_buf_text(out, result->records == 1 ? " record in " : " records in ");
	tt_buf_grouped(out, result->blocks);
	tt_buf_text(out, result->blocks == 1 ? " block: " : " blocks: ");
	if (result->problems == 0)
		tt_buf_text(out, "no problems\n");
	else
		tt_buf_printf(out, "%llu problem%s\n", (unsigned long long)result->problems,
			result->problems == 1 ? "" : "s");
}

static int run(struct tt_cli *cli, const void *globals, char **operands)
{
	struct tt_check_result result = {0};
	struct tt_care care;
	struct tt_err err;
	int status = tt_care_begin(&care, cli, &tt_verb_check, globals, "checking");

	(void)operands;
	if (status != 0)
		return status;
	int rc = tt_store_check(care.dir, tt_care_progress, on_problem, &care, &result, &err);

	tt_care_end(&care);
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
	.size = sizeof(struct tt_globals),
	.examples = examples,
	.run = run,
};
