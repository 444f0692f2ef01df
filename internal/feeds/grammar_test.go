package feeds_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hutch/internal/feeds"
	"hutch/tools/realbrowser"
)

const (
	atomGrammar    = "testdata/atom-rfc4287.rnc"
	rssGrammar     = "testdata/rss-2.0.rnc"
	jsonGrammar    = "testdata/jsonfeed-1.1.json"
	sitemapGrammar = "testdata/sitemap-0.9.xsd"
)

// faults returns what a validator finds wrong with a document: the vendored
// grammars for XML, a library for JSON.
func faults(t *testing.T, grammar string, document []byte) []string {
	t.Helper()
	if grammar == jsonGrammar {
		return jsonFaults(t, document)
	}
	file := filepath.Join(t.TempDir(), "document.xml")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	findings, err := realbrowser.ValidateXML(t.Context(), grammar, file)
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, f := range findings {
		faults = append(faults, f.String())
	}
	return faults
}

func jsonFaults(t *testing.T, document []byte) []string {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat() // check URLs and dates too
	schema, err := compiler.Compile(jsonGrammar)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(feed); err != nil {
		return []string{err.Error()}
	}
	return nil
}

func TestFeedsKeepToTheirGrammars(t *testing.T) {
	realbrowser.ForTest(t)
	bare := feeds.Feed{SiteURL: "http://127.0.0.1:8080", SelfURL: "/feed"}
	for format, grammar := range map[string]string{"RSS": rssGrammar, "Atom": atomGrammar, "JSON": jsonGrammar} {
		for what, feed := range map[string]feeds.Feed{"full": journal(), "hostile": hostile(), "bare": bare} {
			document, err := formats[format](feed)
			if err != nil {
				t.Fatal(err)
			}
			if faults := faults(t, grammar, document); faults != nil {
				t.Errorf("%s, %s: %s\n%s", format, what, faults, document)
			}
		}
	}
	sitemap, err := feeds.Sitemap("https://hutch.example", manyPages(feeds.MaxPages))
	if err != nil {
		t.Fatal(err)
	}
	if faults := faults(t, sitemapGrammar, sitemap); faults != nil {
		t.Errorf("the sitemap: %s", faults)
	}
}

// TestGrammarsRefuse is the control: a grammar that accepts everything would prove
// nothing.
func TestGrammarsRefuse(t *testing.T) {
	realbrowser.ForTest(t)
	sitemap, err := feeds.Sitemap("https://hutch.example", []feeds.Page{{URL: "/", Modified: journal().Entries[0].Published}})
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string][]byte{sitemapGrammar: sitemap}
	for format, grammar := range map[string]string{"RSS": rssGrammar, "Atom": atomGrammar, "JSON": jsonGrammar} {
		if documents[grammar], err = formats[format](journal()); err != nil {
			t.Fatal(err)
		}
	}
	for _, spoil := range []struct{ grammar, old, new string }{
		{rssGrammar, "<description>The journal of the Lower Burrow Rabbit Keepers</description>", ""},
		{rssGrammar, "<title>Hay, by numbers</title>", "<title>Hay</title><title>Hay</title>"},
		{rssGrammar, "Sun, 01 Mar 2026", "2026-03-01"},
		{rssGrammar, "<guid>https://hutch.example", "<guid>"},
		{rssGrammar, ` length="48211"`, ""},
		{rssGrammar, "dc:creator", "author"},
		{atomGrammar, "<updated>2026-03-04T16:05:00Z</updated>", ""},
		{atomGrammar, "2026-03-01T00:00:00Z", "2026-03-01"},
		{atomGrammar, "<name>Adaeze Obi</name>", ""},
		{atomGrammar, "<id>https://hutch.example/blog/hay-by-numbers</id>", ""},
		{atomGrammar, `type="html"`, `type="xhtml"`},
		{jsonGrammar, `"id":`, `"guid":`},
		{jsonGrammar, "2026-03-01T00:00:00Z", "2026-03-01"},
		{jsonGrammar, `"content_html"`, `"content"`},
		{jsonGrammar, "version/1.1", "version/2"},
		{sitemapGrammar, "2026-03-01", "1 March"},
		{sitemapGrammar, "<loc>https://hutch.example/</loc>", ""},
	} {
		broken := strings.ReplaceAll(string(documents[spoil.grammar]), spoil.old, spoil.new)
		if broken == string(documents[spoil.grammar]) {
			t.Errorf("%s: there is no %s", spoil.grammar, spoil.old)
		} else if faults(t, spoil.grammar, []byte(broken)) == nil {
			t.Errorf("%s takes %s for %s", spoil.grammar, spoil.new, spoil.old)
		}
	}
}
