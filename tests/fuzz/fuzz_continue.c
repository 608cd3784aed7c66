/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a token is written as the same one. */
#include "fuzz.h"

#include "base/buf.h"
#include "serve/kubernetes/continue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_continue token, again;
	struct tt_buf text;

	if (!tt_continue_parse(&token, fuzz_text(data, size)))
		return 0;
	tt_buf_init(&text, 1000);
	tt_continue_put(&text, &token);
	tt_assert(tt_continue_parse(&again, tt_buf_view(&text)) && again.check == token.check &&
		  again.after.seq == token.after.seq && again.seq == token.seq);
	tt_buf_release(&text);
	return 0;
}
