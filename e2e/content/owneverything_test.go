package content_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/collections"
)

// everyType is a collection with a field of every type and every relation.
func everyType() collections.Table {
	key := collections.Field{Name: "id", Type: "integer", Key: true}
	m2o := func(name, related, list string) collections.Field {
		return collections.Field{Name: name, Related: related, List: list, Special: []string{"m2o"}}
	}
	everybody := func(name string, fields ...collections.Field) collections.Collection {
		return collections.Collection{Name: name, Reads: collections.Everybody(), Writes: collections.Nobody(), Fields: append([]collections.Field{key}, fields...)}
	}
	things := everybody("things",
		collections.Field{Name: "string", Type: "string"},
		collections.Field{Name: "text", Type: "text"},
		collections.Field{Name: "integer", Type: "integer"},
		collections.Field{Name: "big", Type: "bigInteger"},
		collections.Field{Name: "float", Type: "float"},
		collections.Field{Name: "decimal", Type: "decimal"},
		collections.Field{Name: "boolean", Type: "boolean", Special: []string{"cast-boolean"}},
		collections.Field{Name: "json", Type: "json", Special: []string{"cast-json"}},
		collections.Field{Name: "csv", Type: "csv", Special: []string{"cast-csv"}},
		collections.Field{Name: "date", Type: "date"},
		collections.Field{Name: "datetime", Type: "dateTime"},
		collections.Field{Name: "time", Type: "time"},
		collections.Field{Name: "timestamp", Type: "timestamp"},
		collections.Field{Name: "uuid", Type: "uuid"},
		collections.Field{Name: "file", Type: "uuid", Related: "directus_files", Special: []string{"file"}},
		m2o("place", "places", "things"),
	)
	return collections.Table{
		everybody("places", collections.Field{Name: "name", Type: "string"}),
		everybody("labels", collections.Field{Name: "name", Type: "string"}),
		things,
		everybody("things_labels", m2o("thing", "things", "labels"),
			collections.Field{Name: "label", Related: "labels", Special: []string{"m2o"}}),
		everybody("things_translations", m2o("thing", "things", "translations"), collections.Field{Name: "language", Type: "string"}, collections.Field{Name: "words", Type: "text"}),
	}
}

const thingsTOML = `
[[collection]]
name = "things"
path = "/things"
read = "everybody"
title = "string"
search = ["string", "text", "integer", "json", "date", "missing"]
sitemap = true
feed = { title = "Things" }
item = { fields = ["*", "labels.label.name", "translations.*", "place.*", "missing.*", "string.*"] }
`

// showEveryType: whatever a field holds, and of whatever type it is, its page is text and
// sanitised HTML.
func showEveryType(t *testing.T, up harness.Upstream) {
	t.Helper()
	hostile := `<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a></main>{{.Frame}}`
	type fields = map[string]any
	items := []fields{
		{}, // nothing but a key
		{
			"string": "An ordinary thing", "text": "Some *words*", "integer": 7, "big": "9007199254740993", "float": 0.5, "decimal": "12.50", "boolean": true,
			"json": []any{"a", fields{"b": nil}}, "csv": []string{"x", "y"}, "date": "2026-10-31", "datetime": "2026-10-31T12:00:00", "time": "12:00:00",
			"timestamp": "2026-10-31T12:00:00Z", "uuid": "9a3c9d9e-0000-4000-8000-000000000000", "place": 1,
		},
		{"string": hostile[:60], "text": hostile, "json": fields{"time": 1, "blocks": []any{fields{"type": "paragraph", "data": fields{"text": hostile}}}}, "csv": []string{hostile}, "place": 2},
		{"string": strings.Repeat("long ", 50), "text": strings.Repeat("<p>"+strings.Repeat("word ", 100)+"</p>", 200), "json": fields{"deep": fields{"deeper": []any{fields{}}}}},
		{"string": "https://example.com/", "text": "javascript:alert(1)", "json": []any{"word"}},
	}
	addItem(t, up, "places", fields{"name": "Lower Burrow"})
	addItem(t, up, "places", fields{"name": hostile[:60]})
	addItem(t, up, "labels", fields{"name": "Labelled"})
	for _, item := range items {
		addItem(t, up, "things", item)
	}
	addItem(t, up, "things_labels", fields{"thing": 2, "label": 1})
	addItem(t, up, "things_translations", fields{"thing": 2, "language": "de-DE", "words": hostile})
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte(thingsTOML)}}
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	for _, path := range []string{"/things", "/things/1", "/things/2", "/things/3", "/things/4", "/things/5", "/things?q=thing", "/things?q=alert", "/search?q=thing"} {
		b.Open(path)
		b.WantStatus(http.StatusOK)
		if n := b.Doc.Find("main script, main [onerror], main [onclick], main a[href^=javascript]").Length(); n > 0 {
			t.Errorf("%s has %d of an editor's elements: %s", path, n, b.Raw)
		}
		if b.Doc.Find("main footer").Length() > 0 || b.Doc.Find("body > main").Length() != 1 {
			t.Errorf("%s: an editor closes main", path)
		}
	}
	b.Open("/things/2")
	b.WantText("An ordinary thing", "12.5", "Yes", "31 October 2026", "Lower Burrow", "Labelled")
	for _, path := range []string{"/things/6", "/things/1000000000000000000000", "/things/x", "/things/1%00", "/things/1.0"} {
		b.Request(http.MethodGet, path, nil, nil)
		if status := b.Status; status != http.StatusNotFound && status != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, status)
		}
	}
	for _, path := range []string{"/things/rss.xml", "/things/atom.xml", "/things/feed.json", "/sitemap.xml"} {
		b.Request(http.MethodGet, path, nil, nil)
		b.WantStatus(http.StatusOK)
		var feed struct {
			Items []struct {
				HTML string `json:"content_html"`
			}
		}
		_ = json.Unmarshal([]byte(b.Raw), &feed) // the others are XML
		for _, item := range feed.Items {
			if strings.Contains(item.HTML, "<script") || strings.Contains(item.HTML, "<img src=\"x") {
				t.Errorf("%s has an editor's script: %s", path, item.HTML)
			}
		}
		if strings.Contains(b.Raw, "<script") || path == "/things/feed.json" && len(feed.Items) != len(items) {
			t.Errorf("%s has an editor's script, or not all items: %s", path, b.Raw)
		}
	}
	if log := site.Log.String(); strings.Count(log, "level=ERROR") > 0 || strings.Contains(log, "directus is in trouble") {
		t.Errorf("the log says %s", log)
	}
}

// purgeEvents: what is shown of a relation is new as soon as Directus reports that it has
// changed.
func purgeEvents(t *testing.T, up harness.Upstream) {
	t.Helper()
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte(eventsTOML)}}
	const secret = "a-hook-secret-of-the-tests-0123456789"
	site := harness.StartApp(t, up, map[string]string{"CACHE_FRESH": "1h", "HOOK_SECRET": secret})
	b := site.Browser(t, harness.Plain)
	b.Open("/events/fair")
	b.WantText("The <Barn>")
	if err := up.Admin.Patch(t.Context(), "/items/venues/7", map[string]any{"name": "The Orchard"}); err != nil {
		t.Fatal(err)
	}
	b.Open("/events/fair")
	b.WantText("The <Barn>")
	report, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL+"/hooks/directus", strings.NewReader(`{"collection":"venues","key":7}`))
	report.Header = http.Header{"Authorization": {"Bearer " + secret}, "Content-Type": {"application/json"}}
	answer, err := http.DefaultClient.Do(report)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	b.Open("/events/fair")
	b.WantText("The Orchard")
	site.Wire.FailOn("", http.StatusServiceUnavailable) // a page that is due is better stale than none
	site.Pass(2 * time.Hour)
	b.Open("/events/fair")
	b.WantStatus(http.StatusOK)
	b.WantText("The Orchard")
}
