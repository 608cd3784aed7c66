/* SPDX-License-Identifier: Apache-2.0 */
/* units.h - durations, sizes and addresses as people write them in configuration. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* "90s", "15m", "1h30m", "7d", "2w", "1.5h", "250ms", "0": units ms s m h d w. In microseconds. */
int tt_duration_parse(struct tt_str text, int64_t *ret_us, struct tt_err *err);

/* "64KiB", "20GiB", "5GB", "1000": bytes. */
int tt_size_parse(struct tt_str text, uint64_t *ret_bytes, struct tt_err *err);

/* The shortest exact text that the parsers above read back. */
void tt_duration_put(struct tt_buf *to, int64_t us);
void tt_size_put(struct tt_buf *to, uint64_t bytes);

/* "ADDR:PORT" or "[ADDR6]:PORT": checks it and says whether it is a loopback address. */
int tt_address_parse(
	struct tt_str text, bool *ret_loopback, uint16_t *ret_port, struct tt_err *err);
