/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/tokens.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "serve/auth/user.h"

enum { TOKEN, NAME, UID, GROUPS, COLUMNS, LEAST_COLUMNS = GROUPS, MAX_FIELD_BYTES = 64 << 10 };

struct csv {
	struct tt_str rest;
	unsigned line;
	const char *problem; /* with the line it is in */
	struct tt_buf field;
};

static char next_char(struct csv *csv)
{
	char c = csv->rest.data[0];

	csv->rest = (struct tt_str){csv->rest.data + 1, csv->rest.len - 1};
	csv->line += c == '\n';
	return c;
}

static bool at(const struct csv *csv, char c)
{
	return csv->rest.len > 0 && csv->rest.data[0] == c;
}

static bool at_line_end(const struct csv *csv)
{
	return csv->rest.len == 0 || at(csv, '\n') || tt_str_starts(csv->rest, TT_STR("\r\n"));
}

/* What stands between quotes, of which two stand for one. */
static void read_quoted(struct csv *csv)
{
	(void)next_char(csv);
	while (csv->rest.len > 0) {
		char c = next_char(csv);

		if (c == '"' && !at(csv, '"'))
			break;
		if (c == '"')
			(void)next_char(csv);
		tt_buf_char(&csv->field, c);
		if (csv->rest.len == 0)
			csv->problem = "a quote is not closed";
	}
	if (!at_line_end(csv) && !at(csv, ',') && csv->problem == NULL)
		csv->problem = "something follows a closing quote";
}

static void read_field(struct csv *csv)
{
	tt_buf_clear(&csv->field);
	if (at(csv, '"')) {
		read_quoted(csv);
		return;
	}
	while (!at_line_end(csv) && !at(csv, ',')) {
		char c = next_char(csv);

		if (c == '"')
			csv->problem = "a quote in the middle of a column";
		tt_buf_char(&csv->field, c);
	}
}

static void end_line(struct csv *csv)
{
	if (at(csv, '\r'))
		(void)next_char(csv);
	if (csv->rest.len > 0)
		(void)next_char(csv);
}

static bool add_groups(struct tt_user *user, struct tt_str list, struct tt_arena *arena)
{
	while (list.data != NULL) {
		struct tt_str group = tt_str_split(&list, ',');

		if (group.len > 0 && !tt_user_add_group(user, group, arena))
			return false;
	}
	return true;
}

/* One line into `to`; the number of its columns. */
static unsigned read_record(struct csv *csv, struct tt_token *to, struct tt_arena *arena)
{
	unsigned n = 0;

	*to = (struct tt_token){0};
	for (;; n++) {
		read_field(csv);
		struct tt_str field = tt_buf_view(&csv->field);

		if (csv->field.failed)
			csv->problem = "a column is too long";
		if (n == TOKEN && field.len > 0)
			tt_secret_digest(&field, 1, to->digest);
		else if (n == TOKEN)
			csv->problem = "the token is empty";
		else if (n == NAME)
			to->user.name = tt_str_dup(arena, field);
		else if (n == UID)
			to->user.uid = tt_str_dup(arena, field);
		else if (n == GROUPS && !add_groups(&to->user, tt_str_dup(arena, field), arena))
			csv->problem = "too many groups";
		if (csv->problem != NULL || !at(csv, ','))
			break;
		(void)next_char(csv);
	}
	(void)tt_user_add_group(&to->user, TT_STR(TT_GROUP_AUTHENTICATED), arena);
	return n + 1;
}

static struct tt_token *find(const struct tt_tokens *tokens, const uint8_t *digest)
{
	struct tt_token *found = NULL;

	for (size_t i = 0; i < tokens->n; i++)
		if (tt_secret_same(tokens->items[i].digest, digest, TT_SHA256_BYTES))
			found = &tokens->items[i];
	return found;
}

static int read_records(struct tt_tokens *to, struct csv *csv, const char *file,
	struct tt_arena *arena, struct tt_err *err)
{
	while (csv->rest.len > 0) {
		struct tt_token token;
		unsigned line = csv->line, columns;

		if (at_line_end(csv)) {
			end_line(csv);
			continue;
		}
		columns = read_record(csv, &token, arena);
		if (csv->problem == NULL && columns < LEAST_COLUMNS)
			csv->problem = "there must be at least three columns: token, user, uid";
		if (csv->problem == NULL && token.user.name.len == 0)
			csv->problem = "the user is empty";
		if (csv->problem != NULL)
			return tt_fail(err, TT_EINVAL, "%s:%u: %s", file, line, csv->problem);
		end_line(csv);
		struct tt_token *same = find(to, token.digest);

		if (same == NULL && to->n == TT_TOKENS_MAX)
			return tt_fail(
				err, TT_EINVAL, "%s: more than %d tokens", file, TT_TOKENS_MAX);
		*(same != NULL ? same : &to->items[to->n++]) = token;
	}
	return 0;
}

int tt_tokens_parse(struct tt_tokens *ret, struct tt_str text, const char *file,
	struct tt_arena *arena, struct tt_err *err)
{
	struct csv csv = {.rest = text, .line = 1};
	size_t lines = 1;
	int rc;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	*ret = (struct tt_tokens){0};
	ret->items = tt_arena_new(
		arena, struct tt_token, lines < TT_TOKENS_MAX ? lines : TT_TOKENS_MAX);
	tt_buf_init(&csv.field, MAX_FIELD_BYTES);
	rc = read_records(ret, &csv, file, arena, err);
	if (csv.field.data != NULL) /* it held a token */
		explicit_bzero(csv.field.data, csv.field.cap);
	tt_buf_release(&csv.field);
	return rc;
}

const struct tt_user *tt_tokens_find(const struct tt_tokens *tokens, struct tt_str token)
{
	uint8_t digest[TT_SHA256_BYTES];
	const struct tt_token *found;

	tt_secret_digest(&token, 1, digest);
	found = find(tokens, digest);
	return found != NULL ? &found->user : NULL;
}
