/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "kube/internal.h"

enum { MAX_MESSAGE_BYTES = 256 };

static bool is_type(struct tt_str content_type, const char *want)
{
	struct tt_str type = tt_str_split(&content_type, ';');

	return tt_str_is(tt_str_trim(type), want);
}

bool tt_kube_encoding(struct tt_str content_type, enum tt_encoding *ret)
{
	*ret = TT_ENCODING_JSON;
	if (is_type(content_type, "application/json"))
		return true;
	*ret = TT_ENCODING_PROTOBUF;
	return is_type(content_type, "application/vnd.kubernetes.protobuf");
}

/* The beginning of a text, without control characters and bytes that are no UTF-8. */
static struct tt_str clip(struct tt_str text, struct tt_arena *arena)
{
	struct tt_buf to;

	tt_buf_init(&to, MAX_MESSAGE_BYTES + 4);
	for (text = tt_str_trim(text); text.len > 0 && to.len < MAX_MESSAGE_BYTES;) {
		size_t len;
		uint32_t c = tt_utf8_decode(text, &len);

		if (c < ' ' || c == 0x7f || (c >= 0x80 && c < 0xa0))
			tt_buf_char(&to, ' ');
		else if (c == 0xfffd)
			tt_buf_char(&to, '?');
		else
			tt_buf_add(&to, text.data, len);
		text = (struct tt_str){text.data + len, text.len - len};
	}
	if (text.len > 0)
		tt_buf_text(&to, "...");
	struct tt_str ret = tt_str_dup(arena, tt_buf_view(&to));

	tt_buf_release(&to);
	return ret;
}

void tt_kube_reply_read(struct tt_kube_reply *reply, struct tt_str body, struct tt_str content_type,
	struct tt_arena *arena)
{
	enum tt_encoding encoding;
	struct tt_status *status = &reply->status;

	body = tt_str_dup(arena, body);
	if (!tt_kube_encoding(content_type, &encoding) ||
		tt_status_decode(status, encoding, body, arena, NULL) < 0)
		*status = (struct tt_status){.message = clip(body, arena)};
	if (status->code == 0)
		status->code = reply->http_status;
	if (reply->retry_after_seconds < 0 && status->retry_after_seconds > 0)
		reply->retry_after_seconds = status->retry_after_seconds;
}

void tt_kube_put_escaped(struct tt_buf *to, struct tt_str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';

		if (plain) {
			tt_buf_char(to, (char)c);
			continue;
		}
		tt_buf_char(to, '%');
		tt_buf_char(to, hex[c >> 4]);
		tt_buf_char(to, hex[c & 15]);
	}
}

void tt_kube_put_events_path(struct tt_buf *to, struct tt_str namespace)
{
	tt_buf_text(to, "/api/v1/");
	if (namespace.len > 0) {
		tt_buf_text(to, "namespaces/");
		tt_kube_put_escaped(to, namespace);
		tt_buf_char(to, '/');
	}
	tt_buf_text(to, "events");
}
