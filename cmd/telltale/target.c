/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/target.h"

#include "store/data_dir.h"
#include "telltale/api.h"
#include "telltale/cli.h"
#include "telltale/source.h"

int tt_target_open(struct tt_target **ret, struct tt_cli *cli, const struct tt_globals *globals,
	struct tt_str cluster, struct tt_err *err)
{
	enum tt_place place;
	struct tt_api *api = NULL;
	int rc = tt_place_of(globals, &place, err);

	if (rc != 0)
		return rc;
	if (place == TT_PLACE_DATA)
		return tt_target_open_data(ret, globals->data, cluster, err);
	if (place == TT_PLACE_SERVER)
		rc = tt_api_open(&api, tt_place_url(globals), globals, 0, err);
	else if (tt_place_local_daemon(&api, err) != 0)
		return tt_target_open_data(ret, tt_data_dir_default(&cli->arena), cluster, err);
	if (rc == 0)
		tt_target_open_api(ret, api, cluster);
	return rc;
}

void tt_target_close(struct tt_target *t)
{
	if (t != NULL)
		t->ops->close(t);
}
