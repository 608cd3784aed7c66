/* SPDX-License-Identifier: Apache-2.0 */
#include "event/patch_value.h"

#include "event/json_decode.h"

enum tt_json_type tt_patch_type_of(struct tt_str json)
{
	struct tt_json_reader r;

	tt_json_reader_init(&r, json, NULL);
	return tt_json_peek(&r);
}

int tt_patch_read(
	struct tt_patcher *p, const struct tt_member *member, void *base, struct tt_str json)
{
	struct tt_json_reader r;

	tt_json_reader_init(&r, json, p->arena);
	tt_member_read_json(&r, member, base);
	if (tt_json_reader_end(&r, true, p->err) == 0)
		return 0;
	if (p->err != NULL)
		p->err->code = TT_EUNFIT;
	(void)tt_err_wrap(p->err, "%.*s", (int)member->quoted.len - 3, member->quoted.data + 1);
	return TT_EUNFIT;
}
