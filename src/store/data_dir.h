/* SPDX-License-Identifier: Apache-2.0 */
/* data_dir.h - where the log is when nobody says where. */
#pragma once

struct tt_arena;

/* The data directory of the effective user: root's, else one below his $XDG_STATE_HOME or home. In
 * `arena`, or static. */
const char *tt_data_dir_default(struct tt_arena *arena);
