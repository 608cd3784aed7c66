/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/out.h"

#include <errno.h>
#include <unistd.h>

enum { DRAIN_BYTES = 64 << 10 };

/* A table is aligned as a whole before it is written. */
static const size_t MAX_BYTES = (size_t)1 << 40;

void tt_out_init(struct tt_out *out, int fd)
{
	*out = (struct tt_out){.fd = fd};
	tt_buf_init(&out->buf, MAX_BYTES);
}

void tt_out_release(struct tt_out *out)
{
	tt_buf_release(&out->buf);
}

bool tt_out_flush(struct tt_out *out)
{
	size_t done = 0;

	while (done < out->buf.len && !out->closed && out->error == 0) {
		ssize_t n = write(out->fd, out->buf.data + done, out->buf.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EPIPE)
			out->closed = true;
		else if (errno != EINTR)
			out->error = errno;
	}
	tt_buf_clear(&out->buf);
	return !out->closed && out->error == 0;
}

bool tt_out_drain(struct tt_out *out)
{
	if (out->buf.len >= DRAIN_BYTES)
		return tt_out_flush(out);
	return !out->closed && out->error == 0;
}
