# make test runs everything, from a clean clone; it installs what is missing or says what to install.
# make run starts the server.

GO     ?= go
BIN    := bin
JS     := clients/js
STEP   := @printf '\n== %s\n'

.PHONY: test run build deps vet lint test-go test-js test-browser dist generated picture fuzz bench bench-results benchmarks peers clean

test: deps vet dist generated lint test-go test-js test-browser
	$(STEP) "all tests passed"

run:
	$(GO) run ./cmd/skirmish

build:
	$(STEP) "build"
	$(GO) build -o $(BIN)/skirmish ./cmd/skirmish

deps:
	$(STEP) "what the tests need: Node 20, npm packages, Chromium, PostgreSQL, curl, jq"
	./scripts/deps.sh

vet:
	$(STEP) "go vet and gofmt"
	$(GO) vet ./...
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "run gofmt on:"; gofmt -l $$(git ls-files '*.go'); exit 1; }

# The browser files are committed; they must be what the sources give.
dist: deps
	$(STEP) "browser files are up to date"
	./scripts/same.sh "$(JS)/build.sh" $(JS)/demo/dist

generated: deps
	$(STEP) "generated Go and TypeScript are up to date"
	./scripts/same.sh "$(GO) run ./internal/gen/sines" game/sines.go
	./scripts/same.sh "$(GO) run ./internal/gen/sines" $(JS)/sdk/src/sim/sines.ts
	./scripts/same.sh "$(GO) run ./cmd/skirmish gen --game arena --out $(JS)/demo/src/arena.gen.ts" $(JS)/demo/src/arena.gen.ts
	./scripts/same.sh "$(GO) run ./cmd/skirmish gen --game draughts --out $(JS)/demo/src/draughts/draughts.gen.ts" $(JS)/demo/src/draughts/draughts.gen.ts
	./scripts/same.sh "$(GO) run ./docs/predicted-tag gen --out $(JS)/test/samples/tag.gen.ts" $(JS)/test/samples/tag.gen.ts
	./scripts/same.sh "$(JS)/types.sh" $(JS)/sdk/src/lobby/api.gen.ts

lint: deps build
	$(STEP) "the OpenAPI document keeps the rules of clients/js/openapi.spectral.yaml"
	cd $(JS) && SKIRMISH_BIN=$(CURDIR)/$(BIN)/skirmish npm run lint

# How many seeds the simulation runs; the race detector has its own few.
SEEDS ?= 2000

test-go: deps
	$(STEP) "Go tests with the race detector"
	$(GO) test -race ./...
	$(STEP) "allocation tests without it"
	$(GO) test -run 'ZeroAlloc' ./netcode/... ./game/...
	$(STEP) "the simulation without it: more seeds, and ten minutes of play"
	$(GO) test -run 'TestSimulation$$|TestMinutesOfPlay' -v ./game -sim.seeds=$(SEEDS) -sim.minutes=10 -sim.within=20s

test-js: deps
	$(STEP) "TypeScript types and tests"
	cd $(JS) && npm run check && npm test && npm run test:package

test-browser: deps build
	$(STEP) "players in Chromium: the arena, and draughts by matchmaking"
	cd $(JS) && SKIRMISH_BIN=$(CURDIR)/$(BIN)/skirmish npm run test:browser

# docs/arena.png, the picture of the README, from the real game.
picture: deps build
	cd $(JS) && SKIRMISH_BIN=$(CURDIR)/$(BIN)/skirmish npm run screenshot

# Each fuzz target for a while; the tests run their corpora every time.
FUZZTIME ?= 30s
fuzz:
	./scripts/fuzz.sh $(FUZZTIME)

# The server under load, against the bars of docs/performance.md: about fifteen minutes on a machine with nothing else to do. The report
# is written to bench/results. BENCH="--check" fails when a bar is missed.
BENCH ?=
bench:
	$(STEP) "benchmarks"
	$(GO) run ./bench $(BENCH)

# The same, as a dated result, and its table into docs/performance.md.
bench-results:
	$(STEP) "benchmarks, into docs/performance.md"
	$(GO) run ./bench --page docs/performance.md $(BENCH)

# What go test measures, in the form that benchstat reads, with the date: at most eight minutes. RESULT says where it goes.
RESULT ?= bench/results/$(shell date -u +%F)-benchmarks.txt
benchmarks:
	$(STEP) "benchmarks of go test: $(RESULT)"
	./scripts/benchmarks.sh "$(RESULT)"

# Other servers beside ours, with the same load: quick takes four minutes, short about half an hour, full an hour and more.
PEERS ?= short
peers:
	$(STEP) "other servers: packages"
	cd bench/peers && npm ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund
	$(STEP) "other servers beside ours"
	$(GO) run ./bench --peers $(PEERS) $(BENCH)

clean:
	rm -rf $(BIN) $(JS)/node_modules bench/peers/node_modules
