/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/assert.h"
#include "serve/internal.h"

enum { WAIT_S = 10 };

void tt_readers_init(struct tt_readers *readers, struct tt_store *store)
{
	pthread_condattr_t attr;

	*readers = (struct tt_readers){.store = store};
	(void)pthread_mutex_init(&readers->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&readers->returned, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void tt_readers_release(struct tt_readers *readers)
{
	tt_assert(readers->n_idle == readers->n_open);
	while (readers->n_idle > 0)
		tt_reader_close(readers->idle[--readers->n_idle]);
	(void)pthread_cond_destroy(&readers->returned);
	(void)pthread_mutex_destroy(&readers->lock);
}

int tt_readers_borrow(struct tt_readers *readers, struct tt_reader **ret, struct tt_err *err)
{
	struct timespec deadline;
	int rc = 0;
	bool open = false;

	(void)clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += WAIT_S;
	(void)pthread_mutex_lock(&readers->lock);
	while (rc == 0 && readers->n_idle == 0 && readers->n_open == TT_SERVE_READERS)
		rc = pthread_cond_timedwait(&readers->returned, &readers->lock, &deadline);
	if (readers->n_idle > 0) {
		*ret = readers->idle[--readers->n_idle];
		rc = 0;
	} else if (readers->n_open < TT_SERVE_READERS) {
		readers->n_open++;
		open = true;
		rc = 0;
	}
	(void)pthread_mutex_unlock(&readers->lock);
	if (rc != 0)
		return tt_fail(err, TT_EAGAIN, "too many queries at once: try again");
	if (!open || (rc = tt_reader_open(ret, readers->store, err)) == 0)
		return 0;
	(void)pthread_mutex_lock(&readers->lock);
	readers->n_open--;
	(void)pthread_cond_signal(&readers->returned);
	(void)pthread_mutex_unlock(&readers->lock);
	return rc;
}

void tt_readers_done(struct tt_readers *readers, struct tt_reader *reader)
{
	(void)pthread_mutex_lock(&readers->lock);
	readers->idle[readers->n_idle++] = reader;
	(void)pthread_cond_signal(&readers->returned);
	(void)pthread_mutex_unlock(&readers->lock);
}
