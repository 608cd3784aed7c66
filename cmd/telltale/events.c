/* SPDX-License-Identifier: Apache-2.0 */
/* telltale events: what happened, one row per event. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "event/duration.h"
#include "store/record.h"
#include "telltale/cli.h"
#include "telltale/follow.h"
#include "telltale/kinds.h"
#include "telltale/printer.h"
#include "telltale/source.h"

enum { LIMIT_DEFAULT = 500 };
static const char since_default[] = "24h";
static const char *const types[] = {"Normal", "Warning", NULL}; /* for completion */

struct events_options {
	struct tt_globals globals;
	const char *namespace, *object, *since, *until, *grep, *cluster, *limit;
	bool all_namespaces, watch, no_headers;
	struct tt_texts types, reasons;
	int format;
};

#define AT(member) .offset = offsetof(struct events_options, member)

static const struct tt_option options[] = {
	{.name = "namespace",
		.type = TT_OPTION_TEXT,
		AT(namespace),
		.flag = "n,namespace",
		.metavar = "NAME",
		.help = "Events of this namespace; \"default\" without this"},
	{.name = "all-namespaces",
		.type = TT_OPTION_BOOL,
		AT(all_namespaces),
		.flag = "A,all-namespaces",
		.help = "Events of all namespaces, whatever -n says"},
	{.name = "for",
		.type = TT_OPTION_TEXT,
		AT(object),
		.flag = "for",
		.metavar = "KIND/NAME",
		.help = "Events about this object; the kind may be a short name, as in deploy/web"},
	{.name = "types",
		.type = TT_OPTION_TEXTS,
		AT(types),
		.flag = "types",
		.metavar = "TYPE",
		.choices = types,
		.help = "Events of these types: Normal, Warning"},
	{.name = "reason",
		.type = TT_OPTION_TEXTS,
		AT(reasons),
		.flag = "reason",
		.metavar = "REASON",
		.help = "Events with these reasons, such as BackOff,Failed; case matters"},
	{.name = "grep",
		.type = TT_OPTION_TEXT,
		AT(grep),
		.flag = "grep",
		.metavar = "TEXT",
		.help = "Events whose message holds this text, which is no pattern; case "
			"matters"},
	{.name = "since",
		.type = TT_OPTION_TEXT,
		AT(since),
		.flag = "since",
		.metavar = "WHEN",
		.help = "From this time on: a duration back from now such as 90m or 7d, "
			"03:00, yesterday, 2026-11-20, \"2026-11-20 03:00\", or RFC 3339; "
			"without it the last 24h, and the newest 500 of them"},
	{.name = "until",
		.type = TT_OPTION_TEXT,
		AT(until),
		.flag = "until",
		.metavar = "WHEN",
		.help = "Up to this time"},
	{.name = "limit",
		.type = TT_OPTION_TEXT,
		AT(limit),
		.flag = "limit",
		.metavar = "N",
		.help = "The newest N events; 0 is all"},
	{.name = "cluster",
		.type = TT_OPTION_TEXT,
		AT(cluster),
		.flag = "cluster",
		.metavar = "NAME",
		.help = "Events of this cluster; without it of the first one that is collected, "
			"else hosted, else recorded"},
	{.name = "output",
		.type = TT_OPTION_CHOICE,
		AT(format),
		.flag = "o,output",
		.metavar = "FORM",
		.fallback = "table",
		.choices = tt_output_names,
		.help = "What to print events as, ndjson being one per line"},
	{.name = "watch",
		.type = TT_OPTION_BOOL,
		AT(watch),
		.flag = "w,watch",
		.help = "Go on with what happens from now on, until interrupted"},
	{.name = "no-headers",
		.type = TT_OPTION_BOOL,
		AT(no_headers),
		.flag = "no-headers",
		.help = "A table without its first line"},
	{0},
};

static const char *const examples[] = {
	"events -A",
	"What happened in all namespaces in the last 24 hours, newest last",
	"events --for deploy/web -n shop --since 7d",
	"The history of one Deployment",
	"events -A --types Warning --since yesterday --until 03:00",
	"What went wrong last night",
	"events -A -w --reason BackOff,Failed",
	"Watch for containers that do not start",
	NULL,
};

/* The words of a list, each with what `check` makes of it. */
static struct tt_str *take_list(
	struct tt_cli *cli, const struct tt_texts *texts, struct tt_str (*check)(const char *word))
{
	struct tt_str *items = tt_arena_new(&cli->arena, struct tt_str, texts->n);

	for (size_t i = 0; i < texts->n; i++)
		items[i] = check(texts->items[i]);
	return items;
}

static struct tt_str type_of(const char *word)
{
	if (strcasecmp(word, "normal") == 0)
		return TT_STR("Normal");
	if (strcasecmp(word, "warning") == 0)
		return TT_STR("Warning");
	return TT_STR("");
}

static struct tt_str reason_of(const char *word)
{
	return tt_str_from(word);
}

static int take_window(
	struct tt_cli *cli, const struct events_options *o, struct tt_filter *f, struct tt_err *err)
{
	int64_t now_us = tt_clock_wall_us(cli->clock);
	const char *since = o->since != NULL ? o->since : since_default;

	f->until_us = TT_TIME_ZERO;
	int rc = tt_cli_when(cli, "--since", since, &f->since_us, err);

	if (rc == 0)
		rc = tt_cli_when(cli, "--until", o->until, &f->until_us, err);
	if (rc != 0)
		return rc;
	if (o->since == NULL && o->until != NULL)
		f->since_us = f->until_us - (now_us - f->since_us);
	if (o->until != NULL && f->until_us < f->since_us)
		return tt_fail(err, TT_EINVAL, "--until lies before --since");
	return 0;
}

/* The newest 500 only if neither how many nor how far back was said. */
static int take_limit(const struct events_options *o, size_t *ret, struct tt_err *err)
{
	unsigned long long limit = o->since == NULL ? LIMIT_DEFAULT : 0;
	int rc = tt_cli_number("--limit", o->limit, &limit, err);

	*ret = limit < SIZE_MAX / 2 ? limit : 0; /* more than there can be is all */
	return rc;
}

static int take_filter(
	struct tt_cli *cli, const struct events_options *o, struct tt_filter *f, struct tt_err *err)
{
	f->cluster = tt_str_from(o->cluster);
	f->grep = tt_str_from(o->grep);
	if (!o->all_namespaces)
		f->namespace = tt_cli_namespace(o->namespace);
	f->types = take_list(cli, &o->types, type_of);
	f->n_types = o->types.n;
	f->reasons = take_list(cli, &o->reasons, reason_of);
	f->n_reasons = o->reasons.n;
	for (size_t i = 0; i < f->n_types; i++)
		if (f->types[i].len == 0)
			return tt_fail(err, TT_EINVAL,
				"--types: \"%s\" is neither Normal nor Warning", o->types.items[i]);
	if (o->watch && o->until != NULL)
		return tt_fail(err, TT_EINVAL, "--watch and --until exclude each other");
	if (o->object != NULL &&
		tt_object_parse(tt_str_from(o->object), &f->kind, &f->name, err) != 0)
		return tt_err_wrap(err, "--for");
	return take_window(cli, o, f, err);
}

/* " in the last 24h", " between 2026-11-20T03:00:00Z and now". */
static struct tt_str window_words(
	struct tt_cli *cli, const struct events_options *o, const struct tt_filter *f)
{
	char since[TT_TIME_SIZE], until[TT_TIME_SIZE] = "now";

	if (o->since == NULL && o->until == NULL)
		return tt_str_printf(&cli->arena, " in the last %s", since_default);
	tt_time_format(f->since_us, TT_TIME_SECONDS, since);
	if (o->until != NULL)
		tt_time_format(f->until_us, TT_TIME_SECONDS, until);
	return tt_str_printf(&cli->arena, " between %s and %s", since, until);
}

/* kubectl's words, and when was looked. Where there are events is said by the notices. */
static void say_empty(
	struct tt_cli *cli, const struct events_options *o, const struct tt_query *query)
{
	const struct tt_filter *f = &query->filter;
	struct tt_str window = window_words(cli, o, f);

	if (f->namespace.len > 0)
		tt_cli_print_err(
			tt_str_printf(&cli->arena, "No events found in %.*s namespace%.*s.\n",
				TT_STR_ARG(f->namespace), TT_STR_ARG(window)));
	else
		tt_cli_print_err(
			tt_str_printf(&cli->arena, "No events found%.*s.\n", TT_STR_ARG(window)));
	if (query->strange_kind)
		tt_cli_guess_kind(cli, f->kind);
}

/* Watching what does not go on is no error, but would be silent for ever. */
static void say_recording(
	struct tt_cli *cli, const struct tt_source_info *info, struct tt_str cluster)
{
	const struct tt_cluster_info *c = tt_source_cluster(info, cluster);

	if (c != NULL && tt_str_is(c->kind, "recording"))
		tt_cli_say(cli,
			"cluster %.*s is a recording: nothing new comes of it but by "
			"another replay",
			TT_STR_ARG(cluster));
}

/* `limit` is what was asked for; a server may give less. */
static void say_more(struct tt_cli *cli, const struct events_options *o, size_t n, size_t limit)
{
	struct tt_buf number;

	tt_buf_init(&number, 64);
	tt_buf_grouped(&number, n);
	if (limit == 0 || n < limit)
		tt_cli_say(cli,
			"the server gave only the newest %s; --since and --until ask for the "
			"others piece by piece",
			number.data);
	else if (o->since != NULL || o->until != NULL)
		tt_cli_say(cli, "showing the newest %s; --limit shows more", number.data);
	else if (o->limit != NULL)
		tt_cli_say(cli, "showing the newest %s of the last %s; --limit shows more",
			number.data, since_default);
	else
		tt_cli_say(cli,
			"showing the newest %s of the last %s; --since or --limit show more",
			number.data, since_default);
	tt_buf_release(&number);
}

struct watch {
	struct tt_printer *printer;
	struct tt_filter filter;
};

static int put_records(void *arg, const struct tt_record *records, size_t n, struct tt_err *err)
{
	struct watch *w = arg;

	for (size_t i = 0; i < n; i++) {
		if (!tt_filter_matches(&w->filter, &records[i]))
			continue;
		int rc = tt_printer_put(w->printer, &records[i], 1, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int show(struct tt_cli *cli, struct tt_source *source, const struct tt_source_info *info,
	struct tt_query *query, const void *arg, struct tt_err *err)
{
	const struct events_options *o = arg;
	struct tt_printer_options form = {
		.format = (enum tt_output)o->format,
		.namespace = o->all_namespaces,
		.no_headers = o->no_headers,
		.stream = o->watch,
	};
	struct tt_answer answer = {0};
	int rc = source->ops->view(source, query, &answer, &cli->arena, err);

	if (rc != 0)
		return rc;
	struct tt_printer *printer = tt_printer_new(cli, &form);

	rc = tt_printer_put(printer, answer.records, answer.n, err);
	if (rc == 0 && answer.n == 0 && !o->watch)
		say_empty(cli, o, query);
	for (size_t i = 0; rc == 0 && i < answer.n_notices; i++)
		tt_cli_warn(cli, answer.notices[i]);
	if (rc == 0 && answer.truncated)
		say_more(cli, o, answer.n, query->limit);
	tt_batch_unref(answer.batch);
	if (rc == 0 && o->watch) {
		struct watch watch = {printer, query->filter};
		const struct tt_follow what = {&watch.filter, put_records, &watch, true};

		say_recording(cli, info, query->filter.cluster);
		watch.filter.since_us = watch.filter.until_us = TT_TIME_ZERO;
		rc = tt_follow(cli, source, answer.seq, &what, err);
	}
	tt_printer_free(printer);
	return rc;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct events_options *o = arg;
	struct tt_query query = {0};
	struct tt_err err;

	(void)operands;
	int rc = take_limit(o, &query.limit, &err);

	if (rc == 0)
		rc = take_filter(cli, o, &query.filter, &err);
	if (rc != 0)
		return tt_cli_wrong_use(cli, &tt_verb_events, "%s", err.msg);
	return tt_source_show(cli, &o->globals, &query, show, o);
}

const struct tt_verb tt_verb_events = {
	.name = "events",
	.operands = "",
	.summary = "Show what happened, one row per event, newest last",
	.text = "Prints what kubectl events prints, for as long as telltaled has been collecting. "
		"An event that was repeated is shown once, as it was last seen.",
	.options = options,
	.takes = TT_TAKES_PLACE,
	.size = sizeof(struct events_options),
	.examples = examples,
	.run = run,
};
