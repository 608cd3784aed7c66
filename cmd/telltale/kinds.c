/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/kinds.h"

#include <strings.h>

enum { WORDS_MAX = 4 };

/* The resources of Kubernetes 1.34, each with its short names and its plural. */
static const struct {
	const char *kind;
	const char *words[WORDS_MAX];
} kinds[] = {
	{"Pod", {"po", "pods"}},
	{"Service", {"svc", "services"}},
	{"Node", {"no", "nodes"}},
	{"Namespace", {"ns", "namespaces"}},
	{"ConfigMap", {"cm", "configmaps"}},
	{"Secret", {"secrets"}},
	{"ServiceAccount", {"sa", "serviceaccounts"}},
	{"PersistentVolume", {"pv", "persistentvolumes"}},
	{"PersistentVolumeClaim", {"pvc", "persistentvolumeclaims"}},
	{"Endpoints", {"ep"}},
	{"Event", {"ev", "events"}},
	{"LimitRange", {"limits", "limitranges"}},
	{"ResourceQuota", {"quota", "resourcequotas"}},
	{"ReplicationController", {"rc", "replicationcontrollers"}},
	{"PodTemplate", {"podtemplates"}},
	{"ComponentStatus", {"cs", "componentstatuses"}},
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
	{"IngressClass", {"ingressclasses"}},
	{"NetworkPolicy", {"netpol", "networkpolicies"}},
	{"IPAddress", {"ip", "ipaddresses"}},
	{"ServiceCIDR", {"servicecidrs"}},
	{"StorageClass", {"sc", "storageclasses"}},
	{"VolumeAttachment", {"volumeattachments"}},
	{"VolumeAttributesClass", {"vac", "volumeattributesclasses"}},
	{"CSIDriver", {"csidrivers"}},
	{"CSINode", {"csinodes"}},
	{"CSIStorageCapacity", {"csistoragecapacities"}},
	{"Role", {"roles"}},
	{"RoleBinding", {"rolebindings"}},
	{"ClusterRole", {"clusterroles"}},
	{"ClusterRoleBinding", {"clusterrolebindings"}},
	{"CustomResourceDefinition", {"crd", "crds", "customresourcedefinitions"}},
	{"APIService", {"apiservices"}},
	{"CertificateSigningRequest", {"csr", "certificatesigningrequests"}},
	{"Lease", {"leases"}},
	{"EndpointSlice", {"endpointslices"}},
	{"PriorityClass", {"pc", "priorityclasses"}},
	{"RuntimeClass", {"runtimeclasses"}},
	{"FlowSchema", {"flowschemas"}},
	{"PriorityLevelConfiguration", {"prioritylevelconfigurations"}},
	{"MutatingWebhookConfiguration", {"mutatingwebhookconfigurations"}},
	{"ValidatingWebhookConfiguration", {"validatingwebhookconfigurations"}},
	{"ValidatingAdmissionPolicy", {"validatingadmissionpolicies"}},
	{"ValidatingAdmissionPolicyBinding", {"validatingadmissionpolicybindings"}},
	{"DeviceClass", {"deviceclasses"}},
	{"ResourceClaim", {"resourceclaims"}},
	{"ResourceClaimTemplate", {"resourceclaimtemplates"}},
	{"ResourceSlice", {"resourceslices"}},
};

static bool is_word(struct tt_str s, const char *word)
{
	struct tt_str w = tt_str_from(word);

	return s.len == w.len && strncasecmp(s.data, w.data, s.len) == 0;
}

static const char *find(struct tt_str word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (is_word(word, kinds[i].kind))
			return kinds[i].kind;
		for (size_t j = 0; j < WORDS_MAX && kinds[i].words[j] != NULL; j++)
			if (is_word(word, kinds[i].words[j]))
				return kinds[i].kind;
	}
	return NULL;
}

struct tt_str tt_kind_of(struct tt_str word)
{
	struct tt_str rest = word;
	struct tt_str resource = tt_str_split(&rest, '.');
	const char *kind = find(resource);

	return kind != NULL ? tt_str_from(kind) : resource;
}

int tt_object_parse(
	struct tt_str text, struct tt_str *ret_kind, struct tt_str *ret_name, struct tt_err *err)
{
	struct tt_str name = text;
	struct tt_str kind = tt_str_split(&name, '/');

	if (kind.len == 0 || name.len == 0 || tt_str_find(name, TT_STR("/")) >= 0)
		return tt_fail(err, TT_EINVAL,
			"--for: \"%.*s\" is not of the form KIND/NAME, such as pod/web-0",
			TT_STR_ARG(text));
	*ret_kind = tt_kind_of(kind);
	*ret_name = name;
	return 0;
}
