/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.h - what one would otherwise write: one plain SQLite table with all columns, four
 * indexes and full-text search over the messages, filled through the same decoder. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct baseline;
struct tt_batch;

/* Makes the database in the file `path`, which is absent. Dies on failure, as all of these do. */
struct baseline *baseline_open(const char *path);
void baseline_close(struct baseline *b);

/* Inserts the records of `n` batches as one durable transaction. */
void baseline_append(struct baseline *b, struct tt_batch *const *batches, size_t n);

/* Bytes of the file and its WAL after a checkpoint. */
uint64_t baseline_bytes(struct baseline *b);

/* Queries, all columns read; each returns the number of rows. */
uint64_t baseline_newest_of_namespace(struct baseline *b, struct tt_str namespace, unsigned limit);
uint64_t baseline_history_of_pod(struct baseline *b, struct tt_str namespace, struct tt_str name);
uint64_t baseline_newest_with_word(struct baseline *b, struct tt_str word, unsigned limit);
uint64_t baseline_newest_with_substring(struct baseline *b, struct tt_str part, unsigned limit);
