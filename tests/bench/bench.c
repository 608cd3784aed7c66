/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"

enum { MILLION = 1000000, LINE_SIZE = 256, KEEP_BYTES = 16 << 20 };

struct figure {
	char name[BENCH_NAME_SIZE], unit[16];
	double value, limit;
	enum bench_bound bound;
};

struct figures {
	struct figure *items;
	size_t n, cap;
};

static const struct group {
	const char *name;
	void (*run)(const struct bench *b);
	bool daemon; /* needs telltaled */
} groups[] = {
	{"decode", group_decode, false},
	{"log", group_log, false},
	{"json", group_json, false},
	{"baseline", group_baseline, false},
	{"baseline_json", group_baseline_json, false},
	{"wal", group_wal, false},
	{"wire", group_wire, true},
	{"daemon", group_daemon, true},
	{"serve", group_serve, true},
	{"real", group_real, true},
};

/* --- for the groups --- */

static void scale_text(char *to, size_t size, uint64_t scale)
{
	if (scale % MILLION == 0)
		(void)snprintf(to, size, "%llum", (unsigned long long)(scale / MILLION));
	else
		(void)snprintf(to, size, "%lluk", (unsigned long long)(scale / 1000));
}

void bench_bounded(const struct bench *b, const char *name, uint64_t scale, double value,
	const char *unit, enum bench_bound bound, double limit)
{
	const char *hole = strstr(name, "%s");
	char text[24] = "", line[LINE_SIZE];

	if (hole != NULL && scale < MILLION) /* a log too small to tell */
		bound = BENCH_FREE;
	if (hole != NULL)
		scale_text(text, sizeof(text), scale);
	int n = hole == NULL ? snprintf(line, sizeof(line), "%s %.17g %s %d %.17g\n", name, value,
				       unit, bound, limit)
			     : snprintf(line, sizeof(line), "%.*s%s%s %.17g %s %d %.17g\n",
				       (int)(hole - name), name, text, hole + 2, value, unit, bound,
				       limit);

	if (write(b->figures_fd, line, (size_t)n) != n)
		bench_die("cannot hand out a figure");
}

void bench_figure(
	const struct bench *b, const char *name, uint64_t scale, double value, const char *unit)
{
	bench_bounded(b, name, scale, value, unit, BENCH_FREE, 0);
}

void bench_progress(const char *fmt, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(ap, fmt);
	(void)fputs("\r\033[K", stderr);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fflush(stderr);
}

void bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fputs("bench: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	_exit(1);
}

void bench_check(int rc, const struct tt_err *err, const char *what)
{
	if (rc < 0)
		bench_die("%s: %s", what, err != NULL ? err->msg : tt_code_name(rc));
}

void bench_remove(const char *path)
{
	DIR *dir = opendir(path);

	if (dir == NULL) {
		if (unlink(path) != 0 && errno != ENOENT)
			bench_die("cannot remove %s", path);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	if (rmdir(path) != 0)
		bench_die("cannot remove %s", path);
}

char *bench_scratch(const struct bench *b, const char *name)
{
	static const char *const companions[] = {"", "-wal", "-shm"};
	size_t size = strlen(b->dir) + strlen(name) + 8;
	char *path = tt_malloc(size);

	for (size_t i = sizeof(companions) / sizeof(companions[0]); i-- > 0;) {
		(void)snprintf(path, size, "%s/%s%s", b->dir, name, companions[i]);
		bench_remove(path);
	}
	return path;
}

/* --- figures --- */

static const struct figure *find(const struct figures *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

static bool is_missed(const struct figure *f)
{
	return (f->bound == BENCH_AT_MOST && f->value > f->limit) ||
	       (f->bound == BENCH_AT_LEAST && f->value < f->limit);
}

static void show(const struct figure *f)
{
	bench_progress("%s", "");
	printf("%s %.*f %s\n", f->name,
		f->value >= 1000 ? 0
		: f->value >= 10 ? 1
				 : 3,
		f->value, f->unit);
	(void)fflush(stdout);
	if (is_missed(f))
		fprintf(stderr, "bench: %s is %g %s, %s %g is wanted\n", f->name, f->value, f->unit,
			f->bound == BENCH_AT_MOST ? "at most" : "at least", f->limit);
}

static void add_line(struct figures *all, const char *line)
{
	struct figure f = {0};
	int bound = 0;

	if (sscanf(line, "%79s %lf %15s %d %lf", f.name, &f.value, f.unit, &bound, &f.limit) != 5)
		bench_die("not a figure: %s", line);
	f.bound = (enum bench_bound)bound;
	*tt_vec_push(all) = f;
	show(&f);
}

/* Runs the group in a process of its own; false if it failed. */
static bool run_group(const struct bench *b, const struct group *group, struct figures *all)
{
	char line[LINE_SIZE];
	int ends[2], status = 0;

	if (pipe2(ends, O_CLOEXEC) != 0) /* a daemon must not hold it open */
		bench_die("no pipe");
	(void)fflush(stdout);
	pid_t pid = fork();

	if (pid == 0) {
		struct bench mine = *b;

		(void)close(ends[0]);
		mine.figures_fd = ends[1];
		group->run(&mine);
		_exit(0);
	}
	(void)close(ends[1]);
	FILE *figures = fdopen(ends[0], "r");

	while (figures != NULL && fgets(line, sizeof(line), figures) != NULL)
		add_line(all, line);
	if (figures != NULL)
		(void)fclose(figures);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "bench: the group %s failed%s%s\n", group->name,
			WIFSIGNALED(status) ? ": " : "",
			WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
		return false;
	}
	return true;
}

/* --- ratios to the baseline --- */

static const struct ratio {
	const char *name, *of, *to; /* "%s": the scale; without it a figure is of any */
	bool inverse;               /* to / of: how many times smaller or faster */
	enum bench_bound bound;
	double limit;
} ratios[] = {
	{"ratio_ingest_protobuf_%s", "ingest_protobuf_%s", "baseline_ingest_protobuf_%s", false,
		BENCH_AT_LEAST, 7},
	{"ratio_ingest_json_%s", "ingest_json_%s", "baseline_ingest_json_%s", false, BENCH_AT_LEAST,
		5.5},
	/* what the network, TLS and the collector may cost: once TLS took nine times as much,
	 * unseen
	 */
	{"ratio_wire_protobuf_%s", "wire_protobuf", "ingest_protobuf_%s", false, BENCH_AT_LEAST,
		0.25},
	{"ratio_bytes_%s", "bytes_per_event_%s", "baseline_bytes_per_event_%s", true,
		BENCH_AT_LEAST, 12},
	{"ratio_query_namespace_%s", "query_namespace_%s", "baseline_query_namespace_%s", true,
		BENCH_FREE, 0},
	{"ratio_query_noisy_object_%s", "query_noisy_object_%s", "baseline_query_noisy_object_%s",
		true, BENCH_FREE, 0},
	{"ratio_query_object_%s", "query_object_%s", "baseline_query_object_%s", true, BENCH_FREE,
		0},
	{"ratio_query_common_%s", "query_common_%s", "baseline_query_common_%s", true, BENCH_FREE,
		0},
	{"ratio_query_absent_%s", "query_absent_%s", "baseline_query_absent_%s", true, BENCH_FREE,
		0},
};

static void fill(char to[BENCH_NAME_SIZE], const char *pattern, const char *scale)
{
	const char *hole = strstr(pattern, "%s");

	if (hole == NULL)
		(void)snprintf(to, BENCH_NAME_SIZE, "%s", pattern);
	else
		(void)snprintf(to, BENCH_NAME_SIZE, "%.*s%s%s", (int)(hole - pattern), pattern,
			scale, hole + 2);
}

static void add_ratios(struct figures *all, uint64_t scale)
{
	char text[24], of[BENCH_NAME_SIZE], to[BENCH_NAME_SIZE];

	scale_text(text, sizeof(text), scale);
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
		const struct ratio *r = &ratios[i];

		fill(of, r->of, text);
		fill(to, r->to, text);
		const struct figure *a = find(all, of), *c = find(all, to);

		if (a == NULL || c == NULL || a->value <= 0 || c->value <= 0)
			continue;
		struct figure f = {.unit = "x", .limit = r->limit};

		if (scale >= MILLION / 2) /* in a smaller one the first commits weigh too much */
			f.bound = r->bound;

		fill(f.name, r->name, text);
		f.value = r->inverse ? c->value / a->value : a->value / c->value;
		*tt_vec_push(all) = f;
		show(&f);
	}
}

static void write_json(const struct figures *all, const char *path)
{
	static const char *const bounds[] = {NULL, "atMost", "atLeast"};
	FILE *f = fopen(path, "w");

	if (f == NULL)
		bench_die("cannot write %s", path);
	(void)fputs("[\n", f);
	for (size_t i = 0; i < all->n; i++) {
		const struct figure *figure = &all->items[i];

		(void)fprintf(f, " {\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", figure->name,
			figure->value, figure->unit);
		if (figure->bound != BENCH_FREE)
			(void)fprintf(f, ",\"%s\":%g,\"held\":%s", bounds[figure->bound],
				figure->limit, is_missed(figure) ? "false" : "true");
		(void)fprintf(f, "}%s\n", i + 1 < all->n ? "," : "");
	}
	(void)fputs("]\n", f);
	if (fclose(f) != 0)
		bench_die("cannot write %s", path);
}

/* --- the program --- */

struct arguments {
	const char *dir, *only, *json, *telltaled;
	uint64_t events;
	bool quick;
};

static const char usage[] =
	"Usage: bench [--events N] [--quick] [--only GROUP] [--dir DIR] [--json FILE]\n"
	"             [--telltaled PROGRAM]\n"
	"\n"
	"Measures the log against a plain SQLite table, one line NAME VALUE UNIT per figure.\n"
	"\n"
	"  --events N     largest log, in events or as 20m (default 20m)\n"
	"  --quick        one million events, about three minutes\n"
	"  --only GROUP   one group: decode log json baseline baseline_json wal wire daemon\n"
	"                 serve real; several with commas\n"
	"  --dir DIR      make the scratch directory in DIR (default: $TMPDIR or /var/tmp)\n"
	"  --json FILE    write the figures to FILE too\n"
	"  --telltaled PROGRAM  the daemon to measure\n"
	"\n"
	"Exit status: 1 if a group failed or a limit of bytes or ratios is missed.\n";

static uint64_t parse_events(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*end == 'm' || *end == 'k') {
		n *= *end == 'm' ? MILLION : 1000;
		end++;
	}
	if (*end != '\0' || n < 10000) {
		fprintf(stderr,
			"bench: --events wants a number of at least 10000, or such as 20m\n");
		exit(2);
	}
	return n;
}

static void parse(struct arguments *a, int argc, char **argv)
{
	static const struct option options[] = {{"events", required_argument, NULL, 'e'},
		{"quick", no_argument, NULL, 'q'}, {"only", required_argument, NULL, 'o'},
		{"dir", required_argument, NULL, 'd'}, {"json", required_argument, NULL, 'j'},
		{"telltaled", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'e': a->events = parse_events(optarg); break;
		case 'q': a->quick = true; break;
		case 'o': a->only = optarg; break;
		case 'd': a->dir = optarg; break;
		case 'j': a->json = optarg; break;
		case 't': a->telltaled = optarg; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		exit(2);
	}
}

static void set_scales(struct bench *b, uint64_t events, uint64_t short_events)
{
	static const uint64_t usual[] = {MILLION, 5 * MILLION};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i] < events)
			b->scales[b->n_scales++] = usual[i];
	b->scales[b->n_scales++] = events;
	b->baseline_events = 5 * MILLION;
	b->short_events = events < short_events ? events : short_events;
}

static bool is_wanted(const struct arguments *a, const struct group *group)
{
	size_t n = strlen(group->name);

	for (const char *at = a->only; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, group->name, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	}
	return a->only == NULL;
}

/* Whether any group is wanted; ends the program with a sentence if not. */
static void check_wanted(const struct arguments *a)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (is_wanted(a, &groups[i]))
			return;
	fprintf(stderr, "bench: there is no group %s\n", a->only);
	exit(2);
}

static bool run_groups(const struct bench *b, const struct arguments *a, struct figures *all)
{
	bool ok = true;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (!is_wanted(a, &groups[i]))
			continue;
		if (groups[i].daemon && b->telltaled == NULL)
			fprintf(stderr, "bench: no telltaled, so the group %s is left out\n",
				groups[i].name);
		else
			ok &= run_group(b, &groups[i], all);
	}
	return ok;
}

int main(int argc, char **argv)
{
	struct arguments a = {.events = 20 * MILLION, .telltaled = BENCH_TELLTALED};
	struct bench b = {0};
	struct figures all = {0};
	char dir[4096];

	tt_mem_keep(KEEP_BYTES); /* as telltaled */
	parse(&a, argc, argv);
	check_wanted(&a);
	set_scales(&b, a.quick ? MILLION : a.events, a.quick ? MILLION / 2 : MILLION);
	if (a.dir == NULL)
		a.dir = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/var/tmp";
	(void)snprintf(dir, sizeof(dir), "%s/telltale-bench-XXXXXX", a.dir);
	if (mkdtemp(dir) == NULL)
		bench_die("cannot make a directory in %s", a.dir);
	b.dir = dir;
	b.telltaled = access(a.telltaled, X_OK) == 0 ? a.telltaled : NULL;
	bool ok = run_groups(&b, &a, &all);

	for (size_t i = 0; i < b.n_scales; i++)
		add_ratios(&all, b.scales[i]);
	if (b.short_events != b.scales[0])
		add_ratios(&all, b.short_events);
	for (size_t i = 0; i < all.n; i++)
		ok &= !is_missed(&all.items[i]);
	if (a.json != NULL)
		write_json(&all, a.json);
	tt_vec_release(&all);
	if (ok)
		bench_remove(dir);
	else
		fprintf(stderr, "bench: what was left is in %s\n", dir);
	return ok ? 0 : 1;
}
