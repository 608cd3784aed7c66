/* SPDX-License-Identifier: Apache-2.0 */
/* options_set.h - what the readers of options share. Private to conf/. */
#pragma once

#include "conf/options.h"

/* The member of the struct at `target` that `option` describes. */
static inline void *tt_option_slot(const struct tt_option *option, void *target)
{
	return (char *)target + option->offset;
}

/* The same of a struct that is only read. */
static inline const void *tt_option_peek(const struct tt_option *option, const void *target)
{
	return (const char *)target + option->offset;
}

/* Whether the value is one text in the file: neither a list nor a nested struct. */
bool tt_option_is_scalar(const struct tt_option *option);

/* What a value is called in sentences: "a duration", "a list of texts". */
const char *tt_option_kind(const struct tt_option *option);

/* Sets the scalar `option` of `target` from its text; texts go into `arena`. */
int tt_option_set(const struct tt_option *option, void *target, struct tt_str text,
	struct tt_arena *arena, struct tt_err *err);

/* Appends one item to a TT_OPTION_TEXTS. */
void tt_option_add_text(
	const struct tt_option *option, void *target, struct tt_str text, struct tt_arena *arena);
