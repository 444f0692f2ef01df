# Tools that are not Go are installed once, into the user's cache folder.

directus := go run ./tools/realdirectus/cmd/directus
browser  := go run ./tools/realbrowser/cmd/browser
redis    := go run ./tools/realredis/cmd/redis
newest   := 12.4.0
older    := 11.17.4 10.13.4
postgres := 12.4.0+postgres 11.17.4+postgres
comma    := ,
empty    :=
space    := $(empty) $(empty)

# What runs with the race detector: every room in which several things happen at
# once, and the tests of a whole site that are about just that.
raced  := ./handlers/... ./session/... ./app/... ./internal/... ./e2e/races
others  = $$(go list ./... | grep -vE '^hutch/(handlers|session|app|internal|e2e/races$(1))(/|$$)')

.PHONY: test install test-all soak readme screenshots check fuzz sbom directus bench benchstat profile

# Installs what is missing and runs the tests; none may be skipped for want of a
# tool. The loop while you work is go test -short ./...
test: install
	$(sharing); export HUTCH_REQUIRE_ALL=1 HUTCH_DIRECTUS_VERSIONS=$(newest); \
	$(gotest) -race -timeout 30m $(raced) && \
	$(gotest) -timeout 30m $(call others)

# make check vets, and without tables for debuggers each program links faster.
gotest := go test -parallel 4 -vet=off -ldflags=-w

# The packages of one run prepare each version of Directus once.
sharing := export HUTCH_PREPARED=$$(mktemp -d); trap 'rm -rf "$$HUTCH_PREPARED"' EXIT

install:
	$(directus) install $(newest)
	$(browser) install
	$(redis) install

# Everything, before a release and by whoever touches sessions, limits, the client
# or the cache: every version of Directus, on SQLite and, for what a database can make
# a difference to, on PostgreSQL; the whole fault matrix, the soak, fuzzing. Lighthouse
# measures alone, since a busy machine costs points.
test-all: install
	$(directus) install $(older) $(postgres)
	$(sharing); $(all); \
	$(gotest) -race -timeout 60m $(raced) && \
	$(gotest) -timeout 60m -skip '^Test(LighthouseScores|Soak)$$' $(call others,|e2e/account|e2e/content|e2e/contract) && \
	HUTCH_DIRECTUS_VERSIONS=$$HUTCH_DIRECTUS_VERSIONS,$(subst $(space),$(comma),$(postgres)) \
	$(gotest) -timeout 60m ./e2e/account ./e2e/content ./e2e/contract && \
	go test -count 1 -run '^TestLighthouseScores$$' ./e2e/pages
	$(MAKE) soak
	$(MAKE) fuzz fuzztime=20s

all := export HUTCH_ALL=1 HUTCH_REQUIRE_ALL=1 HUTCH_DIRECTUS_VERSIONS=$(subst $(space),$(comma),$(newest) $(older))

# Writes the tables in docs/ that come from the code: routes and rate limits.
readme:
	go test ./handlers -run TestReadmeHasTheRoutes -update
	go test ./internal/limits -run TestDocsHaveTheLimits -update
	go test ./templates -run TestDocsHaveTheTemplates -update

# Runs two minutes of mixed load on three replicas while faults come and go. Prints
# requests, responses by kind, visitors signed out, memory and goroutines.
soak:
	HUTCH_ALL=1 HUTCH_SOAK=2m go test -count 1 -v -timeout 10m -run '^TestSoak$$' ./e2e/session

# Takes a picture of every page in every state, on a phone and on a desktop, in
# light and dark, and of the open pages in Firefox and WebKit, into screenshots/,
# which git ignores. CONTRIBUTING.md says how to renew those in docs/images.
screenshots:
	HUTCH_SCREENSHOTS=1 go test -count 1 -run '^TestScreenshots' ./e2e/pages

# Checks form and looks for unsafe code. Run it before the tests.
check:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	go run github.com/securego/gosec/v2/cmd/gosec@v2.30.0 -quiet $$($(inside))

# The folders that are part of the binary. The tools are left out: they run what a
# developer tells them to.
inside := go list -deps -f '{{if and .Module .Module.Main}}{{.Dir}}{{end}}' .

# Runs each fuzz test for 60 s. The first run compiles for a few minutes. Failing
# inputs are written to the package's testdata and are tested from then on.
fuzztime := 60s
fuzz:
	@for room in $$(go list ./...); do \
		for name in $$(go test -list '^Fuzz' $$room | grep '^Fuzz'); do \
			echo "$$room $$name"; \
			go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(fuzztime) -fuzzminimizetime 10x $$room || exit 1; \
		done; \
	done

# Lists the modules in the binary with versions, checksums and licences, as CycloneDX.
# go version -m prints the same list without the licences.
sbom:
	CGO_ENABLED=0 go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 app -json -licenses -std -output sbom.json .

# Runs a real Directus, prepared by setup, until Ctrl-C.
directus:
	$(directus) run $(newest)

# Measures Hutch against its targets and writes docs/performance.md. Takes about twelve
# minutes; nothing else should run meanwhile.
bench:
	go run ./tools/bench

# Compares the Go benchmarks of the last make bench with an earlier bench.txt that
# you kept: make benchstat before=old.txt
benchstat:
	go run golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da $(before) bench.txt

# Shows where the time goes when a cached page is served: page=blog, post or
# blog-signed-in. It profiles a benchmark, because the program itself exposes no
# profiler; the profile shows only the server's part.
page := blog
profile:
	go test -run '^$$' -bench '^BenchmarkCachedPageOverHTTP$$/^$(page)$$' -benchtime 5s -cpuprofile cpu.pprof -o profile.test ./e2e/operations
	go tool pprof -top -cum -nodecount 60 -focus 'http\.\(\*conn\)\.serve' profile.test cpu.pprof
