/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "collect/watcher.h"
#include "wire/json.h"
#include "wire/protobuf.h"

static const struct tt_str magic = {"k8s\0", 4};

enum {
	UNKNOWN_RAW = TT_PB_KEY(2, TT_PB_LENGTH),     /* runtime.Unknown.raw */
	OBJECT_METADATA = TT_PB_KEY(1, TT_PB_LENGTH), /* of every object */
	METADATA_UID = TT_PB_KEY(5, TT_PB_LENGTH),    /* ObjectMeta.uid */
};

/* The last length-delimited field `key` of the message `bytes`; empty if it is absent. */
static int pb_field(struct tt_str bytes, uint32_t key, struct tt_str *ret, struct tt_err *err)
{
	struct tt_pb_reader r;
	struct tt_pb_field field;

	*ret = (struct tt_str){0};
	tt_pb_reader_init(&r, bytes);
	while (tt_pb_next(&r, &field))
		if (field.key == key)
			*ret = field.bytes;
	return tt_pb_reader_end(&r, err);
}

static int protobuf_uid(struct tt_str bytes, struct tt_str *ret, struct tt_err *err)
{
	static const uint32_t path[] = {UNKNOWN_RAW, OBJECT_METADATA, METADATA_UID};

	if (!tt_str_starts(bytes, magic))
		return tt_fail(err, TT_EINVAL, "the object has no protobuf envelope");
	*ret = (struct tt_str){bytes.data + magic.len, bytes.len - magic.len};
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		int rc = pb_field(*ret, path[i], ret, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static struct tt_str json_metadata_uid(struct tt_json_reader *r)
{
	struct tt_str key, uid = {0};

	if (tt_json_enter_object(r))
		while (tt_json_next_key(r, &key)) {
			if (tt_str_is(key, "uid"))
				uid = tt_json_string(r);
			else
				(void)tt_json_skip(r);
		}
	return uid;
}

static int json_uid(
	struct tt_str bytes, struct tt_str *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;

	*ret = (struct tt_str){0};
	tt_json_reader_init(&r, bytes, arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "metadata"))
				*ret = json_metadata_uid(&r);
			else
				(void)tt_json_skip(&r);
		}
	return tt_json_reader_end(&r, true, err);
}

int tt_object_uid(enum tt_encoding encoding, struct tt_str bytes, struct tt_str *ret,
	struct tt_arena *arena, struct tt_err *err)
{
	if (encoding == TT_ENCODING_PROTOBUF)
		return protobuf_uid(bytes, ret, err);
	return json_uid(bytes, ret, arena, err);
}
