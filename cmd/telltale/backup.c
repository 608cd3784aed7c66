/* SPDX-License-Identifier: Apache-2.0 */
/* telltale backup: copies a log while it is being written. */
#include "store/care.h"
#include "telltale/care.h"
#include "telltale/cli.h"

static const char *const examples[] = {
	"backup /backup/telltale-monday",
	"Copy the log of the default data directory, also while telltaled runs",
	"backup --data /srv/telltale /backup/telltale",
	"Copy another one",
	NULL,
};

static int run(struct tt_cli *cli, const void *globals, char **operands)
{
	struct tt_care care;
	struct tt_err err;
	int status = tt_care_begin(&care, cli, &tt_verb_backup, globals, "copying");

	if (status != 0)
		return status;
	int rc = tt_store_backup(care.dir, operands[0], tt_care_progress, &care, &err);

	tt_care_end(&care);
	if (rc != 0)
		return tt_cli_fail(cli, &err);
	tt_buf_printf(&cli->out.buf, "copied the log of %s to %s\n", care.dir, operands[0]);
	return TT_EXIT_DONE;
}

const struct tt_verb tt_verb_backup = {
	.name = "backup",
	.operands = "DIR",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "Copy a log into the directory DIR, online and consistent",
	.text = "DIR must be absent or empty. The copy is a data directory of its own: read it "
		"with --data DIR, or start telltaled on it.",
	.takes = TT_TAKES_DATA,
	.size = sizeof(struct tt_globals),
	.examples = examples,
	.operand_words = "DIR",
	.run = run,
};
