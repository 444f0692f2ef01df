//go:build unix

package realbrowser

import (
	"context"
	"os"
	"path/filepath"
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

// burrowSchemas describe the same document in each schema language: a burrow with
// rabbits, each with a date of birth.
var burrowSchemas = map[string]string{
	"burrow.rnc": `start = element burrow { element rabbit { attribute born { xsd:date }, text }+ }`,
	"burrow.rng": `<element name="burrow" xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <oneOrMore><element name="rabbit"><attribute name="born"><data type="date"/></attribute><text/></element></oneOrMore>
</element>`,
	"burrow.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="burrow"><complexType><sequence>
  <element name="rabbit" maxOccurs="unbounded"><complexType><simpleContent>
    <extension base="string"><attribute name="born" type="date" use="required"/></extension>
  </simpleContent></complexType></element>
</sequence></complexType></element></schema>`,
}

func TestValidateXML(t *testing.T) {
	ForTest(t)
	dir := writePages(t,
		"good.xml", "<burrow>\n<rabbit born='2024-02-29'>Biscuit &amp; Søren 🐇</rabbit>\n</burrow>",
		"no date.xml", "<burrow>\n<rabbit born='2023-02-29'>Biscuit</rabbit>\n</burrow>",
		"fox.xml", "<burrow>\n<rabbit born='2024-02-29'>Biscuit</rabbit>\n<fox/>\n</burrow>",
		"open.xml", "<burrow>\n<rabbit born='2024-02-29'>Biscuit</burrow>")
	for name, grammar := range burrowSchemas {
		grammar := filepath.Join(writePages(t, name, grammar), name)
		for document, want := range map[string]Finding{
			"good.xml":    {},
			"no date.xml": {Line: 2, Rule: "error"},
			"fox.xml":     {Line: 3, Rule: "error"},
			"open.xml":    {Line: 2, Rule: "fatal"},
		} {
			findings, err := ValidateXML(t.Context(), grammar, filepath.Join(dir, document))
			if err != nil {
				t.Fatal(name, document, err)
			}
			if want.Line > 0 {
				want.File = document
				wantFinding(t, findings, want)
			} else if len(findings) > 0 {
				t.Errorf("%s, %s: not expected: %v", name, document, findings)
			}
		}
	}
}

// TestValidateXMLWithoutGrammar: a check against no grammar must not pass.
func TestValidateXMLWithoutGrammar(t *testing.T) {
	ForTest(t)
	dir := writePages(t, "good.xml", "<burrow/>", "broken.rnc", "start = element", "broken.rng", "<burrow/>", "broken.xsd", "<burrow/>",
		"burrow.txt", "", "burrow.rnc", burrowSchemas["burrow.rnc"])
	for _, pair := range [][2]string{
		{"broken.rnc", "good.xml"}, {"broken.rng", "good.xml"}, {"broken.xsd", "good.xml"},
		{"none.rnc", "good.xml"}, {"none.xsd", "good.xml"}, {"burrow.txt", "good.xml"}, {"burrow.rnc", "none.xml"},
	} {
		if findings, err := ValidateXML(t.Context(), filepath.Join(dir, pair[0]), filepath.Join(dir, pair[1])); err == nil {
			t.Errorf("%s, %s: %v, no error", pair[0], pair[1], findings)
		}
	}
}

// goodPage contains what we allow although the checkers by default do not: htmx'
// attributes, the role of a list, a meaningless slash.
const goodPage = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>A page without a fault</title>
  <meta name="description" content="Nothing is wrong with it.">
  <link rel="icon" href="data:,">
</head>
<body>
  <main>
    <h1>A page without a fault</h1>
    <p>One line,<br />and another.</p>   
    <ul role="list"><li>an item</li></ul>
    <form action="/" method="post" data-hx-post="/" data-hx-swap="outerHTML">
      <label for="email">Email</label>
      <input id="email" name="email" type="email" required autocomplete="email">
      <button type="submit">Send</button>
    </form>
  </main>
</body>
</html>
`

// badPage has one fault of each kind, on known lines.
const badPage = `<!doctype html>
<html>
<head>
  <meta charset="utf-8">
  <title></title>
</head>
<body>
  <div class="menu" role="button" style="color: #eee; background: #fff">Menu</div>
  <p id="twice">One<p id="twice">Two
  <img src="/missing.png">
  <ul><div>no item</div></ul>
  <form><input type="text" name="name"><button>Send</button></form>
  <span hyx-post="/">A wrong attribute</span>
  <script src="https://elsewhere.example/x.js"></script>
</body>
</html>
`

// writePages creates a folder of files; names and contents alternate.
func writePages(t *testing.T, pages ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := 0; i < len(pages); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, pages[i]), []byte(pages[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wantFinding looks for a finding by file, line and rule.
func wantFinding(t *testing.T, findings []Finding, want Finding) {
	t.Helper()
	for _, f := range findings {
		if f.File == want.File && f.Line == want.Line && f.Rule == want.Rule && (want.Message == "" || f.Message == want.Message) {
			return
		}
	}
	t.Errorf("did not find %v", want)
}
