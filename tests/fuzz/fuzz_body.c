/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: the first byte chooses a format and an API group. An Event that was read is
 * represented in every format and read again, which must give the same, and nothing unknown. */
#include "event/represent.h"
#include "fuzz.h"

static void check_again(
	const struct tt_event *e, const struct tt_representation *r, struct tt_arena *arena)
{
	struct tt_event_body again;
	struct tt_buf bytes;

	tt_buf_init(&bytes, 64 << 20);
	tt_represent_event(&bytes, r, e);
	tt_assert(!bytes.failed);
	tt_assert(tt_event_body_decode(
			  &again, r->format, r->group, tt_buf_view(&bytes), arena, NULL) == 0);
	tt_assert(tt_event_equal(&again.event, e) && again.n_unknown == 0);
	tt_buf_release(&bytes);
}

static void check_table(const struct tt_event *e, enum tt_format format, struct tt_arena *arena)
{
	struct tt_representation r = {.format = format, .as = TT_AS_TABLE};
	struct tt_buf bytes;

	tt_buf_init(&bytes, 64 << 20);
	tt_represent_event(&bytes, &r, e);
	tt_assert(!bytes.failed);
	tt_buf_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_arena arena = {0};
	struct tt_event_body body;
	struct tt_err err;

	if (size == 0)
		return 0;
	enum tt_format format = (enum tt_format)(data[0] % 3);
	enum tt_api_group group = (enum tt_api_group)(data[0] / 3 % 2);

	if (tt_event_body_decode(
		    &body, format, group, fuzz_text(data + 1, size - 1), &arena, &err) == 0) {
		for (int i = 0; i < 6; i++) {
			struct tt_representation r = {.format = (enum tt_format)(i % 3),
				.group = (enum tt_api_group)(i / 3),
				.pretty = data[0] % 2 == 0};

			check_again(&body.event, &r, &arena);
		}
		check_table(&body.event, TT_FORMAT_JSON, &arena);
		check_table(&body.event, TT_FORMAT_YAML, &arena);
	}
	tt_arena_release(&arena);
	return 0;
}
