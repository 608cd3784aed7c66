/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h - compact JSON laid out for people. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* Appends the well-formed, compact `json` in lines, each level indented by `indent` spaces, as Go's
 * json.MarshalIndent() does: for kubectl with four, for an API server with two. The first line is
 * not indented, the others as deep in as `depth` levels more; no newline at the end. */
void tt_json_put_indented(struct tt_buf *to, struct tt_str json, unsigned indent, unsigned depth);
