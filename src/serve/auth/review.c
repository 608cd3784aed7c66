/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/review.h"

#include "base/arena.h"
#include "serve/auth/user.h"
#include "wire/json.h"

enum { EXTRA_VALUES_MAX = 100 };

/* -- questions -- */

static void put_member(struct tt_buf *to, const char *name, struct tt_str value)
{
	if (value.len == 0)
		return;
	if (to->data[to->len - 1] != '{')
		tt_buf_char(to, ',');
	tt_buf_printf(to, "\"%s\":", name);
	tt_json_put_string(to, value);
}

static void put_texts(struct tt_buf *to, const struct tt_str *texts, size_t n)
{
	tt_buf_char(to, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		tt_json_put_string(to, texts[i]);
	}
	tt_buf_char(to, ']');
}

void tt_token_review_put(struct tt_buf *to, struct tt_str token)
{
	tt_buf_text(to, "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\","
			"\"spec\":{");
	put_member(to, "token", token);
	tt_buf_text(to, "}}");
}

static void put_attributes(struct tt_buf *to, const struct tt_access *access)
{
	tt_buf_text(to,
		access->non_resource ? "\"nonResourceAttributes\":{" : "\"resourceAttributes\":{");
	put_member(to, "verb", access->verb);
	if (access->non_resource) {
		put_member(to, "path", access->path);
	} else {
		put_member(to, "group", access->group);
		put_member(to, "version", TT_STR("v1"));
		put_member(to, "resource", access->resource);
		put_member(to, "namespace", access->namespace);
		put_member(to, "name", access->name);
	}
	tt_buf_char(to, '}');
}

/* The members of a user behind one that is there already. */
static void put_user(struct tt_buf *to, const struct tt_user *user)
{
	put_member(to, "uid", user->uid);
	tt_buf_text(to, ",\"groups\":");
	put_texts(to, user->groups, user->n_groups);
	tt_buf_text(to, ",\"extra\":{");
	for (size_t i = 0; i < user->n_extra; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		tt_json_put_string(to, user->extra[i].key);
		tt_buf_char(to, ':');
		put_texts(to, user->extra[i].values, user->extra[i].n);
	}
	tt_buf_char(to, '}');
}

void tt_subject_access_review_put(
	struct tt_buf *to, const struct tt_user *user, const struct tt_access *access)
{
	tt_buf_text(to, "{\"kind\":\"SubjectAccessReview\",\"apiVersion\":"
			"\"authorization.k8s.io/v1\",\"spec\":{");
	put_attributes(to, access);
	put_member(to, "user", user->name);
	put_user(to, user);
	tt_buf_text(to, "}}");
}

void tt_token_review_put_answer(struct tt_buf *to, const struct tt_user *user)
{
	if (user == NULL) {
		tt_buf_text(to, "{}");
		return;
	}
	tt_buf_text(to, "{\"status\":{\"authenticated\":true,\"user\":{");
	put_member(to, "username", user->name);
	put_user(to, user);
	tt_buf_text(to, "}}}");
}

/* -- answers -- */

static const struct tt_str *read_texts(struct tt_json_reader *r, size_t *ret_n)
{
	struct tt_str *texts = tt_arena_new(r->arena, struct tt_str, EXTRA_VALUES_MAX);

	if (tt_json_enter_array(r))
		while (tt_json_next_item(r)) {
			if (*ret_n == EXTRA_VALUES_MAX)
				tt_json_reader_fail(r, "fewer values of an extra attribute");
			else
				texts[(*ret_n)++] = tt_json_string(r);
		}
	return texts;
}

/* An attribute may take rights away (the scopes of a token), so that none must be lost. */
static void read_extra(struct tt_json_reader *r, struct tt_user *user)
{
	struct tt_user_extra *extra = tt_arena_new(
		r->arena, struct tt_user_extra, TT_USER_EXTRA_MAX);
	struct tt_str key;

	user->extra = extra;
	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (user->n_extra == TT_USER_EXTRA_MAX) {
			tt_json_reader_fail(r, "fewer extra attributes");
			return;
		}
		struct tt_user_extra *to = &extra[user->n_extra++];

		*to = (struct tt_user_extra){.key = key};
		to->values = read_texts(r, &to->n);
	}
}

static void read_user(struct tt_json_reader *r, struct tt_user *user)
{
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "username"))
			user->name = tt_json_string(r);
		else if (tt_str_is(key, "uid"))
			user->uid = tt_json_string(r);
		else if (tt_str_is(key, "extra"))
			read_extra(r, user);
		else if (!tt_str_is(key, "groups"))
			(void)tt_json_skip(r);
		else if (tt_json_enter_array(r))
			while (tt_json_next_item(r))
				if (!tt_user_add_group(user, tt_json_string(r), r->arena))
					tt_json_reader_fail(r, "fewer groups");
	}
}

/* Of the status only: the answer repeats the question. */
struct verdict {
	bool authenticated, allowed, denied;
	struct tt_user user;
};

static void read_status(struct tt_json_reader *r, struct verdict *v)
{
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "authenticated"))
			v->authenticated = tt_json_bool(r);
		else if (tt_str_is(key, "allowed"))
			v->allowed = tt_json_bool(r);
		else if (tt_str_is(key, "denied"))
			v->denied = tt_json_bool(r);
		else if (tt_str_is(key, "user"))
			read_user(r, &v->user);
		else
			(void)tt_json_skip(r);
	}
}

static int read_review(
	struct verdict *ret, struct tt_str body, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;
	struct tt_err why = {0};

	*ret = (struct verdict){0};
	tt_json_reader_init(&r, body, arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "status"))
				read_status(&r, ret);
			else
				(void)tt_json_skip(&r);
		}
	/* The reader's words hold an excerpt, which could be of the token. */
	if (tt_json_reader_end(&r, true, &why) == 0)
		return 0;
	return tt_fail(err, TT_EAGAIN, "the answer of the API server cannot be understood");
}

int tt_token_review_read(
	struct tt_user *ret, struct tt_str body, struct tt_arena *arena, struct tt_err *err)
{
	struct verdict v;
	int rc = read_review(&v, body, arena, err);

	if (rc < 0 || !v.authenticated || v.user.name.len == 0)
		return rc;
	*ret = v.user;
	(void)tt_user_add_group(ret, TT_STR(TT_GROUP_AUTHENTICATED), arena);
	return 1;
}

int tt_subject_access_review_read(struct tt_str body, struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct verdict v;
	int rc = read_review(&v, body, &arena, err);

	tt_arena_release(&arena);
	return rc < 0 ? rc : v.allowed && !v.denied;
}
