/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/kinds.h"

#include "tap/tap.h"

static void test_kinds_are_known_by_any_of_their_names(void)
{
	static const struct {
		const char *word, *kind;
	} rows[] = {
		{"po", "Pod"},
		{"pod", "Pod"},
		{"pods", "Pod"},
		{"Pod", "Pod"},
		{"PODS", "Pod"},
		{"deploy", "Deployment"},
		{"deployments.apps", "Deployment"},
		{"deploy.v1.apps", "Deployment"},
		{"sts", "StatefulSet"},
		{"ds", "DaemonSet"},
		{"svc", "Service"},
		{"no", "Node"},
		{"rs", "ReplicaSet"},
		{"cj", "CronJob"},
		{"pvc", "PersistentVolumeClaim"},
		{"hpa", "HorizontalPodAutoscaler"},
		{"ing", "Ingress"},
		{"pdb", "PodDisruptionBudget"},
		{"crds", "CustomResourceDefinition"},
		{"widget", "widget"},
		{"Widget.example.com", "Widget"},
		{"podx", "podx"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tap_str(tt_kind_of(tt_str_from(rows[i].word)), rows[i].kind);
}

static void test_kinds_live_in_a_namespace_or_in_none(void)
{
	tap_int(tt_kind_scope(TT_STR("Pod")), TT_SCOPE_NAMESPACE);
	tap_int(tt_kind_scope(TT_STR("Event")), TT_SCOPE_NAMESPACE);
	tap_int(tt_kind_scope(TT_STR("Node")), TT_SCOPE_CLUSTER);
	tap_int(tt_kind_scope(TT_STR("CustomResourceDefinition")), TT_SCOPE_CLUSTER);
	tap_int(tt_kind_scope(TT_STR("Widget")), TT_SCOPE_UNKNOWN);
}

static void test_an_object_is_a_kind_and_a_name(void)
{
	static const char *const wrong[] = {"pod", "pod/", "/web", "", "/", "a/b/c"};
	struct tt_str kind, name;
	struct tt_err err;

	tap_int(tt_object_parse(TT_STR("deploy/web-0"), &kind, &name, &err), 0);
	tap_str(kind, "Deployment");
	tap_str(name, "web-0");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		tap_int(tt_object_parse(tt_str_from(wrong[i]), &kind, &name, &err), TT_EINVAL);
}

static void test_a_kind_typed_wrong_is_guessed(void)
{
	static const struct {
		const char *word, *near;
	} rows[] = {
		{"Deploymnt", "Deployment"},
		{"deploymnet", "Deployment"},
		{"StatefullSet", "StatefulSet"},
		{"Deployment", NULL},
		{"pod", NULL},
		{"Certificate", NULL},
		{"VirtualMachineInstance", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *near = tt_kind_near(tt_str_from(rows[i].word));

		tap_str(tt_str_from(near != NULL ? near : "none"),
			rows[i].near != NULL ? rows[i].near : "none");
	}
}

int main(void)
{
	tap_test("kinds_are_known_by_any_of_their_names",
		test_kinds_are_known_by_any_of_their_names);
	tap_test("kinds_live_in_a_namespace_or_in_none", test_kinds_live_in_a_namespace_or_in_none);
	tap_test("a_kind_typed_wrong_is_guessed", test_a_kind_typed_wrong_is_guessed);
	tap_test("an_object_is_a_kind_and_a_name", test_an_object_is_a_kind_and_a_name);
	return tap_done();
}
