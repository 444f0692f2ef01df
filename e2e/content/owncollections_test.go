package content_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/sandbox"
)

// eventsTable is a collection of a team's own, with a relation and a picture, and one for
// members.
func eventsTable() collections.Table {
	return collections.Table{
		{
			Name: "venues", Reads: collections.Everybody(), Writes: collections.Nobody(),
			Fields: []collections.Field{
				{Name: "id", Type: "integer", Key: true},
				{Name: "name", Type: "string"},
				{Name: "city", Type: "string"},
			},
		},
		{
			Name: "events", Reads: collections.Everybody(), Writes: collections.Nobody(),
			Fields: []collections.Field{
				{Name: "id", Type: "integer", Key: true},
				{Name: "slug", Type: "string", Unique: true},
				{Name: "status", Type: "string"},
				{Name: "title", Type: "string"},
				{Name: "text", Type: "text"},
				{Name: "starts", Type: "dateTime"},
				{Name: "price", Type: "float"},
				{Name: "free", Type: "boolean", Special: []string{"cast-boolean"}},
				{Name: "published_at", Type: "timestamp"},
				{Name: "image", Type: "uuid", Related: "directus_files", Special: []string{"file"}},
				{Name: "venue", Related: "venues", Special: []string{"m2o"}},
				{Name: "tags", Type: "json", Special: []string{"cast-json"}},
			},
		},
		{
			Name: "club", Reads: collections.Rights{{Who: collections.Members}}, Writes: collections.Nobody(),
			Fields: []collections.Field{
				{Name: "id", Type: "integer", Key: true},
				{Name: "slug", Type: "string", Unique: true},
				{Name: "status", Type: "string"},
				{Name: "title", Type: "string"},
			},
		},
	}
}

const eventsTOML = `
[[collection]]
name = "events"
label = "Events"
path = "/events"
list = { sort = ["starts"], filter = { starts = { _gte = "2026-01-01T00:00:00" } }, per_page = 2 }
read = "everybody"
search = ["title", "text"]
sitemap = true
feed = { title = "Events" }
`

// writeEvents adds some: published, a draft, one of the future, one that the list filters.
func writeEvents(t *testing.T, up harness.Upstream) {
	t.Helper()
	type fields = map[string]any
	addItem(t, up, "venues", fields{"id": 7, "name": "The <Barn>", "city": "Lower Burrow"})
	for slug, event := range map[string]fields{
		"fair":    {"title": "Spring fair", "text": "<p>With a <b>hay</b> wagon.</p><script>alert(1)</script>", "starts": "2026-03-01T10:00:00", "price": 4.5, "free": false, "venue": 7, "tags": []string{"Outdoors", "Hay & more"}},
		"walk":    {"title": "Evening <walk>", "text": "To the *hedge* and back\n\n" + dot, "starts": "2026-04-01T18:30:00", "free": true, "tags": []string{"Outdoors"}},
		"weighin": {"title": "Weigh-in", "starts": "2026-05-01T09:00:00"},
		"draft":   {"title": "Draft event", "text": "hay", "status": "draft", "starts": "2026-06-01T10:00:00"},
		"later":   {"title": "Later event", "text": "hay", "published_at": "2999-01-01T00:00:00Z", "starts": "2026-06-01T10:00:00"},
		"past":    {"title": "Past event", "text": "hay", "starts": "2020-06-01T10:00:00"},
	} {
		all := fields{"slug": slug, "status": "published"}
		for name, value := range event {
			all[name] = value
		}
		addItem(t, up, "events", all)
	}
}

// Collections of a team's own, all on one Directus.
func TestOwnCollections(t *testing.T) {
	harness.OnDirectusOfItsOwnWith(t, slices.Concat(eventsTable(), everyType()), func(t *testing.T, up harness.Upstream) {
		writeEvents(t, up)
		t.Run("an entry in site.toml is enough", func(t *testing.T) { showEvents(t, up) })
		t.Run("what they refer to changes", func(t *testing.T) { purgeEvents(t, up) })
		t.Run("for members alone", func(t *testing.T) { showMembersEvents(t, up) })
		t.Run("fields of every type", func(t *testing.T) { showEveryType(t, up) })
	})
}

// showEvents: an entry in site.toml gives a list, items, a search, a feed and a place in the
// sitemap.
func showEvents(t *testing.T, up harness.Upstream) {
	t.Helper()
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte(eventsTOML)}}
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/events")
	b.WantStatus(200)
	b.WantText("Events", "Spring fair", "Evening <walk>", "3 entries", "1 March 2026")
	if text := b.Text(); strings.Contains(text, "Draft event") || strings.Contains(text, "Later event") || strings.Contains(text, "Past event") || strings.Contains(text, "Weigh-in") {
		t.Errorf("the list shows %s", text)
	}
	b.Open("/events?page=2")
	b.WantText("Weigh-in", "Page 2 of 2")
	b.Open("/events?page=3")
	b.WantStatus(404)
	b.Open("/events/fair")
	b.WantStatus(200)
	b.WantText("Spring fair", "With a hay wagon.", "The <Barn>", "4.5", "Free", "No", "1 March 2026, 10:00")
	if n := b.Doc.Find("main script, main b, main strong").Length(); n != 1 {
		t.Errorf("%d elements of the text", n)
	}
	b.Open("/events/walk")
	if b.Doc.Find("main em").Text() != "hedge" {
		t.Errorf("Markdown is shown as %s", b.Text())
	}
	b.Request(http.MethodGet, b.Doc.Find(`main img[alt="A dot"]`).AttrOr("src", "/none"), nil, nil) // which was pasted
	b.WantStatus(200)
	b.Open("/events/tags/outdoors")
	b.WantText("Outdoors", "2 entries", "Spring fair", "Evening <walk>")
	b.Open("/events/fair")
	b.Follow(`main a[href="/events/tags/hay-&-more"]`)
	b.WantText("Hay & more", "1 entry")
	b.Open("/events/tags/nothing")
	b.WantStatus(404)
	b.Open("/events/past") // the filter is the list's
	b.WantStatus(200)
	for _, hidden := range []string{"draft", "later", "nothing", "1", "fair/", "$NOW"} {
		if b.Open("/events/" + hidden); hidden != "fair/" {
			b.WantStatus(404)
		}
	}
	b.Open("/events?q=hay+wagon")
	b.WantText("1 entry matches “hay wagon”", "Spring fair")
	b.Open("/events?q=script")
	b.WantText("Nothing found.")
	b.Open("/search?q=wagon")
	b.WantText("Spring fair", "Events")
	for _, feed := range []string{"/events/rss.xml", "/events/atom.xml", "/events/feed.json"} {
		b.Request(http.MethodGet, feed, nil, nil)
		body := b.Raw
		if !strings.Contains(body, "Spring fair") || strings.Contains(body, "Draft event") || strings.Contains(body, "alert(1)") {
			t.Errorf("%s is %s", feed, body)
		}
	}
	b.Request(http.MethodGet, "/sitemap.xml", nil, nil)
	if body := b.Raw; !strings.Contains(body, "/events/fair") || !strings.Contains(body, "/events<") || strings.Contains(body, "/events/draft") {
		t.Errorf("the sitemap is %s", body)
	}
}

func addItem(t *testing.T, up harness.Upstream, collection string, item map[string]any) {
	t.Helper()
	if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
		t.Fatal(err)
	}
}

// showMembersEvents: of a collection for members, nobody else sees anything, and nothing of it
// is kept.
func showMembersEvents(t *testing.T, up harness.Upstream) {
	t.Helper()
	addItem(t, up, "club", map[string]any{"slug": "fair", "title": "Club fair", "status": "published"})
	addItem(t, up, "club", map[string]any{"slug": "draft", "title": "Draft event", "status": "draft"})
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte(`
[[collection]]
name = "club"
path = "/club/events"
read = "members"
search = ["title"]
`)}}
	site := harness.StartApp(t, up, nil)
	for _, path := range []string{"/club/events", "/club/events/fair", "/club/events?q=fair"} {
		b := site.Browser(t, harness.Plain)
		b.Open(path)
		b.WantAt("/signin?redirectedFrom=" + url.QueryEscape(path))
		b.Open("/club/events/fair/more")
		b.WantStatus(http.StatusNotFound)
		b.SignUp()
		b.Open(path)
		b.WantText("Club fair")
		if caching := b.Request(http.MethodGet, path, nil, nil).Header.Get("Cache-Control"); !strings.Contains(caching, "no-store") {
			t.Errorf("%s may be kept: %s", path, caching)
		}
		if path == "/club/events" && strings.Contains(b.Text(), "Draft event") {
			t.Error("members see a draft")
		}
	}
	for _, path := range []string{"/sitemap.xml", "/search?q=fair", "/club/events/rss.xml"} {
		b := site.Browser(t, harness.Plain)
		if b.Request(http.MethodGet, path, nil, nil); strings.Contains(b.Raw, "Club fair") || strings.Contains(b.Raw, "/club/events/fair") {
			t.Errorf("%s tells of what is for members", path)
		}
	}
}

// Where a Directus has no links, the header has one for each collection, or those of
// site.toml.
func TestMenusOfTheSiteFolder(t *testing.T) {
	for menu, want := range map[string]string{
		"": "HomeBlogJournalSearch",
		"[menu]\nheader = [{ text = \"Diary\", url = \"/diary\" }, { text = \"Bad\", url = \"javascript:alert(1)\" }]\n": "DiarySearch",
	} {
		up := harness.StartSandbox(t, sandbox.Options{})
		up.Folder = fstest.MapFS{"site.toml": {Data: []byte(menu + "[[collection]]\nname = \"posts\"\nlabel = \"Journal\"\npath = \"/diary\"\nread = \"everybody\"\n")}}
		site := harness.StartApp(t, up, nil)
		harness.ItemsAre("navigation", "id")(t, up, site)
		b := site.Browser(t, harness.Plain)
		b.Open("/diary")
		if got := b.Doc.Find("nav.menu > ul a").Text(); !strings.HasPrefix(got, want) || strings.Contains(got, "Bad") {
			t.Errorf("the header has %q, want %q", got, want)
		}
	}
}

// What a site shows of posts as a collection of its own is no more than everybody may read,
// whatever Directus lets the public read.
func TestOwnCollectionsOfGatedPosts(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.EverybodyMay(t, "read", "posts", "*")
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte("[[collection]]\nname = \"posts\"\npath = \"/diary\"\nread = \"everybody\"\nsearch = [\"title\", \"content\"]\nfeed = { title = \"Diary\" }\n")}}
	b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
	for _, path := range []string{"/diary/the-night-list", "/diary", "/diary?q=" + gatedWords[0], "/diary/rss.xml", "/search?q=" + gatedWords[0]} {
		if b.Request(http.MethodGet, path, nil, nil); b.Status != http.StatusOK || strings.Contains(b.Raw, "clinic on the ring road") || strings.Contains(path, "?q=") && strings.Contains(b.Raw, "/diary/the-night-list") {
			t.Errorf("%s: %d shows what is for members", path, b.Status)
		}
	}
}
