package main

import (
	"net/http"
	"testing"

	"hutch/realbrowser"
	"hutch/sandbox"
)

// Lighthouse's scores, on its own mobile preset: a slow phone on a slow network.
// Performance is the best of three tries, since a busy machine costs points; the
// others do not depend on it.
func TestLighthouseScores(t *testing.T) {
	realbrowser.ForTest(t)
	site := startApp(t, startSandbox(t, sandbox.Options{}), map[string]string{"CONTENT_LANGUAGE": "en"})
	member := site.browser(t, plain)
	member.signUp()
	cookie := http.Header{"Cookie": {"session=" + member.sessionCookie().Value}}
	for name, visit := range map[string]struct {
		path   string
		header http.Header
	}{
		"home":    {"/", nil},
		"blog":    {"/blog", nil},
		"post":    {"/blog/hay-by-numbers", nil},
		"sign-in": {"/signin", nil},
		"profile": {"/profile", cookie},
	} {
		t.Run(name, func(t *testing.T) {
			var report realbrowser.Report
			for range 3 {
				again, err := realbrowser.Lighthouse(t.Context(), site.url+visit.path, visit.header)
				if err != nil {
					t.Fatal(err)
				}
				if again.Performance >= report.Performance {
					report = again
				}
				if report.Performance >= 99 {
					break
				}
			}
			t.Logf("performance %d, accessibility %d, best practices %d, SEO %d", report.Performance, report.Accessibility, report.BestPractices, report.SEO)
			if report.Performance < 99 || report.Accessibility < 100 || report.BestPractices < 100 || report.SEO < 100 {
				for _, cost := range report.Costs {
					t.Error(cost)
				}
				t.Error("too low")
			}
		})
	}
}
