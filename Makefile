# SPDX-License-Identifier: Apache-2.0
# The doors into the project; each sets up what it needs by itself. `make help` lists them.

PREFIX  ?= /usr/local
DESTDIR ?=

# Every door asks for all packages that it needs at once, before anything is built.
needs = build
setup = scripts/setup.sh
# $(call configure,NAME,MESON OPTIONS): build/NAME is configured with these options.
configure = scripts/configure.sh $(1) $(2)
ninja = ninja -C build/$(1) $(2)
suite = scripts/suite.sh

.PHONY: all build run test asan tsan lint fuzz e2e bench install clean help

all: build

build: ## build the programs into build/main
	@$(setup) $(needs)
	@$(call configure,main)
	@$(call ninja,main)

run: build ## start telltaled on the current kubeconfig, or on a sample
	@exec scripts/run.sh build/main

test: needs = build test lint
test: build ## unit, fuzz corpus, fault, simulation, lint and integration tests
	@$(suite) main

asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(setup) build test
	@$(call configure,asan,-Db_sanitize=address$(comma)undefined -Db_lundef=false)
	@$(call ninja,asan)
	@$(suite) asan

tsan: ## the tests under ThreadSanitizer
	@$(setup) build test
	@$(call configure,tsan,-Db_sanitize=thread -Db_lundef=false)
	@$(call ninja,tsan)
	@$(suite) tsan

lint: needs = build lint tidy
lint: build ## sizes, layers, headers, formatting, shell scripts, clang-tidy
	@tests/lint/lint.sh build/main

fuzz: ## fuzz each parser for FUZZ_SECONDS (60)
	@$(setup) build fuzz
	@CC=clang $(call configure,fuzz,-Dfuzz=true -Db_sanitize=address$(comma)undefined -Db_lundef=false)
	@$(call ninja,fuzz,fuzz)
	@tests/fuzz/fuzz.sh build/fuzz

e2e: needs = build e2e
e2e: build ## against a real Kubernetes API server (first time: builds one, 10 minutes)
	@tests/e2e/run.sh build/main $(TESTS)

bench: ## figures beside those of a plain SQLite table (QUICK=1: three minutes)
	@$(setup) build
	@$(call configure,bench,-Dbuildtype=release -Doptimization=2)
	@$(call ninja,bench,tests/bench/bench cmd/telltaled/telltaled)
	@build/bench/tests/bench/bench $(if $(QUICK),--quick) $(BENCH_ARGS)

install: ## install below PREFIX (/usr/local), staged below DESTDIR
	@scripts/install.sh "$(PREFIX)" "$(DESTDIR)"

clean: ## remove everything that was built
	@rm -rf build 2>/dev/null || { echo "clean: some of it belongs to another user; please run:" >&2; \
		echo "  sudo make clean" >&2; exit 1; }

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

comma := ,
