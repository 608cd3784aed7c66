/* SPDX-License-Identifier: Apache-2.0 */
#include "store/data_dir.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"

const char *tt_data_dir_default(struct tt_arena *arena)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return "/var/lib/telltale";
	if (state != NULL && state[0] == '/')
		return tt_str_printf(arena, "%s/telltale", state).data;
	return tt_str_printf(arena, "%s/.local/state/telltale", home != NULL ? home : "/tmp").data;
}
