/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/follow.h"

#include <poll.h>
#include <time.h>

#include "base/clock.h"
#include "store/reader.h"
#include "telltale/cli.h"
#include "telltale/outage.h"
#include "telltale/source.h"

/* A wait is short, because open gaps are looked for between two of them. */
enum { WAIT_S = 3, RETRY_S = 1 };

static void wake(void *arg)
{
	struct tt_source *source = arg;

	source->ops->wake(source);
}

/* Waits a moment before the next try; false if interrupted. */
static bool pause_before_retry(struct tt_cli *cli)
{
	const struct timespec slice = {0, 100 * TT_NS_PER_MS};

	for (int i = 0; i < RETRY_S * 10; i++) {
		if (tt_interrupt_pending(cli->interrupt))
			return false;
		(void)nanosleep(&slice, NULL);
	}
	return true;
}

/* Whether the output's reader has gone, found out without writing to it. */
static bool reader_is_gone(const struct tt_cli *cli)
{
	struct pollfd out = {.fd = cli->out.fd};

	return cli->out.closed || cli->out.error != 0 ||
	       (poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0);
}

int tt_follow(struct tt_cli *cli, struct tt_source *source, uint64_t after,
	const struct tt_follow *what, struct tt_err *err)
{
	struct tt_outages outages;
	bool is_lost = false;
	int rc = 0;

	tt_interrupt_catch(cli->interrupt, wake, source);
	tt_outages_init(&outages, cli, source, what->filter);
	if (what->open_gaps_said)
		tt_outages_note(&outages);
	while (rc == 0 && !reader_is_gone(cli)) {
		const struct tt_next next = {after, what->filter, (int64_t)WAIT_S * TT_NS_PER_S};
		struct tt_batch *batch = NULL;

		if (!is_lost)
			tt_outages_look(&outages);
		rc = source->ops->read(source, &next, &batch, &after, err);
		if (rc == TT_EIO && source->is_daemon) {
			if (!is_lost)
				tt_cli_say(cli, "%s; trying again until it is back", err->msg);
			is_lost = true;
			rc = pause_before_retry(cli) ? 0 : TT_ECANCELED;
			continue;
		}
		if (rc == 0 && is_lost)
			tt_cli_say(cli, "%s is back; nothing was missed", source->where);
		is_lost = false;
		if (rc == 0) {
			rc = what->fn(what->arg, batch->records, batch->n, err);
			tt_batch_unref(batch);
		}
	}
	tt_interrupt_release(cli->interrupt);
	tt_outages_release(&outages);
	return rc;
}
