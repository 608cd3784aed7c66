/* SPDX-License-Identifier: Apache-2.0 */
/* Each step of a pod's life is a function that fills the event and says what comes next; one that
 * makes no event returns false and the next step is taken at once. */
#include "corpus.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "corpus_world.h"

struct corpus {
	struct world world;
	int64_t now_us;
	uint64_t rv;
	size_t used;     /* of text */
	char text[4096]; /* of the newest event */
};

typedef bool step_fn(struct corpus *c, struct pod *p, struct corpus_event *ev);

int64_t corpus_now_us(const struct corpus *c)
{
	return c->now_us;
}

static unsigned below(struct corpus *c, unsigned n)
{
	return world_below(&c->world, n);
}

/* printf into the text of the event. */
__attribute__((format(printf, 2, 3))) static struct tt_str text(
	struct corpus *c, const char *fmt, ...)
{
	char *to = c->text + c->used;
	size_t room = sizeof(c->text) - c->used;
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(to, room, fmt, ap);

	va_end(ap);
	tt_assert(n >= 0 && (size_t)n < room);
	c->used += (size_t)n + 1;
	return (struct tt_str){to, (size_t)n};
}

/* A copy, because the pod may be replaced while the event is still in use. */
static struct tt_str keep(struct corpus *c, const char *s)
{
	return text(c, "%s", s);
}

static const char *namespace_of(struct corpus *c, const struct app *a)
{
	return c->world.namespaces[a->namespace];
}

/* --- what an event is about, and who reports it --- */

static void about(
	struct tt_event *e, const char *kind, const char *api_version, const char *namespace)
{
	e->metadata.namespace = tt_str_from(namespace);
	e->involved_object.kind = tt_str_from(kind);
	e->involved_object.api_version = tt_str_from(api_version);
	if (strcmp(kind, "Node") != 0)
		e->involved_object.namespace = e->metadata.namespace;
}

static void about_pod(struct corpus *c, struct tt_event *e, const struct pod *p)
{
	about(e, "Pod", "v1", namespace_of(c, p->app));
	e->involved_object.name = keep(c, p->name);
	e->involved_object.uid = keep(c, p->uid);
	e->involved_object.resource_version = text(c, "%llu", (unsigned long long)p->rv);
}

static const char *container_name(const struct pod *p)
{
	return p->app->containers[p->container];
}

static void about_container(struct corpus *c, struct tt_event *e, const struct pod *p)
{
	about_pod(c, e, p);
	e->involved_object.field_path = text(c, "spec.containers{%s}", container_name(p));
}

/* An object that belongs to an app and changed `writes` writes ago. A kind that shares the app's
 * or the pod's UUID in our books has another first digit. */
static void about_owned(struct corpus *c, struct tt_event *e, const char *name, const char *uid,
	char digit, unsigned writes)
{
	char other[UUID_SIZE];

	memcpy(other, uid, sizeof(other));
	if (digit != '\0')
		other[0] = digit;
	e->involved_object.name = keep(c, name);
	e->involved_object.uid = keep(c, other);
	e->involved_object.resource_version = text(c, "%llu", (unsigned long long)(c->rv - writes));
}

/* The Job that made the pod: its name without the last six characters. */
static void about_job(struct corpus *c, struct tt_event *e, const struct pod *p)
{
	char job[sizeof(p->name)];

	(void)snprintf(job, sizeof(job), "%.*s", (int)strlen(p->name) - 6, p->name);
	about(e, "Job", "batch/v1", namespace_of(c, p->app));
	about_owned(c, e, job, p->uid, 'b', 20);
}

static void about_replica_set(struct corpus *c, struct tt_event *e, const struct app *a)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "%s-%s", a->name, a->revision);
	about(e, "ReplicaSet", "apps/v1", namespace_of(c, a));
	about_owned(c, e, name, a->revision_uid, '\0', 20);
}

static void report(struct tt_event *e, const char *type, const char *reason, const char *component,
	const char *host)
{
	e->type = tt_str_from(type);
	e->reason = tt_str_from(reason);
	e->source_component = e->reporting_component = tt_str_from(component);
	e->source_host = e->reporting_instance = tt_str_from(host);
}

static void report_kubelet(struct corpus *c, struct tt_event *e, const struct pod *p,
	const char *type, const char *reason)
{
	report(e, type, reason, "kubelet", c->world.nodes[p->node]);
}

/* The scheduler uses events.k8s.io/v1: no source, an eventTime, an action. */
static void report_scheduler(
	struct tt_event *e, const char *type, const char *reason, const char *action)
{
	report(e, type, reason, "", "");
	e->action = tt_str_from(action);
	e->reporting_component = TT_STR("default-scheduler");
	e->reporting_instance = TT_STR("default-scheduler-ip-10-0-0-10");
}

static bool is_scheduler(const struct tt_event *e)
{
	return e->action.len > 0;
}

/* --- times, names and repetitions --- */

static int64_t whole_second(int64_t us)
{
	return us - us % TT_US_PER_S;
}

static void set_times(struct tt_event *e, int64_t first_us, int64_t last_us, unsigned count)
{
	e->metadata.creation_us = whole_second(first_us);
	if (!is_scheduler(e)) {
		e->first_timestamp_us = whole_second(first_us);
		e->last_timestamp_us = whole_second(last_us);
		e->count = (int32_t)count;
		return;
	}
	e->event_time_us = first_us;
	e->has_series = count > 1;
	if (e->has_series) {
		e->series_count = (int32_t)count;
		e->series_last_observed_us = last_us;
	}
}

/* A new event object: its recorder calls it after the object and the nanosecond. */
static bool finish_new(struct corpus *c, struct corpus_event *ev)
{
	struct tt_event *e = &ev->event;
	int64_t now_us = corpus_now_us(c);
	char uid[UUID_SIZE];

	world_uuid(&c->world, uid);
	e->metadata.uid = keep(c, uid);
	e->metadata.name = text(c, "%.*s.%016llx", TT_STR_ARG(e->involved_object.name),
		(unsigned long long)now_us * 1000 + below(c, 1000));
	set_times(e, now_us, now_us, 1);
	return true;
}

static void copy(char *to, size_t size, struct tt_str from)
{
	tt_assert(from.len < size);
	memcpy(to, from.data, from.len);
	to[from.len] = '\0';
}

/* The event happens for the first time, or again: then it keeps its name and message. */
static bool finish_repeated(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	struct repeat *r = &p->repeat;
	struct tt_event *e = &ev->event;

	if (r->count > 0) {
		ev->modified = true;
		e->metadata.name = keep(c, r->name);
		e->metadata.uid = keep(c, r->uid);
		e->message = keep(c, r->message);
		set_times(e, r->first_us, corpus_now_us(c), ++r->count);
		return true;
	}
	(void)finish_new(c, ev);
	copy(r->name, sizeof(r->name), e->metadata.name);
	copy(r->uid, sizeof(r->uid), e->metadata.uid);
	copy(r->message, sizeof(r->message), e->message);
	r->first_us = corpus_now_us(c);
	r->count = 1;
	return true;
}

static void go(struct pod *p, enum step step)
{
	p->step = step;
	p->repeat.count = 0;
}

static void replace(struct corpus *c, struct pod *p)
{
	world_replace_pod(&c->world, p, c->rv, corpus_now_us(c));
}

/* --- the life of a pod --- */

static bool create(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	struct tt_event *e = &ev->event;
	const struct app *a = p->app;

	e->message = text(c, "Created pod: %s", p->name);
	switch (a->kind) {
	case DEPLOYMENT:
		about_replica_set(c, e, a);
		report(e, "Normal", "SuccessfulCreate", "replicaset-controller", "");
		break;
	case STATEFUL_SET:
		about(e, "StatefulSet", "apps/v1", namespace_of(c, a));
		about_owned(c, e, a->name, a->uid, '\0', 20);
		report(e, "Normal", "SuccessfulCreate", "statefulset-controller", "");
		e->message = text(
			c, "create Pod %s in StatefulSet %s successful", p->name, a->name);
		break;
	case DAEMON_SET:
		about(e, "DaemonSet", "apps/v1", namespace_of(c, a));
		about_owned(c, e, a->name, a->uid, '\0', 20);
		report(e, "Normal", "SuccessfulCreate", "daemonset-controller", "");
		break;
	case CRON_JOB:
		about_job(c, e, p);
		report(e, "Normal", "SuccessfulCreate", "job-controller", "");
		break;
	}
	go(p, a->fault == UNSCHEDULABLE && below(c, 3) > 0 ? STEP_FAIL_SCHEDULING : STEP_SCHEDULE);
	return finish_new(c, ev);
}

static struct tt_str shortage(struct corpus *c, const struct pod *p)
{
	static const char help[] = "Preemption is not helpful for scheduling.";
	int v = (int)p->shortage, a = 20 + v % 70, b = 3 + v % 11, rest = N_NODES - a - b;

	switch (v % 4) {
	case 0:
		return text(c,
			"0/200 nodes are available: %d Insufficient cpu, %d node(s) had "
			"untolerated "
			"taint {node.kubernetes.io/unreachable: }, %d Insufficient memory. "
			"preemption: 0/200 "
			"nodes are available: %d No preemption victims found for incoming pod, %d "
			"%s",
			a, b, rest, a + rest, b, help);
	case 1:
		return text(c,
			"0/200 nodes are available: %d node(s) didn't match Pod's node "
			"affinity/selector, %d node(s) had untolerated taint {dedicated: gpu}, %d "
			"Too many "
			"pods. preemption: 0/200 nodes are available: 200 %s",
			a, b, rest, help);
	case 2:
		return text(c,
			"0/200 nodes are available: pod has unbound immediate "
			"PersistentVolumeClaims. preemption: 0/200 nodes are available: 200 %s",
			help);
	default:
		return text(c,
			"0/200 nodes are available: %d Insufficient nvidia.com/gpu, %d node(s) "
			"were "
			"unschedulable, %d node(s) didn't match pod topology spread constraints. "
			"preemption: "
			"0/200 nodes are available: %d No preemption victims found for incoming "
			"pod, %d %s",
			a, b, rest, rest, a + b, help);
	}
}

static bool fail_scheduling(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	bool again = p->repeat.count > 0;

	about_pod(c, &ev->event, p);
	report_scheduler(&ev->event, "Warning", "FailedScheduling", "Scheduling");
	ev->event.message = shortage(c, p);
	(void)finish_repeated(c, p, ev);
	if (again && below(c, 4) == 0) {
		p->shortage = below(c, 1000);
		go(p, below(c, 3) > 0 ? STEP_FAIL_SCHEDULING : STEP_SCHEDULE);
	}
	return true;
}

static bool schedule(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	unsigned luck = below(c, 100);

	about_pod(c, &ev->event, p);
	report_scheduler(&ev->event, "Normal", "Scheduled", "Binding");
	ev->event.message = text(c, "Successfully assigned %s/%s to %s", namespace_of(c, p->app),
		p->name, c->world.nodes[p->node]);
	go(p, luck < 4 ? STEP_FAIL_MOUNT : luck < 6 ? STEP_FAIL_SANDBOX : STEP_PULL);
	return finish_new(c, ev);
}

static bool fail_mount(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_pod(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Warning", "FailedMount");
	if (p->repeat.count == 0 && below(c, 3) > 0)
		ev->event.message = text(c,
			"MountVolume.SetUp failed for volume \"kube-api-access-%s\" : "
			"failed to sync configmap cache: timed out waiting for the condition",
			p->volume);
	else if (p->repeat.count == 0)
		ev->event.message = text(c,
			"MountVolume.SetUp failed for volume \"config\" : configmap "
			"\"%s-config\" not found",
			p->app->name);
	(void)finish_repeated(c, p, ev);
	if (below(c, 4) == 0)
		go(p, STEP_PULL);
	return true;
}

static bool fail_sandbox(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	char id[65];

	about_pod(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Warning", "FailedCreatePodSandBox");
	world_hex(&c->world, id, 64);
	ev->event.message = text(c,
		"Failed to create pod sandbox: rpc error: code = Unknown desc = "
		"failed to setup network for sandbox \"%s\": plugin type=\"calico\" failed (add): "
		"error "
		"getting ClusterInformation: connection is unauthorized: Unauthorized",
		id);
	if (below(c, 2) > 0)
		go(p, STEP_PULL);
	return finish_new(c, ev);
}

static bool pull(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	const char *image = p->app->images[p->container];
	bool missing = p->app->fault == IMAGE_MISSING;

	about_container(c, &ev->event, p);
	if (!missing && below(c, 100) < 45) {
		report_kubelet(c, &ev->event, p, "Normal", "Pulled");
		ev->event.message = text(
			c, "Container image \"%s\" already present on machine", image);
		go(p, STEP_CREATE_CONTAINER);
	} else {
		report_kubelet(c, &ev->event, p, "Normal", "Pulling");
		ev->event.message = text(c, "Pulling image \"%s\"", image);
		go(p, missing && p->container == 0 ? STEP_FAIL_PULL : STEP_FINISH_PULL);
	}
	return finish_new(c, ev);
}

static bool finish_pull(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	const char *image = p->app->images[p->container];
	unsigned ms = 100 + below(c, 9000), waited = ms + below(c, 3);
	unsigned size = 10000000 + (unsigned)(strlen(image) * 7919 % 90000000);

	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Normal", "Pulled");
	ev->event.message = text(c,
		"Successfully pulled image \"%s\" in %u.%03us (%u.%03us including "
		"waiting). Image size: %u bytes.",
		image, ms / 1000, ms % 1000, waited / 1000, waited % 1000, size);
	go(p, STEP_CREATE_CONTAINER);
	return finish_new(c, ev);
}

static bool create_container(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Normal", "Created");
	ev->event.message = text(c, "Created container: %s", container_name(p));
	go(p, STEP_START_CONTAINER);
	return finish_new(c, ev);
}

static bool start_container(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	const struct app *a = p->app;

	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Normal", "Started");
	ev->event.message = text(c, "Started container %s", container_name(p));
	if (p->container + 1 < a->n_containers) {
		p->container++;
		go(p, STEP_PULL);
	} else {
		p->container = 0;
		go(p, a->fault == CRASHES     ? STEP_BACK_OFF_CRASH
			: a->kind == CRON_JOB ? STEP_COMPLETE
					      : STEP_RUN + below(c, 2));
	}
	return finish_new(c, ev);
}

static struct tt_str failed_probe(struct corpus *c, const struct pod *p)
{
	unsigned luck = below(c, 10), high = p->address >> 8, low = p->address & 255;

	if (luck < 4)
		return text(c,
			"Readiness probe failed: Get \"http://10.244.%u.%u:8080/healthz\": context "
			"deadline exceeded (Client.Timeout exceeded while awaiting headers)",
			high, low);
	if (luck < 7)
		return keep(c, "Readiness probe failed: HTTP probe failed with statuscode: 503");
	if (luck < 9)
		return text(c,
			"Liveness probe failed: Get \"http://10.244.%u.%u:8080/livez\": dial tcp "
			"10.244.%u.%u:8080: connect: connection refused",
			high, low, high, low);
	return keep(c, "Liveness probe failed: HTTP probe failed with statuscode: 500");
}

static bool run(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	if (p->app->fault != FLAKY && below(c, 12) > 0) { /* nothing to tell until it stops */
		p->step = STEP_STOP;
		return false;
	}
	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Warning", "Unhealthy");
	if (p->repeat.count == 0)
		ev->event.message = failed_probe(c, p);
	(void)finish_repeated(c, p, ev);
	if (below(c, 5) == 0)
		go(p, below(c, 3) > 0 ? STEP_RUN : STEP_STOP);
	return true;
}

static bool stop(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Normal", "Killing");
	if (p->app->fault == FLAKY && below(c, 2) > 0)
		ev->event.message = text(c, "Container %s failed liveness probe, will be restarted",
			container_name(p));
	else
		ev->event.message = text(c, "Stopping container %s", container_name(p));
	if (p->container + 1 < p->app->n_containers) {
		p->container++;
	} else {
		p->container = 0;
		p->step = STEP_DELETE;
	}
	return finish_new(c, ev);
}

static bool delete (struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	bool told = p->app->kind == DEPLOYMENT && below(c, 2) == 0;

	if (told) {
		about_replica_set(c, &ev->event, p->app);
		report(&ev->event, "Normal", "SuccessfulDelete", "replicaset-controller", "");
		ev->event.message = text(c, "Deleted pod: %s", p->name);
		(void)finish_new(c, ev);
	}
	replace(c, p);
	return told;
}

static bool evict(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	unsigned available = below(c, 3000000), used = below(c, 3000000);

	about_pod(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Warning", "Evicted");
	ev->event.message = text(c,
		"The node was low on resource: ephemeral-storage. Threshold "
		"quantity: 3219965180, available: %uKi. Container %s was using %uKi, request is 0, "
		"has "
		"larger consumption of ephemeral-storage. ",
		available, container_name(p), used);
	(void)finish_new(c, ev);
	replace(c, p);
	return true;
}

static bool taint(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_pod(c, &ev->event, p);
	report(&ev->event, "Normal", "TaintManagerEviction", "taint-eviction-controller", "");
	ev->event.message = text(
		c, "Marking for deletion Pod %s/%s", namespace_of(c, p->app), p->name);
	(void)finish_new(c, ev);
	replace(c, p);
	return true;
}

static bool fail_pull(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	const char *image = p->app->images[0];

	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Warning", "Failed");
	switch (p->pull_failures++ % 3) {
	case 0:
		ev->event.message = text(c,
			"Failed to pull image \"%s\": rpc error: code = NotFound desc "
			"= failed to pull and unpack image \"%s\": failed to resolve reference "
			"\"%s\": %s: "
			"not found",
			image, image, image, image);
		break;
	case 1: ev->event.message = keep(c, "Error: ErrImagePull"); break;
	default: ev->event.message = keep(c, "Error: ImagePullBackOff"); go(p, STEP_BACK_OFF_PULL);
	}
	return finish_new(c, ev);
}

static bool back_off_pull(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Normal", "BackOff");
	if (p->repeat.count == 0)
		ev->event.message = text(c, "Back-off pulling image \"%s\"", p->app->images[0]);
	(void)finish_repeated(c, p, ev);
	if (p->repeat.count > 3 && below(c, 12) == 0)
		go(p, below(c, 3) > 0 ? STEP_FAIL_PULL : STEP_STOP);
	return true;
}

static bool back_off_crash(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_container(c, &ev->event, p);
	report_kubelet(c, &ev->event, p, "Warning", "BackOff");
	if (p->repeat.count == 0)
		ev->event.message = text(c,
			"Back-off restarting failed container %s in pod %s_%s(%s)",
			container_name(p), p->name, namespace_of(c, p->app), p->uid);
	(void)finish_repeated(c, p, ev);
	if (below(c, 14) == 0)
		go(p, below(c, 3) > 0 ? STEP_CREATE_CONTAINER : STEP_STOP);
	return true;
}

static bool complete(struct corpus *c, struct pod *p, struct corpus_event *ev)
{
	about_job(c, &ev->event, p);
	report(&ev->event, "Normal", "Completed", "job-controller", "");
	ev->event.message = keep(c, "Job completed");
	(void)finish_new(c, ev);
	replace(c, p);
	return true;
}

static step_fn *const steps[N_STEPS] = {
	[STEP_CREATE] = create,
	[STEP_FAIL_SCHEDULING] = fail_scheduling,
	[STEP_SCHEDULE] = schedule,
	[STEP_FAIL_MOUNT] = fail_mount,
	[STEP_FAIL_SANDBOX] = fail_sandbox,
	[STEP_PULL] = pull,
	[STEP_FINISH_PULL] = finish_pull,
	[STEP_CREATE_CONTAINER] = create_container,
	[STEP_START_CONTAINER] = start_container,
	[STEP_RUN] = run,
	[STEP_STOP] = stop,
	[STEP_DELETE] = delete,
	[STEP_EVICT] = evict,
	[STEP_TAINT] = taint,
	[STEP_FAIL_PULL] = fail_pull,
	[STEP_BACK_OFF_PULL] = back_off_pull,
	[STEP_BACK_OFF_CRASH] = back_off_crash,
	[STEP_COMPLETE] = complete,
};

/* --- what happens to nodes and controllers --- */

static bool node_event(struct corpus *c, struct corpus_event *ev)
{
	static const struct {
		const char *reason, *type;
		bool by_controller;
	} kinds[] = {
		{"NodeNotReady", "Warning", true},
		{"NodeReady", "Normal", false},
		{"NodeHasSufficientMemory", "Normal", false},
		{"NodeHasDiskPressure", "Warning", false},
		{"Rebooted", "Warning", false},
		{"RegisteredNode", "Normal", true},
	};
	unsigned n = below(c, N_NODES), k = below(c, sizeof(kinds) / sizeof(kinds[0]));
	const char *node = c->world.nodes[n];
	struct tt_event *e = &ev->event;
	char boot_id[UUID_SIZE];

	about(e, "Node", "", "default");
	e->involved_object.name = tt_str_from(node);
	e->involved_object.uid = tt_str_from(c->world.node_uids[n]);
	report(e, kinds[k].type, kinds[k].reason,
		kinds[k].by_controller ? "node-controller" : "kubelet",
		kinds[k].by_controller ? "" : node);
	world_uuid(&c->world, boot_id);
	e->message = strcmp(kinds[k].reason, "Rebooted") == 0
			     ? text(c, "Node %s has been rebooted, boot id: %s", node, boot_id)
			     : text(c, "Node %s status is now: %s", node, kinds[k].reason);
	return finish_new(c, ev);
}

/* As node-problem-detector reports it: the node's name stands for its uid. */
static bool oom_event(struct corpus *c, struct corpus_event *ev)
{
	const char *node = c->world.nodes[below(c, N_NODES)];
	struct tt_event *e = &ev->event;
	static const unsigned limits[] = {4000000, 9000000, 2000000, 30000, 9000, 1000};
	unsigned n[sizeof(limits) / sizeof(limits[0])];

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		n[i] = below(c, limits[i]);
	about(e, "Node", "", "default");
	e->involved_object.name = e->involved_object.uid = tt_str_from(node);
	report(e, "Warning", "OOMKilling", "kernel-monitor", node);
	e->message = text(c,
		"Memory cgroup out of memory: Killed process %u (java) total-vm:%ukB, "
		"anon-rss:%ukB, file-rss:%ukB, shmem-rss:0kB, UID:1000 pgtables:%ukB "
		"oom_score_adj:%u",
		n[0], n[1], n[2], n[3], n[4], n[5]);
	return finish_new(c, ev);
}

static bool scaling_event(struct corpus *c, struct app *a, struct corpus_event *ev)
{
	struct tt_event *e = &ev->event;
	unsigned old = a->replicas;

	a->replicas = 1 + below(c, 12);
	if (below(c, 20) == 0)
		world_new_revision(&c->world, a);
	about(e, "Deployment", "apps/v1", namespace_of(c, a));
	about_owned(c, e, a->name, a->uid, '\0', 50);
	report(e, "Normal", "ScalingReplicaSet", "deployment-controller", "");
	e->message = text(c, "Scaled %s replica set %s-%s to %u from %u",
		a->replicas >= old ? "up" : "down", a->name, a->revision, a->replicas, old);
	return finish_new(c, ev);
}

static bool autoscaler_event(struct corpus *c, struct app *a, struct corpus_event *ev)
{
	struct tt_event *e = &ev->event;

	about(e, "HorizontalPodAutoscaler", "autoscaling/v2", namespace_of(c, a));
	about_owned(c, e, a->name, a->uid, 'a', 50);
	if (below(c, 2) > 0) {
		unsigned size = 1 + below(c, 12);

		report(e, "Normal", "SuccessfulRescale", "horizontal-pod-autoscaler", "");
		e->message = text(c, "New size: %u; reason: %s", size,
			below(c, 2) > 0
				? "cpu resource utilization (percentage of request) above target"
				: "All metrics below target");
	} else {
		report(e, "Warning", "FailedGetResourceMetric", "horizontal-pod-autoscaler", "");
		e->message = keep(c,
			"failed to get cpu utilization: unable to get metrics for resource "
			"cpu: no metrics returned from resource metrics API");
	}
	return finish_new(c, ev);
}

static bool cron_event(struct corpus *c, struct app *a, struct corpus_event *ev)
{
	struct tt_event *e = &ev->event;
	long long minute = corpus_now_us(c) / 60000000;
	char name[64];

	(void)snprintf(name, sizeof(name), "%s-cron", a->name);
	about(e, "CronJob", "batch/v1", namespace_of(c, a));
	about_owned(c, e, name, a->uid, 'c', 50);
	if (below(c, 2) > 0) {
		report(e, "Normal", "SuccessfulCreate", "cronjob-controller", "");
		e->message = text(c, "Created job %s-%lld", name, minute);
	} else {
		report(e, "Normal", "SawCompletedJob", "cronjob-controller", "");
		e->message = text(
			c, "Saw completed job: %s-%lld, condition: Complete", name, minute);
	}
	return finish_new(c, ev);
}

static bool cluster_event(struct corpus *c, struct corpus_event *ev)
{
	unsigned luck = below(c, 100);

	if (luck < 16)
		return node_event(c, ev);
	if (luck < 22)
		return oom_event(c, ev);
	struct app *a = &c->world.apps[below(c, N_APPS)];

	if (luck < 50)
		return scaling_event(c, a, ev);
	return luck < 70 ? autoscaler_event(c, a, ev) : cron_event(c, a, ev);
}

/* Any pod, but one that repeats itself is preferred: trouble is loud. */
static struct pod *choose_pod(struct corpus *c)
{
	struct pod *p = &c->world.pods[below(c, N_PODS)];

	if (below(c, 100) >= 38)
		return p;
	for (int tries = 0; tries < 30 && p->repeat.count == 0; tries++) {
		p = &c->world.pods[below(c, N_PODS)];
		if (tries > 24 && p->app->fault != HEALTHY)
			break;
	}
	return p;
}

struct corpus *corpus_new(uint64_t seed, int64_t start_us)
{
	struct corpus *c = tt_calloc(1, sizeof(*c));

	c->now_us = start_us;
	c->rv = 184467440;
	world_init(&c->world, seed, c->rv, start_us);
	return c;
}

void corpus_free(struct corpus *c)
{
	tt_free(c);
}

void corpus_next(struct corpus *c, struct corpus_event *ret)
{
	/* Whole microseconds each time, so that no two math libraries drift apart. */
	c->now_us += (int64_t)(-log(1 - tt_rand_unit(&c->world.rand) * 0.999999) * CORPUS_EVENT_US);
	c->rv += 1 + below(c, 7);
	c->used = 0;
	ret->modified = false;
	tt_event_init(&ret->event);
	ret->event.metadata.resource_version = text(c, "%llu", (unsigned long long)c->rv);
	if (below(c, 1000) < 70) {
		(void)cluster_event(c, ret);
		return;
	}
	struct pod *p = choose_pod(c);

	while (!steps[p->step](c, p, ret))
		; /* a step without an event leaves `ret` alone */
}
