/* SPDX-License-Identifier: Apache-2.0 */
/* man.h - the manual page telltaled(8), from the option tables. */
#pragma once

struct tt_buf;

/* Appends the whole page as roff. */
void tt_man_page(struct tt_buf *to);
