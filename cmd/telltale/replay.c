/* SPDX-License-Identifier: Apache-2.0 */
/* telltale replay: a recording into the log. */
#include <string.h>

#include "base/clock.h"
#include "collect/recording.h"
#include "event/codec.h"
#include "kube/target.h"
#include "telltale/cli.h"
#include "telltale/target.h"

enum { BAD_SAID = 5, CHECK_FRAMES = 256, DAY_S = 86400 };

struct replay_options {
	struct tt_globals globals;
	const char *cluster;
	bool shift;
};

#define AT(member) .offset = offsetof(struct replay_options, member)

static const struct tt_option options[] = {
	{.name = "cluster",
		.type = TT_OPTION_TEXT,
		AT(cluster),
		.flag = "cluster",
		.metavar = "NAME",
		.help = "Record it as this cluster; without it the name of the file decides"},
	{.name = "shift",
		.type = TT_OPTION_BOOL,
		AT(shift),
		.flag = "shift",
		.help = "Move all times so that the newest event happens now"},
	{0},
};

static const char *const examples[] = {
	"replay outage.watch.json --shift",
	"Put a recording into the log, as cluster \"outage\", as if it ended now",
	"replay --data /tmp/try share/sample.watch.json --cluster sample",
	"Into a data directory of its own",
	"replay - --cluster lab < recording",
	"From standard input",
	NULL,
};

struct replay {
	struct tt_cli *cli;
	struct tt_recording *recording;
	struct tt_target *target;
	struct tt_progress progress;
	int64_t shift_us;
	int64_t oldest_us; /* of what was given to the target */
	uint64_t frames, bad, broken_off;
};

static void say_progress(struct replay *r)
{
	uint64_t done, total;
	struct tt_buf note;

	tt_buf_init(&note, 64);
	tt_buf_grouped(&note, r->frames);
	tt_buf_text(&note, " events");
	tt_recording_progress(r->recording, &done, &total);
	tt_progress_draw(&r->progress, done, total, tt_buf_view(&note));
	tt_buf_release(&note);
}

/* What could not be read is said and passed over. */
static void say_bad(struct replay *r, const struct tt_err *err)
{
	tt_progress_clear(&r->progress);
	if (++r->bad <= BAD_SAID)
		tt_cli_say(r->cli, "%s", err->msg);
	if (r->bad == BAD_SAID)
		tt_cli_say(r->cli, "more like this will only be counted");
}

static int take_frame(struct replay *r, struct tt_watch_frame *frame, struct tt_err *err)
{
	if (frame->type == TT_WATCH_ERROR) {
		r->broken_off++;
		return 0;
	}
	r->frames++;
	if (r->shift_us != 0)
		tt_recording_shift(&frame->event, r->shift_us);
	int64_t t = tt_event_time_us(&frame->event, tt_clock_wall_us(r->cli->clock));

	if (t != TT_TIME_ZERO && t < r->oldest_us)
		r->oldest_us = t;
	return r->target->ops->add(r->target, frame, err);
}

static int copy_frames(struct replay *r, struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct tt_watch_frame frame;
	int rc;

	do {
		tt_arena_clear(&arena);
		rc = tt_recording_next(r->recording, &arena, &frame, err);
		if (rc == TT_EINVAL || rc == TT_ELIMIT) {
			say_bad(r, err);
			rc = 1;
			continue;
		}
		if (rc == 1 && take_frame(r, &frame, err) != 0)
			rc = err->code;
		if (rc == 1 && r->frames % CHECK_FRAMES == 0) {
			say_progress(r);
			if (tt_interrupt_pending(r->cli->interrupt))
				rc = tt_fail(err, TT_ECANCELED, "interrupted");
		}
	} while (rc == 1);
	tt_arena_release(&arena);
	return rc;
}

static int measure(struct replay *r, struct tt_err *err)
{
	struct tt_recording_extent extent;
	int rc = tt_recording_measure(r->recording, &extent, err);

	if (rc == 0 && extent.newest_us != TT_TIME_ZERO)
		r->shift_us = tt_recording_shift_us(
			extent.newest_us, tt_clock_wall_us(r->cli->clock));
	return rc;
}

/* "outage.watch.json" is of cluster "outage". */
static int name_cluster(struct tt_cli *cli, const struct replay_options *o, const char *file,
	struct tt_str *ret, struct tt_err *err)
{
	if (o->cluster != NULL) {
		*ret = tt_str_from(o->cluster);
		if (tt_cluster_name_is_valid(*ret))
			return 0;
		return tt_fail(err, TT_EINVAL,
			"--cluster: \"%s\" is no name for a cluster: lower-case letters, digits, "
			"'-' and '.', at most 63",
			o->cluster);
	}
	const char *slash = strrchr(file, '/');
	struct tt_str name = tt_str_from(slash != NULL ? slash + 1 : file);
	struct tt_str stem = tt_str_split(&name, '.');

	*ret = strcmp(file, "-") == 0
		       ? TT_STR("recording")
		       : tt_cluster_name_derive(&cli->arena, tt_str_cstr(&cli->arena, stem));
	return 0;
}

static void put_count(struct tt_buf *to, uint64_t n, const char *what)
{
	if (n == 0)
		return;
	tt_buf_text(to, ", ");
	tt_buf_grouped(to, n);
	tt_buf_printf(to, " %s", what);
}

static void say_how_to_see(struct replay *r, struct tt_str cluster)
{
	int64_t day_ago_us = tt_clock_wall_us(r->cli->clock) - (int64_t)DAY_S * TT_US_PER_S;
	char since[TT_TIME_SIZE] = "";

	if (r->oldest_us < day_ago_us)
		tt_time_format(r->oldest_us, TT_TIME_SECONDS, since);
	tt_cli_say(r->cli, "see it: %s events -A --cluster %.*s%s%s", r->cli->program,
		TT_STR_ARG(cluster), since[0] != '\0' ? " --since " : "", since);
}

static void say_result(struct replay *r, struct tt_str cluster)
{
	const struct tt_target_counts *counts = &r->target->counts;
	struct tt_buf *out = &r->cli->out.buf;

	tt_buf_grouped(out, counts->recorded);
	tt_buf_printf(out, " event%s recorded as cluster %.*s in %s",
		counts->recorded == 1 ? "" : "s", TT_STR_ARG(cluster), r->target->where);
	put_count(out, counts->duplicates, "there already");
	put_count(out, counts->deletions,
		counts->deletions == 1 ? "deletion passed over" : "deletions passed over");
	put_count(out, r->bad, "not readable");
	tt_buf_char(out, '\n');
	if (r->broken_off > 0)
		tt_cli_say(r->cli, "the recorded watch ended with an error; what it lost is not in "
				   "the recording");
	(void)tt_out_flush(&r->cli->out);
	if (r->cli->terminal.out && counts->recorded > 0)
		say_how_to_see(r, cluster);
}

static int replay(struct replay *r, const struct replay_options *o, const char *file,
	struct tt_str cluster, struct tt_err *err)
{
	int rc = tt_recording_open(&r->recording, file, err);

	if (rc == 0 && o->shift)
		rc = measure(r, err);
	if (rc == 0)
		rc = tt_target_open(&r->target, r->cli, &o->globals, cluster, err);
	if (rc != 0)
		return rc;
	tt_interrupt_catch(r->cli->interrupt, NULL, NULL);
	rc = copy_frames(r, err);
	if (rc == 0 || rc == TT_ECANCELED) {
		int flushed = r->target->ops->flush(r->target, rc == 0 ? err : NULL);

		rc = rc == 0 ? flushed : rc;
	}
	tt_interrupt_release(r->cli->interrupt);
	tt_progress_clear(&r->progress);
	if (rc == 0 || rc == TT_ECANCELED)
		say_result(r, cluster);
	return rc;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct replay_options *o = arg;
	struct replay r = {.cli = cli, .oldest_us = INT64_MAX};
	struct tt_str cluster;
	struct tt_err err;

	if (name_cluster(cli, o, operands[0], &cluster, &err) != 0)
		return tt_cli_wrong_use(cli, &tt_verb_replay, "%s", err.msg);
	tt_progress_init(&r.progress, &cli->terminal, cli->clock, "replaying");
	int rc = replay(&r, o, operands[0], cluster, &err);
	int status = rc != 0 ? tt_cli_fail(cli, &err) : r.bad > 0 ? TT_EXIT_FAILED : TT_EXIT_DONE;

	tt_target_close(r.target);
	tt_recording_close(r.recording);
	return status;
}

const struct tt_verb tt_verb_replay = {
	.name = "replay",
	.operands = "FILE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "Put a recorded watch of events (\"-\": standard input) into the log",
	.text = "FILE holds watch events as JSON, as telltale record or kubectl get --raw write "
		"them. What is there already is not recorded twice. The cluster of a recording is "
		"apart from those that are collected.",
	.options = options,
	.takes = TT_TAKES_PLACE,
	.size = sizeof(struct replay_options),
	.examples = examples,
	.operand_words = "FILE",
	.run = run,
};
