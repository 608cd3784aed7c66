/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/ticket.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"

enum { SLOTS = 1024 };

static const int64_t LIFETIME_NS = 60ll * TT_NS_PER_S;

struct ticket {
	uint64_t key, seq;
	int64_t at_us, left_ns;
	bool valid;
};

struct tt_tickets {
	pthread_mutex_t lock;
	struct ticket slots[SLOTS];
};

struct tt_tickets *tt_tickets_new(void)
{
	struct tt_tickets *tickets = tt_calloc(1, sizeof(*tickets));

	(void)pthread_mutex_init(&tickets->lock, NULL);
	return tickets;
}

void tt_tickets_free(struct tt_tickets *tickets)
{
	if (tickets == NULL)
		return;
	(void)pthread_mutex_destroy(&tickets->lock);
	tt_free(tickets);
}

void tt_ticket_leave(
	struct tt_tickets *tickets, uint64_t key, uint64_t seq, int64_t at_us, int64_t now_ns)
{
	(void)pthread_mutex_lock(&tickets->lock);
	tickets->slots[key % SLOTS] = (struct ticket){key, seq, at_us, now_ns, true};
	(void)pthread_mutex_unlock(&tickets->lock);
}

bool tt_ticket_take(
	struct tt_tickets *tickets, uint64_t key, uint64_t seq, int64_t now_ns, int64_t *ret_at_us)
{
	struct ticket *ticket = &tickets->slots[key % SLOTS];

	(void)pthread_mutex_lock(&tickets->lock);
	bool found = ticket->valid && ticket->key == key && ticket->seq == seq &&
		     now_ns - ticket->left_ns < LIFETIME_NS;

	if (found) {
		*ret_at_us = ticket->at_us;
		ticket->valid = false;
	}
	(void)pthread_mutex_unlock(&tickets->lock);
	return found;
}
