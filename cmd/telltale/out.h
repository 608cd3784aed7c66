/* SPDX-License-Identifier: Apache-2.0 */
/* out.h - standard output, buffered. A reader that has gone away (EPIPE) is no error: the rest is
 * dropped, and the caller stops when it next looks. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

struct tt_out {
	int fd;
	struct tt_buf buf; /* what is to be written next; append here, then tt_out_flush() */
	bool closed;       /* the reader is gone */
	int error;         /* errno of a failed write, 0: none */
};

/* Output to `fd`, which stays the caller's. */
void tt_out_init(struct tt_out *out, int fd);
void tt_out_release(struct tt_out *out);

/* Writes what is in the buffer and empties it; false if there is nobody left to write for. */
bool tt_out_flush(struct tt_out *out);

/* The same once the buffer has grown to 64 KiB; for streams. */
bool tt_out_drain(struct tt_out *out);
