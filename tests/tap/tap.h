/* SPDX-License-Identifier: Apache-2.0 */
/* tap.h - tests that print the Test Anything Protocol.
 *
 * A test program calls tap_test(name, function) per behaviour and ends with `return tap_done()`.
 * Inside a function, tap_ok() and friends note failures with file and line; the test fails if
 * any of them did, and goes on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Runs `fn` as the test called `name`, which says the behaviour. Only those whose name contains
 * $TAP_FILTER are run, if that is set. */
void tap_test(const char *name, void (*fn)(void));

/* Marks the running test as skipped, with the reason. */
void tap_skip(const char *reason);

/* Prints the plan; returns the exit status of the program. */
int tap_done(void);

/* Each notes a failure of the running test, with both values, and returns whether it held. */
bool tap_ok_at(bool ok, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool tap_int_at(long long got, long long want, const char *file, int line, const char *what);
bool tap_str_at(
	struct tt_str got, struct tt_str want, const char *file, int line, const char *what);

#define tap_ok(condition)       tap_ok_at((condition), __FILE__, __LINE__, "%s", #condition)
#define tap_okf(condition, ...) tap_ok_at((condition), __FILE__, __LINE__, __VA_ARGS__)
#define tap_int(got, want)      tap_int_at((got), (want), __FILE__, __LINE__, #got)
/* `got` a tt_str, `want` text ended by NUL. */
#define tap_str(got, want) tap_str_at((got), tt_str_from(want), __FILE__, __LINE__, #got)
