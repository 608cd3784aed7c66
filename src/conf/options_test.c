/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/options.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "conf/yaml.h"
#include "tap/tap.h"

struct thing {
	const char *name;
	struct tt_texts tags;
	int64_t ttl_us;
};

struct nested {
	int64_t age_us;
	uint64_t size;
};

struct everything {
	const char *data, *listen;
	bool verbose, all;
	int64_t limit, wait_us;
	uint64_t size;
	int level;
	struct tt_texts names;
	struct nested retention;
	struct tt_structs things;
};

static const char *const levels[] = {"debug", "info", "warn", NULL};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct tt_option nested_options[] = {
	{.name = "age",
		.type = TT_OPTION_DURATION,
		AT(nested, age_us),
		.fallback = "30d",
		.help = "How long",
		.flag = "age",
		.metavar = "DURATION"},
	{.name = "size",
		.type = TT_OPTION_SIZE,
		AT(nested, size),
		.fallback = "20GiB",
		.help = "How much"},
	{0},
};

static const struct tt_option thing_options[] = {
	{.name = "name", .type = TT_OPTION_TEXT, AT(thing, name), .help = "Its name"},
	{.name = "tags", .type = TT_OPTION_TEXTS, AT(thing, tags), .help = "Its tags"},
	{.name = "eventTTL",
		.type = TT_OPTION_DURATION,
		AT(thing, ttl_us),
		.fallback = "1h",
		.help = "Its time"},
	{0},
};

static const struct tt_option table[] = {
	{.name = "data",
		.type = TT_OPTION_TEXT,
		AT(everything, data),
		.help = "The directory",
		.flag = "d,data",
		.metavar = "DIR"},
	{.name = "listen",
		.type = TT_OPTION_ADDRESS,
		AT(everything, listen),
		.fallback = "127.0.0.1:7447",
		.help = "Where to listen",
		.flag = "listen",
		.metavar = "ADDR:PORT"},
	{.name = "verbose",
		.type = TT_OPTION_BOOL,
		AT(everything, verbose),
		.help = "Say more",
		.flag = "v,verbose"},
	{.name = "all",
		.type = TT_OPTION_BOOL,
		AT(everything, all),
		.fallback = "true",
		.help = "Everything that there is, in a sentence that is long enough to go "
			"over the end of a line",
		.flag = "A,all"},
	{.name = "limit",
		.type = TT_OPTION_INT,
		AT(everything, limit),
		.fallback = "500",
		.min = 1,
		.max = 10000,
		.help = "At most so many",
		.flag = "limit",
		.metavar = "N"},
	{.name = "wait",
		.type = TT_OPTION_DURATION,
		AT(everything, wait_us),
		.help = "How long",
		.flag = "a-flag-with-a-long-name",
		.metavar = "DURATION"},
	{.name = "size", .type = TT_OPTION_SIZE, AT(everything, size), .help = "How much"},
	{.name = "level",
		.type = TT_OPTION_CHOICE,
		AT(everything, level),
		.fallback = "info",
		.choices = levels,
		.help = "How much to say",
		.flag = "level"},
	{.name = "names",
		.type = TT_OPTION_TEXTS,
		AT(everything, names),
		.fallback = "[x, \"y z\"]",
		.help = "Which ones",
		.flag = "n,name",
		.metavar = "NAME"},
	{.name = "retention",
		.type = TT_OPTION_STRUCT,
		AT(everything, retention),
		.members = nested_options,
		.member_size = sizeof(struct nested),
		.help = "How long to keep"},
	{.name = "things",
		.type = TT_OPTION_STRUCTS,
		AT(everything, things),
		.members = thing_options,
		.member_size = sizeof(struct thing),
		.help = "The things"},
	{0},
};

static int from_text(
	struct everything *e, const char *text, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_yaml *root = NULL;
	int rc = tt_yaml_parse(&root, tt_str_from(text), "f", arena, err);

	return rc < 0 ? rc : tt_options_from_yaml(table, e, root, "f", arena, err);
}

static void fallbacks_are_set(void)
{
	struct tt_arena arena = {0};
	struct everything e;

	memset(&e, 0x55, sizeof(e));
	tt_options_init(table, &e, &arena);
	tap_ok(e.data == NULL);
	tap_str(tt_str_from(e.listen), "127.0.0.1:7447");
	tap_ok(!e.verbose && e.all);
	tap_int(e.limit, 500);
	tap_int(e.wait_us, 0);
	tap_int(e.size, 0);
	tap_int(e.level, 1);
	tap_int(e.names.n, 2);
	tap_str(tt_str_from(e.names.items[1]), "y z");
	tap_int(e.retention.age_us, 30LL * 86400 * 1000000);
	tap_int(e.retention.size, 20LL << 30);
	tap_int(e.things.n, 0);
	tt_arena_release(&arena);
}

static void file_is_taken_over(void)
{
	struct tt_arena arena = {0};
	struct everything e;
	struct tt_err err = {0};
	const struct thing *things;

	tt_options_init(table, &e, &arena);
	tap_int(from_text(&e,
			"data: /var/lib\n"
			"listen: \"[::1]:1\"\n"
			"all: false\n"
			"limit: 10000\n"
			"wait:\n"
			"level: debug\n"
			"names: [a]\n"
			"retention: {size: 5GB}\n"
			"things:\n"
			"- name: 'true'\n"
			"  tags: [p, q]\n"
			"- {name: 17, eventTTL: 5m}\n",
			&arena, &err),
		0);
	tap_str(tt_str_from(err.msg), "");
	tap_str(tt_str_from(e.data), "/var/lib");
	tap_str(tt_str_from(e.listen), "[::1]:1");
	tap_ok(!e.all);
	tap_int(e.limit, 10000);
	tap_int(e.level, 0);
	tap_int(e.names.n, 1);
	tap_int(e.retention.age_us, 30LL * 86400 * 1000000);
	tap_int(e.retention.size, 5000000000);
	tap_int(e.things.n, 2);
	things = e.things.items;
	tap_str(tt_str_from(things[0].name), "true");
	tap_int(things[0].tags.n, 2);
	tap_int(things[0].ttl_us, 3600000000);
	tap_str(tt_str_from(things[1].name), "17");
	tap_int(things[1].tags.n, 0);
	tap_int(things[1].ttl_us, 300000000);
	tt_arena_release(&arena);
}

static void wrong_files_are_refused(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"dta: x\n", "f:1:1: unknown key \"dta\" (did you mean \"data\"?)"},
		{"a: 1\nretention:\n  aeg: 1d\n", "f:1:1: unknown key \"a\""},
		{"retention:\n  aeg: 1d\n",
			"f:2:3: unknown key \"aeg\" in retention (did you mean \"age\"?)"},
		{"things:\n- {eventttl: 1h}\n", "f:2:4: unknown key \"eventttl\" in things[0] "
						"(did you mean \"eventTTL\"?)"},
		{"data: [x]\n", "f:1:7: data: must be a text, not a list"},
		{"verbose: yes\n", "f:1:10: verbose: \"yes\" is neither true nor false"},
		{"verbose: \"true\"\n",
			"f:1:10: verbose: must be true or false, not a text in quotes"},
		{"limit: many\n", "f:1:8: limit: \"many\" is not a whole number"},
		{"limit: 0\n", "f:1:8: limit: 0 is not within 1 to 10000"},
		{"limit: -5\n", "f:1:8: limit: -5 is not within 1 to 10000"},
		{"wait: 5\n",
			"f:1:7: wait: \"5\" is not a duration (write 90s, 15m, 1h30m or 30d)"},
		{"level: inof\n", "f:1:8: level: \"inof\" is none of debug, info, warn "
				  "(did you mean \"info\"?)"},
		{"names: a\n", "f:1:8: names: must be a list of texts, not one text"},
		{"names: [a, [b]]\n", "f:1:12: names: must be a list of texts"},
		{"names: [a, ]\nretention: []\n",
			"f:2:12: retention: must be a mapping, not a list"},
		{"things: {}\n", "f:1:9: things: must be a list of mappings, not a mapping"},
		{"things: [1]\n", "f:1:10: things[0]: must be a mapping, not one text"},
		{"things: [{}, {tags: x}]\n",
			"f:1:21: things[1].tags: must be a list of texts, not one text"},
		{"- x\n", "f:1:1: must be a mapping, not a list"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct everything e;
		struct tt_err err = {0};

		tt_options_init(table, &e, &arena);
		tap_int(from_text(&e, cases[i].text, &arena, &err), TT_EINVAL);
		tap_str(tt_str_from(err.msg), cases[i].want);
		tap_int(from_text(&e, cases[i].text, &arena, NULL), TT_EINVAL);
		tt_arena_release(&arena);
	}
}

/* Splits `line` at spaces into argv after the program's name. */
static int split_args(char *line, char **argv)
{
	char *save = NULL;
	int n = 1;

	argv[0] = line;
	for (char *word = strtok_r(line, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	return n;
}

static void command_line_is_read(void)
{
	struct tt_arena arena = {0};
	struct everything e;
	struct tt_err err = {0};
	char line[] =
		"one -vA=x --data=/d --limit 7 two -nA,B --name C --age 1d --level warn -- -x";
	char *argv[20];
	int argc, first;

	line[strlen("one -vA") + 0] = ' '; /* "-vA x": x is an operand */
	line[strlen("one -vA") + 1] = 'x';
	tt_options_init(table, &e, &arena);
	argc = split_args(line, argv);
	first = tt_options_from_args(table, &e, argc, argv, &arena, &err);
	tap_str(tt_str_from(err.msg), "");
	tap_int(argc - first, 4);
	tap_str(tt_str_from(argv[first]), "one");
	tap_str(tt_str_from(argv[first + 2]), "two");
	tap_str(tt_str_from(argv[argc - 1]), "-x");
	tap_ok(e.verbose && e.all);
	tap_str(tt_str_from(e.data), "/d");
	tap_int(e.limit, 7);
	tap_int(e.names.n, 3);
	tap_str(tt_str_from(e.names.items[0]), "A");
	tap_str(tt_str_from(e.names.items[2]), "C");
	tap_int(e.retention.age_us, 86400000000);
	tap_int(e.level, 2);
	tt_arena_release(&arena);
}

static void ways_to_give_a_value(void)
{
	static const struct {
		const char *line;
		int operands;
	} cases[] = {{"-d /d", 0}, {"-d/d", 0}, {"-d=/d", 0}, {"--data /d", 0}, {"--data=/d", 0},
		{"-vd /d", 0}, {"-vd/d x", 1}, {"- -d /d", 1}, {"-d /d -- --data", 1},
		{"--all=false -d /d", 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct everything e;
		char line[100], *argv[20];
		int argc;

		(void)snprintf(line, sizeof(line), "%s", cases[i].line);
		argc = split_args(line, argv);
		tt_options_init(table, &e, &arena);
		tap_int(argc - tt_options_from_args(table, &e, argc, argv, &arena, NULL),
			cases[i].operands);
		tap_str(tt_str_from(e.data), "/d");
		tap_okf(e.all == (i != 9), "case %zu", i);
		tt_arena_release(&arena);
	}
}

static void wrong_command_lines_are_refused(void)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{"--dta x", "unknown option --dta (did you mean --data?)"},
		{"--dta=secret", "unknown option --dta (did you mean --data?)"},
		{"-data x", "-d: "},
		{"-lisen x", "unknown option -lisen (did you mean --listen?)"},
		{"-vx", "unknown option -x"},
		{"--qqqqqq", "unknown option --qqqqqq"},
		{"--d x", "unknown option --d"},
		{"--data", "--data needs a value: DIR"},
		{"-vd", "-d needs a value: DIR"},
		{"--level", "--level needs a value"},
		{"--limit x", "--limit: \"x\" is not a whole number"},
		{"--verbose=1", "--verbose: \"1\" is neither true nor false"},
		{"--listen=here", "--listen: \"here\" is not an address (write ADDR:PORT)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct everything e;
		struct tt_err err = {0};
		char line[100], *argv[20];
		int argc, rc;

		(void)snprintf(line, sizeof(line), "%s", cases[i].line);
		argc = split_args(line, argv);
		tt_options_init(table, &e, &arena);
		rc = tt_options_from_args(table, &e, argc, argv, &arena, &err);
		if (i == 2) /* -d with the value "ata" */
			tap_int(rc, 2);
		else
			tap_str(tt_str_from(err.msg), cases[i].want);
		tt_arena_release(&arena);
	}
}

static void print_is_read_back(void)
{
	static const char want[] = "data: \"a \\\"b\\\"\\u0001\\\\ \xc3\xa9\"\n"
				   "listen: 127.0.0.1:7447\n"
				   "verbose: false\n"
				   "all: true\n"
				   "limit: 500\n"
				   "wait: 0\n"
				   "size: 0\n"
				   "level: info\n"
				   "names: [x, \"y z\", \"null\", \"-a\"]\n"
				   "retention:\n"
				   "  age: 36h\n"
				   "  size: 20GiB\n"
				   "things:\n"
				   "  - name: a\n"
				   "    tags: []\n"
				   "    eventTTL: 1h\n"
				   "  - tags: [\"\\u2028\"]\n"
				   "    eventTTL: 1h\n";
	struct tt_arena arena = {0};
	struct everything e;
	struct tt_err err = {0};
	struct tt_buf text;

	tt_buf_init(&text, 10000);
	tt_options_init(table, &e, &arena);
	tap_int(from_text(&e,
			"data: \"a \\\"b\\\"\\x01\\\\ \\u00e9\"\nnames: [x, y z, \"null\", -a]\n"
			"retention: {age: 36h}\nthings: [{name: a}, {tags: [\"\\u2028\"]}]\n",
			&arena, &err),
		0);
	tt_options_print(&text, table, &e);
	tap_str(tt_buf_view(&text), want);
	tt_options_init(table, &e, &arena);
	tap_int(from_text(&e, want, &arena, &err), 0);
	tt_buf_clear(&text);
	tt_options_print(&text, table, &e);
	tap_str(tt_buf_view(&text), want);
	tt_options_init(table, &e, &arena);
	tt_buf_clear(&text);
	tt_options_print(&text, table, &e);
	tap_ok(tt_str_starts(tt_buf_view(&text), TT_STR("listen: ")));
	tap_ok(tt_str_ends(tt_buf_view(&text), TT_STR("\nthings: []\n")));
	tt_buf_release(&text);
	tt_arena_release(&arena);
}

static void help_is_wrapped(void)
{
	static const char want[] =
		"  -d, --data DIR          The directory\n"
		"      --listen ADDR:PORT  Where to listen (default 127.0.0.1:7447)\n"
		"  -v, --verbose           Say more\n"
		"  -A, --all               Everything that there is, in a sentence that is long\n"
		"                          enough to go over the end of a line\n"
		"      --limit N           At most so many (default 500)\n"
		"      --a-flag-with-a-long-name DURATION\n"
		"                          How long\n"
		"      --level VALUE       How much to say: debug, info, warn (default info)\n"
		"  -n, --name NAME         Which ones; may be repeated (default [x, \"y z\"])\n"
		"      --age DURATION      How long (default 30d)\n";
	struct tt_buf text;

	tt_buf_init(&text, 10000);
	tt_options_help(&text, table);
	tap_str(tt_buf_view(&text), want);
	tt_buf_release(&text);
}

static bool holds(const struct tt_buf *text, const char *part)
{
	return tt_str_find(tt_buf_view(text), tt_str_from(part)) >= 0;
}

static void manual_is_roff(void)
{
	struct tt_buf text;

	tt_buf_init(&text, 10000);
	tt_options_man_flags(&text, table);
	tap_ok(tt_str_starts(tt_buf_view(&text),
		TT_STR(".TP\n\\fB\\-d\\fR, \\fB\\-\\-data\\fR \\fIDIR\\fR\nThe directory.\n"
		       ".TP\n\\fB\\-\\-listen\\fR \\fIADDR:PORT\\fR\n")));
	tt_buf_clear(&text);
	tt_options_man_keys(&text, table);
	tap_ok(holds(&text, ".TP\n\\fBretention.age\\fR (a duration)\nHow long (default 30d).\n"));
	tap_ok(holds(&text, "\\fBthings[].eventTTL\\fR (a duration)"));
	tt_buf_release(&text);
}

static void nearest_names(void)
{
	static const char *const names[] = {"events", "log", "status", "check", "backup", NULL};
	static const struct {
		const char *word, *want;
	} cases[] = {{"event", "events"}, {"evnets", "events"}, {"STATUS", "status"},
		{"lgo", "log"}, {"chekc", "check"}, {"xyz", NULL}, {"", NULL}, {"l", NULL},
		{"statistics", NULL}, {"bckp", "backup"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_str(tt_str_from(tt_nearest(tt_str_from(cases[i].word), names)),
			cases[i].want != NULL ? cases[i].want : "");
}

int main(void)
{
	tap_test("fallbacks_are_set", fallbacks_are_set);
	tap_test("file_is_taken_over", file_is_taken_over);
	tap_test("wrong_files_are_refused", wrong_files_are_refused);
	tap_test("command_line_is_read", command_line_is_read);
	tap_test("ways_to_give_a_value", ways_to_give_a_value);
	tap_test("wrong_command_lines_are_refused", wrong_command_lines_are_refused);
	tap_test("print_is_read_back", print_is_read_back);
	tap_test("help_is_wrapped_at_80_columns", help_is_wrapped);
	tap_test("manual_is_roff", manual_is_roff);
	tap_test("nearest_names", nearest_names);
	return tap_done();
}
