/* SPDX-License-Identifier: Apache-2.0 */
/* telltaled: options, object graph, lifetimes, signals. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"
#include "telltaled/config.h"
#include "telltaled/daemon.h"
#include "telltaled/man.h"
#include "telltaled/run.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
enum { KEEP_BYTES = 16 << 20 }; /* about what a commit of 5,000 events holds */

static void print_text(struct tt_buf *text)
{
	(void)fwrite(text->data, 1, text->len, stdout);
	tt_buf_release(text);
}

static void print_help(void)
{
	struct tt_buf text;

	tt_buf_init(&text, 1 << 20);
	tt_buf_text(&text, "Usage: telltaled [OPTION]...\n\n"
			   "Collects the Events of Kubernetes clusters into a durable log and "
			   "serves them.\n\n");
	tt_options_help(&text, tt_flag_options);
	tt_buf_text(&text,
		"\nWithout --config no file is needed: without any other word it collects from "
		"the\n"
		"cluster whose pod it runs in, else from the current kubeconfig.\n"
		"SIGHUP reads the configuration again; SIGTERM ends it within five seconds.\n");
	print_text(&text);
}

static void print_config(const struct tt_config *config)
{
	struct tt_buf text;

	tt_buf_init(&text, 4 << 20);
	tt_options_print(&text, tt_config_options, config);
	print_text(&text);
}

static void print_man(void)
{
	struct tt_buf text;

	tt_buf_init(&text, 1 << 20);
	tt_man_page(&text);
	print_text(&text);
}

static void apply_log_config(struct tt_log *log, const struct tt_config *config)
{
	__atomic_store_n(&log->level, (enum tt_log_level)config->log.level, __ATOMIC_RELAXED);
	__atomic_store_n(&log->json, config->log.format == TT_LOG_FORMAT_JSON, __ATOMIC_RELAXED);
}

/* The signals that end or change the daemon are taken by sigtimedwait() in the main thread. */
static void block_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void reload(struct tt_daemon *daemon, const struct tt_flags *flags, struct tt_log *log)
{
	struct tt_arena arena = {0};
	struct tt_config config;
	struct tt_err err;
	char state[80];

	(void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)(tt_clock_mono_ns(&tt_clock_system) / TT_NS_PER_US));
	(void)sd_notify(0, state);
	int rc = tt_config_load(&config, flags, &arena, &err);

	if (rc == 0) {
		apply_log_config(log, &config);
		rc = tt_daemon_reload(daemon, &config, &err);
	}
	if (rc == 0)
		tt_log_info(log, "the configuration was read again");
	else
		tt_log_error(log, "the configuration is wrong, the old one stays",
			TT_FS("error", err.msg));
	(void)sd_notify(0, "READY=1");
	tt_arena_release(&arena);
}

static int wait_for_end(struct tt_daemon *daemon, const struct tt_flags *flags, struct tt_log *log)
{
	const struct timespec second = {.tv_sec = 1};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	for (;;) {
		tt_daemon_look(daemon);
		int signal_number = sigtimedwait(&set, NULL, &second);

		if (signal_number == SIGHUP)
			reload(daemon, flags, log);
		else if (signal_number > 0)
			return EXIT_DONE;
	}
}

/* For --run: whether a signal to end is pending; it is taken. */
static bool end_is_pending(void)
{
	const struct timespec now = {0};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	return sigtimedwait(&set, NULL, &now) > 0;
}

/* `cluster` is the one that is collected, NULL if there is none. */
static int run(struct tt_daemon *daemon, const struct tt_flags *flags, const char *cluster)
{
	struct tt_err err;
	int rc = 0;

	if (cluster == NULL && flags->sample != NULL)
		rc = tt_run_replay(daemon, flags->sample, &err);
	if (rc == 0)
		rc = tt_run_show(daemon, cluster, end_is_pending, &err);
	if (rc == 0)
		return EXIT_DONE;
	fprintf(stderr, "telltaled: %s\n", err.msg);
	return EXIT_FAILED;
}

/* Ends the process where returning would take away what threads still use. */
static _Noreturn void leave_behind(struct tt_log *log, int status)
{
	tt_log_warn(log, "something hangs and is left behind; the log is safe");
	(void)fflush(stdout);
	_exit(status);
}

static int serve(const struct tt_flags *flags, struct tt_config *config, struct tt_arena *arena)
{
	struct tt_log log = {.fd = STDERR_FILENO, .clock = &tt_clock_system};
	struct tt_daemon *daemon;
	struct tt_err err;
	sigset_t set;

	block_signals(&set);
	if (flags->run) /* its lines stand between those of the log */
		(void)setvbuf(stdout, NULL, _IOLBF, 0);
	bool has_cluster = flags->run && tt_run_find_cluster(config, arena);

	apply_log_config(&log, config);
	if (flags->run) /* lesser trouble it shows itself, and its end */
		log.level = TT_LOG_ERROR;
	int rc = tt_daemon_start(&daemon, config, &log, &err);

	if (rc != 0) {
		int status = rc == TT_EINVAL ? EXIT_USAGE : EXIT_FAILED;

		fprintf(stderr, "telltaled: %s\n", err.msg);
		if (daemon != NULL)
			leave_behind(&log, status);
		return status;
	}
	tt_log_info(&log, "serving", TT_FS("version", TT_VERSION),
		TT_FS("scheme", tt_daemon_scheme(daemon)),
		TT_FS("address", tt_daemon_address(daemon)), TT_FS("data", config->data));
	(void)sd_notify(0, "READY=1");
	const char *cluster = has_cluster ? tt_config_cluster(config, 0)->name : NULL;
	int status = flags->run ? run(daemon, flags, cluster) : wait_for_end(daemon, flags, &log);

	(void)sd_notify(0, "STOPPING=1");
	tt_log_info(&log, "stopping");
	if (!tt_daemon_stop(daemon))
		leave_behind(&log, status);
	return status;
}

static int start(const struct tt_flags *flags, struct tt_arena *arena)
{
	struct tt_config config;
	struct tt_err err;
	int rc = tt_config_load(&config, flags, arena, &err);

	if (rc != 0) {
		fprintf(stderr, "telltaled: %s\n", err.msg);
		return EXIT_USAGE;
	}
	tt_mem_keep(KEEP_BYTES);
	if (flags->check) {
		print_config(&config);
		return EXIT_DONE;
	}
	return serve(flags, &config, arena);
}

int main(int argc, char **argv)
{
	struct tt_arena arena = {0};
	struct tt_flags flags = {0};
	struct tt_err err;
	int status = EXIT_DONE;

	tt_options_init(tt_flag_options, &flags, &arena);
	int first = tt_options_from_args(tt_flag_options, &flags, argc, argv, &arena, &err);

	if (first < 0) {
		fprintf(stderr, "telltaled: %s (--help shows the options)\n", err.msg);
		status = EXIT_USAGE;
	} else if (first < argc) {
		fprintf(stderr, "telltaled: unexpected operand \"%s\"\n", argv[first]);
		status = EXIT_USAGE;
	} else if (flags.help) {
		print_help();
	} else if (flags.version) {
		printf("telltaled %s\n", TT_VERSION);
	} else if (flags.man) {
		print_man();
	} else {
		status = start(&flags, &arena);
	}
	tt_arena_release(&arena);
	return status;
}
