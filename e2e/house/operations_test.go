package house_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/metrics"
	"hutch/sandbox"
)

// docs/operations.md names every event that is in the code, and no other; each is
// logged somewhere.
func TestEveryEventIsInTheTable(t *testing.T) {
	declared := map[string]string{} // by constant
	for _, found := range regexp.MustCompile(`(?m)^\t(Event\w+)\s+Event = "(\w+)"$`).FindAllStringSubmatch(read(t, "handlers/web/log.go"), -1) {
		declared[found[1]] = found[2]
	}
	if len(declared) < 20 {
		t.Fatalf("only %d events found in the code", len(declared))
	}
	table := between(t, read(t, "docs/operations.md"), "<!-- events -->", "<!-- end of events -->")
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (info|warn) \\|").FindAllStringSubmatch(table, -1) {
		listed = append(listed, row[1])
	}
	var code strings.Builder
	files, err := filepath.Glob("handlers/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			code.WriteString(read(t, file))
		}
	}
	for constant, name := range declared {
		if !slices.Contains(listed, name) {
			t.Errorf("the table lacks %s", name)
		}
		// Beside where it is declared, and given its level.
		if !regexp.MustCompile(`(Event\(c, (web\.)?|Events: \[\]web\.Event\{(web\.Event\w+, )*web\.)` + constant + `\b`).MatchString(code.String()) {
			t.Errorf("%s is never logged", constant)
		}
	}
	if len(listed) != len(declared) {
		t.Errorf("%d events in the table, %d in the code", len(listed), len(declared))
	}
}

func TestEveryMetricIsInTheTable(t *testing.T) {
	m := metrics.New()
	m.Request("GET", "/", 200, time.Second)
	m.Upstream("GET /items/posts", "timeout", time.Second)
	m.Breaker("content", "open")
	m.Event("throttled")
	m.Throttled("address")
	m.Session("renewed")
	m.Shed("pages")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	table := between(t, read(t, "docs/operations.md"), "<!-- metrics -->", "<!-- end of metrics -->")
	shown := regexp.MustCompile(`(?m)^# TYPE (hutch_\w+) `).FindAllStringSubmatch(w.Body.String(), -1)
	if len(shown) < 9 {
		t.Errorf("only %d metrics are shown", len(shown))
	}
	for _, metric := range shown {
		if !strings.Contains(table, "| `"+metric[1]+"` |") {
			t.Errorf("the table lacks %s", metric[1])
		}
	}
	if n := strings.Count(table, "| `hutch_"); n != len(shown) {
		t.Errorf("%d metrics in the table, %d are shown", n, len(shown))
	}
	for _, family := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(w.Body.String(), family) {
			t.Errorf("%s is not shown", family)
		}
	}
}

// An alarm on a breaker's state has something to look at before there is trouble.
func TestBreakersAreShownFromTheStart(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	w := httptest.NewRecorder()
	app.Metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, name := range []string{"sign-in", "content", "members", "assets"} {
		if want := `hutch_breaker_state{breaker="` + name + `",state="closed"} 1`; !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(app.Log.String(), "breaker=") {
		t.Error("the log tells of a change where there was none")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, after, found := strings.Cut(text, begin)
	inside, _, closed := strings.Cut(after, end)
	if !found || !closed {
		t.Fatalf("no %s … %s", begin, end)
	}
	return inside
}
