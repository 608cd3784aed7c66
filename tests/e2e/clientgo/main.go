// SPDX-License-Identifier: Apache-2.0

// clientgo is client-go itself as a client of Events: an informer, both event recorders, the pager.
//
//	clientgo informer KUBECONFIG [core|events]       stdin: "state" prints what the cache holds
//	clientgo recorder KUBECONFIG core|events         stdin: an Event to record, as JSON, a line each
//	clientgo pager KUBECONFIG PAGESIZE               prints what all pages hold
//
// Each answer is one line of JSON. The end of stdin ends the program. Whether the informer streams
// its first list is said by $KUBE_FEATURE_WatchListClient, as everywhere in client-go.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/tools/record"
)

// item is what of an Event is compared: who it is, which observation, how often.
type item struct {
	Namespace       string `json:"namespace"`
	Name            string `json:"name"`
	UID             string `json:"uid"`
	ResourceVersion string `json:"resourceVersion"`
	Count           int32  `json:"count"`
}

func itemOf(object any) item {
	m, err := meta.Accessor(object)
	check(err)
	it := item{m.GetNamespace(), m.GetName(), string(m.GetUID()), m.GetResourceVersion(), 0}
	switch e := object.(type) {
	case *corev1.Event:
		it.Count = e.Count
		if e.Series != nil {
			it.Count = e.Series.Count
		}
	case *eventsv1.Event:
		it.Count = e.DeprecatedCount
		if e.Series != nil {
			it.Count = e.Series.Count
		}
	}
	return it
}

// requests keeps what was asked and how it was answered.
type requests struct {
	mutex sync.Mutex
	seen  []string
	next  http.RoundTripper
}

func (r *requests) RoundTrip(q *http.Request) (*http.Response, error) {
	answer, err := r.next.RoundTrip(q)
	status := 0
	if err == nil {
		status = answer.StatusCode
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.seen = append(r.seen, fmt.Sprintf("%s %s %d", q.Method, q.URL.RequestURI(), status))
	return answer, err
}

func (r *requests) take() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	taken := append([]string{}, r.seen...)
	r.seen = nil
	return taken
}

func connect(kubeconfig string) (*kubernetes.Clientset, *requests) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	check(err)
	config.QPS, config.Burst = 500, 500
	asked := &requests{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		asked.next = next
		return asked
	})
	client, err := kubernetes.NewForConfig(rest.AddUserAgent(config, "clientgo-e2e"))
	check(err)
	return client, asked
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "clientgo:", err)
		os.Exit(1)
	}
}

func say(value any) {
	line, err := json.Marshal(value)
	check(err)
	fmt.Println(string(line))
}

func inform(kubeconfig, group string) {
	client, asked := connect(kubeconfig)
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Core().V1().Events().Informer()
	if group == "events" {
		informer = factory.Events().V1().Events().Informer()
	}
	var mutex sync.Mutex
	count := map[string]int{}
	counted := func(what string) {
		mutex.Lock()
		defer mutex.Unlock()
		count[what]++
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { counted("added") },
		UpdateFunc: func(any, any) { counted("updated") },
		DeleteFunc: func(any) { counted("deleted") },
	})
	check(err)
	stop := make(chan struct{})
	factory.Start(stop)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		items := []item{}
		for _, object := range informer.GetStore().List() {
			items = append(items, itemOf(object))
		}
		mutex.Lock()
		say(map[string]any{"synced": informer.HasSynced(), "items": items, "changes": count,
			"requests": asked.take(), "resourceVersion": informer.LastSyncResourceVersion()})
		mutex.Unlock()
	}
	close(stop)
}

// wish is an Event to be recorded.
type wish struct{ Namespace, Object, Type, Reason, Action, Message string }

func (w wish) about() *corev1.ObjectReference {
	return &corev1.ObjectReference{Kind: "Pod", APIVersion: "v1", Namespace: w.Namespace,
		Name: w.Object, UID: "5a1c7d1e-0000-4000-8000-000000000001", ResourceVersion: "7"}
}

func recordAll(kubeconfig, api string) {
	client, asked := connect(kubeconfig)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var send func(w wish)
	if api == "core" {
		broadcaster := record.NewBroadcaster()
		broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{
			Interface: client.CoreV1().Events("")})
		recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "clientgo",
			Host: "here"})
		send = func(w wish) { recorder.Event(w.about(), w.Type, w.Reason, w.Message) }
	} else {
		broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
		check(broadcaster.StartRecordingToSinkWithContext(ctx))
		recorder := broadcaster.NewRecorder(scheme.Scheme, "clientgo.example/recorder")
		send = func(w wish) {
			recorder.Eventf(w.about(), nil, w.Type, w.Reason, w.Action, "%s", w.Message)
		}
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "requests" {
			say(asked.take())
			continue
		}
		var w wish
		check(json.Unmarshal(in.Bytes(), &w))
		send(w)
	}
}

func page(kubeconfig, size string) {
	client, asked := connect(kubeconfig)
	p := pager.New(func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return client.CoreV1().Events("").List(ctx, o)
	})
	n, err := strconv.ParseInt(size, 10, 64)
	check(err)
	p.PageSize = n
	items := []item{}
	check(p.EachListItem(context.Background(), metav1.ListOptions{}, func(o runtime.Object) error {
		items = append(items, itemOf(o))
		return nil
	}))
	say(map[string]any{"items": items, "requests": asked.take()})
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: clientgo informer|recorder|pager KUBECONFIG ARGUMENT")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "informer":
		inform(os.Args[2], os.Args[3])
	case "recorder":
		recordAll(os.Args[2], os.Args[3])
	case "pager":
		page(os.Args[2], os.Args[3])
	}
}
