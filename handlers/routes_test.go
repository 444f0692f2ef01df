package handlers

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A route is for members unless it is named here as well: whoever opens one says
// so twice.
func TestRoutesAreForMembersByDefault(t *testing.T) {
	open := []string{"/", "/pages/:slug", "/blog", "/blog/:slug", "/signup", "/signin", "/logout", "/assets/:id", "/static/:file", "/healthz", "/readyz"}
	for _, r := range (&site{}).routes() {
		if got, want := r.access == members, !slices.Contains(open, r.path); got != want {
			t.Errorf("%s %s is for members only: %t, want %t", r.method, r.path, got, want)
		}
	}
}

// README's table of routes is the router's.
func TestReadmeNamesEveryRoute(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "\n## Routes\n")
	table, _, _ = strings.Cut(table, "\n## ")
	named := strings.Count(table, "`GET /") + strings.Count(table, "`POST /")
	routes := (&site{}).routes()
	for _, r := range routes {
		if !strings.Contains(table, "`"+r.method+" "+r.path+"`") {
			t.Errorf("README does not name %s %s", r.method, r.path)
		}
	}
	if named != len(routes) {
		t.Errorf("README names %d routes, there are %d", named, len(routes))
	}
}
