/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "tap/tap.h"

static void fail_fills_and_returns_the_code(void)
{
	struct tt_err err = {0};

	tap_int(tt_fail(&err, TT_EBUSY, "held by %d", 7), TT_EBUSY);
	tap_int(err.code, TT_EBUSY);
	tap_str(tt_str_from(err.msg), "held by 7");
	tap_int(tt_fail(NULL, TT_EGONE, "nobody listens"), TT_EGONE);
}

static void wrap_puts_context_in_front(void)
{
	struct tt_err err;

	(void)tt_fail(&err, TT_EINVAL, "bad value");
	tap_int(tt_err_wrap(&err, "line %d", 3), TT_EINVAL);
	tap_int(tt_err_wrap(&err, "file"), TT_EINVAL);
	tap_str(tt_str_from(err.msg), "file: line 3: bad value");
}

static void long_messages_are_cut(void)
{
	struct tt_err err;

	(void)tt_fail(&err, TT_EIO, "%0600d", 1);
	tap_int(strlen(err.msg), sizeof(err.msg) - 1);
	tap_int(tt_err_wrap(&err, "%0300d", 2), TT_EIO);
	tap_int(strlen(err.msg), sizeof(err.msg) - 1);
	tap_int(tt_err_wrap(&err, "%0600d", 3), TT_EIO);
	tap_int(strlen(err.msg), sizeof(err.msg) - 1);
}

static void every_code_has_a_name(void)
{
	tap_str(tt_str_from(tt_code_name(TT_OK)), "ok");
	tap_str(tt_str_from(tt_code_name(TT_ENOTFOUND)), "not found");
	tap_str(tt_str_from(tt_code_name(TT_ESCHEMA)), "written by a newer version");
	tap_str(tt_str_from(tt_code_name(TT_EUNFIT - 1)), "unknown error");
	tap_str(tt_str_from(tt_code_name(1)), "unknown error");
	tap_str(tt_str_from(tt_code_name(-2147483647 - 1)), "unknown error");
}

int main(void)
{
	tap_test("fail_fills_and_returns_the_code", fail_fills_and_returns_the_code);
	tap_test("wrap_puts_context_in_front", wrap_puts_context_in_front);
	tap_test("long_messages_are_cut", long_messages_are_cut);
	tap_test("every_code_has_a_name", every_code_has_a_name);
	return tap_done();
}
