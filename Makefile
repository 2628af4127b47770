# Go alone is enough for `run`, `build` and `test`; `check` also wants git and, for its race tests, a C compiler.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
MAKEFLAGS += --no-print-directory --warn-undefined-variables
.DEFAULT_GOAL := help

# The modules that build the programs, in go.work, and those that only hold pinned tools.
MODULES := gateway proto $(patsubst %/go.mod,%,$(wildcard services/*/go.mod))
TOOL_MODULES := tools tools/lint tools/helm
PACKAGES := $(MODULES:%=./%/...)
TOOLS := .tmp/tools
BENCH ?= .
BENCH_TIME ?= 200ms
PEERS ?=
RACE ?= ./services/platform/...
SOAK ?= 10m

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: bin/throughline ## Build the all-in-one program and serve the sample city
	bin/throughline serve --sample deploy/samples/riverbend

.PHONY: up
up: build ## Serve the distributed suite here: PostgreSQL, Redis (both installed by `make deps`) and two processes of every program
	bin/throughline up

.PHONY: build
build: ## Build every program into bin/
	CGO_ENABLED=0 go build -buildvcs=false -trimpath -o bin/ $(patsubst %,./%,$(wildcard services/*/cmd/* gateway/cmd/*))

.PHONY: bin/throughline
bin/throughline:
	@CGO_ENABLED=0 go build -buildvcs=false -trimpath -o $@ ./services/throughline/cmd/throughline

.PHONY: test
test: ## Run the tests of all modules (Go only: no C compiler, no packages, no root)
	@CGO_ENABLED=0 go test -timeout 30m $(PACKAGES)

.PHONY: deps
deps: ## Build the pinned tools that check wants (buf, code generators, golangci-lint, helm) and install the servers that tests start
	@tools/install lint helm
	@tools/servers

.PHONY: check
# Five times the random cases of `make test`: every property of the engine on a hundred thousand inputs; and an import of a million
# rows that is killed half-way.
check: export THROUGHLINE_CASES = 5
check: export THROUGHLINE_ROWS = 1000000
# Where PostgreSQL, Redis and promtool are installed, no test may skip for want of them.
check: export THROUGHLINE_SERVERS = $(shell tools/servers -found)
check: tidy-check check-generated isolated no-fma lint check-deploy race test test-distributed ## Everything that must hold before a change goes in

.PHONY: lint
lint: lint-proto lint-go ## Lint protos and Go code

.PHONY: lint-proto
lint-proto: ## Lint the protos, their format, and their compatibility with BASE (default HEAD~1)
	@tools/install
	@tools/lint-proto

.PHONY: lint-go
lint-go: ## Lint Go code; .golangci.yml holds the rules
	@tools/install lint
	@$(TOOLS)/golangci-lint run $(PACKAGES)
	@(cd tools && GOWORK=off ../$(TOOLS)/golangci-lint run ./...)
	@(cd tools/helm && GOWORK=off ../../$(TOOLS)/golangci-lint run ./...)

.PHONY: fmt
fmt: ## Format Go code and protos
	@tools/install lint
	@$(TOOLS)/golangci-lint fmt $(MODULES) tools
	@$(TOOLS)/buf format -w proto

.PHONY: gen
gen: ## Generate Go, gateway and OpenAPI code from proto/ into proto/gen
	@tools/gen

.PHONY: check-generated
check-generated: ## Fail when proto/gen is not what proto/ generates
	@rm -rf .tmp/generated
	@tools/gen -o .tmp/generated
	@diff -rq .tmp/generated proto/gen || { echo 'proto/gen is out of date: run `make gen`' >&2; exit 1; }

.PHONY: check-deploy
check-deploy: ## Lint and render the Helm chart, and load the Compose file (THROUGHLINE_UPDATE=1 writes what the chart renders)
	@tools/install helm
	@GOWORK=off CGO_ENABLED=0 go -C tools/helm test ./...

.PHONY: tidy
tidy: ## Tidy the go.mod of every module
	@for module in $(MODULES) $(TOOL_MODULES); do GOWORK=off go -C $$module mod tidy; done

.PHONY: tidy-check
tidy-check: ## Fail when a go.mod is not tidy
	@for module in $(MODULES) $(TOOL_MODULES); do
		GOWORK=off go -C $$module mod tidy -diff || { echo "$$module is not tidy: run \`make tidy\`" >&2; exit 1; }
	done

.PHONY: isolated
isolated: ## Build and vet each module alone, which makes the module boundaries real
	@for module in $(MODULES) tools; do
		echo "isolated $$module"
		GOWORK=off CGO_ENABLED=0 go -C $$module build ./...
		GOWORK=off CGO_ENABLED=0 go -C $$module vet ./...
	done
	@GOWORK=off go -C tools test ./...

.PHONY: no-fma
no-fma: ## Fail when decisions about money could differ between processors
	@tools/no-fma

.PHONY: race
race: ## Run the concurrent packages under the race detector, where cgo works
	@if [[ $$(go env CGO_ENABLED) == 1 ]] && command -v "$$(go env CC)" >/dev/null; then
		go test -race $(RACE)
	else
		echo 'race: skipped, it needs cgo and a C compiler'
	fi

.PHONY: test-distributed
test-distributed: ## Run the end-to-end tests on PostgreSQL, Redis and two processes of every program; those that start what they need by themselves run in `test`
	@THROUGHLINE_MODE=distributed CGO_ENABLED=0 go test -timeout 30m -skip 'Kills|Linearizable|ModelRefuses|Faults|Tenants|OneTrace|Audit|Kept' ./services/throughline

.PHONY: soak
soak: ## The long forms of kills under load, linearizability, faults and tenancy, for SOAK=10m each (THROUGHLINE_SEED=n begins with that seed)
	@export CGO_ENABLED=0 THROUGHLINE_SERVERS=required THROUGHLINE_SOAK=$(SOAK)
	for form in Kills Linearizable Faults Tenants; do go test -run "^Test$$form" -v -count=1 -timeout 0 ./services/throughline; done

.PHONY: bench
bench: ## Run the Go benchmarks (BENCH=regexp, BENCH_TIME=200ms), then compare with other solvers (PEERS="-full", "-run regexp", "-limit 60s")
	@CGO_ENABLED=0 go test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime=$(BENCH_TIME) ./services/budgeting/... ./services/performance/... ./services/platform/... ./gateway/... ./services/throughline
	@tools/peers
	@CGO_ENABLED=0 go run -buildvcs=false ./services/budgeting/internal/bench $(PEERS)

.PHONY: clean
clean: ## Remove what was built, not what was stored
	rm -rf bin .tmp .protodeps
