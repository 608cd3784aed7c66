/* SPDX-License-Identifier: Apache-2.0 */
/* telltale completion: a script for bash, made from the option tables. */
#include <string.h>

#include "telltale/cli.h"
#include "telltale/source.h"

enum { EVENTS_LOOKED_AT = 500 };

struct completion_options {
	struct tt_globals globals;
};

static const char *const examples[] = {
	"completion bash > ~/.local/share/bash-completion/completions/telltale",
	"For good, where bash-completion is installed",
	NULL,
};

/* Appends "-n" and "--namespace" of the flag "n,namespace", with `before` in front of each. */
static void put_flags(struct tt_buf *to, const char *flag, const char *before)
{
	struct tt_str rest = tt_str_from(flag);

	while (rest.data != NULL) {
		struct tt_str name = tt_str_split(&rest, ',');

		tt_buf_printf(to, "%s%s%.*s", before, name.len == 1 ? "-" : "--", TT_STR_ARG(name));
	}
}

static void put_option_words(struct tt_buf *to, const struct tt_option *table)
{
	for (; table != NULL && table->name != NULL; table++)
		if (table->flag != NULL)
			put_flags(to, table->flag, " ");
}

/* The case patterns of the options of `table` that take a value. */
static void put_valued(struct tt_buf *to, const struct tt_option *table, bool *is_first)
{
	for (; table != NULL && table->name != NULL; table++) {
		struct tt_buf patterns;

		if (table->flag == NULL || table->type == TT_OPTION_BOOL)
			continue;
		tt_buf_init(&patterns, 1024);
		put_flags(&patterns, table->flag, "|");
		tt_buf_text(to, patterns.data + (*is_first ? 1 : 0));
		*is_first = false;
		tt_buf_release(&patterns);
	}
}

/* Names that the program finds in the log that the line so far is about. */
static void put_asked(struct tt_buf *to, const char *what)
{
	tt_buf_printf(to,
		"-W \"$(\"${COMP_WORDS[0]}\" \"${place[@]}\" completion %s 2>/dev/null)\"", what);
}

/* What stands behind an option, where `is_logged` says that the verb is about a log: words, a file,
 * a directory. */
static const char *value_words(struct tt_buf *to, const struct tt_option *option, bool is_logged)
{
	tt_buf_clear(to);
	if (option->choices != NULL) {
		tt_buf_text(to, "-W '");
		for (const char *const *choice = option->choices; *choice != NULL; choice++)
			tt_buf_printf(to, "%s ", *choice);
		tt_buf_text(to, "'");
	} else if (is_logged && strcmp(option->name, "cluster") == 0) {
		put_asked(to, "clusters");
	} else if (is_logged && strcmp(option->name, "namespace") == 0) {
		put_asked(to, "namespaces");
	} else if (option->metavar != NULL && strcmp(option->metavar, "FILE") == 0) {
		tt_buf_text(to, "-f");
	} else if (option->metavar != NULL && strcmp(option->metavar, "DIR") == 0) {
		tt_buf_text(to, "-d");
	}
	return to->len > 0 ? to->data : NULL;
}

/* The cases of options that take a value: behind `verb`, or anywhere if that is "". */
static void put_values(
	struct tt_buf *to, const char *verb, const struct tt_option *table, bool is_logged)
{
	struct tt_buf words;

	tt_buf_init(&words, 4096);
	for (; table != NULL && table->name != NULL; table++) {
		if (table->flag == NULL || table->type == TT_OPTION_BOOL)
			continue;
		struct tt_str rest = tt_str_from(table->flag);
		const char *values = value_words(&words, table, is_logged);

		tt_buf_text(to, "\t");
		for (bool is_first = true; rest.data != NULL; is_first = false) {
			struct tt_str name = tt_str_split(&rest, ',');

			tt_buf_printf(to, "%s'%s%s%s%.*s'", is_first ? "" : "|", verb,
				verb[0] != '\0' ? " " : "", name.len == 1 ? "-" : "--",
				TT_STR_ARG(name));
		}
		if (values != NULL)
			tt_buf_printf(to,
				") mapfile -t COMPREPLY < <(compgen %s -- \"$cur\"); return ;;\n",
				values);
		else
			tt_buf_text(to, ") return ;;\n");
	}
	tt_buf_release(&words);
}

static void put_script(struct tt_buf *to)
{
	bool is_first = true;

	tt_buf_text(to, "# bash completion for telltale; made by: telltale completion bash\n"
			"_telltale()\n{\n"
			"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
			"\tlocal verb= words= kind= i option value place=()\n\n"
			"\tCOMPREPLY=()\n"
			"\t# bash makes words of = and : too\n"
			"\tif [[ $cur == = ]]; then\n"
			"\t\tcur=\n"
			"\telif [[ $prev == = ]]; then\n"
			"\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
			"\tfi\n"
			"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			"\t\tcase ${COMP_WORDS[i]} in\n"
			"\t\t");
	put_valued(to, tt_global_options, &is_first);
	tt_buf_text(to, ")\n"
			"\t\t\toption=${COMP_WORDS[i++]}\n"
			"\t\t\t[[ ${COMP_WORDS[i]} == = ]] && ((i++))\n"
			"\t\t\tvalue=${COMP_WORDS[i]}\n"
			"\t\t\twhile [[ ${COMP_WORDS[i + 1]} == : ]]; do\n"
			"\t\t\t\tvalue+=:${COMP_WORDS[i + 2]}\n"
			"\t\t\t\t((i += 2))\n"
			"\t\t\tdone\n"
			"\t\t\t((i < COMP_CWORD)) && place+=(\"$option\" \"$value\") ;;\n"
			"\t\t-*) ;;\n"
			"\t\t*) [[ -n $verb ]] || verb=${COMP_WORDS[i]} ;;\n"
			"\t\tesac\n"
			"\tdone\n"
			"\tcase $prev in\n");
	put_values(to, "", tt_global_options, false);
	tt_buf_text(to, "\tesac\n"
			"\tcase \"$verb $prev\" in\n");
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		put_values(to, (*verb)->name, (*verb)->options, (*verb)->takes != 0);
	tt_buf_text(to, "\tesac\n\tcase $verb in\n\t'') words='");
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		tt_buf_printf(to, "%s ", (*verb)->name);
	tt_buf_text(to, "help' ;;\n\thelp) words='");
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++)
		tt_buf_printf(to, "%s ", (*verb)->name);
	tt_buf_text(to, "' ;;\n");
	for (const struct tt_verb *const *verb = tt_verbs; *verb != NULL; verb++) {
		const char *operand = (*verb)->operand_words;
		bool is_file = operand != NULL && strcmp(operand, "FILE") == 0;
		bool is_dir = operand != NULL && strcmp(operand, "DIR") == 0;

		tt_buf_printf(to, "\t%s) kind=%s words='%s", (*verb)->name,
			is_file  ? "-f"
			: is_dir ? "-d"
				 : "",
			operand != NULL && !is_file && !is_dir ? operand : "");
		if ((*verb)->options != NULL)
			put_option_words(to, (*verb)->options);
		tt_buf_text(to, "' ;;\n");
	}
	tt_buf_text(to, "\tesac\n"
			"\tif [[ $cur == -* || -z $kind ]]; then\n"
			"\t\t[[ $cur == -* ]] && words+='");
	put_option_words(to, tt_global_options);
	tt_buf_text(to, "'\n"
			"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			"\telse\n"
			"\t\tmapfile -t COMPREPLY < <(compgen $kind -- \"$cur\")\n"
			"\tfi\n"
			"}\n"
			"complete -o filenames -F _telltale telltale kubectl-telltale\n");
}

/* A line for `name` if it is one; a shell expands the words that it is offered. */
static void put_name(struct tt_buf *to, struct tt_str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", name.data[i]) == NULL)
			return;
	tt_buf_printf(to, "%.*s\n", TT_STR_ARG(name));
}

/* The namespaces of the newest events, which is cheap. */
static int put_namespaces(struct tt_cli *cli, struct tt_source *source,
	const struct tt_source_info *info, struct tt_err *err)
{
	struct tt_query query = {.limit = EVENTS_LOOKED_AT};
	struct tt_answer answer = {0};

	query.filter.cluster = tt_source_default_cluster(info);
	query.filter.since_us = query.filter.until_us = TT_TIME_ZERO;
	int rc = source->ops->view(source, &query, &answer, &cli->arena, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < answer.n; i++) {
		struct tt_str name = answer.records[i].event.metadata.namespace;
		bool is_new = true;

		for (size_t k = 0; k < i && is_new; k++)
			is_new = !tt_str_eq(name, answer.records[k].event.metadata.namespace);
		if (is_new)
			put_name(&cli->out.buf, name);
	}
	tt_batch_unref(answer.batch);
	return 0;
}

/* For the script: the names that the log holds. */
static int put_names(struct tt_cli *cli, const struct tt_globals *globals, bool clusters)
{
	struct tt_source *source = NULL;
	struct tt_source_info info;
	struct tt_err err;
	int rc = tt_source_open(&source, cli, globals, &err);

	if (rc == 0)
		rc = source->ops->info(source, &info, &cli->arena, &err);
	for (size_t i = 0; rc == 0 && clusters && i < info.n_clusters; i++)
		put_name(&cli->out.buf, info.clusters[i].name);
	if (rc == 0 && !clusters)
		rc = put_namespaces(cli, source, &info, &err);
	tt_source_close(source);
	return rc == 0 ? TT_EXIT_DONE : tt_cli_fail(cli, &err);
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct completion_options *o = arg;

	if (operands[0] == NULL)
		return tt_cli_wrong_use(cli, &tt_verb_completion,
			"for which shell is missing; there is %s completion bash", cli->program);
	bool clusters = strcmp(operands[0], "clusters") == 0;

	if (clusters || strcmp(operands[0], "namespaces") == 0)
		return put_names(cli, &o->globals, clusters);
	if (strcmp(operands[0], "bash") != 0)
		return tt_cli_wrong_use(cli, &tt_verb_completion,
			"there is no completion for \"%s\", only for bash", operands[0]);
	put_script(&cli->out.buf);
	return TT_EXIT_DONE;
}

const struct tt_verb tt_verb_completion = {
	.name = "completion",
	.operands = "bash",
	.max_operands = 1,
	.summary = "Print a script that completes verbs, options and values in bash",
	.text = "In one shell alone: source <(telltale completion bash)",
	.size = sizeof(struct completion_options),
	.examples = examples,
	.operand_words = "bash",
	.run = run,
};
