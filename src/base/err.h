/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - the one way a telltale function says what went wrong.
 *
 * Functions that can fail return 0 (or a count) on success and a negative `enum tt_code` on
 * failure. Those that can say more take a `struct tt_err *` (which may be NULL) as their last
 * argument: it is left alone on success and filled once, where the failure was seen. Callers add
 * context with tt_err_wrap(). A message is one sentence without a final stop; it never holds a
 * secret. */
#pragma once

enum tt_code {
	TT_OK = 0,
	TT_EINVAL = -1,     /* the input is wrong, and would be wrong again */
	TT_EAGAIN = -2,     /* try again later; nothing was taken */
	TT_EIO = -3,        /* the operating system or a peer failed */
	TT_EGONE = -4,      /* what was asked for is no longer kept (HTTP 410) */
	TT_ENOTFOUND = -5,  /* there is no such thing */
	TT_ELIMIT = -6,     /* over a limit that was given at creation */
	TT_EFULL = -7,      /* the disk is full */
	TT_ECORRUPT = -8,   /* stored bytes are damaged */
	TT_EBUSY = -9,      /* another process holds it */
	TT_EDENIED = -10,   /* not permitted (HTTP 401, 403; file permissions) */
	TT_ECANCELED = -11, /* stopped because the caller asked for it */
	TT_ESCHEMA = -12,   /* written by a newer version */
	TT_EUNFIT = -13,    /* well-formed, but it does not fit what it is for (HTTP 422) */
};

struct tt_err {
	enum tt_code code;
	char msg[512];
};

/* Fills `err` and returns `code`, so that a failing function can end with
 * `return tt_fail(err, TT_EINVAL, "...")`. Messages are cut at the size of `msg`. */
__attribute__((format(printf, 3, 4))) int tt_fail(
	struct tt_err *err, enum tt_code code, const char *fmt, ...);

/* Puts "<context>: " in front of the message of a filled `err` and returns its code. */
__attribute__((format(printf, 2, 3))) int tt_err_wrap(struct tt_err *err, const char *fmt, ...);

/* A constant short text for `code`, such as "not found"; never NULL. */
const char *tt_code_name(int code);
