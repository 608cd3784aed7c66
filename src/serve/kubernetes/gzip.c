/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/gzip.h"

#include <zlib.h>

#include "base/assert.h"
#include "base/mem.h"

enum { LEVEL = 1, GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, ROOM = 32 * 1024 };

struct tt_gzip {
	z_stream z;
};

static void *zalloc(void *arg, unsigned n, unsigned size)
{
	(void)arg;
	return tt_calloc(n, size);
}

static void zfree(void *arg, void *p)
{
	(void)arg;
	tt_free(p);
}

struct tt_gzip *tt_gzip_new(void)
{
	struct tt_gzip *g = tt_calloc(1, sizeof(*g));

	g->z.zalloc = zalloc;
	g->z.zfree = zfree;
	int rc = deflateInit2(
		&g->z, LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);

	tt_assert(rc == Z_OK); /* it fails for want of memory alone */
	return g;
}

void tt_gzip_free(struct tt_gzip *g)
{
	if (g == NULL)
		return;
	(void)deflateEnd(&g->z);
	tt_free(g);
}

void tt_gzip_put(struct tt_gzip *g, struct tt_str bytes, bool end, struct tt_buf *to)
{
	int rc;

	g->z.next_in = (unsigned char *)(uintptr_t)bytes.data;
	g->z.avail_in = (unsigned)bytes.len;
	do {
		char *room = tt_buf_reserve(to, ROOM);

		if (room == NULL)
			return;
		g->z.next_out = (unsigned char *)room;
		g->z.avail_out = ROOM;
		rc = deflate(&g->z, end ? Z_FINISH : Z_NO_FLUSH);
		to->len += ROOM - g->z.avail_out;
	} while (end ? rc != Z_STREAM_END : g->z.avail_out == 0);
}
