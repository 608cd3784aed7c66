/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/write_options.h"

#include <stdio.h>

#include "base/utf8.h"
#include "net/http_server.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "wire/json.h"

enum { MANAGER_MAX = 128 };

void tt_dry_run_add(struct tt_dry_run *d, struct tt_str value)
{
	d->given = true;
	d->wrong |= !tt_str_is(value, "All");
	if (d->n < TT_DRY_RUNS_SHOWN)
		d->values[d->n++] = value;
}

void tt_dry_run_query(struct tt_dry_run *d, struct tt_api_request *r)
{
	struct tt_str name, value;

	for (size_t i = 0; tt_http_query_nth(r->call, i, &name, &value); i++)
		if (tt_str_is(name, "dryRun"))
			tt_dry_run_add(d, value);
}

void tt_dry_run_check(const struct tt_dry_run *d, struct tt_causes *to)
{
	struct tt_buf shown;

	if (!d->wrong)
		return;
	tt_buf_init(&shown, TT_CAUSES_SHOWN_MAX);
	for (size_t i = 0; i < d->n; i++) {
		tt_buf_char(&shown, i == 0 ? '[' : ',');
		tt_json_put_string(&shown, d->values[i]);
	}
	tt_buf_char(&shown, ']');
	tt_causes_unsupported(to, "dryRun", tt_buf_view(&shown), "\"All\"");
	tt_buf_release(&shown);
}

/* The characters of one that is too long are not looked at, each of which would repeat it. */
static void check_manager(struct tt_str manager, struct tt_causes *to)
{
	struct tt_str rest = manager;
	char says[64];
	size_t n;

	if (manager.len > MANAGER_MAX) {
		tt_causes_add(to, "FieldValueTooLong", "fieldManager",
			TT_STR("Too long: may not be more than 128 bytes"));
		return;
	}
	for (; rest.len > 0; rest.data += n, rest.len -= n) {
		uint32_t c = tt_utf8_decode(rest, &n);

		if (tt_causes_is_printable(c))
			continue;
		(void)snprintf(says, sizeof(says), "invalid character U+%04X (at position %zu)",
			(unsigned)c, manager.len - rest.len);
		tt_causes_invalid(to, "fieldManager", manager, says);
	}
}

static enum tt_field_validation take_fields(struct tt_str text, struct tt_causes *to)
{
	struct tt_buf shown;

	if (tt_str_is(text, "Strict"))
		return TT_FIELDS_STRICT;
	if (tt_str_is(text, "Ignore"))
		return TT_FIELDS_IGNORE;
	if (text.len == 0 || tt_str_is(text, "Warn"))
		return TT_FIELDS_WARN;
	tt_buf_init(&shown, TT_CAUSES_SHOWN_MAX);
	tt_causes_quote(&shown, text);
	tt_causes_unsupported(to, "fieldValidation", tt_buf_view(&shown),
		"\"\", \"Ignore\", \"Strict\", \"Warn\"");
	tt_buf_release(&shown);
	return TT_FIELDS_WARN;
}

bool tt_api_write_options(struct tt_api_request *r, struct tt_write_options *ret)
{
	const char *kind = r->verb == TT_VERB_CREATE   ? "CreateOptions"
			   : r->verb == TT_VERB_UPDATE ? "UpdateOptions"
						       : "PatchOptions";
	struct tt_str force, manager = {0}, fields = {0};
	struct tt_dry_run dry_run = {0};
	struct tt_causes causes;

	tt_causes_init(&causes, r->arena);
	(void)tt_http_query(r->call, "fieldManager", &manager);
	(void)tt_http_query(r->call, "fieldValidation", &fields);
	tt_dry_run_query(&dry_run, r);
	if (r->verb == TT_VERB_PATCH && tt_http_query(r->call, "force", &force))
		tt_causes_forbidden(&causes, "force", "may not be specified for non-apply patch");
	check_manager(manager, &causes);
	tt_dry_run_check(&dry_run, &causes);
	ret->fields = take_fields(fields, &causes);
	ret->dry_run = dry_run.given;
	return tt_api_check_options(r, kind, &causes);
}
