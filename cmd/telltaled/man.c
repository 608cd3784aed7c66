/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/man.h"

#include "base/buf.h"
#include "telltaled/config.h"

static const char head[] =
	".TH TELLTALED 8 \"" TT_DATE "\" \"telltale " TT_VERSION "\" \"System Administration\"\n"
	".SH NAME\n"
	"telltaled \\- collects and keeps the Events of Kubernetes clusters\n"
	".SH SYNOPSIS\n"
	".B telltaled\n"
	".RI [ OPTION ]...\n"
	".SH DESCRIPTION\n"
	"telltaled watches the Events of one or more Kubernetes clusters and appends each of them, "
	"once, to a durable log on this machine. Nothing is lost silently: where events may have "
	"been "
	"missed, a gap record stands in the log. The log is read with\n"
	".BR telltale (1)\n"
	"and over HTTP.\n"
	".PP\n"
	"Without\n"
	".B \\-\\-config\n"
	"no file is needed. Without any word about clusters telltaled collects from the cluster "
	"whose "
	"pod it runs in, else from the current kubeconfig.\n"
	".SH OPTIONS\n";

static const char before_keys[] = ".SH CONFIGURATION\n"
				  "The configuration is one YAML file. Every key has a default; "
				  "unknown keys and wrong types are "
				  "errors. Flags win over the file.\n"
				  ".B telltaled \\-\\-check\n"
				  "prints what would be in effect.\n"
				  ".PP\n"
				  ".EX\n"
				  "data: /var/lib/telltale\n"
				  "healthListen: 0.0.0.0:7448\n"
				  "retention: {age: 90d, size: 50GiB}\n"
				  "clusters:\n"
				  "- {name: prod, kubeconfig: /etc/telltale/prod.kubeconfig}\n"
				  "- {name: ci, hosted: true}\n"
				  ".EE\n";

static const char foot[] =
	".SH HTTP API\n"
	"On the address of\n"
	".B listen\n"
	"stand /v1/events (what\n"
	".B telltale events\n"
	"shows), /v1/records (the log in order; watch events are posted there too) and /v1/status. "
	"doc/architecture.md, among the sources, says what each takes and answers.\n"
	".SH SIGNALS\n"
	".TP\n"
	".BR SIGTERM ,\\  SIGINT\n"
	"End within five seconds, with everything acknowledged on disk.\n"
	".TP\n"
	".B SIGHUP\n"
	"Read the configuration again. Clusters, retention and logging change at once; what needs "
	"a "
	"restart is named in the log. If the new configuration is wrong, the old one stays.\n"
	".SH EXIT STATUS\n"
	"0 after a signal to end, 1 after a failure, 2 for a wrong use or configuration.\n"
	".SH FILES\n"
	".TP\n"
	".I /var/lib/telltale\n"
	"The default data directory of root; of other users\n"
	".IR $XDG_STATE_HOME/telltale ,\n"
	"which is below ~/.local/state if XDG_STATE_HOME is not set.\n"
	".SH ENVIRONMENT\n"
	".TP\n"
	".B KUBECONFIG\n"
	"The kubeconfig files of a cluster that names none; without it ~/.kube/config.\n"
	".SH SEE ALSO\n"
	".BR telltale (1)\n";

void tt_man_page(struct tt_buf *to)
{
	tt_buf_text(to, head);
	tt_options_man_flags(to, tt_flag_options);
	tt_buf_text(to, before_keys);
	tt_options_man_keys(to, tt_config_options);
	tt_buf_text(to, foot);
}
