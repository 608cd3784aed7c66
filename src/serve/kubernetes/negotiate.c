/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/negotiate.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	CLAUSES_MAX = 32,
	TYPE_MAX = 64, /* longer than any media type that is taken */
};

/* One clause of an Accept header: a media range and its parameters. */
struct clause {
	struct tt_str type, subtype, params;
	int quality; /* thousandths */
};

static struct tt_str unquoted(struct tt_str s)
{
	if (s.len >= 2 && s.data[0] == '"' && s.data[s.len - 1] == '"')
		return (struct tt_str){s.data + 1, s.len - 2};
	return s;
}

/* Cuts the next ";name=value" off `*params`; false at the end. */
static bool next_param(struct tt_str *params, struct tt_str *ret_name, struct tt_str *ret_value)
{
	while (params->data != NULL) {
		struct tt_str value = tt_str_trim(tt_str_split(params, ';'));

		if (value.len == 0)
			continue;
		*ret_name = tt_str_trim(tt_str_split(&value, '='));
		*ret_value = unquoted(tt_str_trim(value));
		return true;
	}
	return false;
}

static struct tt_str param(const struct clause *c, const char *wanted)
{
	struct tt_str params = c->params, name, value;

	while (next_param(&params, &name, &value))
		if (tt_str_is(name, wanted))
			return value;
	return (struct tt_str){0};
}

/* "1", "0.5": thousandths; what cannot be read counts as 1, as Go's parser has it. */
static int parse_quality(struct tt_str text)
{
	int quality = 0, place = 1000;

	if (text.len == 0)
		return 1000;
	for (size_t i = 0; i < text.len && place > 0; i++) {
		if (text.data[i] == '.') {
			place = 100;
			continue;
		}
		if (text.data[i] < '0' || text.data[i] > '9' || (i > 0 && place == 1000))
			return 1000;
		quality += (text.data[i] - '0') * place;
		if (place < 1000)
			place /= 10;
	}
	return quality < 1000 ? quality : 1000;
}

static int specificity(const struct clause *c)
{
	return tt_str_is(c->type, "*") ? 0 : tt_str_is(c->subtype, "*") ? 1 : 2;
}

static bool is_better(const struct clause *a, const struct clause *b)
{
	if (a->quality != b->quality)
		return a->quality > b->quality;
	return specificity(a) > specificity(b);
}

/* The clauses of `accept`, best first. */
static size_t parse_clauses(struct tt_str accept, struct clause clauses[CLAUSES_MAX])
{
	size_t n = 0;

	while (accept.data != NULL && n < CLAUSES_MAX) {
		struct clause c = {.params = tt_str_split(&accept, ',')};
		struct tt_str range = tt_str_trim(tt_str_split(&c.params, ';'));
		size_t at = n;

		c.type = tt_str_trim(tt_str_split(&range, '/'));
		c.subtype = tt_str_trim(range);
		if (c.type.len == 0)
			continue;
		if (c.subtype.len == 0 && tt_str_is(c.type, "*"))
			c.subtype = TT_STR("*");
		c.quality = parse_quality(param(&c, "q"));
		for (; at > 0 && is_better(&c, &clauses[at - 1]); at--)
			clauses[at] = clauses[at - 1];
		clauses[at] = c;
		n++;
	}
	return n;
}

static bool format_of(const struct clause *c, enum tt_format *ret)
{
	static const struct {
		const char *subtype;
		enum tt_format format;
	} formats[] = {
		{"json", TT_FORMAT_JSON},
		{"*", TT_FORMAT_JSON},
		{"yaml", TT_FORMAT_YAML},
		{"vnd.kubernetes.protobuf", TT_FORMAT_PROTOBUF},
	};

	if (tt_str_is(c->type, "*") && tt_str_is(c->subtype, "*")) {
		*ret = TT_FORMAT_JSON;
		return true;
	}
	if (!tt_str_is(c->type, "application"))
		return false;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (tt_str_is(c->subtype, formats[i].subtype)) {
			*ret = formats[i].format;
			return true;
		}
	}
	return false;
}

/* The parameters as, g and v. */
static bool take_transform(
	struct tt_representation *to, const struct clause *c, enum tt_negotiable what)
{
	struct tt_str as = param(c, "as"), version = param(c, "v");

	to->as = TT_AS_OBJECT;
	to->v1beta1 = false;
	if (as.len == 0)
		return true;
	if (what == TT_NEGOTIATE_PLAIN || !tt_str_is(param(c, "g"), "meta.k8s.io"))
		return false;
	to->v1beta1 = tt_str_is(version, "v1beta1");
	if (!to->v1beta1 && !tt_str_is(version, "v1"))
		return false;
	if (tt_str_is(as, "Table")) {
		to->as = TT_AS_TABLE;
		return to->format != TT_FORMAT_PROTOBUF;
	}
	to->as = TT_AS_PARTIAL;
	return tt_str_is(as, "PartialObjectMetadata") || tt_str_is(as, "PartialObjectMetadataList");
}

static bool take_clause(
	struct tt_representation *to, const struct clause *c, enum tt_negotiable what)
{
	struct tt_str stream = param(c, "stream");

	if (!format_of(c, &to->format) || !take_transform(to, c, what))
		return false;
	if (stream.len > 0 && !tt_str_is(stream, "watch"))
		return false;
	/* of which there are no streams; of the others an API server takes the parameter anywhere
	 */
	if (to->format == TT_FORMAT_YAML && (what == TT_NEGOTIATE_WATCH || stream.len > 0))
		return false;
	if (tt_str_is(param(c, "pretty"), "1"))
		to->pretty = true;
	return true;
}

bool tt_negotiate_accept(struct tt_representation *ret, struct tt_str accept,
	enum tt_negotiable what, struct tt_str *ret_as)
{
	struct clause clauses[CLAUSES_MAX];
	size_t n = parse_clauses(accept, clauses);

	ret->format = TT_FORMAT_JSON;
	ret->as = TT_AS_OBJECT;
	*ret_as = (struct tt_str){0};
	if (n == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct tt_representation to = *ret;

		if (take_clause(&to, &clauses[i], what)) {
			*ret = to;
			*ret_as = param(&clauses[i], "as");
			return true;
		}
	}
	return false;
}

int tt_negotiate_discovery(struct tt_str accept)
{
	struct clause clauses[CLAUSES_MAX];
	size_t n = parse_clauses(accept, clauses);

	for (size_t i = 0; i < n; i++) {
		struct clause *c = &clauses[i];
		enum tt_format format;

		if (!format_of(c, &format) || format != TT_FORMAT_JSON)
			continue;
		if (param(c, "as").len == 0)
			return 0;
		if (!tt_str_is(param(c, "as"), "APIGroupDiscoveryList") ||
			!tt_str_is(param(c, "g"), "apidiscovery.k8s.io"))
			continue;
		if (tt_str_is(param(c, "v"), "v2"))
			return 2;
		if (tt_str_is(param(c, "v"), "v2beta1"))
			return 1;
	}
	return 0;
}

struct tt_str tt_media_type(struct tt_str content_type)
{
	return tt_str_trim(tt_str_split(&content_type, ';'));
}

/* RFC 9110, 5.6.2. */
static bool is_token(struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] <= ' ' || s.data[i] > '~' ||
			strchr("()<>@,;:\\\"/[]?={}", s.data[i]) != NULL)
			return false;
	return s.len > 0;
}

/* Whether these are parameters; there may be a semicolon too many at the end. Quotes hold no
 * semicolon, and a name may be there twice, unlike in Go's mime.ParseMediaType. */
static bool are_params(struct tt_str params)
{
	while (params.data != NULL) {
		struct tt_str value = tt_str_trim(tt_str_split(&params, ';'));

		if (value.len == 0)
			return params.data == NULL;
		struct tt_str name = tt_str_split(&value, '=');

		if (!is_token(name) || (!is_token(value) && unquoted(value).len == value.len))
			return false;
	}
	return true;
}

bool tt_negotiate_body(enum tt_format *ret, struct tt_str content_type)
{
	struct tt_str params = content_type, type = tt_str_trim(tt_str_split(&params, ';'));
	char lower[TYPE_MAX];
	struct clause c = {0};

	*ret = TT_FORMAT_JSON;
	if (type.len == 0)
		return true;
	if (type.len > sizeof(lower) || !are_params(params))
		return false;
	for (size_t i = 0; i < type.len; i++)
		lower[i] = (char)tolower((unsigned char)type.data[i]);
	c.subtype = (struct tt_str){lower, type.len};
	c.type = tt_str_split(&c.subtype, '/');
	return !tt_str_is(c.subtype, "*") && format_of(&c, ret);
}

bool tt_negotiate_gzip(struct tt_str accept_encoding)
{
	while (accept_encoding.data != NULL) {
		struct tt_str item = tt_str_split(&accept_encoding, ',');
		struct tt_str name = tt_str_trim(tt_str_split(&item, ';'));

		if (name.len == 4 && strncasecmp(name.data, "gzip", 4) == 0)
			return parse_quality(param(&(struct clause){.params = item}, "q")) > 0;
	}
	return false;
}
