/* SPDX-License-Identifier: Apache-2.0 */
#include "event/labelselector.h"

#include <stdlib.h>

#include "base/arena.h"
#include "event/causes.h"
#include "event/event.h"
#include "event/name.h"

/* What is said goes into a tt_err, which cuts it. */
enum { SAID_MAX = 4096 };

/* `in` and `notin` are words, which stand for themselves where a key or value is due. */
enum token { END, WORD, IN, NOT_IN, OPEN, CLOSE, COMMA, NOT, EQUAL, NOT_EQUAL, GREATER, LESS };

struct lexer {
	const char *at, *end;
};

struct parser {
	struct lexer lexer; /* behind the token that comes next */
	enum token token;   /* what comes next */
	struct tt_str text; /* as it is written */
	struct tt_arena *arena;
	struct tt_err *err;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_special(char c)
{
	return c != '\0' && strchr("=!(),><", c) != NULL;
}

static enum token special_token(struct tt_str text)
{
	if (text.len == 2)
		return text.data[0] == '!' ? NOT_EQUAL : EQUAL;
	switch (text.data[0]) {
	case '=': return EQUAL;
	case '!': return NOT;
	case '(': return OPEN;
	case ')': return CLOSE;
	case '>': return GREATER;
	case '<': return LESS;
	default: return COMMA;
	}
}

static enum token word_token(struct tt_str text)
{
	if (tt_str_is(text, "in"))
		return IN;
	return tt_str_is(text, "notin") ? NOT_IN : WORD;
}

/* The next token. As in Go a NUL ends the text. */
static enum token lex(struct lexer *l, struct tt_str *ret_text)
{
	while (l->at < l->end && is_space(*l->at))
		l->at++;
	*ret_text = (struct tt_str){l->at, 0};
	if (l->at == l->end || *l->at == '\0') {
		l->end = l->at;
		return END;
	}
	if (is_special(*l->at)) {
		bool two = l->end - l->at > 1 && l->at[1] == '=' &&
			   (*l->at == '=' || *l->at == '!');

		ret_text->len = two ? 2 : 1;
		l->at += ret_text->len;
		return special_token(*ret_text);
	}
	while (l->at < l->end && *l->at != '\0' && !is_special(*l->at) && !is_space(*l->at))
		l->at++;
	ret_text->len = (size_t)(l->at - ret_text->data);
	l->at += l->at < l->end && *l->at == '\0';
	return word_token(*ret_text);
}

/* Takes the token that comes next: the answer is its text. */
static struct tt_str take(struct parser *p)
{
	struct tt_str text = p->text;

	p->token = lex(&p->lexer, &p->text);
	return text;
}

static bool is_word(enum token t)
{
	return t == WORD || t == IN || t == NOT_IN;
}

static int found_in_requirement(struct parser *p, const char *expected)
{
	return tt_fail(p->err, TT_EINVAL, "unable to parse requirement: found '%.*s'%s",
		TT_STR_ARG(p->text), expected);
}

static int found(struct parser *p, const char *expected)
{
	return tt_fail(
		p->err, TT_EINVAL, "found '%.*s', expected: %s", TT_STR_ARG(p->text), expected);
}

static int compare(const void *a, const void *b)
{
	return tt_str_cmp(*(const struct tt_str *)a, *(const struct tt_str *)b);
}

static void sort_values(struct tt_label_requirement *r)
{
	size_t n = 0;

	qsort(r->values, r->n, sizeof(*r->values), compare);
	for (size_t i = 0; i < r->n; i++)
		if (i == 0 || !tt_str_eq(r->values[i], r->values[i - 1]))
			r->values[n++] = r->values[i];
	r->n = n;
}

/* How many values the list that begins now can have. */
static size_t most_values(const struct parser *p)
{
	struct lexer l = p->lexer;
	enum token t = p->token;
	struct tt_str text;
	size_t n = 2;

	for (; t != END && t != CLOSE; t = lex(&l, &text))
		n += t == COMMA;
	return n;
}

/* The items up to the closing parenthesis. Nothing between two commas, and beside the first and the
 * last one, is the empty value; `(a,,)` is an error, since Go's parser takes commas in pairs. */
static int parse_list_items(struct parser *p, struct tt_label_requirement *r)
{
	for (;;) {
		if (is_word(p->token)) {
			r->values[r->n++] = take(p);
			if (p->token == CLOSE)
				return 0;
			if (p->token != COMMA)
				return found_in_requirement(p, ", expected: ',' or ')'");
		} else if (p->token == COMMA) {
			(void)take(p);
			if (r->n == 0 || p->token == CLOSE || p->token == COMMA)
				r->values[r->n++] = TT_STR("");
			if (p->token == CLOSE)
				return 0;
			if (p->token == COMMA)
				(void)take(p);
		} else {
			return found_in_requirement(p, ", expected: ',', or identifier");
		}
	}
}

/* `()` is a list of the empty value. */
static int parse_list(struct parser *p, struct tt_label_requirement *r)
{
	if (p->token != OPEN)
		return found_in_requirement(p, " expected: '('");
	(void)take(p);
	if (!is_word(p->token) && p->token != COMMA && p->token != CLOSE)
		return found_in_requirement(p, ", expected: ',', ')' or identifier");
	if (p->token == CLOSE) {
		(void)take(p);
		r->values = tt_arena_new(p->arena, struct tt_str, 1);
		r->n = 1;
		return 0;
	}
	r->values = tt_arena_new(p->arena, struct tt_str, most_values(p));
	int rc = parse_list_items(p, r);

	if (rc < 0)
		return rc;
	(void)take(p);
	sort_values(r);
	return 0;
}

/* The one value behind = and its like, which may be missing. */
static int parse_value(struct parser *p, struct tt_label_requirement *r)
{
	r->values = tt_arena_new(p->arena, struct tt_str, 1);
	r->n = 1;
	if (p->token == END || p->token == COMMA)
		return 0;
	if (!is_word(p->token))
		return found_in_requirement(p, ", expected: identifier");
	r->values[0] = take(p);
	return 0;
}

/* An operator and its values. */
static int parse_values(struct parser *p, struct tt_label_requirement *r)
{
	enum token how = p->token;

	switch (how) {
	case IN:
	case EQUAL: r->op = TT_LABEL_IN; break;
	case NOT_IN:
	case NOT_EQUAL: r->op = TT_LABEL_NOT_IN; break;
	case GREATER: r->op = TT_LABEL_GREATER; break;
	case LESS: r->op = TT_LABEL_LESS; break;
	default: return found_in_requirement(p, ", expected: in, notin, =, ==, !=, gt, lt");
	}
	(void)take(p);
	return how == IN || how == NOT_IN ? parse_list(p, r) : parse_value(p, r);
}

/* strconv.ParseInt() of base 10. */
static bool parse_int(struct tt_str s, int64_t *ret)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	unsigned long long n;

	if (s.len > 0 && (s.data[0] == '-' || s.data[0] == '+'))
		s = (struct tt_str){s.data + 1, s.len - 1};
	if (!tt_str_u64(s, &n) || n > (unsigned long long)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)-n : (int64_t)n;
	return true;
}

static int check_key(struct parser *p, struct tt_str key)
{
	struct tt_name_problems problems = tt_name_qualified(key, false);
	struct tt_buf text;

	if (problems.n == 0)
		return 0;
	tt_buf_init(&text, SAID_MAX);
	tt_causes_quote(&text, key);
	for (unsigned i = 0; i < problems.n; i++) {
		tt_buf_text(&text, i > 0 ? "; " : ": ");
		tt_buf_text(&text, problems.text[i]);
	}
	/* Kubernetes has no name for the field here either. */
	int rc = tt_fail(p->err, TT_EINVAL, "unable to parse requirement: <nil>: Invalid value: %s",
		text.data);

	tt_buf_release(&text);
	return rc;
}

static void check_value(
	struct tt_causes *c, const struct tt_label_requirement *r, size_t i, struct tt_arena *arena)
{
	struct tt_name_problems problems = tt_name_label_value(r->values[i]);
	struct tt_buf all;

	if (problems.n == 0)
		return;
	tt_buf_init(&all, SAID_MAX);
	for (unsigned j = 0; j < problems.n; j++) {
		tt_buf_text(&all, j > 0 ? "; " : "");
		tt_buf_text(&all, problems.text[j]);
	}
	struct tt_str field = tt_str_printf(arena, "values[%zu][%.*s]", i, TT_STR_ARG(r->key));

	tt_causes_invalid(c, field.data, r->values[i], all.data);
	tt_buf_release(&all);
}

static int check_values(struct parser *p, const struct tt_label_requirement *r)
{
	struct tt_causes causes;
	struct tt_buf message;
	int64_t ignored;

	tt_causes_init(&causes, p->arena);
	if ((r->op == TT_LABEL_GREATER || r->op == TT_LABEL_LESS) &&
		!parse_int(r->values[0], &ignored))
		tt_causes_invalid(&causes, "values[0]", r->values[0],
			"for 'Gt', 'Lt' operators, the value must be an integer");
	for (size_t i = 0; i < r->n; i++)
		check_value(&causes, r, i, p->arena);
	if (causes.n == 0)
		return 0;
	tt_buf_init(&message, SAID_MAX);
	tt_causes_message(&message, &causes);
	int rc = tt_fail(p->err, TT_EINVAL, "unable to parse requirement: %s", message.data);

	tt_buf_release(&message);
	return rc;
}

static int parse_requirement(struct parser *p, struct tt_label_requirement *r)
{
	bool negated = p->token == NOT;

	if (negated)
		(void)take(p);
	if (!is_word(p->token))
		return found_in_requirement(p, ", expected: identifier");
	r->key = take(p);
	int rc = check_key(p, r->key);

	if (rc < 0)
		return rc;
	if (negated || p->token == END || p->token == COMMA) {
		r->op = negated ? TT_LABEL_NOT_EXISTS : TT_LABEL_EXISTS;
		return 0;
	}
	rc = parse_values(p, r);
	return rc < 0 ? rc : check_values(p, r);
}

int tt_labelselector_parse(
	struct tt_labelselector *s, struct tt_str text, struct tt_arena *arena, struct tt_err *err)
{
	struct parser p = {{text.data, text.data + text.len}, .arena = arena, .err = err};
	size_t most = 1;

	for (size_t i = 0; i < text.len; i++)
		most += text.data[i] == ',';
	*s = (struct tt_labelselector){tt_arena_new(arena, struct tt_label_requirement, most), 0};
	if (text.len == 0)
		return 0;
	(void)take(&p);
	if (p.token == END)
		return 0;
	if (!is_word(p.token) && p.token != NOT)
		return found(&p, "!, identifier, or 'end of string'");
	for (;;) {
		int rc = parse_requirement(&p, &s->requirements[s->n++]);

		if (rc < 0)
			return rc;
		if (p.token == END)
			return 0;
		if (p.token != COMMA)
			return found(&p, "',' or 'end of string'");
		(void)take(&p);
		if (!is_word(p.token) && p.token != NOT)
			return found(&p, "identifier after ','");
	}
}

static const struct tt_str *find_label(const struct tt_label *labels, uint32_t n, struct tt_str key)
{
	for (uint32_t i = 0; i < n; i++)
		if (tt_str_eq(labels[i].key, key))
			return &labels[i].value;
	return NULL;
}

static bool has_value(const struct tt_label_requirement *r, struct tt_str value)
{
	return bsearch(&value, r->values, r->n, sizeof(*r->values), compare) != NULL;
}

static bool compares(const struct tt_label_requirement *r, struct tt_str value)
{
	int64_t left, right;

	if (!parse_int(value, &left) || !parse_int(r->values[0], &right))
		return false;
	return r->op == TT_LABEL_GREATER ? left > right : left < right;
}

static bool holds(const struct tt_label_requirement *r, const struct tt_label *labels, uint32_t n)
{
	const struct tt_str *value = find_label(labels, n, r->key);

	switch (r->op) {
	case TT_LABEL_IN: return value != NULL && has_value(r, *value);
	case TT_LABEL_NOT_IN: return value == NULL || !has_value(r, *value);
	case TT_LABEL_EXISTS: return value != NULL;
	case TT_LABEL_NOT_EXISTS: return value == NULL;
	default: return value != NULL && compares(r, *value);
	}
}

bool tt_labelselector_matches(
	const struct tt_labelselector *s, const struct tt_label *labels, uint32_t n)
{
	for (size_t i = 0; i < s->n; i++)
		if (!holds(&s->requirements[i], labels, n))
			return false;
	return true;
}
