//go:build unix

package realbrowser

import (
	"context"
	"testing"
)

func TestValidateHTML(t *testing.T) {
	wantOnBadPage(t, ValidateHTML, []Finding{
		{Line: 2, Rule: "element-required-attributes"},
		{Line: 5, Rule: "empty-title"},
		{Line: 8, Rule: "no-inline-style"},
		{Line: 8, Rule: "prefer-native-element"},
		{Line: 9, Rule: "no-dup-id"},
		{Line: 10, Rule: "wcag/h37"},
		{Line: 11, Rule: "element-permitted-content"},
		{Line: 12, Rule: "input-missing-label"},
		{Line: 12, Rule: "no-implicit-button-type"},
		{Line: 14, Rule: "require-sri"},
	})
}

func TestCheckNu(t *testing.T) {
	wantOnBadPage(t, CheckNu, []Finding{
		{Line: 2, Rule: "warning"}, // no lang
		{Line: 5, Rule: "error"},   // an empty title
		{Line: 9, Rule: "error", Message: "Duplicate ID 'twice'."},
		{Line: 9, Rule: "warning", Message: "The first occurrence of ID 'twice' was here."},
		{Line: 10, Rule: "error"}, // no alt
		{Line: 11, Rule: "error"}, // a div in a list
		{Line: 13, Rule: "error", Message: "Attribute 'hyx-post' not allowed on element 'span' at this point."},
	})
}

// wantOnBadPage runs a checker on a good and a bad page: it must report exactly
// these findings on the bad one, and none on the good one.
func wantOnBadPage(t *testing.T, check func(context.Context, string) ([]Finding, error), wanted []Finding) {
	t.Helper()
	ForTest(t)
	dir := writePages(t, "good.html", goodPage, "bad page.html", badPage, "no.txt", badPage)
	findings, err := check(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Log(f)
		if f.File != "bad page.html" {
			t.Errorf("not expected: %v", f)
		}
	}
	for _, want := range wanted {
		want.File = "bad page.html"
		wantFinding(t, findings, want)
	}
}

// TestNothingToCheck: a check of no files must not pass.
func TestNothingToCheck(t *testing.T) {
	ForTest(t)
	for name, check := range map[string]func(context.Context, string) ([]Finding, error){
		"ValidateHTML": ValidateHTML, "CheckNu": CheckNu,
	} {
		if findings, err := check(t.Context(), t.TempDir()); err == nil {
			t.Errorf("%s of an empty folder: %v, no error", name, findings)
		}
	}
}
