/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/care.h"

#include "store/data_dir.h"
#include "telltale/cli.h"
#include "telltale/source.h"

int tt_care_begin(struct tt_care *c, struct tt_cli *cli, const struct tt_verb *verb,
	const struct tt_globals *globals, const char *doing)
{
	if (globals->server != NULL)
		return tt_cli_wrong_use(cli, verb,
			"%s reads a data directory, not a server: use --data DIR", verb->name);
	*c = (struct tt_care){.cli = cli};
	c->dir = globals->data != NULL ? globals->data : tt_data_dir_default(&cli->arena);
	tt_progress_init(&c->progress, &cli->terminal, cli->clock, doing);
	tt_interrupt_catch(cli->interrupt, NULL, NULL);
	return 0;
}

int tt_care_progress(void *care, uint64_t done, uint64_t total)
{
	struct tt_care *c = care;

	tt_progress_draw(&c->progress, done, total, TT_STR(""));
	return tt_interrupt_pending(c->cli->interrupt) ? TT_ECANCELED : 0;
}

void tt_care_end(struct tt_care *c)
{
	tt_interrupt_release(c->cli->interrupt);
	tt_progress_clear(&c->progress);
}
