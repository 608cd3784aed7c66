/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as Kubernetes says them: metav1.Status with the reason that belongs to the code. */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "wire/json.h"

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
	{410, "Expired"},
	{413, "RequestEntityTooLarge"},
	{415, "UnsupportedMediaType"},
	{422, "Invalid"},
	{429, "TooManyRequests"},
	{500, "InternalError"},
	{503, "ServiceUnavailable"},
	{504, "Timeout"},
};

static const char *reason_of(int code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == code)
			return reasons[i].reason;
	return "Unknown";
}

void tt_serve_fail(struct tt_http_call *call, int code, const char *fmt, ...)
{
	char message[600];
	struct tt_buf body;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	tt_buf_init(&body, 16384);
	tt_buf_text(&body, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
			   "\"status\":\"Failure\",\"message\":");
	tt_json_put_string(&body, tt_str_from(message));
	tt_buf_printf(&body, ",\"reason\":\"%s\",\"code\":%d}\n", reason_of(code), code);
	tt_http_reply(call, code, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

void tt_serve_fail_err(struct tt_http_call *call, const struct tt_err *err)
{
	int code = 500;

	if (err->code == TT_EINVAL)
		code = 400;
	else if (err->code == TT_ENOTFOUND)
		code = 404;
	else if (err->code == TT_EGONE)
		code = 410;
	else if (err->code == TT_EAGAIN) {
		tt_http_add_header(call, "Retry-After", "1");
		code = 429;
	} else if (err->code == TT_ECANCELED || err->code == TT_EFULL) {
		code = 503;
	}
	tt_serve_fail(call, code, "%s", err->msg);
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

bool tt_serve_reserve(struct tt_http_call *call, size_t bytes)
{
	if (tt_http_reserve(call, bytes))
		return true;
	tt_http_add_header(call, "Retry-After", "1");
	tt_serve_fail(call, 429, "too many large requests at once: try again");
	return false;
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
