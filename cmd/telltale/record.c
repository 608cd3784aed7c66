/* SPDX-License-Identifier: Apache-2.0 */
/* telltale record: the events of an API server into a file, for telltale replay. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "kube/client.h"
#include "kube/target.h"
#include "net/backoff.h"
#include "telltale/cli.h"

enum { PAGE = 500, WATCH_S = 300, IDLE_GRACE_S = 30, SLICE_MS = 500 };

struct record_options {
	struct tt_globals globals;
	const char *kubeconfig, *context, *namespace, *output;
	int64_t duration_us;
};

#define AT(member) .offset = offsetof(struct record_options, member)

static const struct tt_option options[] = {
	{.name = "output",
		.type = TT_OPTION_TEXT,
		AT(output),
		.flag = "output",
		.metavar = "FILE",
		.fallback = "-",
		.help = "Write to FILE, which must not be there yet; \"-\" is standard output"},
	{.name = "duration",
		.type = TT_OPTION_DURATION,
		AT(duration_us),
		.flag = "duration",
		.metavar = "TIME",
		.fallback = "0",
		.help = "Stop after this time, such as 10m; 0 goes on until interrupted"},
	{.name = "namespace",
		.type = TT_OPTION_TEXT,
		AT(namespace),
		.flag = "n,namespace",
		.metavar = "NAME",
		.help = "Only events of this namespace"},
	{.name = "kubeconfig",
		.type = TT_OPTION_TEXT,
		AT(kubeconfig),
		.flag = "kubeconfig",
		.metavar = "FILE",
		.help = "The kubeconfig; without it $KUBECONFIG, else ~/.kube/config"},
	{.name = "context",
		.type = TT_OPTION_TEXT,
		AT(context),
		.flag = "context",
		.metavar = "NAME",
		.help = "Its context, instead of the current one"},
	{0},
};

static const char *const examples[] = {
	"record --output outage.watch.json --duration 10m",
	"The events that the API server has, and those of the next ten minutes",
	"record --context lab > lab.watch.json",
	"Those of another cluster, until interrupted",
	NULL,
};

struct recorder {
	struct tt_cli *cli;
	const struct record_options *options;
	struct tt_kube_client *client;
	struct tt_out file;
	struct tt_progress progress;
	struct tt_backoff backoff;
	struct tt_rand rand;
	struct tt_arena arena;
	uint64_t rv; /* everything up to here is written */
	uint64_t events;
	int64_t deadline_ns; /* 0: none */
	bool connected;      /* at least once */
	struct tt_err why;   /* the last try failed; an empty message: none did */
};

static int64_t time_left_ns(const struct recorder *r)
{
	return r->deadline_ns - tt_clock_mono_ns(r->cli->clock);
}

static bool is_over(const struct recorder *r)
{
	return tt_interrupt_pending(r->cli->interrupt) || r->file.closed || r->file.error != 0 ||
	       (r->deadline_ns != 0 && time_left_ns(r) <= 0);
}

static void write_event(struct recorder *r, enum tt_watch_type type, const struct tt_event *e)
{
	tt_watch_frame_encode(&r->file.buf, TT_ENCODING_JSON, type, e);
	r->events++;
	(void)tt_out_drain(&r->file);
}

static void say_progress(struct recorder *r)
{
	struct tt_buf note;

	if (r->file.fd == STDOUT_FILENO && r->cli->terminal.out)
		return;
	tt_buf_init(&note, 64);
	tt_buf_grouped(&note, r->events);
	tt_buf_text(&note, " events");
	tt_progress_draw(&r->progress, 0, 0, tt_buf_view(&note));
	tt_buf_release(&note);
}

struct page {
	struct recorder *recorder;
	uint64_t known_rv; /* objects up to here are written already */
};

static int take_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct page *page = arg;
	struct recorder *r = page->recorder;
	uint64_t rv = 0;

	if (item_err != NULL) {
		tt_cli_say(r->cli, "an event cannot be read and is left out: %s", item_err->msg);
		return 0;
	}
	if (!tt_event_rv(e, &rv) || rv > page->known_rv)
		write_event(r, TT_WATCH_ADDED, e);
	say_progress(r);
	return is_over(r) ? TT_ECANCELED : 0;
}

/* What an answer that is no success means: TT_EAGAIN if it may be better later. */
static int fail_reply(const struct tt_kube_reply *reply, struct tt_err *err)
{
	int http = reply->http_status;
	enum tt_code code = http == 410                  ? TT_EGONE
			    : http == 429 || http >= 500 ? TT_EAGAIN
			    : http == 401 || http == 403 ? TT_EDENIED
							 : TT_EIO;

	return tt_fail(err, code, "the API server answers: %.*s (HTTP status %d)",
		TT_STR_ARG(reply->status.message), http);
}

static int list(struct recorder *r, struct tt_err *err)
{
	struct page page = {r, r->rv};
	struct tt_kube_list_params params = {.namespace = tt_str_from(r->options->namespace),
		.limit = PAGE,
		.sink = {take_item, &page}};
	bool is_first = true;
	unsigned long long rv = 0;

	do {
		struct tt_kube_reply reply = {0};
		struct tt_listmeta meta = {0};

		if (r->deadline_ns != 0)
			params.timeout_ns = time_left_ns(r) > 1 ? time_left_ns(r) : 1;
		int rc = tt_kube_list(r->client, &params, &meta, &r->arena, &reply, err);

		if (rc != 0)
			return rc;
		if (reply.http_status != 200)
			return fail_reply(&reply, err);
		if (is_first && !tt_str_u64(meta.resource_version, &rv))
			return tt_fail(err, TT_EIO, "the list has no resourceVersion");
		is_first = false;
		params.continue_token = meta.continue_token;
	} while (params.continue_token.len > 0);
	r->rv = rv;
	return 0;
}

static int take_frame(struct recorder *r, const struct tt_watch_frame *frame, struct tt_err *err)
{
	uint64_t rv = 0;

	if (frame->type == TT_WATCH_ERROR)
		return tt_fail(err, frame->status.code == 410 ? TT_EGONE : TT_EAGAIN,
			"the API server ends the watch: %.*s", TT_STR_ARG(frame->status.message));
	if (frame->type != TT_WATCH_BOOKMARK)
		write_event(r, frame->type, &frame->event);
	if (tt_event_rv(&frame->event, &rv) && rv > r->rv)
		r->rv = rv;
	return 0;
}

/* Reads a watch to its end: 0, or why it ended before. */
static int read_watch(struct recorder *r, struct tt_kube_watch *watch, struct tt_err *err)
{
	int64_t quiet_since_ns = tt_clock_mono_ns(r->cli->clock);
	struct tt_watch_frame frame;

	while (!is_over(r)) {
		tt_arena_clear(&r->arena);
		switch (tt_kube_watch_next(
			watch, (int64_t)SLICE_MS * TT_NS_PER_MS, &r->arena, &frame, err)) {
		case TT_KUBE_FRAME: {
			int rc = take_frame(r, &frame, err);

			if (rc != 0)
				return rc;
			break;
		}
		case TT_KUBE_BAD_FRAME:
			tt_cli_say(r->cli, "an event cannot be read and is left out: %s", err->msg);
			break;
		case TT_KUBE_IDLE:
			(void)tt_out_flush(&r->file);
			say_progress(r);
			if (tt_clock_mono_ns(r->cli->clock) - quiet_since_ns >
				(int64_t)(WATCH_S + IDLE_GRACE_S) * TT_NS_PER_S)
				return tt_fail(err, TT_EAGAIN, "the watch has fallen silent");
			continue;
		case TT_KUBE_END: return 0;
		case TT_KUBE_BROKEN: return tt_fail(err, TT_EAGAIN, "%s", err->msg);
		case TT_KUBE_CANCELED: return TT_ECANCELED;
		}
		say_progress(r);
		quiet_since_ns = tt_clock_mono_ns(r->cli->clock);
	}
	return TT_ECANCELED;
}

static int watch(struct recorder *r, struct tt_err *err)
{
	struct tt_kube_watch_params params = {
		.namespace = tt_str_from(r->options->namespace),
		.resource_version = r->rv,
		.timeout_seconds = WATCH_S,
	};
	struct tt_kube_watch *w = NULL;
	struct tt_kube_reply reply = {0};
	int rc = tt_kube_watch_open(r->client, &params, &w, &r->arena, &reply, err);

	if (rc == 0 && reply.http_status != 200)
		rc = fail_reply(&reply, err);
	if (rc == 0)
		rc = read_watch(r, w, err);
	tt_kube_watch_close(w);
	return rc;
}

/* Waits before the next try; false if there will be none. */
static bool pause_before_retry(struct recorder *r)
{
	const struct timespec slice = {0, 100 * TT_NS_PER_MS};
	int64_t now_ns = tt_clock_mono_ns(r->cli->clock);
	int64_t until_ns = now_ns + tt_backoff_next_ns(&r->backoff, now_ns, &r->rand);

	while (tt_clock_mono_ns(r->cli->clock) < until_ns) {
		if (is_over(r))
			return false;
		(void)nanosleep(&slice, NULL);
	}
	return true;
}

/* Lists, watches, and starts again where something breaks, until it is over. */
static int record(struct recorder *r, struct tt_err *err)
{
	bool must_list = true;
	int rc = 0;

	while (!is_over(r)) {
		tt_arena_clear(&r->arena);
		rc = must_list ? list(r, err) : watch(r, err);
		if (rc == 0) {
			must_list = false;
			r->connected = true;
			continue;
		}
		if (is_over(r))
			break;
		r->why = *err;
		if (rc == TT_EGONE)
			must_list = true;
		else if ((rc != TT_EAGAIN && rc != TT_EIO) || (rc == TT_EIO && r->events == 0))
			return rc;
		tt_progress_clear(&r->progress);
		tt_cli_say(r->cli,
			rc == TT_EGONE ? "%s; listing anew, some events may be missing"
				       : "%s; trying again",
			err->msg);
		if (!pause_before_retry(r))
			break;
	}
	return 0;
}

static int open_output(struct recorder *r, const char *path, struct tt_err *err)
{
	int fd = STDOUT_FILENO;

	if (strcmp(path, "-") != 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno == EEXIST)
			return tt_fail(err, TT_EINVAL,
				"--output: %s is there already, and no recording is overwritten",
				path);
		if (fd < 0)
			return tt_fail(err, TT_EINVAL, "--output: %s: %s", path, strerror(errno));
	}
	tt_out_init(&r->file, fd);
	return 0;
}

static int open_target(
	const struct record_options *o, struct tt_kube_target **ret, struct tt_err *err)
{
	int rc = tt_kube_target_load(ret, o->kubeconfig, o->context, err);

	if (rc == TT_ENOTFOUND && o->kubeconfig == NULL && o->context == NULL &&
		tt_kube_target_in_cluster(ret, NULL, NULL) == 0)
		return 0;
	return rc;
}

static void wake(void *arg)
{
	tt_kube_client_wake(arg);
}

static int record_from(struct recorder *r, const struct tt_kube_target *target, struct tt_err *err)
{
	struct tt_kube_client_options client_options = {.target = target, .clock = r->cli->clock};
	int rc = tt_kube_client_new(&r->client, &client_options, err);

	if (rc != 0)
		return rc;
	rc = open_output(r, r->options->output, err);
	if (rc != 0)
		return rc;
	tt_interrupt_catch(r->cli->interrupt, wake, r->client);
	rc = record(r, err);
	tt_interrupt_release(r->cli->interrupt);
	tt_progress_clear(&r->progress);
	(void)tt_out_flush(&r->file);
	r->cli->out.closed |= r->file.closed;
	if (rc == 0 && r->file.error != 0)
		rc = tt_fail(err, TT_EIO, "cannot write %s: %s", r->options->output,
			strerror(r->file.error));
	tt_out_release(&r->file);
	return rc;
}

/* What was recorded; nothing for want of an answer is a failure. Returns the exit status. */
static int say_end(const struct recorder *r, const char *server, int status)
{
	if (r->connected || r->events > 0) {
		tt_cli_say(r->cli, "recorded %llu events of %s", (unsigned long long)r->events,
			server);
		return status;
	}
	tt_cli_say(r->cli, "recorded 0 events, because %s was never connected: %s", server,
		r->why.msg[0] != '\0' ? r->why.msg : "no answer came");
	return status != TT_EXIT_DONE ? status : TT_EXIT_FAILED;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	struct recorder r = {.cli = cli, .options = arg};
	struct tt_kube_target *target = NULL;
	struct tt_err err;

	(void)operands;
	if (r.options->globals.server != NULL || r.options->globals.data != NULL)
		return tt_cli_wrong_use(cli, &tt_verb_record,
			"record asks the API server of the kubeconfig: --server and --data mean "
			"nothing here");
	if (r.options->duration_us > 0)
		r.deadline_ns = tt_clock_mono_ns(cli->clock) +
				r.options->duration_us * TT_NS_PER_US;
	tt_backoff_init(&r.backoff);
	tt_rand_init(&r.rand, tt_rand_seed());
	tt_progress_init(&r.progress, &cli->terminal, cli->clock, "recording");
	int rc = open_target(r.options, &target, &err);

	if (rc == 0)
		rc = record_from(&r, target, &err);
	int status = rc != 0 ? tt_cli_fail(cli, &err) : tt_interrupt_status(cli->interrupt);

	if (rc == 0 && !cli->out.closed)
		status = say_end(&r, target->server, status);
	tt_kube_client_free(r.client);
	tt_kube_target_free(target);
	tt_arena_release(&r.arena);
	return status;
}

const struct tt_verb tt_verb_record = {
	.name = "record",
	.operands = "",
	.summary = "Write the events of an API server to a file, for telltale replay",
	.text = "First what the API server still has, then what comes, as watch events in JSON, "
		"one per line and without managedFields. It needs no telltaled.",
	.options = options,
	.size = sizeof(struct record_options),
	.examples = examples,
	.run = run,
};
