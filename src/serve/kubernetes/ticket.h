/* SPDX-License-Identifier: Apache-2.0 */
/* ticket.h - when a client has just listed what it is about to watch. Private to this folder.
 *
 * A watch from version N must repeat what has left the window since N was recorded, which in a
 * quiet cluster is long ago; but who has listed a moment ago has never seen it, and kubectl would
 * print it. A list leaves a ticket, which the first watch of the same client takes. Any thread;
 * tickets are few and short-lived, and without one a watch only says more than it must. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tt_tickets;

/* No tickets. */
struct tt_tickets *tt_tickets_new(void);
/* NULL is allowed. */
void tt_tickets_free(struct tt_tickets *tickets);

/* Client `key` has listed version `seq` as of `at_us`; now it is `now_ns`, monotonic. */
void tt_ticket_leave(
	struct tt_tickets *tickets, uint64_t key, uint64_t seq, int64_t at_us, int64_t now_ns);

/* Takes the ticket of client `key` for version `seq`, if it is not older than a minute. */
bool tt_ticket_take(
	struct tt_tickets *tickets, uint64_t key, uint64_t seq, int64_t now_ns, int64_t *ret_at_us);
