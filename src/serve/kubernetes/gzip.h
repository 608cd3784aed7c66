/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - a gzip stream, compressed as fast as it gets (level 1, as an API server does). Belongs
 * to one thread. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_gzip;

/* The beginning of a stream. */
struct tt_gzip *tt_gzip_new(void);

/* NULL is allowed. */
void tt_gzip_free(struct tt_gzip *gzip);

/* Compresses `bytes` and appends what comes of it to `to`; with `end` also the end of the
 * stream. */
void tt_gzip_put(struct tt_gzip *gzip, struct tt_str bytes, bool end, struct tt_buf *to);
