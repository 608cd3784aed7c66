/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/kinds.h"

#include <strings.h>

#include "conf/options.h"

enum { WORDS_MAX = 4 };

/* The resources of Kubernetes 1.34, each with its short names and its plural. */
static const struct {
	const char *kind;
	const char *words[WORDS_MAX];
	bool cluster_wide; /* it is in no namespace */
} kinds[] = {
	{"Pod", {"po", "pods"}},
	{"Service", {"svc", "services"}},
	{"Node", {"no", "nodes"}, true},
	{"Namespace", {"ns", "namespaces"}, true},
	{"ConfigMap", {"cm", "configmaps"}},
	{"Secret", {"secrets"}},
	{"ServiceAccount", {"sa", "serviceaccounts"}},
	{"PersistentVolume", {"pv", "persistentvolumes"}, true},
	{"PersistentVolumeClaim", {"pvc", "persistentvolumeclaims"}},
	{"Endpoints", {"ep"}},
	{"Event", {"ev", "events"}},
	{"LimitRange", {"limits", "limitranges"}},
	{"ResourceQuota", {"quota", "resourcequotas"}},
	{"ReplicationController", {"rc", "replicationcontrollers"}},
	{"PodTemplate", {"podtemplates"}},
	{"ComponentStatus", {"cs", "componentstatuses"}, true},
	{"Deployment", {"deploy", "deployments"}},
	{"StatefulSet", {"sts", "statefulsets"}},
	{"DaemonSet", {"ds", "daemonsets"}},
	{"ReplicaSet", {"rs", "replicasets"}},
	{"ControllerRevision", {"controllerrevisions"}},
	{"Job", {"jobs"}},
	{"CronJob", {"cj", "cronjobs"}},
	{"HorizontalPodAutoscaler", {"hpa", "horizontalpodautoscalers"}},
	{"PodDisruptionBudget", {"pdb", "poddisruptionbudgets"}},
	{"Ingress", {"ing", "ingresses"}},
	{"IngressClass", {"ingressclasses"}, true},
	{"NetworkPolicy", {"netpol", "networkpolicies"}},
	{"IPAddress", {"ip", "ipaddresses"}, true},
	{"ServiceCIDR", {"servicecidrs"}, true},
	{"StorageClass", {"sc", "storageclasses"}, true},
	{"VolumeAttachment", {"volumeattachments"}, true},
	{"VolumeAttributesClass", {"vac", "volumeattributesclasses"}, true},
	{"CSIDriver", {"csidrivers"}, true},
	{"CSINode", {"csinodes"}, true},
	{"CSIStorageCapacity", {"csistoragecapacities"}},
	{"Role", {"roles"}},
	{"RoleBinding", {"rolebindings"}},
	{"ClusterRole", {"clusterroles"}, true},
	{"ClusterRoleBinding", {"clusterrolebindings"}, true},
	{"CustomResourceDefinition", {"crd", "crds", "customresourcedefinitions"}, true},
	{"APIService", {"apiservices"}, true},
	{"CertificateSigningRequest", {"csr", "certificatesigningrequests"}, true},
	{"Lease", {"leases"}},
	{"EndpointSlice", {"endpointslices"}},
	{"PriorityClass", {"pc", "priorityclasses"}, true},
	{"RuntimeClass", {"runtimeclasses"}, true},
	{"FlowSchema", {"flowschemas"}, true},
	{"PriorityLevelConfiguration", {"prioritylevelconfigurations"}, true},
	{"MutatingWebhookConfiguration", {"mutatingwebhookconfigurations"}, true},
	{"ValidatingWebhookConfiguration", {"validatingwebhookconfigurations"}, true},
	{"ValidatingAdmissionPolicy", {"validatingadmissionpolicies"}, true},
	{"ValidatingAdmissionPolicyBinding", {"validatingadmissionpolicybindings"}, true},
	{"DeviceClass", {"deviceclasses"}, true},
	{"ResourceClaim", {"resourceclaims"}},
	{"ResourceClaimTemplate", {"resourceclaimtemplates"}},
	{"ResourceSlice", {"resourceslices"}, true},
};

static bool is_word(struct tt_str s, const char *word)
{
	struct tt_str w = tt_str_from(word);

	return s.len == w.len && strncasecmp(s.data, w.data, s.len) == 0;
}

/* Its place in the table; -1: it is not there. */
static int find(struct tt_str word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (is_word(word, kinds[i].kind))
			return (int)i;
		for (size_t j = 0; j < WORDS_MAX && kinds[i].words[j] != NULL; j++)
			if (is_word(word, kinds[i].words[j]))
				return (int)i;
	}
	return -1;
}

struct tt_str tt_kind_of(struct tt_str word)
{
	struct tt_str rest = word;
	struct tt_str resource = tt_str_split(&rest, '.');
	int at = find(resource);

	return at >= 0 ? tt_str_from(kinds[at].kind) : resource;
}

enum tt_scope tt_kind_scope(struct tt_str kind)
{
	int at = find(kind);

	return at < 0                   ? TT_SCOPE_UNKNOWN
	       : kinds[at].cluster_wide ? TT_SCOPE_CLUSTER
					: TT_SCOPE_NAMESPACE;
}

const char *tt_kind_near(struct tt_str word)
{
	enum { N = sizeof(kinds) / sizeof(kinds[0]) };
	const char *names[N + 1] = {NULL};

	for (size_t i = 0; i < N; i++) {
		names[i] = kinds[i].kind;
		if (is_word(word, kinds[i].kind))
			return NULL;
	}
	return tt_nearest(word, names);
}

int tt_object_parse(
	struct tt_str text, struct tt_str *ret_kind, struct tt_str *ret_name, struct tt_err *err)
{
	struct tt_str name = text;
	struct tt_str kind = tt_str_split(&name, '/');

	if (kind.len == 0 || name.len == 0 || tt_str_find(name, TT_STR("/")) >= 0)
		return tt_fail(err, TT_EINVAL,
			"\"%.*s\" is not of the form KIND/NAME, such as pod/web-0",
			TT_STR_ARG(text));
	*ret_kind = tt_kind_of(kind);
	*ret_name = name;
	return 0;
}
