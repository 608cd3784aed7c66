/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the write-ahead log small, whatever readers do. */
#include "base/log.h"
#include "store/db.h"
#include "store/writer.h"

enum {
	PAGE_BYTES = 4096,
	PASSIVE_PAGES = (16 << 20) / PAGE_BYTES,
	STEP_PAGES = (4 << 20) / PAGE_BYTES,
	RESTART_PAGES = (64 << 20) / PAGE_BYTES,
	IDLE_PAGES = 64,
};

static int note_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct tt_writer *w = arg;

	w->wal_pages = pages;
	return SQLITE_OK;
}

void tt_writer_watch_wal(struct tt_writer *w)
{
	(void)sqlite3_wal_hook(w->db, note_pages, w);
	w->checkpoint_at = PASSIVE_PAGES;
}

/* A passive checkpoint copies what no reader holds back, and the file is used from its start
 * again once all is copied and nobody reads in it. Readers come and go so fast that without help
 * that may never be so: beyond RESTART_PAGES the writer waits for them, at most as long as the
 * connection waits for locks. */
static void checkpoint(struct tt_writer *w)
{
	if (sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) !=
		SQLITE_OK)
		return; /* a full disk, or an error that the next commit reports */
	if (w->wal_pages >= RESTART_PAGES)
		(void)sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

void tt_writer_checkpoint(struct tt_writer *w)
{
	if (w->wal_pages < PASSIVE_PAGES)
		w->checkpoint_at = PASSIVE_PAGES;
	if (w->wal_pages < w->checkpoint_at)
		return;
	w->checkpoint_at = w->wal_pages + STEP_PAGES;
	checkpoint(w);
}

void tt_writer_checkpoint_idle(struct tt_writer *w)
{
	bool idle = w->head == w->idle_head && w->wal_pages >= IDLE_PAGES;

	/* while the disk is full, a WAL that starts anew is the room that the next commit needs */
	if (!idle && !w->failing)
		w->idle_head = w->head;
	else if (w->wal_pages > 0)
		checkpoint(w);
	if (idle)
		w->wal_pages = 0;
}
