/* SPDX-License-Identifier: Apache-2.0 */
/* tokens.h - the static token file, as kube-apiserver reads it with --token-auth-file: CSV (RFC
 * 4180) with at least three columns, token, user, uid, and in the fourth the groups, separated by
 * commas. Of a token that occurs twice the last one counts. Only for src/serve/auth. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/secret.h"
#include "serve/auth/auth.h"

enum { TT_TOKENS_MAX = 10000 };

struct tt_token {
	uint8_t digest[TT_SHA256_BYTES];
	struct tt_user user;
};

struct tt_tokens {
	struct tt_token *items;
	size_t n;
};

/* Reads the content of the file into `arena`; the tokens themselves are not kept. `file` is for the
 * messages, which never hold any of the content. */
int tt_tokens_parse(struct tt_tokens *ret, struct tt_str text, const char *file,
	struct tt_arena *arena, struct tt_err *err);

/* The user of `token`, borrowed, or NULL; in a time that depends on the number of tokens alone. */
const struct tt_user *tt_tokens_find(const struct tt_tokens *tokens, struct tt_str token);
