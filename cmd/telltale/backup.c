/* SPDX-License-Identifier: Apache-2.0 */
/* telltale backup: copies a log while it is being written. */
#include "store/care.h"
#include "telltale/cli.h"
#include "telltale/source.h"

struct backup_options {
	struct tt_globals globals;
};

static const char *const examples[] = {
	"backup /backup/telltale-monday",
	"Copy the log of the default data directory, also while telltaled runs",
	"backup --data /srv/telltale /backup/telltale",
	"Copy another one",
	NULL,
};

struct backup {
	struct tt_cli *cli;
	struct tt_progress progress;
};

static int on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct backup *b = arg;

	tt_progress_draw(&b->progress, done, total, TT_STR(""));
	return tt_interrupt_pending(b->cli->interrupt) ? TT_ECANCELED : 0;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct backup_options *o = arg;
	struct backup backup = {.cli = cli};
	struct tt_err err;

	if (o->globals.server != NULL)
		return tt_cli_wrong_use(cli, &tt_verb_backup,
			"backup reads a data directory, not a server: use --data DIR");
	const char *dir = o->globals.data != NULL ? o->globals.data
						  : tt_place_default_dir(&cli->arena);

	tt_progress_init(&backup.progress, &cli->terminal, cli->clock, "copying");
	tt_interrupt_catch(cli->interrupt, NULL, NULL);
	int rc = tt_store_backup(dir, operands[0], on_progress, &backup, &err);

	tt_interrupt_release(cli->interrupt);
	tt_progress_clear(&backup.progress);
	if (rc != 0)
		return tt_cli_fail(cli, &err);
	tt_buf_printf(&cli->out.buf, "copied the log of %s to %s\n", dir, operands[0]);
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
	.size = sizeof(struct backup_options),
	.examples = examples,
	.operand_words = "DIR",
	.run = run,
};
