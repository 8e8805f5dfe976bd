# hubtape. `make help` lists what there is.

GO      ?= go
FUZZ    ?= 2m
RUNS    ?= 1000
# Where real recordings lie that tests may read; without it those tests skip.
HUBTAPE_DATA ?=
export HUBTAPE_DATA

.DEFAULT_GOAL := help
.PHONY: help build demo test test-peers test-browser check bench digest fuzz

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## bin/simrun and bin/record
	$(GO) build -o bin/ ./cmd/...

demo: ## play the built-in library: four evenings in well under a second
	$(GO) run ./cmd/simrun

test: ## all tests that need nothing but Go
	$(GO) test -timeout 10m ./...

test-peers: ## install mosquitto and friends (Debian, and npm where there is Node) and run the tests that need them, under the race detector
	@scripts/install-peers.sh
	HUBTAPE_PEERS=1 $(GO) test -race -count=1 -timeout 20m ./mqtt/... ./clock/... ./core/... ./broker/... ./recorder/... ./sim/... ./scenarios/... ./cmd/...

test-browser: ## install chromium-headless-shell (Debian) and look at reports in it; HUBTAPE_SCREENSHOTS=DIR keeps pictures
	@scripts/install-browser.sh
	cd report/browsertest && $(GO) vet ./... && $(GO) mod tidy -diff && $(GO) test -count=1 -timeout 10m ./...

check: ## gofumpt, vet, staticcheck, tidy modules
	@out=$$($(GO) tool gofumpt -l .); if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	cd bench && $(GO) vet ./... && $(GO) mod tidy -diff

bench: ## the figures of the README, beside those of other systems, in one run
	cd bench && $(GO) run .

digest: ## every virtual test of core RUNS times (1000): each run has to take the same course
	@scripts/digest.sh $(RUNS)

fuzz: ## each fuzz target for FUZZ=2m
	@scripts/fuzz.sh $(FUZZ)
