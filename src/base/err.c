/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int tt_fail(struct tt_err *err, enum tt_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return code;
}

int tt_err_wrap(struct tt_err *err, const char *fmt, ...)
{
	char inner[sizeof(err->msg)];
	va_list ap;

	if (err == NULL)
		return TT_EIO;
	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);

	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", inner);
	return err->code;
}

const char *tt_code_name(int code)
{
	static const char *const names[] = {"ok", "invalid", "try again", "input/output error",
		"gone", "not found", "limit exceeded", "disk full", "damaged", "busy",
		"not permitted", "canceled", "written by a newer version", "does not fit"};

	if (code > 0 || code <= -(int)(sizeof(names) / sizeof(names[0])))
		return "unknown error";
	return names[-code];
}
