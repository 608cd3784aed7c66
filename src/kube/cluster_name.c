/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "kube/target.h"

enum { MAX_NAME_BYTES = 63 };

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without what is neither letter nor digit at both ends. */
static struct tt_str trim_marks(struct tt_str s)
{
	while (s.len > 0 && !is_alnum(s.data[0]))
		s = (struct tt_str){s.data + 1, s.len - 1};
	while (s.len > 0 && !is_alnum(s.data[s.len - 1]))
		s.len--;
	return s;
}

/* A run of bytes that may not stand in a name becomes one hyphen. The end of a long name is kept,
 * because that is where the names of cloud clusters differ. */
struct tt_str tt_cluster_name_derive(struct tt_arena *arena, const char *context)
{
	struct tt_str in = tt_str_from(context);
	char *to = tt_arena_alloc(arena, in.len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = lower(in.data[i]);
		bool fits = is_alnum(c) || c == '-' || c == '.';

		if (fits)
			to[n++] = c;
		else if (n > 0 && to[n - 1] != '-')
			to[n++] = '-';
	}
	struct tt_str name = trim_marks((struct tt_str){to, n});

	if (name.len > MAX_NAME_BYTES)
		name = trim_marks(
			(struct tt_str){name.data + name.len - MAX_NAME_BYTES, MAX_NAME_BYTES});
	return name.len > 0 ? tt_str_dup(arena, name) : TT_STR("cluster");
}

bool tt_cluster_name_is_valid(struct tt_str name)
{
	if (name.len == 0 || name.len > MAX_NAME_BYTES)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!is_alnum(name.data[i]) && name.data[i] != '-' && name.data[i] != '.')
			return false;
	return is_alnum(name.data[0]) && is_alnum(name.data[name.len - 1]);
}
