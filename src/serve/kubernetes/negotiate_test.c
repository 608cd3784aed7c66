/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/negotiate.h"

#include "tap/tap.h"

#define TABLE   "application/json;as=Table;v=v1;g=meta.k8s.io"
#define PARTIAL "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

static void the_best_clause_that_can_be_served_wins(void)
{
	static const struct {
		const char *accept;
		enum tt_negotiable what;
		bool ok;
		enum tt_format format;
		enum tt_as as;
		bool v1beta1;
	} cases[] = {
		{"", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT, false},
		{"*/*", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT, false},
		{"application/*", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT, false},
		{"application/json, */*", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT,
			false},
		{"application/vnd.kubernetes.protobuf,application/json", TT_NEGOTIATE_EVENTS, true,
			TT_FORMAT_PROTOBUF, TT_AS_OBJECT, false},
		{"application/vnd.kubernetes.protobuf;q=0.5,application/json", TT_NEGOTIATE_EVENTS,
			true, TT_FORMAT_JSON, TT_AS_OBJECT, false},
		{"*/*;q=0.9,application/yaml", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_YAML,
			TT_AS_OBJECT, false},
		{"*/*,application/yaml", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_YAML, TT_AS_OBJECT,
			false},
		{TABLE ",application/json", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_TABLE,
			false},
		{"application/json; as=Table; g=meta.k8s.io; v=v1beta1", TT_NEGOTIATE_EVENTS, true,
			TT_FORMAT_JSON, TT_AS_TABLE, true},
		{"application/json;as=Table;v=v2;g=meta.k8s.io,application/json",
			TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT, false},
		{"application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json",
			TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT, false},
		{PARTIAL, TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_PARTIAL, false},
		{PARTIAL, TT_NEGOTIATE_PLAIN, false, 0, 0, false},
		{TABLE, TT_NEGOTIATE_WATCH, true, TT_FORMAT_JSON, TT_AS_TABLE, false},
		{"application/json;stream=watch", TT_NEGOTIATE_WATCH, true, TT_FORMAT_JSON,
			TT_AS_OBJECT, false},
		{"application/json;stream=watch", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON,
			TT_AS_OBJECT, false},
		{"application/yaml;stream=watch", TT_NEGOTIATE_EVENTS, false, 0, 0, false},
		{"application/json;stream=list", TT_NEGOTIATE_EVENTS, false, 0, 0, false},
		{"application/yaml", TT_NEGOTIATE_WATCH, false, 0, 0, false},
		{"text/html", TT_NEGOTIATE_EVENTS, false, 0, 0, false},
		{"text/html,*/*;q=0.8", TT_NEGOTIATE_EVENTS, true, TT_FORMAT_JSON, TT_AS_OBJECT,
			false},
		{",;,=;/", TT_NEGOTIATE_EVENTS, false, 0, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_representation r = {0};
		struct tt_str as;
		bool ok = tt_negotiate_accept(&r, tt_str_from(cases[i].accept), cases[i].what, &as);

		tap_okf(ok == cases[i].ok, "%s: %d", cases[i].accept, ok);
		if (ok)
			tap_okf(r.format == cases[i].format && r.as == cases[i].as &&
					r.v1beta1 == cases[i].v1beta1,
				"%s: format %d, as %d, v1beta1 %d", cases[i].accept, r.format, r.as,
				r.v1beta1);
	}
}

static void discovery_is_aggregated_if_asked_for_first(void)
{
	static const struct {
		const char *accept;
		int version;
	} cases[] = {
		{"application/json, */*", 0},
		{"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
		 "application/json",
			1},
		{"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
		 "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
		 "application/json",
			2},
		{"application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,"
		 "application/json",
			0},
		{"application/json,application/json;g=apidiscovery.k8s.io;v=v2;"
		 "as=APIGroupDiscoveryList",
			0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_int(tt_negotiate_discovery(tt_str_from(cases[i].accept)), cases[i].version);
}

static void a_body_has_a_known_type(void)
{
	static const struct {
		const char *type;
		int format; /* -1: none */
	} cases[] = {
		{"", TT_FORMAT_JSON},
		{"application/json", TT_FORMAT_JSON},
		{"application/json; charset=utf-8", TT_FORMAT_JSON},
		{"application/yaml", TT_FORMAT_YAML},
		{"application/vnd.kubernetes.protobuf", TT_FORMAT_PROTOBUF},
		{" Application/JSON ", TT_FORMAT_JSON},
		{"application/yaml;", TT_FORMAT_YAML},
		{"application/json; a=\"b c\" ; d=e", TT_FORMAT_JSON},
		{"application/json;;", -1},
		{"application/json; charset", -1},
		{"application/json; charset=", -1},
		{"application/json; =utf-8", -1},
		{"application/json; a=b c", -1},
		{"application/json, text/plain", -1},
		{"application/json/x", -1},
		{"application", -1},
		{"/", -1},
		{"application/*", -1},
		{"text/plain", -1},
		{"application/x-www-form-urlencoded", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum tt_format format;
		bool ok = tt_negotiate_body(&format, tt_str_from(cases[i].type));

		tap_okf((ok ? (int)format : -1) == cases[i].format, "%s", cases[i].type);
	}
}

static void gzip_is_allowed_by_name(void)
{
	static const struct {
		const char *encodings;
		bool allowed;
	} cases[] = {{"gzip", true}, {"deflate, GZIP;q=0.5", true}, {"gzip;q=0", false},
		{"identity", false}, {"", false}, {"x-gzip2", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_okf(tt_negotiate_gzip(tt_str_from(cases[i].encodings)) == cases[i].allowed,
			"%s", cases[i].encodings);
}

int main(void)
{
	tap_test(
		"the best clause that can be served wins", the_best_clause_that_can_be_served_wins);
	tap_test("discovery is aggregated if asked for first",
		discovery_is_aggregated_if_asked_for_first);
	tap_test("a body has a known type", a_body_has_a_known_type);
	tap_test("gzip is allowed by name", gzip_is_allowed_by_name);
	return tap_done();
}
