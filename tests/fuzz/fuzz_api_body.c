/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies other than events: reviews, options of a deletion, and the resources of an API server. The
 * first byte says which, and in which format. */
#include "fuzz.h"

#include "base/mem.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/delete_options.h"
#include "serve/kubernetes/review.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_delete_options options;
	struct tt_arena arena = {0};
	struct tt_review review;
	struct tt_str namespace;

	if (size == 0)
		return 0;
	struct tt_str body = fuzz_text(data + 1, size - 1);
	enum tt_format format = (data[0] & 1) != 0 ? TT_FORMAT_PROTOBUF : TT_FORMAT_JSON;

	if (data[0] < '2') {
		(void)tt_review_parse(&review, format, body, &arena, NULL);
		(void)tt_review_parse_rules(&namespace, format, body, &arena, NULL);
	} else if (data[0] < '4') {
		(void)tt_delete_options_parse(&options, format, body, &arena, NULL);
	} else {
		struct tt_catalog *catalog = tt_catalog_builtin();

		(void)tt_catalog_take_resources(catalog, TT_STR("apps/v1"), body, NULL);
		tt_catalog_unref(catalog);
	}
	tt_arena_release(&arena);
	return 0;
}
