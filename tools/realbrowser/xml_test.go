//go:build unix

package realbrowser

import (
	"path/filepath"
	"testing"
)

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
