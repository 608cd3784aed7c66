/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/since.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/timestamp.h"
#include "base/vec.h"
#include "kube/file.h"

enum { MAX_FILE_BYTES = 32 << 20 };

static uint64_t key_of(struct tt_str cluster, struct tt_str namespace)
{
	return tt_hash_str(namespace, tt_hash_str(cluster, 1));
}

/* The lock is held. Two names with one hash: the later one is never known. */
static struct tt_since_entry *find(
	struct tt_since *since, struct tt_str cluster, struct tt_str namespace)
{
	uint64_t *at = tt_map_get(&since->map, key_of(cluster, namespace));
	struct tt_since_entry *e = at != NULL ? &since->entries.items[*at] : NULL;

	return e != NULL && tt_str_eq(e->cluster, cluster) && tt_str_eq(e->namespace, namespace)
		       ? e
		       : NULL;
}

static struct tt_since_entry *add(
	struct tt_since *since, struct tt_str cluster, struct tt_str namespace)
{
	struct tt_since_entry *e;
	bool is_new;
	uint64_t *at;

	if (since->entries.n == TT_SINCE_MAX)
		return NULL;
	at = tt_map_put(&since->map, key_of(cluster, namespace), &is_new);
	if (!is_new)
		return NULL;
	*at = since->entries.n;
	e = tt_vec_push(&since->entries);
	*e = (struct tt_since_entry){.cluster = tt_str_dup(&since->arena, cluster),
		.namespace = tt_str_dup(&since->arena, namespace)};
	return e;
}

static bool read_line(struct tt_since *since, struct tt_str line)
{
	struct tt_str rest = line;
	struct tt_str cluster = tt_str_split(&rest, ' '), namespace = tt_str_split(&rest, ' ');
	struct tt_since_entry *e;
	int64_t us;

	if (cluster.len == 0 || namespace.len == 0 || !tt_time_parse(rest, false, &us))
		return false;
	e = find(since, cluster, namespace);
	if (e == NULL)
		e = add(since, cluster, namespace);
	if (e != NULL)
		e->made_us = us;
	return true;
}

bool tt_since_init(struct tt_since *since, const char *file)
{
	struct tt_arena arena = {0};
	struct tt_str text;
	bool whole = true;

	*since = (struct tt_since){.file = file};
	(void)pthread_mutex_init(&since->lock, NULL);
	if (file == NULL)
		return true;
	if (tt_file_read(file, MAX_FILE_BYTES, &arena, &text, NULL) == 0)
		while (text.len > 0)
			whole = read_line(since, tt_str_split(&text, '\n')) && whole;
	else
		whole = access(file, F_OK) != 0;
	tt_arena_release(&arena);
	return whole;
}

void tt_since_release(struct tt_since *since)
{
	tt_map_release(&since->map);
	tt_vec_release(&since->entries);
	tt_arena_release(&since->arena);
	(void)pthread_mutex_destroy(&since->lock);
}

bool tt_since_get(struct tt_since *since, struct tt_str cluster, struct tt_str namespace,
	struct tt_since_entry *ret)
{
	const struct tt_since_entry *e;

	(void)pthread_mutex_lock(&since->lock);
	e = find(since, cluster, namespace);
	if (e != NULL)
		*ret = *e;
	(void)pthread_mutex_unlock(&since->lock);
	return e != NULL;
}

void tt_since_set(struct tt_since *since, const struct tt_since_entry *entry)
{
	struct tt_since_entry *e;

	(void)pthread_mutex_lock(&since->lock);
	e = find(since, entry->cluster, entry->namespace);
	if (e == NULL)
		e = add(since, entry->cluster, entry->namespace);
	if (e != NULL) {
		since->changed = since->changed || e->made_us != entry->made_us;
		e->made_us = entry->made_us;
		e->checked_ns = entry->checked_ns;
		e->checked = entry->checked;
	}
	(void)pthread_mutex_unlock(&since->lock);
}

/* Takes what is to be written. */
static bool print(struct tt_since *since, struct tt_buf *to)
{
	bool changed;

	(void)pthread_mutex_lock(&since->lock);
	changed = since->changed;
	since->changed = false;
	for (size_t i = 0; changed && i < since->entries.n; i++) {
		const struct tt_since_entry *e = &since->entries.items[i];
		char time[TT_TIME_SIZE];

		(void)tt_time_format(e->made_us, TT_TIME_SECONDS, time);
		tt_buf_printf(to, "%.*s %.*s %s\n", TT_STR_ARG(e->cluster),
			TT_STR_ARG(e->namespace), time);
	}
	(void)pthread_mutex_unlock(&since->lock);
	return changed;
}

int tt_since_save(struct tt_since *since, struct tt_err *err)
{
	struct tt_buf text;
	int rc = 0;

	if (since->file == NULL)
		return 0;
	tt_buf_init(&text, MAX_FILE_BYTES);
	if (print(since, &text))
		rc = tt_file_write(since->file, tt_buf_view(&text), err);
	if (rc != 0) {
		(void)pthread_mutex_lock(&since->lock);
		since->changed = true;
		(void)pthread_mutex_unlock(&since->lock);
	}
	tt_buf_release(&text);
	return rc;
}
