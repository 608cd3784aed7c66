/* SPDX-License-Identifier: Apache-2.0 */
/* assert.h - invariants that stay checked in release builds.
 *
 * tt_assert() is for what cannot happen whatever the input is. Input is never asserted on: it
 * gets an error. A failed assertion ends the process; the log is safe at any such instant. */
#pragma once

/* Prints the failed condition to stderr and aborts. */
_Noreturn void tt_assert_fail(const char *condition, const char *file, int line);

#define tt_assert(condition)                                                                       \
	(__builtin_expect(!(condition), 0) ? tt_assert_fail(#condition, __FILE__, __LINE__)        \
					   : (void)0)
