/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as Kubernetes says them: metav1.Status with the reason that belongs to the code. */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "event/represent.h"
#include "net/http_server.h"
#include "serve/internal.h"

enum {
	PIECE_BYTES = 1 << 20,
	SCARCE_PIECE_BYTES = 64 << 10,
	WARNINGS_MAX_BYTES = 12 << 10, /* what comes after these goes unsaid */
};

static const struct {
	int code;
	const char *reason;
} reasons[] = {
	{400, "BadRequest"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "NotFound"},
	{405, "MethodNotAllowed"},
	{406, "NotAcceptable"},
	{409, "Conflict"},
	{410, "Expired"},
	{413, "RequestEntityTooLarge"},
	{415, "UnsupportedMediaType"},
	{422, "Invalid"},
	{429, "TooManyRequests"},
	{500, "InternalError"},
	{503, "ServiceUnavailable"},
	{504, "Timeout"},
};

const char *tt_serve_reason(int code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == code)
			return reasons[i].reason;
	return "";
}

int tt_serve_code(const struct tt_err *err)
{
	switch (err->code) {
	case TT_EINVAL: return 400;
	case TT_ENOTFOUND: return 404;
	case TT_EGONE: return 410;
	case TT_EAGAIN: return 429;
	case TT_ECANCELED:
	case TT_EFULL: return 503;
	default: return 500;
	}
}

void tt_serve_fail(struct tt_http_call *call, int code, const char *fmt, ...)
{
	static const struct tt_representation json = {.format = TT_FORMAT_JSON};
	char message[600];
	struct tt_buf body;
	bool later = code == 429 || code == 503;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	tt_buf_init(&body, 16384);
	tt_represent_status(&body, &json,
		&(struct tt_status){.status = TT_STR("Failure"),
			.message = tt_str_from(message),
			.reason = tt_str_from(tt_serve_reason(code)),
			.code = code,
			.has_details = later,
			.retry_after_seconds = later});
	if (later)
		tt_http_add_header(call, "Retry-After", "1");
	tt_http_reply(call, code, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

void tt_serve_fail_err(struct tt_http_call *call, const struct tt_err *err)
{
	tt_serve_fail(call, tt_serve_code(err), "%s", err->msg);
}

/* RFC 7234 warning text; what is not printable ASCII becomes '?'. */
void tt_serve_warn(struct tt_http_call *call, struct tt_str sentence)
{
	struct tt_buf value;

	tt_buf_init(&value, 2048);
	tt_buf_text(&value, "299 - \"");
	for (size_t i = 0; i < sentence.len; i++) {
		char c = sentence.data[i];

		if (c == '"' || c == '\\')
			tt_buf_char(&value, '\\');
		tt_buf_char(&value, c >= ' ' && c <= '~' ? c : '?');
	}
	tt_buf_char(&value, '"');
	if (!value.failed && tt_http_header_bytes(call) + value.len <= WARNINGS_MAX_BYTES)
		tt_http_add_header(call, "Warning", value.data);
	tt_buf_release(&value);
}

static bool fail_crowded(struct tt_http_call *call)
{
	tt_serve_fail(call, 429, "too many large requests at once: try again");
	return false;
}

bool tt_serve_reserve(struct tt_http_call *call, size_t bytes)
{
	return tt_http_reserve(call, bytes) || fail_crowded(call);
}

bool tt_serve_take_body(struct tt_http_call *call, size_t times, struct tt_str *ret)
{
	switch (tt_http_body(call, ret)) {
	case 0: return tt_serve_reserve(call, times * ret->len);
	case TT_EAGAIN: return fail_crowded(call);
	default:
		tt_serve_fail(call, 413, "Request entity too large: limit is %d",
			TT_SERVE_BODY_MAX_BYTES);
		return false;
	}
}

size_t tt_serve_next_piece(struct tt_http_call *call, size_t *reserved)
{
	tt_serve_piece_made(call, reserved, 0);
	if (!tt_http_is_crowded(call) && tt_http_reserve(call, PIECE_BYTES))
		*reserved = PIECE_BYTES;
	return *reserved > 0 ? PIECE_BYTES : SCARCE_PIECE_BYTES;
}

void tt_serve_piece_made(struct tt_http_call *call, size_t *reserved, size_t bytes)
{
	if (bytes >= *reserved)
		return;
	tt_http_unreserve(call, *reserved - bytes);
	*reserved = bytes;
}
