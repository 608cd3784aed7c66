/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - what the fuzz targets share. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/str.h"
#include "store/container.h"

/* The target: reads `data` and returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as text. */
static inline struct tt_str fuzz_text(const uint8_t *data, size_t size)
{
	return (struct tt_str){(const char *)data, size};
}

/* The input as a file: its descriptor, to be closed, and in `path` a name for it. */
static inline int fuzz_file(const uint8_t *data, size_t size, char path[static 32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	tt_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* A blob of the log whose checksums are right but whose streams are anything; the input is an id, a
 * length, the bytes, and so on. To be released; fuzz_view() is its bytes. */
static inline struct tt_packer fuzz_container(const uint8_t *data, size_t size)
{
	struct tt_stream streams[TT_CONTAINER_MAX_STREAMS];
	struct tt_unpacker u = {data, data + size, false};
	struct tt_packer blob = {0};
	size_t n = 0;

	while (n < TT_CONTAINER_MAX_STREAMS && u.at < u.end) {
		streams[n].id = (uint8_t)tt_unpack_fixed(&u, 1);
		streams[n].random = true;
		streams[n++].bytes = tt_unpack_str(&u);
	}
	tt_container_pack(&blob, streams, n, NULL);
	return blob;
}

static inline struct tt_str fuzz_view(const struct tt_packer *p)
{
	return (struct tt_str){(const char *)p->data, p->len};
}
