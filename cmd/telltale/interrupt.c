/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

enum { GRACE_S = 5 };

struct tt_interrupt {
	pthread_mutex_t lock;
	sigset_t signals;
	int signal; /* that came; 0: none */
	bool caught;
	void (*wake)(void *arg);
	void *arg;
};

static _Noreturn void leave(int signal)
{
	static const char wipe[] = "\r\033[K";

	if (isatty(STDERR_FILENO))
		(void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
	_exit(128 + signal);
}

static void *wait_for_signals(void *arg)
{
	struct tt_interrupt *i = arg;
	struct timespec grace = {GRACE_S, 0};
	int signal = 0;

	if (sigwait(&i->signals, &signal) != 0)
		return NULL;
	(void)pthread_mutex_lock(&i->lock);
	i->signal = signal;
	if (!i->caught)
		leave(signal);
	if (i->wake != NULL)
		i->wake(i->arg);
	(void)pthread_mutex_unlock(&i->lock);
	(void)sigtimedwait(&i->signals, NULL, &grace);
	leave(signal);
}

struct tt_interrupt *tt_interrupt_start(void)
{
	struct tt_interrupt *i = tt_calloc(1, sizeof(*i));
	pthread_t thread;

	(void)pthread_mutex_init(&i->lock, NULL);
	(void)sigemptyset(&i->signals);
	(void)sigaddset(&i->signals, SIGINT);
	(void)sigaddset(&i->signals, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &i->signals, NULL);
	int rc = pthread_create(&thread, NULL, wait_for_signals, i);

	tt_assert(rc == 0);
	(void)pthread_detach(thread);
	return i;
}

void tt_interrupt_catch(struct tt_interrupt *i, void (*wake)(void *arg), void *arg)
{
	(void)pthread_mutex_lock(&i->lock);
	i->caught = true;
	i->wake = wake;
	i->arg = arg;
	(void)pthread_mutex_unlock(&i->lock);
}

void tt_interrupt_release(struct tt_interrupt *i)
{
	(void)pthread_mutex_lock(&i->lock);
	i->caught = i->signal != 0;
	i->wake = NULL;
	(void)pthread_mutex_unlock(&i->lock);
}

bool tt_interrupt_pending(struct tt_interrupt *i)
{
	(void)pthread_mutex_lock(&i->lock);
	bool pending = i->signal != 0;

	(void)pthread_mutex_unlock(&i->lock);
	return pending;
}

int tt_interrupt_status(struct tt_interrupt *i)
{
	(void)pthread_mutex_lock(&i->lock);
	int status = i->signal != 0 ? 128 + i->signal : 0;

	(void)pthread_mutex_unlock(&i->lock);
	return status;
}
