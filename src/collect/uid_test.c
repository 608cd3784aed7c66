/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "collect/watcher.h"
#include "tap/tap.h"
#include "wire/protobuf.h"

static int uid_of(enum tt_encoding encoding, struct tt_str bytes, char to[64])
{
	struct tt_arena arena = {0};
	struct tt_err err = {0};
	struct tt_str uid;
	int rc = tt_object_uid(encoding, bytes, &uid, &arena, &err);

	to[0] = '\0';
	if (rc == 0 && uid.len < 64) {
		memcpy(to, uid.len > 0 ? uid.data : "", uid.len);
		to[uid.len] = '\0';
	}
	tt_arena_release(&arena);
	return rc;
}

static void json_objects(void)
{
	static const struct {
		const char *text, *uid;
		int rc;
	} cases[] = {
		{"{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\",\"uid\":\"u-1\",\"labels\":{"
		 "\"uid\":\"no\"}},\"spec\":{\"uid\":\"no\"}}",
			"u-1", 0},
		{"{\"metadata\":{\"name\":\"n\"}}", "", 0},
		{"{\"metadata\":null}", "", 0},
		{"{}", "", 0},
		{"{\"metadata\":{\"uid\":7}}", "", TT_EINVAL},
		{"{\"metadata\":", "", TT_EINVAL},
		{"", "", TT_EINVAL},
	};
	char got[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_int(uid_of(TT_ENCODING_JSON, tt_str_from(cases[i].text), got), cases[i].rc);
		tap_str(tt_str_from(got), cases[i].uid);
	}
}

static void protobuf_object(void)
{
	struct tt_buf b;
	char got[64];
	size_t raw, metadata;

	tt_buf_init(&b, 4096);
	tt_buf_add(&b, "k8s\0", 4);
	raw = tt_pb_begin(&b, 2);
	metadata = tt_pb_begin(&b, 1);
	tt_pb_put_bytes(&b, 1, TT_STR("kube-system"));
	tt_pb_put_bytes(&b, 5, TT_STR("u-2"));
	tt_pb_end(&b, metadata);
	tt_pb_put_bytes(&b, 2, TT_STR("\x0a\x0akubernetes"));
	tt_pb_end(&b, raw);
	tap_int(uid_of(TT_ENCODING_PROTOBUF, tt_buf_view(&b), got), 0);
	tap_str(tt_str_from(got), "u-2");
	for (size_t n = 0; n < b.len; n++) /* cut anywhere it is refused, or has no uid */
		if (uid_of(TT_ENCODING_PROTOBUF, (struct tt_str){b.data, n}, got) == 0)
			tap_str(tt_str_from(got), "");
	tap_int(uid_of(TT_ENCODING_PROTOBUF, TT_STR("{}"), got), TT_EINVAL);
	tt_buf_release(&b);
}

int main(void)
{
	tap_test("uid_is_read_from_json", json_objects);
	tap_test("uid_is_read_from_protobuf", protobuf_object);
	return tap_done();
}
