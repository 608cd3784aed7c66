/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "tap/tap.h"

static void allocations_have_the_promised_content(void)
{
	unsigned char *zero = tt_calloc(1000, 3);
	uint32_t *grown = tt_realloc(NULL, 2, sizeof(*grown));
	char *copy = tt_strdup("text");

	for (int i = 0; i < 3000; i++)
		if (!tap_int(zero[i], 0))
			break;
	grown[1] = 7;
	grown = tt_realloc(grown, 100000, sizeof(*grown));
	tap_int(grown[1], 7);
	tap_str(tt_str_from(copy), "text");
	tap_ok(tt_strdup(NULL) == NULL);
	tt_free(zero);
	tt_free(grown);
	tt_free(copy);
	tt_free(NULL);
	tt_free(tt_malloc(0));
}

/* Takes, touches and frees 4 MB as a batch of events does; returns how many pages were new. */
static long work(void)
{
	enum { N = 8, SIZE = 512 << 10 };
	void *blocks[N];
	struct rusage before, after;

	(void)getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < N; i++)
		blocks[i] = memset(tt_malloc(SIZE), i, SIZE);
	for (int i = 0; i < N; i++)
		tt_free(blocks[i]);
	(void)getrusage(RUSAGE_SELF, &after);
	return after.ru_minflt - before.ru_minflt;
}

static void kept_memory_is_used_again(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	tap_skip("the sanitizer has a heap of its own");
	return;
#endif
	tt_mem_keep(16 << 20);
	(void)work();
	long pages = work();

	tap_okf(pages < 50, "%ld pages were taken anew", pages);
}

int main(void)
{
	tap_test("allocations_have_the_promised_content", allocations_have_the_promised_content);
	tap_test("kept_memory_is_used_again", kept_memory_is_used_again);
	return tap_done();
}
