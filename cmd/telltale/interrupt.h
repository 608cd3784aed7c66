/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt.h - Ctrl-C and SIGTERM. A thread waits for them, so that no code runs in a signal
 * handler. While nobody has asked to be told, the process ends at once; else the work in progress
 * is woken and ends itself, within 5 s or at the second signal. */
#pragma once

#include <stdbool.h>

struct tt_interrupt;

/* Starts the thread; call it before any other is started. It lives until the process ends. */
struct tt_interrupt *tt_interrupt_start(void);

/* From now on call `wake(arg)`, from the other thread, when a signal comes. NULL: only let
 * tt_interrupt_pending() say it. */
void tt_interrupt_catch(struct tt_interrupt *i, void (*wake)(void *arg), void *arg);

/* Ends tt_interrupt_catch(): `wake` is not running and will not be called any more. */
void tt_interrupt_release(struct tt_interrupt *i);

/* Whether a signal came. */
bool tt_interrupt_pending(struct tt_interrupt *i);

/* The exit status for it: 130 for Ctrl-C, 143 for SIGTERM. */
int tt_interrupt_status(struct tt_interrupt *i);
