/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - the tables of telltale.db and their versions. */
#pragma once

#include <sqlite3.h>

#include "base/err.h"

/* Readies a connection of the writer: WAL, synchronous=FULL, and the schema brought to this
 * version by the migrations it lacks. TT_ESCHEMA if a newer version wrote it, TT_ECORRUPT if the
 * file is another program's. */
int tt_schema_prepare(sqlite3 *db, struct tt_err *err);

/* The same checks for a connection that only reads. */
int tt_schema_check(sqlite3 *db, struct tt_err *err);
