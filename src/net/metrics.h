/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - writing the Prometheus text exposition format 0.0.4. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_metric_label {
	const char *name; /* NULL ends a list */
	struct tt_str value;
};

/* The HELP and TYPE lines of a metric family; `type` is "counter", "gauge" or "histogram". */
void tt_metric_family(struct tt_buf *to, const char *name, const char *type, const char *help);

/* A sample with labels up to one with name NULL (or NULL: none); values are escaped. */
void tt_metric_u64(
	struct tt_buf *to, const char *name, const struct tt_metric_label *labels, uint64_t value);
void tt_metric_double(
	struct tt_buf *to, const char *name, const struct tt_metric_label *labels, double value);
