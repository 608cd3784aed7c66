/* SPDX-License-Identifier: Apache-2.0 */
/* The target of a request to the API, and its parameters. */
#include "fuzz.h"

#include "net/http_call.h"
#include "serve/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"after", "limit", "since", "until", "wait", "type",
		"reason", "fieldSelector", "cluster", "namespace", "grep", "observations", NULL};
	struct tt_serve_params params = {0};
	struct tt_arena arena = {0};
	const char *target = tt_str_dup(&arena, fuzz_text(data, size)).data;
	struct tt_http_call *call = tt_http_call_new(NULL, NULL, target, 0);
	struct tt_http_live live = {.max_bytes = size};
	const char *why;

	call->live = &live;
	if (tt_http_call_begin(call, "GET", "HTTP/1.0", &why) == 0)
		(void)tt_serve_params(call, names, &params);
	tt_http_call_free(call);
	tt_arena_release(&arena);
	return 0;
}
