/* SPDX-License-Identifier: Apache-2.0 */
/* A patch of an Event that has something to merge everywhere; the first byte says how it is
 * applied. What it makes is validated and written. */
#include "fuzz.h"

#include "event/codec.h"
#include "event/patch.h"
#include "event/prepare.h"
#include "event/unknown.h"
#include "event/validate.h"

static const char whole[] =
	"{\"metadata\":{\"name\":\"a\",\"namespace\":\"default\",\"labels\":{\"a\":\"1\","
	"\"b\":\"2\"},\"finalizers\":[\"x/1\",\"x/2\",\"x/3\"],\"ownerReferences\":["
	"{\"uid\":\"u1\",\"name\":\"p\"},{\"uid\":\"u2\",\"controller\":true}]},"
	"\"involvedObject\":{\"kind\":\"Pod\"},\"series\":{\"count\":2},"
	"\"related\":{\"kind\":\"Node\"},\"source\":{\"host\":\"h\"},\"count\":3}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum tt_patch_type type = size > 0 && (data[0] & 1) != 0 ? TT_PATCH_STRATEGIC
								 : TT_PATCH_MERGE;
	enum tt_api_group group = size > 0 && (data[0] & 2) != 0 ? TT_GROUP_EVENTS : TT_GROUP_CORE;
	struct tt_event_body told = {0};
	struct tt_event e, old;
	struct tt_arena arena = {0};
	struct tt_causes causes;
	struct tt_buf text;

	if (size == 0)
		return 0;
	tt_buf_init(&text, 1 << 24);
	tt_causes_init(&causes, &arena);
	tt_assert(tt_event_decode(&old, TT_ENCODING_JSON, (struct tt_str){whole, sizeof(whole) - 1},
			  &arena, NULL) == 0);
	e = old;
	if (tt_event_patch(&e, type, group, fuzz_text(data + 1, size - 1), &arena, NULL) == 0) {
		tt_unknown_in_patch(&told, type, group, fuzz_text(data + 1, size - 1), &arena);
		tt_assert(told.n_unknown <= TT_UNKNOWN_MAX);
		tt_event_validate(&e, group, &causes);
		tt_event_prepare_update(&e, &old, &arena);
		tt_event_validate_update(&e, &old, group, &causes);
		tt_causes_message(&text, &causes);
		tt_event_encode_json(&text, &e, TT_JSON_OBJECT);
	}
	tt_buf_release(&text);
	tt_arena_release(&arena);
	return 0;
}
