/* SPDX-License-Identifier: Apache-2.0 */
/* fault_vfs.h - an SQLite VFS in memory whose disk fails when it is told to.
 *
 * It knows of every file what is there and what would be there after a power cut: what was written
 * since the last sync may be lost, whole or in pieces. Operations that change the disk (write,
 * sync, truncate) are counted from 1. One thread; one instance at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_IO,   /* the operation, and `length` - 1 after it, fail with an I/O error */
	FAULT_FULL, /* the same, writes only, because the disk is full */
	FAULT_CUT,  /* from the operation on nothing succeeds: the power is gone */
};

/* The name to open the log with. Registers the VFS, with an empty disk. */
const char *fault_vfs_begin(void);

/* Forgets the disk and unregisters the VFS. */
void fault_vfs_end(void);

/* Plans a fault at operation `at` (counted from now on). */
void fault_vfs_plan(enum fault_kind kind, uint64_t at, uint64_t length);

/* Operations since the last plan. */
uint64_t fault_vfs_operations(void);

/* The power is back: every file is as the disk kept it. With `seed` 0 nothing that was not synced
 * survives, else a random part of it, in sectors of 512 bytes. All connections must be closed. */
void fault_vfs_power_on(uint64_t seed);
