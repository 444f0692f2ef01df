# Tools that are not Go are installed once, into the user's cache folder.

directus := go run ./tools/realdirectus/cmd/directus
browser  := go run ./tools/realbrowser/cmd/browser
redis    := go run ./tools/realredis/cmd/redis
newest   := 12.4.0
older    := 11.17.4 10.13.4
comma    := ,
empty    :=
space    := $(empty) $(empty)

# Tests that walk through every page in a browser, one after the other. The race
# detector makes them several times as slow, and sees nothing that others do not
# show it.
walks    := ^Test(FaultMatrix|Axe|Markup|KeyboardOnly|Focus|Layout|LayoutFromRightToLeft|FieldsAreDescribed|TwoModes|FragmentsOfEveryPage|NothingForeignRuns|Looks)$$

# Tests of several processes of the site, or of very many requests. What may race in one,
# others race in one process; here it is the processes that do, and sixteen
# requests at once are to arrive at once.
processes := ^Test(ClocksTenMinutesApart|NobodyButDirectusIsCalled|BurstsAtRefreshTime|SigningOutAmidRefreshes|ARefreshWhoseAnswerIsLost|ARefreshIsAskedForAgain|AReplicaIsKilledInTheMiddleOfARefresh|TheVisitorLeavesInTheMiddleOfARefresh|KeysRotateUnderLoad|KeysThatRotateInOneStep|DirectusIsStoppedForAMinute)$$

.PHONY: test matrix soak readme screenshots check fuzz sbom directus bench benchstat profile

# Installs what is missing and runs every test; none may be skipped. Lighthouse
# measures alone, since a busy machine costs points.
test:
	$(directus) install $(newest)
	$(browser) install
	$(redis) install
	HUTCH_REQUIRE_ALL=1 HUTCH_DIRECTUS_VERSIONS=$(newest) go test -race -parallel 4 -timeout 60m -skip '^TestLighthouseScores$$|$(walks)|$(processes)' ./...
	HUTCH_REQUIRE_ALL=1 HUTCH_DIRECTUS_VERSIONS=$(newest) go test -count 1 -timeout 60m -run '$(walks)|$(processes)' .
	HUTCH_REQUIRE_ALL=1 go test -count 1 -run '^TestLighthouseScores$$' .

# The same with every supported version of Directus.
matrix:
	$(directus) install $(newest) $(older)
	$(browser) install
	$(redis) install
	HUTCH_REQUIRE_ALL=1 HUTCH_DIRECTUS_VERSIONS=$(subst $(space),$(comma),$(newest) $(older)) go test -timeout 60m ./...

# Writes the tables in docs/ that come from the code: routes and rate limits.
readme:
	go test ./handlers -run TestReadmeHasTheRoutes -update
	go test ./limits -run TestDocsHaveTheLimits -update

# Runs two minutes of mixed load on three replicas while faults come and go. Prints
# requests, responses by kind, visitors signed out, memory and goroutines.
soak:
	HUTCH_SOAK=2m go test -count 1 -v -timeout 10m -run '^TestSoak$$' .

# Takes a picture of every page in every state, on a phone and on a desktop, in
# light and dark, into screenshots/, which git ignores. CONTRIBUTING.md says how to
# renew those in docs/images.
screenshots:
	HUTCH_SCREENSHOTS=1 go test -count 1 -run TestScreenshots .

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

# Measures Hutch against its targets and writes docs/performance.md. Takes about six
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
	go test -run '^$$' -bench '^BenchmarkCachedPageOverHTTP$$/^$(page)$$' -benchtime 5s -cpuprofile cpu.pprof -o profile.test .
	go tool pprof -top -cum -nodecount 60 -focus 'http\.\(\*conn\)\.serve' profile.test cpu.pprof
