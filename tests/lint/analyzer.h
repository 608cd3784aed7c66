/* SPDX-License-Identifier: Apache-2.0 */
/* analyzer.h - included by clang-tidy in front of every file. The analyzer sees one file at a time,
 * and would follow paths on which tt_fail() returns success. */
#pragma once

#include "base/err.h"

/* Stands for the evaluation of the arguments. */
__attribute__((format(printf, 2, 3))) void tt_seen(struct tt_err *err, const char *fmt, ...);

#define tt_fail(err, code, ...) (tt_seen((err), __VA_ARGS__), (int)(code))
#define tt_err_wrap(err, ...)   (tt_seen((err), __VA_ARGS__), (int)TT_EIO)
