/* SPDX-License-Identifier: Apache-2.0 */
/* moves.c - prints the collector's table of moves as Markdown, for doc/architecture.md. */
#include <stdio.h>

#include "collect/moves.h"

int main(void)
{
	size_t n;
	const struct tt_collect_move *moves = tt_collect_moves(&n);

	printf("| from | what happened | to | why |\n|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		printf("| %s | %s | %s | %s |\n", tt_collect_state_name(moves[i].from),
			moves[i].input, tt_collect_state_name(moves[i].to), moves[i].why);
	return 0;
}
