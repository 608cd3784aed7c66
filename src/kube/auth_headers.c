/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "kube/auth.h"
#include "kube/base64.h"
#include "kube/target.h"
#include "net/http_client.h"

enum { MAX_CREDENTIAL_BYTES = 1 << 19, FIXED_HEADERS = 3 };

size_t tt_kube_auth_max_headers(const struct tt_kube_auth *auth)
{
	return FIXED_HEADERS + auth->target->n_impersonate_groups +
	       auth->target->n_impersonate_extra;
}

struct header_list {
	struct tt_http_header *to;
	size_t n;
	const char *bad; /* the first header whose value no header may have */
};

static void add(struct header_list *list, const char *name, struct tt_str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') ||
			value.data[i] == 0x7f) {
			list->bad = list->bad != NULL ? list->bad : name;
			return;
		}
	list->to[list->n++] = (struct tt_http_header){tt_str_from(name), value};
}

/* The part of a header's name that is a user's text, escaped as client-go does. */
static const char *escape_key(const char *key, struct tt_arena *arena)
{
	static const char hex[] = "0123456789ABCDEF", marks[] = "!#$&'*+-.^_`|~";
	char *text = tt_arena_alloc(arena, strlen(key) * 3 + 1, 1), *to = text;

	for (; *key != '\0'; key++) {
		unsigned char c = (unsigned char)*key;
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z');

		if (alnum || strchr(marks, c) != NULL) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	*to = '\0';
	return text;
}

static void add_basic(
	struct header_list *list, const struct tt_kube_target *target, struct tt_arena *arena)
{
	struct tt_buf value;
	struct tt_str pair = tt_str_printf(
		arena, "%s:%s", target->username, target->password != NULL ? target->password : "");

	tt_buf_init(&value, MAX_CREDENTIAL_BYTES);
	tt_buf_text(&value, "Basic ");
	tt_base64_put(&value, pair);
	add(list, "Authorization", tt_str_dup(arena, tt_buf_view(&value)));
	tt_buf_release(&value);
}

static void add_authorization(
	struct header_list *list, const struct tt_kube_auth *auth, struct tt_arena *arena)
{
	const struct tt_kube_target *target = auth->target;
	const char *token = auth->token.len > 0 ? auth->token.data : target->token;

	if (auth->exec_valid && auth->exec.token != NULL)
		token = auth->exec.token;
	if (token != NULL)
		add(list, "Authorization", tt_str_printf(arena, "Bearer %s", token));
	else if (target->username != NULL)
		add_basic(list, target, arena);
}

static void add_impersonation(
	struct header_list *list, const struct tt_kube_target *target, struct tt_arena *arena)
{
	if (target->impersonate_user == NULL)
		return;
	add(list, "Impersonate-User", tt_str_from(target->impersonate_user));
	if (target->impersonate_uid != NULL)
		add(list, "Impersonate-Uid", tt_str_from(target->impersonate_uid));
	for (size_t i = 0; i < target->n_impersonate_groups; i++)
		add(list, "Impersonate-Group", tt_str_from(target->impersonate_groups[i]));
	for (size_t i = 0; i < target->n_impersonate_extra; i++) {
		const struct tt_kube_extra *extra = &target->impersonate_extra[i];
		struct tt_str name = tt_str_printf(
			arena, "Impersonate-Extra-%s", escape_key(extra->key, arena));

		add(list, name.data, tt_str_from(extra->value));
	}
}

int tt_kube_auth_headers(const struct tt_kube_auth *auth, struct tt_http_header *to,
	struct tt_arena *arena, struct tt_err *err)
{
	struct header_list list = {.to = to};

	if (auth->secure)
		add_authorization(&list, auth, arena);
	add_impersonation(&list, auth->target, arena);
	if (list.bad != NULL)
		return tt_fail(err, TT_EINVAL, "the value for header %s holds a control character",
			list.bad);
	return (int)list.n;
}
