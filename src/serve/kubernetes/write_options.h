/* SPDX-License-Identifier: Apache-2.0 */
/* write_options.h - the query of a write: CreateOptions, UpdateOptions and PatchOptions of meta/v1,
 * and dryRun, which DeleteOptions have too; with the checks and words of a Kubernetes API server.
 * Private to this folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct tt_api_request;
struct tt_causes;

enum tt_field_validation { TT_FIELDS_WARN, TT_FIELDS_STRICT, TT_FIELDS_IGNORE };

struct tt_write_options {
	bool dry_run;
	enum tt_field_validation fields;
};

/* Reads and checks the options of a create, update or patch; false: answered. */
bool tt_api_write_options(struct tt_api_request *r, struct tt_write_options *ret);

/* So many values of dryRun are shown to those who gave a wrong one. */
enum { TT_DRY_RUNS_SHOWN = 16 };

/* The values of dryRun, of which "All" alone is one. Texts are borrowed. */
struct tt_dry_run {
	struct tt_str values[TT_DRY_RUNS_SHOWN];
	size_t n;
	bool given, wrong; /* there is a value, and one that is none */
};

/* Takes another value. */
void tt_dry_run_add(struct tt_dry_run *d, struct tt_str value);

/* Takes those of the query. */
void tt_dry_run_query(struct tt_dry_run *d, struct tt_api_request *r);

/* A cause if one is wrong. */
void tt_dry_run_check(const struct tt_dry_run *d, struct tt_causes *to);
