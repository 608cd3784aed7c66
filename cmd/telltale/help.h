/* SPDX-License-Identifier: Apache-2.0 */
/* help.h - the texts made from the verb and option tables: --help, the manual page, and the
 * completion for bash. */
#pragma once

#include "base/buf.h"

struct tt_cli;
struct tt_verb;

/* Help for the program, and for one verb. */
void tt_help_put(struct tt_buf *to, struct tt_cli *cli);
void tt_help_put_verb(struct tt_buf *to, struct tt_cli *cli, const struct tt_verb *verb);

/* telltale(1) as roff. */
void tt_help_put_man(struct tt_buf *to, struct tt_cli *cli);
