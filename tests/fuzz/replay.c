/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - runs a fuzz target over the files of a corpus, without libFuzzer.
 *
 * Each file is given whole, cut at every length (at most 2,048 of them), and with one byte
 * changed, deterministically. A failure is a crash or a sanitizer's report. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES = 1 << 20, MAX_CUTS = 2048, CHANGES = 512 };

/* Gives a copy that ends where its memory ends, so that a sanitizer sees any read beyond. */
static void run_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = tt_malloc(size > 0 ? size : 1);

	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	tt_free(copy);
}

static void run_mutated(uint8_t *data, size_t size)
{
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	for (size_t i = 0; i < size && i < MAX_CUTS; i++)
		run_copy(data, size <= MAX_CUTS ? i : i * size / MAX_CUTS);
	for (int i = 0; i < CHANGES && size > 0; i++) {
		uint8_t *byte = &data[tt_rand_below(&rand, size)];
		uint8_t before = *byte;

		*byte = (uint8_t)tt_rand_below(&rand, 256);
		run_copy(data, size);
		*byte = before;
	}
}

static int run_file(const char *folder, const char *name, uint8_t *buffer)
{
	char path[4096];
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return -1;
	size = fread(buffer, 1, INPUT_BYTES, file);
	(void)fclose(file);
	run_copy(buffer, size);
	run_mutated(buffer, size);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	uint8_t *buffer = tt_malloc(INPUT_BYTES);
	struct dirent *entry;
	int tests = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		printf("%sok %d - %s does no harm, whole, cut or changed\n",
			run_file(argv[1], entry->d_name, buffer) == 0 ? "" : "not ", ++tests,
			entry->d_name);
		(void)fflush(stdout);
	}
	if (folder != NULL)
		(void)closedir(folder);
	if (tests == 0)
		printf("not ok %d - the corpus has files\n", ++tests);
	printf("1..%d\n", tests);
	tt_free(buffer);
	return 0;
}
