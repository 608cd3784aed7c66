/* SPDX-License-Identifier: Apache-2.0 */
/* group.h - the two API groups that have Events. */
#pragma once

/* The API group of a request: "" (core/v1) or events.k8s.io/v1. An Event is the same in both; the
 * names of its fields, the labels of selectors and the words of some messages are not. */
enum tt_api_group { TT_GROUP_CORE, TT_GROUP_EVENTS };
