/* SPDX-License-Identifier: Apache-2.0 */
#include "event/represent_object.h"

struct tt_str tt_represented_meta_version(const struct tt_representation *r)
{
	return r->v1beta1 ? TT_STR("meta.k8s.io/v1beta1") : TT_STR("meta.k8s.io/v1");
}

struct tt_object tt_represented_object(
	const struct tt_representation *r, const struct tt_event *e, bool whole)
{
	if (!whole)
		return (struct tt_object){&tt_message_partial, e, tt_represented_meta_version(r),
			TT_STR("PartialObjectMetadata")};
	if (r->group == TT_GROUP_EVENTS)
		return (struct tt_object){
			&tt_message_event_events, e, TT_STR("events.k8s.io/v1"), TT_STR("Event")};
	return tt_object_of_event(e);
}
