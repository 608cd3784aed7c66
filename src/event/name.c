/* SPDX-License-Identifier: Apache-2.0 */
#include "event/name.h"

#define LABEL_RE     "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN_RE LABEL_RE "(\\." LABEL_RE ")*"
#define QUALIFIED_RE "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

#define EXAMPLES_RE(examples, re) " (e.g. " examples ", regex used for validation is '" re "')"

#define NOT_LABEL                                                                                  \
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "   \
	"and must start and end with an alphanumeric character" EXAMPLES_RE(                       \
		"'my-name',  or '123-abc'", LABEL_RE)
#define NOT_SUBDOMAIN                                                                              \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "  \
	"or '.', and must start and end with an alphanumeric character" EXAMPLES_RE(               \
		"'example.com'", SUBDOMAIN_RE)
#define NOT_QUALIFIED                                                                              \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "   \
	"an alphanumeric character" EXAMPLES_RE(                                                   \
		"'MyName',  or 'my.name',  or '123-abc'", QUALIFIED_RE)
#define NOT_LABEL_VALUE                                                                            \
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "   \
	"or '.', and must start and end with an alphanumeric character" EXAMPLES_RE(               \
		"'MyValue',  or 'my_value',  or '12345'", "(" QUALIFIED_RE ")?")
#define TOO_LONG(max) "must be no more than " #max " characters"

enum { LABEL_MAX = 63, SUBDOMAIN_MAX = 253 };

static void add(struct tt_name_problems *p, const char *text)
{
	p->text[p->n++] = text;
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Alphanumeric at both ends, and inside also what `inner` has; capitals only if allowed. */
static bool is_word(struct tt_str s, const char *inner, bool capitals)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];
		bool edge = i == 0 || i == s.len - 1;

		if (is_capital(c) && !capitals)
			return false;
		if (!is_alphanumeric(c) && (edge || c == '\0' || strchr(inner, c) == NULL))
			return false;
	}
	return s.len > 0;
}

static bool is_subdomain(struct tt_str s, bool capitals)
{
	if (s.len == 0)
		return false;
	while (s.data != NULL)
		if (!is_word(tt_str_split(&s, '.'), "-", capitals))
			return false;
	return true;
}

/* is_subdomain() of `s` with an "a" in place of its last two characters: what Kubernetes looks at
 * where something will be appended to a name that ends with a hyphen. */
static bool is_masked_subdomain(struct tt_str s)
{
	size_t dot = s.len -= 2;

	while (dot > 0 && s.data[dot - 1] != '.')
		dot--;
	for (size_t i = dot; i < s.len; i++)
		if (is_capital(s.data[i]) ||
			!(is_alphanumeric(s.data[i]) || (i > dot && s.data[i] == '-')))
			return false;
	return dot == 0 || is_subdomain((struct tt_str){s.data, dot - 1}, false);
}

struct tt_name_problems tt_name_subdomain(struct tt_str name, bool prefix)
{
	struct tt_name_problems p = {.n = 0};
	bool masked = prefix && name.len > 1 && name.data[name.len - 1] == '-';

	if (name.len - masked > SUBDOMAIN_MAX)
		add(&p, TOO_LONG(253));
	if (masked ? !is_masked_subdomain(name) : !is_subdomain(name, false))
		add(&p, NOT_SUBDOMAIN);
	return p;
}

struct tt_name_problems tt_name_label(struct tt_str name)
{
	struct tt_name_problems p = {.n = 0};

	if (name.len > LABEL_MAX)
		add(&p, TOO_LONG(63));
	if (!is_word(name, "-", false))
		add(&p, is_subdomain(name, false) ? "must not contain dots" : NOT_LABEL);
	return p;
}

static void check_prefix(struct tt_name_problems *p, struct tt_str prefix, bool any_case)
{
	if (prefix.len == 0) {
		add(p, "prefix part must be non-empty");
		return;
	}
	if (prefix.len > SUBDOMAIN_MAX)
		add(p, "prefix part " TOO_LONG(253));
	if (!is_subdomain(prefix, any_case))
		add(p, "prefix part " NOT_SUBDOMAIN);
}

struct tt_name_problems tt_name_qualified(struct tt_str name, bool any_case)
{
	struct tt_name_problems p = {.n = 0};
	struct tt_str rest = name, first = tt_str_split(&rest, '/');

	if (rest.data != NULL) {
		struct tt_str second = tt_str_split(&rest, '/');

		if (rest.data != NULL) {
			add(&p, "a qualified name " NOT_QUALIFIED
				" with an optional DNS subdomain prefix and '/' (e.g. "
				"'example.com/MyName')");
			return p;
		}
		check_prefix(&p, first, any_case);
		first = second;
	}
	if (first.len == 0)
		add(&p, "name part must be non-empty");
	else if (first.len > LABEL_MAX)
		add(&p, "name part " TOO_LONG(63));
	if (!is_word(first, "-_.", true))
		add(&p, "name part " NOT_QUALIFIED);
	return p;
}

struct tt_name_problems tt_name_label_value(struct tt_str value)
{
	struct tt_name_problems p = {.n = 0};

	if (value.len > LABEL_MAX)
		add(&p, TOO_LONG(63));
	if (value.len > 0 && !is_word(value, "-_.", true))
		add(&p, NOT_LABEL_VALUE);
	return p;
}

struct tt_name_problems tt_name_path_segment(struct tt_str name, bool prefix)
{
	struct tt_name_problems p = {.n = 0};

	if (!prefix && tt_str_is(name, "."))
		add(&p, "may not be '.'");
	else if (!prefix && tt_str_is(name, ".."))
		add(&p, "may not be '..'");
	if (tt_str_find(name, TT_STR("/")) >= 0)
		add(&p, "may not contain '/'");
	if (tt_str_find(name, TT_STR("%")) >= 0)
		add(&p, "may not contain '%'");
	return p;
}
