package pages_test

import (
	"context"
	"testing"

	"hutch/tools/realbrowser"
)

// Two checkers read every page in every state as it comes from the server:
// html-validate looks for what browsers and screen readers stumble over, the Nu
// checker holds it against the HTML standard.
func TestMarkup(t *testing.T) {
	realbrowser.ForTest(t)
	folder := renderedPages(t)
	for name, check := range map[string]func(context.Context, string) ([]realbrowser.Finding, error){
		"html-validate": realbrowser.ValidateHTML,
		"Nu":            realbrowser.CheckNu,
	} {
		found, err := check(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range found {
			t.Errorf("%s: %s", name, finding)
		}
	}
}
