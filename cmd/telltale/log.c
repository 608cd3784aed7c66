/* SPDX-License-Identifier: Apache-2.0 */
/* telltale log: every record in order, as it was observed, gaps too. */
#include <string.h>

#include "event/table.h"
#include "store/record_json.h"
#include "telltale/cli.h"
#include "telltale/follow.h"
#include "telltale/log_row.h"
#include "telltale/outage.h"
#include "telltale/source.h"

enum { FORM_TABLE, FORM_NDJSON };
enum { PIECE_RECORDS = 1000 }; /* that a source gives at once */
static const char *const forms[] = {"table", "ndjson", NULL};

struct log_options {
	struct tt_globals globals;
	const char *cluster, *since, *until, *after, *limit, *tail;
	int form;
	bool follow, no_headers;
};

#define AT(member) .offset = offsetof(struct log_options, member)

static const struct tt_option options[] = {
	{.name = "after",
		.type = TT_OPTION_TEXT,
		AT(after),
		.flag = "after",
		.metavar = "N",
		.help = "Only what was recorded behind record N"},
	{.name = "tail",
		.type = TT_OPTION_TEXT,
		AT(tail),
		.flag = "tail",
		.metavar = "N",
		.help = "Begin N records before the newest one; with --follow, 0 shows only "
			"what is new"},
	{.name = "limit",
		.type = TT_OPTION_TEXT,
		AT(limit),
		.flag = "limit",
		.metavar = "N",
		.help = "Stop after N records"},
	{.name = "follow",
		.type = TT_OPTION_BOOL,
		AT(follow),
		.flag = "f,follow",
		.help = "Go on with what is recorded from now on, until interrupted"},
	{.name = "cluster",
		.type = TT_OPTION_TEXT,
		AT(cluster),
		.flag = "cluster",
		.metavar = "NAME",
		.help = "Records of this cluster; without it of all clusters"},
	{.name = "since",
		.type = TT_OPTION_TEXT,
		AT(since),
		.flag = "since",
		.metavar = "WHEN",
		.help = "Events that happened from this time on, as for telltale events"},
	{.name = "until",
		.type = TT_OPTION_TEXT,
		AT(until),
		.flag = "until",
		.metavar = "WHEN",
		.help = "Events that happened up to this time"},
	{.name = "output",
		.type = TT_OPTION_CHOICE,
		AT(form),
		.flag = "o,output",
		.metavar = "FORM",
		.fallback = "table",
		.choices = forms,
		.help = "What to print records as, ndjson having every field"},
	{.name = "no-headers",
		.type = TT_OPTION_BOOL,
		AT(no_headers),
		.flag = "no-headers",
		.help = "A table without its first line"},
	{0},
};

static const char *const examples[] = {
	"log --tail 20",
	"The 20 records that came last",
	"log --follow --tail 0 --cluster prod",
	"What comes from now on",
	"log --after 1200 -o ndjson",
	"Everything behind record 1200, for another program",
	NULL,
};

struct log_output {
	struct tt_cli *cli;
	const struct log_options *options;
	struct tt_filter filter;
	struct tt_tabwriter *tabs;
	struct tt_buf cells;
	unsigned long long after, limit, tail; /* limit 0: none */
	uint64_t n;                            /* printed so far */
	bool has_header;
};

static bool is_full(const struct log_output *l)
{
	return l->limit > 0 && l->n >= l->limit;
}

static void put_row(struct log_output *l, const struct tt_record *record)
{
	if (!l->has_header && !l->options->no_headers) {
		tt_log_header_put(&l->cells);
		l->has_header = true;
	}
	tt_log_row_put(&l->cells, record);
	tt_tabwriter_write(l->tabs, tt_buf_view(&l->cells));
	tt_buf_clear(&l->cells);
}

/* Gaps are what must not be overlooked. */
static void colour_gaps(struct tt_buf *text, size_t at)
{
	while (at < text->len) {
		const char *end = memchr(text->data + at, '\n', text->len - at);
		struct tt_str line = {text->data + at,
			end != NULL ? (size_t)(end - text->data) - at : text->len - at};
		ptrdiff_t gap = tt_str_find(line, TT_STR("  GAP  "));
		size_t before = text->len;

		if (gap >= 0)
			tt_colour_word(text, at, TT_STR("GAP"), TT_COLOUR_RED);
		at += line.len + 1 + (text->len - before);
	}
}

static int put_records(void *arg, const struct tt_record *records, size_t n, struct tt_err *err)
{
	struct log_output *l = arg;
	struct tt_buf *out = &l->cli->out.buf;
	size_t start = out->len;

	(void)err;
	for (size_t i = 0; i < n && !is_full(l); i++) {
		if (!tt_filter_matches(&l->filter, &records[i]))
			continue;
		l->n++;
		if (l->options->form == FORM_NDJSON)
			tt_record_put_json(out, &records[i]);
		else
			put_row(l, &records[i]);
	}
	tt_tabwriter_flush(l->tabs);
	if (l->cli->terminal.out_colour && l->options->form == FORM_TABLE)
		colour_gaps(out, start);
	(void)tt_out_flush(&l->cli->out);
	return is_full(l) ? TT_ELIMIT : 0;
}

/* All that was there when it began. */
static int put_present(struct log_output *l, struct tt_source *source, uint64_t *after,
	uint64_t head, struct tt_err *err)
{
	int rc = 0;

	while (rc == 0 && *after < head && !l->cli->out.closed) {
		const struct tt_next next = {.after = *after, .filter = &l->filter};
		struct tt_batch *batch = NULL;

		rc = source->ops->read(source, &next, &batch, after, err);
		if (rc == 0)
			rc = put_records(l, batch->records, batch->n, err);
		tt_batch_unref(batch);
	}
	return rc;
}

static int take_filter(
	struct tt_cli *cli, const struct log_options *o, struct tt_filter *f, struct tt_err *err)
{
	*f = (struct tt_filter){
		.cluster = tt_str_from(o->cluster),
		.since_us = TT_TIME_ZERO,
		.until_us = TT_TIME_ZERO,
	};
	int rc = tt_cli_when(cli, "--since", o->since, &f->since_us, err);

	return rc == 0 ? tt_cli_when(cli, "--until", o->until, &f->until_us, err) : rc;
}

static int take_options(struct log_output *l, struct tt_err *err)
{
	const struct log_options *o = l->options;
	int rc = tt_cli_number("--after", o->after, &l->after, err);

	if (rc == 0)
		rc = tt_cli_number("--limit", o->limit, &l->limit, err);
	if (rc == 0)
		rc = tt_cli_number("--tail", o->tail, &l->tail, err);
	if (rc == 0 && o->after != NULL && o->tail != NULL)
		rc = tt_fail(err, TT_EINVAL, "--after and --tail exclude each other");
	return rc == 0 ? take_filter(l->cli, o, &l->filter, err) : rc;
}

/* Columns cannot be as wide as what comes later: if the output is made in several pieces, they
 * begin as wide as is usual, so that they seldom grow. */
static void widen_columns(struct log_output *l, const struct tt_source_info *info)
{
	static const char usual[] = "\tMODIFIED\tkube-system-long\tWarning\t"
				    "FailedCreatePodSandBox\t"
				    "Pod/deployment-6477b98455-q9csj\tx\n";
	struct tt_buf *out = &l->cli->out.buf;
	struct tt_str cluster = TT_STR("");

	for (size_t i = 0; i < info->n_clusters; i++)
		if (info->clusters[i].name.len > cluster.len)
			cluster = info->clusters[i].name;
	tt_buf_printf(&l->cells, "%llu0\t2026-11-20T03:00:00Z\t%.*s%s",
		(unsigned long long)info->head, TT_STR_ARG(cluster), usual);
	(void)tt_out_flush(&l->cli->out);
	tt_tabwriter_write(l->tabs, tt_buf_view(&l->cells));
	tt_tabwriter_flush(l->tabs);
	tt_buf_clear(&l->cells);
	tt_buf_clear(out); /* only its widths were wanted */
}

/* Behind the newest record, silence may be ignorance. */
static void say_open_gaps(struct log_output *l, struct tt_source *source)
{
	struct tt_outages outages;

	tt_outages_init(&outages, l->cli, source, &l->filter);
	tt_outages_look(&outages);
	tt_outages_release(&outages);
}

static void say_none(struct log_output *l, uint64_t head)
{
	if (head == 0)
		tt_cli_say(l->cli, "the log has no records yet");
	else if (l->options->after != NULL)
		tt_cli_say(l->cli, "no record behind %llu matches; the newest is %llu", l->after,
			(unsigned long long)head);
	else
		tt_cli_say(
			l->cli, "none of the records up to %llu matches", (unsigned long long)head);
}

static int show(struct log_output *l, struct tt_source *source, struct tt_err *err)
{
	struct tt_source_info info;
	const struct tt_follow what = {&l->filter, put_records, l, false};
	uint64_t after = l->after;
	int rc = source->ops->info(source, &info, &l->cli->arena, err);

	if (rc == 0)
		rc = tt_source_check_cluster(&info, l->filter.cluster, err);
	if (rc != 0)
		return rc;
	if (after > info.head)
		return tt_fail(err, TT_EGONE, "--after %llu is beyond the newest record, %llu",
			(unsigned long long)after, (unsigned long long)info.head);
	if (l->options->tail != NULL)
		after = l->tail < info.head ? info.head - l->tail : 0;
	if (l->options->follow || info.head - after > PIECE_RECORDS)
		widen_columns(l, &info);
	rc = put_present(l, source, &after, info.head, err);
	if (rc == 0 && l->n == 0 && !l->options->follow &&
		(l->options->tail == NULL || l->tail > 0))
		say_none(l, info.head);
	if (rc == 0 && l->options->follow && !l->cli->out.closed)
		rc = tt_follow(l->cli, source, after, &what, err);
	else if (rc == 0 && !is_full(l))
		say_open_gaps(l, source);
	return is_full(l) ? 0 : rc;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	struct log_output l = {.cli = cli, .options = arg};
	struct tt_source *source = NULL;
	struct tt_err err;

	(void)operands;
	int rc = take_options(&l, &err);

	if (rc != 0)
		return tt_cli_wrong_use(cli, &tt_verb_log, "%s", err.msg);
	rc = tt_source_open(&source, cli, &l.options->globals, &err);
	if (rc != 0)
		return tt_cli_fail(cli, &err);
	tt_buf_init(&l.cells, (size_t)64 << 20);
	l.tabs = tt_tabwriter_new(TT_TAB_GET, &cli->out.buf);
	rc = show(&l, source, &err);
	int status = rc == 0 ? TT_EXIT_DONE : tt_cli_fail(cli, &err);

	tt_tabwriter_free(l.tabs);
	tt_buf_release(&l.cells);
	tt_source_close(source);
	return status;
}

const struct tt_verb tt_verb_log = {
	.name = "log",
	.operands = "",
	.summary = "Print the log itself: every record in order, and every gap",
	.text = "Each time an event was seen is a record of its own, so an event that was repeated "
		"is there several times. A gap is a stretch of time in which events may have been "
		"missed; where there is none, nothing was.",
	.options = options,
	.takes = TT_TAKES_PLACE,
	.size = sizeof(struct log_options),
	.examples = examples,
	.run = run,
};
