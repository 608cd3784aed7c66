/* SPDX-License-Identifier: Apache-2.0 */
/* What says who asks and what he may: files of tokens and rules, answers of an API server. The
 * last byte tells which. */
#include "fuzz.h"

#include "serve/auth/review.h"
#include "serve/auth/rules.h"
#include "serve/auth/tokens.h"

static void read_tokens(struct tt_str text, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_tokens tokens;

	if (tt_tokens_parse(&tokens, text, "tokens", arena, err) == 0)
		(void)tt_tokens_find(&tokens, text);
}

static void read_rules(struct tt_str text, struct tt_arena *arena, struct tt_err *err)
{
	const struct tt_user user = {.name = TT_STR("ann")};
	const struct tt_access access = {.cluster = text, .verb = TT_STR("get"), .namespace = text};
	struct tt_rules rules;

	if (tt_rules_parse(&rules, text, "rules", arena, err) == 0)
		(void)tt_rules_allow(&rules, &user, &access);
}

/* What is kept of an answer says the same as the answer. */
static void read_user(struct tt_str text, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_user user, again;
	struct tt_buf kept;

	if (tt_token_review_read(&user, text, arena, err) != 1)
		return;
	tt_buf_init(&kept, 16 << 20);
	tt_token_review_put_answer(&kept, &user);
	tt_assert(tt_token_review_read(&again, tt_buf_view(&kept), arena, err) == 1);
	tt_assert(tt_str_eq(user.name, again.name) && tt_str_eq(user.uid, again.uid));
	tt_assert(user.n_groups == again.n_groups && user.n_extra == again.n_extra);
	tt_buf_release(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_str text = fuzz_text(data, size > 0 ? size - 1 : 0);
	struct tt_arena arena = {0};
	struct tt_err err;

	switch (size > 0 ? data[size - 1] % 4 : 0) {
	case 0: read_tokens(text, &arena, &err); break;
	case 1: read_rules(text, &arena, &err); break;
	case 2: read_user(text, &arena, &err); break;
	default: (void)tt_subject_access_review_read(text, &err); break;
	}
	tt_arena_release(&arena);
	return 0;
}
