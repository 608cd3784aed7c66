/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/units.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"

struct unit {
	const char *name;
	uint64_t scale;
};

/* Longest first, as the mixed form is written. Weeks are read and never written. */
static const struct unit duration_units[] = {{"w", 604800000000}, {"d", 86400000000},
	{"h", 3600000000}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000}, {NULL, 0}};

static const struct unit size_units[] = {{"PiB", 1ULL << 50}, {"TiB", 1ULL << 40},
	{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"PB", 1000000000000000},
	{"TB", 1000000000000}, {"GB", 1000000000}, {"MB", 1000000}, {"KB", 1000}, {"kB", 1000},
	{"B", 1}, {NULL, 0}};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number with an optional fraction at the front of `*s`, as digits without the point;
 * `ret_scale` is 10 for each digit of the fraction. */
static bool take_number(struct tt_str *s, uint64_t *ret_digits, uint64_t *ret_scale)
{
	uint64_t digits = 0, scale = 1;
	size_t i = 0, point = SIZE_MAX;

	for (; i < s->len && (is_digit(s->data[i]) || (s->data[i] == '.' && point == SIZE_MAX));
		i++) {
		if (s->data[i] == '.') {
			point = i;
			continue;
		}
		if (__builtin_mul_overflow(digits, 10, &digits) ||
			__builtin_add_overflow(digits, (uint64_t)(s->data[i] - '0'), &digits))
			return false;
		if (point != SIZE_MAX && __builtin_mul_overflow(scale, 10, &scale))
			return false;
	}
	if (i == 0 || point == 0 || point == i - 1)
		return false;
	*s = (struct tt_str){s->data + i, s->len - i};
	*ret_digits = digits;
	*ret_scale = scale;
	return true;
}

static const struct unit *take_unit(const struct unit *units, struct tt_str *s)
{
	size_t n = 0;

	while (n < s->len && !is_digit(s->data[n]) && s->data[n] != '.')
		n++;
	for (const struct unit *u = units; u->name != NULL; u++) {
		if (tt_str_is((struct tt_str){s->data, n}, u->name)) {
			*s = (struct tt_str){s->data + n, s->len - n};
			return u;
		}
	}
	return NULL;
}

/* digits / scale * unit, if that is a whole number that fits. */
static bool scaled(uint64_t digits, uint64_t scale, uint64_t unit, uint64_t *ret)
{
	unsigned __int128 product = (unsigned __int128)digits * unit;

	if (product % scale != 0 || product / scale > UINT64_MAX)
		return false;
	*ret = (uint64_t)(product / scale);
	return true;
}

static int fail_duration(struct tt_str text, struct tt_err *err)
{
	return tt_fail(err, TT_EINVAL, "\"%.*s\" is not a duration (write 90s, 15m, 1h30m or 30d)",
		TT_STR_ARG(text));
}

int tt_duration_parse(struct tt_str text, int64_t *ret_us, struct tt_err *err)
{
	struct tt_str rest = text;
	uint64_t sum = 0, digits, scale, part;
	const struct unit *unit;

	if (tt_str_is(text, "0")) {
		*ret_us = 0;
		return 0;
	}
	if (text.len == 0)
		return fail_duration(text, err);
	while (rest.len > 0) {
		if (!take_number(&rest, &digits, &scale))
			return fail_duration(text, err);
		unit = take_unit(duration_units, &rest);
		if (unit == NULL || !scaled(digits, scale, unit->scale, &part) ||
			__builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX)
			return fail_duration(text, err);
	}
	*ret_us = (int64_t)sum;
	return 0;
}

int tt_size_parse(struct tt_str text, uint64_t *ret_bytes, struct tt_err *err)
{
	struct tt_str rest = text;
	const struct unit *unit = NULL;
	uint64_t digits, scale;

	if (take_number(&rest, &digits, &scale)) {
		unit = rest.len > 0 ? take_unit(size_units, &rest) : &(const struct unit){"", 1};
		if (unit != NULL && rest.len == 0 && scaled(digits, scale, unit->scale, ret_bytes))
			return 0;
	}
	return tt_fail(err, TT_EINVAL, "\"%.*s\" is not a size (write 64KiB, 20GiB, 5GB or 1000)",
		TT_STR_ARG(text));
}

/* Replaces `*best` by `candidate` if that is shorter, or `*best` is empty. */
static void prefer_shorter(struct tt_str *best, struct tt_str candidate)
{
	if (best->len == 0 || candidate.len < best->len)
		*best = candidate;
}

/* `value` in `unit`, with a fraction if need be: 1500 ms in s is 1.5s. */
static struct tt_str in_unit(struct tt_arena *arena, uint64_t value, const struct unit *unit)
{
	uint64_t rest = value % unit->scale, scale = unit->scale;
	int digits = 0;

	if (rest == 0)
		return tt_str_printf(
			arena, "%llu%s", (unsigned long long)(value / scale), unit->name);
	for (; scale > 1; scale /= 10)
		digits++;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	return tt_str_printf(arena, "%llu.%0*llu%s", (unsigned long long)(value / unit->scale),
		digits, (unsigned long long)rest, unit->name);
}

static struct tt_str mixed_units(struct tt_arena *arena, uint64_t us)
{
	struct tt_str text = {0};

	for (const struct unit *u = duration_units + 1; u->name != NULL; u++) {
		if (us < u->scale)
			continue;
		text = tt_str_printf(arena, "%.*s%llu%s", TT_STR_ARG(text),
			(unsigned long long)(us / u->scale), u->name);
		us %= u->scale;
	}
	return us == 0 ? text : (struct tt_str){0};
}

void tt_duration_put(struct tt_buf *to, int64_t us)
{
	struct tt_arena arena = {0};
	struct tt_str best = {0}, mixed;

	if (us <= 0) {
		tt_buf_char(to, '0');
		return;
	}
	for (const struct unit *u = duration_units + 1; u->name != NULL; u++) {
		/* Fractions only of s and ms: they are exact in decimals. */
		if ((uint64_t)us % u->scale == 0 || u->scale <= 1000000)
			prefer_shorter(&best, in_unit(&arena, (uint64_t)us, u));
	}
	mixed = mixed_units(&arena, (uint64_t)us);
	if (mixed.len > 0)
		prefer_shorter(&best, mixed);
	tt_buf_str(to, best);
	tt_arena_release(&arena);
}

void tt_size_put(struct tt_buf *to, uint64_t bytes)
{
	static const struct unit plain = {"", 1};
	struct tt_arena arena = {0};
	struct tt_str best = {0};

	for (const struct unit *u = size_units; u->scale > 1 && bytes > 0; u++) {
		if (bytes % u->scale == 0)
			prefer_shorter(&best, in_unit(&arena, bytes, u));
	}
	prefer_shorter(&best, in_unit(&arena, bytes, &plain));
	tt_buf_str(to, best);
	tt_arena_release(&arena);
}

static bool is_loopback4(const char *host, bool *ret)
{
	struct in_addr in;

	if (inet_pton(AF_INET, host, &in) != 1)
		return false;
	*ret = (ntohl(in.s_addr) >> 24) == 127;
	return true;
}

static bool is_loopback6(const char *host, bool *ret)
{
	struct in6_addr in6;

	if (inet_pton(AF_INET6, host, &in6) != 1)
		return false;
	*ret = IN6_IS_ADDR_LOOPBACK(&in6) || (IN6_IS_ADDR_V4MAPPED(&in6) && in6.s6_addr[12] == 127);
	return true;
}

int tt_address_parse(struct tt_str text, bool *ret_loopback, uint16_t *ret_port, struct tt_err *err)
{
	struct tt_str host = text, port;
	unsigned long long number;
	char name[64];
	bool is_ok;

	while (host.len > 0 && host.data[host.len - 1] != ':')
		host.len--;
	if (host.len < 2 || host.len > sizeof(name))
		return tt_fail(err, TT_EINVAL, "\"%.*s\" is not an address (write ADDR:PORT)",
			TT_STR_ARG(text));
	port = (struct tt_str){text.data + host.len, text.len - host.len};
	if (!tt_str_u64(port, &number) || number > UINT16_MAX)
		return tt_fail(err, TT_EINVAL, "\"%.*s\" in \"%.*s\" is not a port",
			TT_STR_ARG(port), TT_STR_ARG(text));
	host.len--;
	memcpy(name, host.data, host.len);
	name[host.len] = '\0';
	if (name[0] == '[' && name[host.len - 1] == ']') {
		name[host.len - 1] = '\0';
		is_ok = is_loopback6(name + 1, ret_loopback);
	} else if (strcmp(name, "localhost") == 0) {
		is_ok = *ret_loopback = true;
	} else {
		is_ok = is_loopback4(name, ret_loopback);
	}
	if (!is_ok)
		return tt_fail(err, TT_EINVAL,
			"\"%.*s\" is not an IP address (write 127.0.0.1:%llu, or 0.0.0.0:%llu for "
			"all)",
			TT_STR_ARG(host), number, number);
	*ret_port = (uint16_t)number;
	return 0;
}
