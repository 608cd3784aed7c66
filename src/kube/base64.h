/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - standard base64 with padding (RFC 4648), as kubeconfigs hold PEM texts and as HTTP
 * wants basic credentials. Only for src/kube. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_arena;

/* The bytes that `text` stands for, in `arena` and followed by a NUL; line breaks are passed over
 * (as Go does). False if it is no base64. */
bool tt_base64_decode(struct tt_str text, struct tt_arena *arena, struct tt_str *ret);

/* Appends `bytes` as base64. */
void tt_base64_put(struct tt_buf *to, struct tt_str bytes);
