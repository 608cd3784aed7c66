/* SPDX-License-Identifier: Apache-2.0 */
/* telltale version. */
#include "telltale/cli.h"

static const char *const examples[] = {
	"version",
	"One line with the version",
	"version -o json",
	"The same for a script",
	NULL,
};

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct tt_form_options *o = arg;

	(void)operands;
	tt_buf_text(&cli->out.buf, o->form == TT_FORM_JSON ? "{\"version\":\"" TT_VERSION "\"}\n"
							   : "telltale " TT_VERSION "\n");
	return TT_EXIT_DONE;
}

const struct tt_verb tt_verb_version = {
	.name = "version",
	.operands = "",
	.summary = "Print the version of this program",
	.options = tt_form_options,
	.size = sizeof(struct tt_form_options),
	.examples = examples,
	.run = run,
};
