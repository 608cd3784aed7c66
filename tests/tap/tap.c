/* SPDX-License-Identifier: Apache-2.0 */
#include "tap/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	int tests, failed;
	bool failing;
	const char *skip;
} tap;

void tap_test(const char *name, void (*fn)(void))
{
	const char *filter = getenv("TAP_FILTER");

	if (filter != NULL && strstr(name, filter) == NULL)
		return;
	tap.failing = false;
	tap.skip = NULL;
	fn();
	tap.tests++;
	tap.failed += tap.failing;
	printf("%sok %d - %s", tap.failing ? "not " : "", tap.tests, name);
	if (tap.skip != NULL)
		printf(" # SKIP %s", tap.skip);
	printf("\n");
	(void)fflush(stdout);
}

void tap_skip(const char *reason)
{
	tap.skip = reason;
}

int tap_done(void)
{
	printf("1..%d\n", tap.tests);
	return tap.failed > 0;
}

static void begin_failure(const char *file, int line)
{
	tap.failing = true;
	printf("# %s:%d: ", file, line);
}

bool tap_ok_at(bool ok, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (ok)
		return true;
	begin_failure(file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return false;
}

bool tap_int_at(long long got, long long want, const char *file, int line, const char *what)
{
	if (got == want)
		return true;
	begin_failure(file, line);
	printf("%s is %lld, want %lld\n", what, got, want);
	return false;
}

static void print_clean(struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c < 0x20 || c >= 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

bool tap_str_at(struct tt_str got, struct tt_str want, const char *file, int line, const char *what)
{
	if (tt_str_eq(got, want))
		return true;
	begin_failure(file, line);
	printf("%s\n#  got  [", what);
	print_clean(got);
	printf("]\n#  want [");
	print_clean(want);
	printf("]\n");
	return false;
}
