# README's commands. Everything that is not Go is installed into the user's
# cache folder, once.

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

# The same on every version of Directus that Hutch works with.
matrix:
	$(directus) install $(newest) $(older)
	$(browser) install
	$(redis) install
	HUTCH_REQUIRE_ALL=1 HUTCH_DIRECTUS_VERSIONS=$(subst $(space),$(comma),$(newest) $(older)) go test -timeout 60m ./...

# Writes what README and docs take from the code: tables of routes and limits.
readme:
	go test ./handlers -run TestReadmeHasTheRoutes -update
	go test ./limits -run TestDocsHaveTheLimits -update

# Two minutes of mixed load on three replicas while faults go in and out. Prints
# requests, answers by kind, who was signed out, memory and goroutines.
soak:
	HUTCH_SOAK=2m go test -count 1 -v -timeout 10m -run '^TestSoak$$' .

# Takes a picture of every page in every state, on a phone and on a desktop, in
# light and dark.
screenshots:
	HUTCH_SCREENSHOTS=1 go test -count 1 -run TestScreenshots .

# What must hold before a test is worth running.
check:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	go run github.com/securego/gosec/v2/cmd/gosec@v2.30.0 -quiet $$($(inside))

# The folders of what is in the program. The other rooms are tools, which run
# what a developer tells them to.
inside := go list -deps -f '{{if and .Module .Module.Main}}{{.Dir}}{{end}}' .

# Lets each fuzz test look for 60 s. The first run compiles for a few minutes.
# What is found is written to the testdata of the room and fails there from then
# on.
fuzztime := 60s
fuzz:
	@for room in $$(go list ./...); do \
		for name in $$(go test -list '^Fuzz' $$room | grep '^Fuzz'); do \
			echo "$$room $$name"; \
			go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(fuzztime) -fuzzminimizetime 10x $$room || exit 1; \
		done; \
	done

# Lists what the program is made of, with versions, checksums and licences, as
# CycloneDX; the same list, without the licences, is in the program: go version -m.
sbom:
	CGO_ENABLED=0 go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 app -json -licenses -std -output sbom.json .

# Leaves a real Directus running for you, prepared by setup, until Ctrl-C.
directus:
	$(directus) run $(newest)

# Measures Hutch against its bars, and writes docs/performance.md. Takes about
# six minutes; nothing else should run meanwhile.
bench:
	go run ./tools/bench

# Compares the Go benchmarks of the last make bench with those of an earlier one,
# of which bench.txt was put aside: make benchstat before=old.txt
benchstat:
	go run golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da $(before) bench.txt

# Shows where the time goes when a cached page is served: page=blog, post or
# blog-signed-in. A benchmark and not the program itself, which has no door for a
# profiler; in the profile, only what the server does.
page := blog
profile:
	go test -run '^$$' -bench '^BenchmarkCachedPageOverHTTP$$/^$(page)$$' -benchtime 5s -cpuprofile cpu.pprof -o profile.test .
	go tool pprof -top -cum -nodecount 60 -focus 'http\.\(\*conn\)\.serve' profile.test cpu.pprof
