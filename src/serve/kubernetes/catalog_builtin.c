/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of Kubernetes 1.34, for clusters without an API server, or whose API server has not
 * answered yet. */
#include "serve/kubernetes/catalog.h"

static const struct row {
	const char *group, *version, *name, *singular, *kind, *short_name;
	bool is_cluster_wide;
} rows[] = {
	{"", "v1", "bindings", "binding", "Binding", NULL, false},
	{"", "v1", "componentstatuses", "componentstatus", "ComponentStatus", "cs", true},
	{"", "v1", "configmaps", "configmap", "ConfigMap", "cm", false},
	{"", "v1", "endpoints", "endpoints", "Endpoints", "ep", false},
	{"", "v1", "events", "event", "Event", "ev", false},
	{"", "v1", "limitranges", "limitrange", "LimitRange", "limits", false},
	{"", "v1", "namespaces", "namespace", "Namespace", "ns", true},
	{"", "v1", "nodes", "node", "Node", "no", true},
	{"", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim",
		"pvc", false},
	{"", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", "pv", true},
	{"", "v1", "pods", "pod", "Pod", "po", false},
	{"", "v1", "podtemplates", "podtemplate", "PodTemplate", NULL, false},
	{"", "v1", "replicationcontrollers", "replicationcontroller", "ReplicationController", "rc",
		false},
	{"", "v1", "resourcequotas", "resourcequota", "ResourceQuota", "quota", false},
	{"", "v1", "secrets", "secret", "Secret", NULL, false},
	{"", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", "sa", false},
	{"", "v1", "services", "service", "Service", "svc", false},
	{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
		"mutatingwebhookconfiguration", "MutatingWebhookConfiguration", NULL, true},
	{"admissionregistration.k8s.io", "v1", "validatingadmissionpolicies",
		"validatingadmissionpolicy", "ValidatingAdmissionPolicy", NULL, true},
	{"admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings",
		"validatingadmissionpolicybinding", "ValidatingAdmissionPolicyBinding", NULL, true},
	{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
		"validatingwebhookconfiguration", "ValidatingWebhookConfiguration", NULL, true},
	{"apiextensions.k8s.io", "v1", "customresourcedefinitions", "customresourcedefinition",
		"CustomResourceDefinition", "crd", true},
	{"apiregistration.k8s.io", "v1", "apiservices", "apiservice", "APIService", NULL, true},
	{"apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision", NULL,
		false},
	{"apps", "v1", "daemonsets", "daemonset", "DaemonSet", "ds", false},
	{"apps", "v1", "deployments", "deployment", "Deployment", "deploy", false},
	{"apps", "v1", "replicasets", "replicaset", "ReplicaSet", "rs", false},
	{"apps", "v1", "statefulsets", "statefulset", "StatefulSet", "sts", false},
	{"authentication.k8s.io", "v1", "selfsubjectreviews", "selfsubjectreview",
		"SelfSubjectReview", NULL, true},
	{"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview",
		"SelfSubjectAccessReview", NULL, true},
	{"authorization.k8s.io", "v1", "selfsubjectrulesreviews", "selfsubjectrulesreview",
		"SelfSubjectRulesReview", NULL, true},
	{"autoscaling", "v2", "horizontalpodautoscalers", "horizontalpodautoscaler",
		"HorizontalPodAutoscaler", "hpa", false},
	{"batch", "v1", "cronjobs", "cronjob", "CronJob", "cj", false},
	{"batch", "v1", "jobs", "job", "Job", NULL, false},
	{"certificates.k8s.io", "v1", "certificatesigningrequests", "certificatesigningrequest",
		"CertificateSigningRequest", "csr", true},
	{"coordination.k8s.io", "v1", "leases", "lease", "Lease", NULL, false},
	{"discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", NULL, false},
	{"events.k8s.io", "v1", "events", "event", "Event", "ev", false},
	{"flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "flowschema", "FlowSchema", NULL,
		true},
	{"flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations",
		"prioritylevelconfiguration", "PriorityLevelConfiguration", NULL, true},
	{"networking.k8s.io", "v1", "ingressclasses", "ingressclass", "IngressClass", NULL, true},
	{"networking.k8s.io", "v1", "ingresses", "ingress", "Ingress", "ing", false},
	{"networking.k8s.io", "v1", "ipaddresses", "ipaddress", "IPAddress", "ip", true},
	{"networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", "netpol",
		false},
	{"networking.k8s.io", "v1", "servicecidrs", "servicecidr", "ServiceCIDR", NULL, true},
	{"node.k8s.io", "v1", "runtimeclasses", "runtimeclass", "RuntimeClass", NULL, true},
	{"policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget",
		"pdb", false},
	{"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "clusterrolebinding",
		"ClusterRoleBinding", NULL, true},
	{"rbac.authorization.k8s.io", "v1", "clusterroles", "clusterrole", "ClusterRole", NULL,
		true},
	{"rbac.authorization.k8s.io", "v1", "rolebindings", "rolebinding", "RoleBinding", NULL,
		false},
	{"rbac.authorization.k8s.io", "v1", "roles", "role", "Role", NULL, false},
	{"resource.k8s.io", "v1", "deviceclasses", "deviceclass", "DeviceClass", NULL, true},
	{"resource.k8s.io", "v1", "resourceclaims", "resourceclaim", "ResourceClaim", NULL, false},
	{"resource.k8s.io", "v1", "resourceclaimtemplates", "resourceclaimtemplate",
		"ResourceClaimTemplate", NULL, false},
	{"resource.k8s.io", "v1", "resourceslices", "resourceslice", "ResourceSlice", NULL, true},
	{"scheduling.k8s.io", "v1", "priorityclasses", "priorityclass", "PriorityClass", "pc",
		true},
	{"storage.k8s.io", "v1", "csidrivers", "csidriver", "CSIDriver", NULL, true},
	{"storage.k8s.io", "v1", "csinodes", "csinode", "CSINode", NULL, true},
	{"storage.k8s.io", "v1", "csistoragecapacities", "csistoragecapacity", "CSIStorageCapacity",
		NULL, false},
	{"storage.k8s.io", "v1", "storageclasses", "storageclass", "StorageClass", "sc", true},
	{"storage.k8s.io", "v1", "volumeattachments", "volumeattachment", "VolumeAttachment", NULL,
		true},
	{"storage.k8s.io", "v1", "volumeattributesclasses", "volumeattributesclass",
		"VolumeAttributesClass", "vac", true},
};

struct tt_catalog *tt_catalog_builtin(void)
{
	struct tt_catalog *c = tt_catalog_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_catalog_resource one = {
			.group = tt_str_from(rows[i].group),
			.version = tt_str_from(rows[i].version),
			.name = tt_str_from(rows[i].name),
			.singular = tt_str_from(rows[i].singular),
			.kind = tt_str_from(rows[i].kind),
			.namespaced = !rows[i].is_cluster_wide,
		};

		if (rows[i].short_name != NULL)
			one.short_names[one.n_short_names++] = tt_str_from(rows[i].short_name);
		tt_catalog_add(c, &one);
	}
	return c;
}
