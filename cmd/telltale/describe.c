/* SPDX-License-Identifier: Apache-2.0 */
/* telltale describe: the events of one object, as kubectl describe ends. */
#include "event/describe.h"
#include "base/clock.h"
#include "store/record.h"
#include "telltale/cli.h"
#include "telltale/kinds.h"
#include "telltale/source.h"

struct describe_options {
	struct tt_globals globals;
	const char *namespace, *since, *until, *cluster;
};

#define AT(member) .offset = offsetof(struct describe_options, member)

static const struct tt_option options[] = {
	{.name = "namespace",
		.type = TT_OPTION_TEXT,
		AT(namespace),
		.flag = "n,namespace",
		.metavar = "NAME",
		.help = "The object's namespace; \"default\" without this"},
	{.name = "since",
		.type = TT_OPTION_TEXT,
		AT(since),
		.flag = "since",
		.metavar = "WHEN",
		.help = "From this time on, as for events; without it everything that is kept"},
	{.name = "until",
		.type = TT_OPTION_TEXT,
		AT(until),
		.flag = "until",
		.metavar = "WHEN",
		.help = "Up to this time"},
	{.name = "cluster",
		.type = TT_OPTION_TEXT,
		AT(cluster),
		.flag = "cluster",
		.metavar = "NAME",
		.help = "The object's cluster, if there are several"},
	{0},
};

static const char *const examples[] = {
	"describe deploy/web -n shop",
	"All that happened to a Deployment, as far back as anything is kept",
	"describe pod/web-0 -n shop --since yesterday",
	"Of a Pod, also if it is gone",
	"describe node/worker-7",
	"Of a Node, what its kubelet says and what the cluster says of it",
	NULL,
};

/* The object: KIND/NAME or, as kubectl has it too, KIND NAME. */
static int take_object(struct tt_cli *cli, char **operands, struct tt_filter *f, struct tt_err *err)
{
	struct tt_str object = tt_str_from(operands[0]);

	if (operands[1] != NULL && tt_str_find(object, TT_STR("/")) >= 0)
		return tt_fail(err, TT_EINVAL, "one object at a time, not \"%s\" too", operands[1]);
	if (operands[1] != NULL)
		object = tt_str_printf(&cli->arena, "%s/%s", operands[0], operands[1]);
	return tt_object_parse(object, &f->kind, &f->name, err);
}

static int take_filter(struct tt_cli *cli, const struct describe_options *o, char **operands,
	struct tt_filter *f, struct tt_err *err)
{
	int rc = take_object(cli, operands, f, err);

	f->cluster = tt_str_from(o->cluster);
	f->since_us = f->until_us = TT_TIME_ZERO;
	if (rc == 0)
		rc = tt_cli_when(cli, "--since", o->since, &f->since_us, err);
	if (rc == 0)
		rc = tt_cli_when(cli, "--until", o->until, &f->until_us, err);
	if (rc == 0 && o->since != NULL && o->until != NULL && f->until_us < f->since_us)
		return tt_fail(err, TT_EINVAL, "--until lies before --since");
	if (rc == 0 && tt_kind_scope(f->kind) != TT_SCOPE_CLUSTER)
		f->namespace = tt_cli_namespace(o->namespace);
	return rc;
}

/* As in the tables of the other verbs. The rows begin at `at`. */
static void colour_rows(struct tt_buf *out, size_t at)
{
	const struct tt_str warning = TT_STR("  Warning ");

	while (at < out->len) {
		struct tt_str rest = {out->data + at, out->len - at};
		ptrdiff_t end = tt_str_find(rest, TT_STR("\n"));
		size_t left = end < 0 ? 0 : rest.len - (size_t)end - 1;

		if (tt_str_starts(rest, warning))
			tt_colour_word(out, at, TT_STR("Warning"), TT_COLOUR_YELLOW);
		at = out->len - left;
	}
}

static void put_events(struct tt_cli *cli, const struct tt_record *records, size_t n)
{
	const struct tt_event **events = tt_arena_new(&cli->arena, const struct tt_event *, n + 1);
	size_t at = cli->out.buf.len;

	for (size_t i = 0; i < n; i++)
		events[i] = &records[i].event;
	tt_describe_events(&cli->out.buf, events, n, tt_clock_wall_us(cli->clock));
	if (cli->terminal.out_colour)
		colour_rows(&cli->out.buf, at);
}

/* Of a kind of which nobody knows where it lives: the events of an object without a namespace, if
 * none are in the namespace that was asked for. */
static int look_outside(struct tt_cli *cli, struct tt_source *source, struct tt_query *query,
	struct tt_answer *answer, struct tt_err *err)
{
	struct tt_answer outside = {0};
	struct tt_record *records;
	size_t n = 0;

	query->filter.namespace = TT_STR("");
	int rc = source->ops->view(source, query, &outside, &cli->arena, err);

	if (rc != 0)
		return rc;
	records = tt_arena_new(&cli->arena, struct tt_record, outside.n + 1);
	for (size_t i = 0; i < outside.n; i++)
		if (outside.records[i].event.involved_object.namespace.len == 0)
			records[n++] = outside.records[i];
	outside.records = records;
	outside.n = n;
	struct tt_batch *other = n > 0 ? answer->batch : outside.batch;

	if (n > 0)
		*answer = outside;
	tt_batch_unref(other);
	return 0;
}

static int show(struct tt_cli *cli, struct tt_source *source, const struct tt_source_info *info,
	struct tt_query *query, const void *arg, struct tt_err *err)
{
	struct tt_answer answer = {0};
	int rc = source->ops->view(source, query, &answer, &cli->arena, err);

	(void)info;
	(void)arg;
	if (rc != 0)
		return rc;
	if (answer.n == 0 && tt_kind_scope(query->filter.kind) == TT_SCOPE_UNKNOWN)
		rc = look_outside(cli, source, query, &answer, err);
	if (rc == 0) {
		put_events(cli, answer.records, answer.n);
		(void)tt_out_flush(&cli->out);
		if (answer.n == 0 && query->strange_kind)
			tt_cli_guess_kind(cli, query->filter.kind);
		for (size_t i = 0; i < answer.n_notices; i++)
			tt_cli_warn(cli, answer.notices[i]);
		if (answer.truncated)
			tt_cli_say(cli,
				"the server gave only the newest %zu; --since and --until "
				"ask for the others piece by piece",
				answer.n);
	}
	tt_batch_unref(answer.batch);
	return rc;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct describe_options *o = arg;
	struct tt_query query = {0};
	struct tt_err err;

	if (take_filter(cli, o, operands, &query.filter, &err) != 0)
		return tt_cli_wrong_use(cli, &tt_verb_describe, "%s", err.msg);
	return tt_source_show(cli, &o->globals, &query, show, o);
}

const struct tt_verb tt_verb_describe = {
	.name = "describe",
	.operands = "KIND/NAME",
	.min_operands = 1,
	.max_operands = 2,
	.summary = "Show the events of one object as kubectl describe does, also if it is gone",
	.text = "Prints the section Events of kubectl describe, for as long as telltaled has been "
		"collecting: of every object that had this name, one after the other. The kind "
		"may be a plural or short name, from telltaled also one of a custom resource, and "
		"a space may stand in place of the slash.",
	.options = options,
	.takes = TT_TAKES_PLACE,
	.size = sizeof(struct describe_options),
	.examples = examples,
	.run = run,
};
