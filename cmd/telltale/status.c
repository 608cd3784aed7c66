/* SPDX-License-Identifier: Apache-2.0 */
/* telltale status: what is collected and kept. */
#include "base/clock.h"
#include "event/duration.h"
#include "event/table.h"
#include "store/record.h"
#include "telltale/cli.h"
#include "telltale/log_row.h"
#include "telltale/source.h"
#include "wire/json_text.h"

enum { GAPS_SHOWN = 10, TABLE_MAX_BYTES = 64 << 20 };

/* With fewer events, what the file is made of weighs more than they do. */
enum { EVENTS_TELLING = 10000 };

static const char *const examples[] = {
	"status",
	"Of the local telltaled, or of the default data directory",
	"status --server http://127.0.0.1:17447 -o json",
	"Of another machine or a Pod, through ssh -L or kubectl port-forward, for a script",
	NULL,
};

static void put_time(struct tt_buf *to, int64_t us, int64_t now_us)
{
	char text[TT_TIME_SIZE], age[TT_AGE_SIZE];

	tt_time_format(us, TT_TIME_SECONDS, text);
	tt_age_format(us, now_us, age);
	tt_buf_printf(to, "%s (%s ago)", text, age);
}

static void put_age(struct tt_buf *to, int64_t us, int64_t now_us)
{
	char age[TT_AGE_SIZE];

	if (us == TT_TIME_ZERO) {
		tt_buf_char(to, '-');
		return;
	}
	tt_age_format(us, now_us, age);
	tt_buf_text(to, age);
}

static void put_text(struct tt_buf *to, struct tt_str text)
{
	tt_buf_str(to, text.len > 0 ? text : TT_STR("-"));
}

static uint64_t count_events(const struct tt_source_info *info)
{
	uint64_t events = 0;

	for (size_t i = 0; i < info->n_clusters; i++)
		events += info->clusters[i].events;
	return events;
}

static void put_summary(struct tt_buf *out, const struct tt_source *source,
	const struct tt_source_info *info, int64_t now_us)
{
	uint64_t events = count_events(info);

	tt_buf_printf(out, "%-10s %s\n", source->is_daemon ? "Server" : "Directory", source->where);
	tt_buf_printf(out, "%-10s %.*s\n", "Log", TT_STR_ARG(info->log));
	tt_buf_printf(out, "%-10s ", "Records");
	if (info->head >= info->oldest && info->head > 0) {
		tt_buf_grouped(out, info->oldest);
		tt_buf_text(out, " to ");
		tt_buf_grouped(out, info->head);
	} else {
		tt_buf_text(out, "none");
	}
	if (info->first_recorded_us != TT_TIME_ZERO) {
		tt_buf_printf(out, "\n%-10s ", "First");
		put_time(out, info->first_recorded_us, now_us);
		tt_buf_printf(out, "\n%-10s ", "Last");
		put_time(out, info->last_recorded_us, now_us);
	}
	tt_buf_printf(out, "\n%-10s ", "Size");
	tt_bytes_put(out, info->bytes);
	if (events >= EVENTS_TELLING)
		tt_buf_printf(out, ", %.1f bytes per event", (double)info->bytes / (double)events);
	if (info->wal_bytes > 0) {
		tt_buf_text(out, ", and ");
		tt_bytes_put(out, info->wal_bytes);
		tt_buf_text(out, " waiting to be merged (WAL)");
	}
	if (info->reserve_bytes > 0) {
		tt_buf_text(out, "; beside it a file of ");
		tt_bytes_put(out, info->reserve_bytes);
		tt_buf_text(out, " is kept in reserve for a full disk");
	}
	tt_buf_char(out, '\n');
}

static void put_cluster(struct tt_buf *to, const struct tt_cluster_info *c, int64_t now_us)
{
	put_text(to, c->name);
	tt_buf_char(to, '\t');
	put_text(to, c->kind);
	tt_buf_char(to, '\t');
	put_text(to, tt_str_is(c->kind, "collected") ? c->state : TT_STR(""));
	tt_buf_char(to, '\t');
	put_text(to, tt_str_is(c->resource_version, "0") ? TT_STR("") : c->resource_version);
	tt_buf_char(to, '\t');
	put_age(to, c->last_proof_us, now_us);
	tt_buf_char(to, '\t');
	put_age(to, c->last_event_us, now_us);
	tt_buf_char(to, '\t');
	tt_buf_grouped(to, c->events);
	tt_buf_char(to, '\t');
	tt_buf_grouped(to, c->gaps);
	tt_buf_char(to, '\n');
}

/* Aligns `cells` and appends them. */
static void put_table(struct tt_buf *out, struct tt_buf *cells)
{
	struct tt_tabwriter *tabs = tt_tabwriter_new(TT_TAB_GET, out);

	tt_tabwriter_write(tabs, tt_buf_view(cells));
	tt_tabwriter_flush(tabs);
	tt_tabwriter_free(tabs);
	tt_buf_clear(cells);
}

static void put_clusters(struct tt_buf *out, const struct tt_source_info *info, int64_t now_us)
{
	struct tt_buf cells;

	if (info->n_clusters == 0) {
		tt_buf_text(out, "\nNo cluster yet.\n");
		return;
	}
	tt_buf_init(&cells, TABLE_MAX_BYTES);
	tt_buf_text(&cells, "CLUSTER\tKIND\tSTATE\tPOSITION\tPROOF\tLAST EVENT\tEVENTS\tGAPS\n");
	for (size_t i = 0; i < info->n_clusters; i++)
		put_cluster(&cells, &info->clusters[i], now_us);
	tt_buf_char(out, '\n');
	put_table(out, &cells);
	tt_buf_release(&cells);
}

/* What each watch that is not connected lacks since when. */
static void put_open_gaps(struct tt_cli *cli, const struct tt_source_info *info, int64_t now_us)
{
	struct tt_buf *out = &cli->out.buf;
	bool is_first = true;

	for (size_t i = 0; i < info->n_clusters; i++) {
		const struct tt_cluster_info *c = &info->clusters[i];

		for (size_t j = 0; j < c->n_watches; j++) {
			const struct tt_watch_info *w = &c->watches[j];

			if (w->connected)
				continue;
			if (is_first)
				tt_buf_text(out, "\nNot connected now:\n");
			is_first = false;
			tt_colour_put(out, cli->terminal.out_colour, TT_COLOUR_RED, c->name);
			if (w->namespace.len > 0)
				tt_buf_printf(out, ", namespace %.*s", TT_STR_ARG(w->namespace));
			tt_buf_text(out, ": ");
			tt_buf_text(out, w->last_proof_us == TT_TIME_ZERO ? "never was" : "since ");
			if (w->last_proof_us != TT_TIME_ZERO)
				put_time(out, w->last_proof_us, now_us);
			if (w->state.len > 0)
				tt_buf_printf(out, ", %.*s", TT_STR_ARG(w->state));
			if (w->problem.len > 0)
				tt_buf_printf(out, ": %.*s", TT_STR_ARG(w->problem));
			tt_buf_char(out, '\n');
		}
	}
}

static int put_gaps(struct tt_cli *cli, struct tt_source *source, struct tt_err *err)
{
	struct tt_buf *out = &cli->out.buf;
	struct tt_batch *gaps = NULL;
	int rc = source->ops->gaps(source, TT_STR(""), &gaps, err);

	if (rc != 0)
		return rc;
	size_t first = gaps->n > GAPS_SHOWN ? gaps->n - GAPS_SHOWN : 0;

	if (gaps->n > 0)
		tt_buf_text(out, "\nGaps:\n");
	if (first > 0)
		tt_buf_printf(out, "%zu older ones (%s log shows all)\n", first, cli->program);
	for (size_t i = first; i < gaps->n; i++) {
		const struct tt_record *r = &gaps->records[i];

		if (r->cluster.len > 0)
			tt_buf_printf(out, "%.*s: ", TT_STR_ARG(r->cluster));
		else
			tt_buf_text(out, "all clusters: ");
		tt_gap_put(out, &r->gap);
		tt_buf_char(out, '\n');
	}
	tt_batch_unref(gaps);
	return 0;
}

static void put_readers(struct tt_buf *out, const struct tt_source_info *info)
{
	struct tt_buf cells;

	if (info->n_readers == 0)
		return;
	tt_buf_init(&cells, TABLE_MAX_BYTES);
	tt_buf_text(&cells, "READER\tCURSOR\tBEHIND\n");
	for (size_t i = 0; i < info->n_readers; i++) {
		tt_buf_printf(&cells, "%.*s\t", TT_STR_ARG(info->readers[i].name));
		tt_buf_grouped(&cells, info->readers[i].cursor);
		tt_buf_char(&cells, '\t');
		tt_buf_grouped(&cells, info->readers[i].lag);
		tt_buf_char(&cells, '\n');
	}
	tt_buf_char(out, '\n');
	put_table(out, &cells);
	tt_buf_release(&cells);
}

static int show(struct tt_cli *cli, struct tt_source *source, int form, struct tt_err *err)
{
	int64_t now_us = tt_clock_wall_us(cli->clock);
	struct tt_buf *out = &cli->out.buf;
	struct tt_source_info info;
	int rc = source->ops->info(source, &info, &cli->arena, err);

	if (rc != 0)
		return rc;
	if (form == TT_FORM_JSON) {
		tt_json_put_indented(out, tt_str_trim(info.json), 4, 0);
		tt_buf_char(out, '\n');
		return 0;
	}
	put_summary(out, source, &info, now_us);
	put_clusters(out, &info, now_us);
	put_readers(out, &info);
	put_open_gaps(cli, &info, now_us);
	return put_gaps(cli, source, err);
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct tt_form_options *o = arg;
	struct tt_source *source = NULL;
	struct tt_err err;

	(void)operands;
	int rc = tt_source_open(&source, cli, &o->globals, &err);

	if (rc == 0)
		rc = show(cli, source, o->form, &err);
	int status = rc == 0 ? TT_EXIT_DONE : tt_cli_fail(cli, &err);

	tt_source_close(source);
	return status;
}

const struct tt_verb tt_verb_status = {
	.name = "status",
	.operands = "",
	.summary = "Show what is collected and kept, and where something may be missing",
	.text = "POSITION is the resourceVersion up to which everything is recorded, PROOF how "
		"long ago that was last known to be all there is.",
	.options = tt_form_options,
	.takes = TT_TAKES_PLACE,
	.size = sizeof(struct tt_form_options),
	.examples = examples,
	.run = run,
};
