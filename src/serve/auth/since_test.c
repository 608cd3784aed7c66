/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/since.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "tap/tap.h"

static char dir[40], file[80];

static void make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/telltale-since-XXXXXX");
	tap_ok(mkdtemp(dir) != NULL);
	(void)snprintf(file, sizeof(file), "%s/namespaces", dir);
}

static void remove_dir(void)
{
	(void)unlink(file);
	tap_int(rmdir(dir), 0);
}

static void set(struct tt_since *since, const char *cluster, const char *namespace, int64_t us)
{
	struct tt_since_entry e = {.cluster = tt_str_from(cluster),
		.namespace = tt_str_from(namespace),
		.made_us = us,
		.checked_ns = 7,
		.checked = true};

	tt_since_set(since, &e);
}

/* What is known, or TT_TIME_ZERO. */
static int64_t get(struct tt_since *since, const char *cluster, const char *namespace)
{
	struct tt_since_entry e;

	return tt_since_get(since, tt_str_from(cluster), tt_str_from(namespace), &e) ? e.made_us
										     : TT_TIME_ZERO;
}

static void what_is_known_survives_a_restart(void)
{
	struct tt_since since;
	struct tt_since_entry e;
	struct stat st;

	make_dir();
	tap_ok(tt_since_init(&since, file)); /* an absent one is no damage */
	set(&since, "prod", "shop", 1000LL * TT_US_PER_S);
	set(&since, "prod", "cart", 2000LL * TT_US_PER_S);
	set(&since, "edge", "shop", 3000LL * TT_US_PER_S);
	set(&since, "prod", "shop", 4000LL * TT_US_PER_S);
	tap_int(tt_since_save(&since, NULL), 0);
	tt_since_release(&since);
	tap_int(stat(file, &st), 0);
	tap_int(st.st_mode & 0777, 0600);

	tap_ok(tt_since_init(&since, file));
	tap_int(get(&since, "prod", "shop"), 4000LL * TT_US_PER_S);
	tap_int(get(&since, "prod", "cart"), 2000LL * TT_US_PER_S);
	tap_int(get(&since, "edge", "shop"), 3000LL * TT_US_PER_S);
	tap_int(get(&since, "edge", "cart"), TT_TIME_ZERO);
	tap_ok(tt_since_get(&since, TT_STR("prod"), TT_STR("cart"), &e) && !e.checked);
	tt_since_release(&since);
	remove_dir();
}

static void the_file_is_written_only_when_something_has_changed(void)
{
	struct tt_since since;

	make_dir();
	tap_ok(tt_since_init(&since, file));
	set(&since, "prod", "shop", 1000LL * TT_US_PER_S);
	tap_int(tt_since_save(&since, NULL), 0);
	tap_int(unlink(file), 0);
	set(&since, "prod", "shop", 1000LL * TT_US_PER_S);
	tap_int(tt_since_save(&since, NULL), 0);
	tap_ok(access(file, F_OK) != 0);
	set(&since, "prod", "shop", 1001LL * TT_US_PER_S);
	tap_int(tt_since_save(&since, NULL), 0);
	tap_ok(access(file, F_OK) == 0);
	tt_since_release(&since);
	remove_dir();
}

static void a_failed_write_is_told_and_tried_again(void)
{
	struct tt_since since;
	struct tt_err err = {0};

	make_dir();
	tap_ok(tt_since_init(&since, file));
	set(&since, "prod", "shop", 1000LL * TT_US_PER_S);
	tap_int(rmdir(dir), 0);
	tap_int(tt_since_save(&since, &err), TT_EIO);
	tap_ok(strstr(err.msg, file) != NULL);
	tap_int(mkdir(dir, 0700), 0);
	tap_int(tt_since_save(&since, &err), 0);
	tap_ok(access(file, F_OK) == 0);
	tt_since_release(&since);
	remove_dir();
}

static void of_a_damaged_file_the_good_lines_count(void)
{
	struct tt_since since;
	FILE *f;

	make_dir();
	f = fopen(file, "we");
	tap_ok(f != NULL && fputs("prod shop 2026-01-01T00:00:00Z\n\nprod\nprod cart x\n", f) > 0);
	tap_int(fclose(f), 0);
	tap_ok(!tt_since_init(&since, file));
	tap_int(get(&since, "prod", "shop"), 1767225600LL * TT_US_PER_S);
	tap_int(get(&since, "prod", "cart"), TT_TIME_ZERO);
	tt_since_release(&since);
	remove_dir();
}

static void more_than_the_limit_are_not_kept(void)
{
	struct tt_since since;
	char name[20];

	tap_ok(tt_since_init(&since, NULL));
	for (int i = 0; i < TT_SINCE_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		set(&since, "prod", name, i);
	}
	tap_int(since.entries.n, TT_SINCE_MAX);
	tap_int(get(&since, "prod", "n99999"), 99999);
	tap_int(get(&since, "prod", "n100000"), TT_TIME_ZERO);
	tt_since_release(&since);
}

int main(void)
{
#define RUN(name) tap_test(#name, name)
	RUN(what_is_known_survives_a_restart);
	RUN(the_file_is_written_only_when_something_has_changed);
	RUN(a_failed_write_is_told_and_tried_again);
	RUN(of_a_damaged_file_the_good_lines_count);
	RUN(more_than_the_limit_are_not_kept);
	return tap_done();
}
