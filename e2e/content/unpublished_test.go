package content_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What is not published, or not yet, is nowhere to be seen, even where Directus
// gives it away.

// unseen are posts that nobody may see, by the word in their texts. The date that
// is to come is far away.
var unseen = map[string]map[string]any{
	"quillwort": {"slug": "a-draft", "status": "draft", "publish_date": "2026-10-30"},
	"sundew":    {"slug": "an-old-one", "status": "archived", "publish_date": "2026-10-29"},
	"moonwort":  {"slug": "no-status", "status": nil, "publish_date": "2026-10-28"},
	"bogbean":   {"slug": "another-spelling", "status": "Published", "publish_date": "2026-10-27"},
	"frogbit":   {"slug": "to-come", "status": "published", "publish_date": "2098-06-13"},
	"bladder":   {"slug": "a-draft-without-a-date", "status": "draft"},
}

func writeUnseen(t *testing.T, up harness.Upstream) {
	t.Helper()
	for word, post := range unseen {
		item := map[string]any{
			"title": "The " + word, "teaser": "About the " + word, "content": "<p>All about the " + word + ".</p>", "author": 1,
		}
		for name, value := range post {
			item[name] = value
		}
		up.NewPost(t, item)
	}
}

// lie answers for Directus with all that there is, for every visitor: filters that keep
// back what is not published count for nothing. Dates to come are written as told.
func lie(t *testing.T, a *harness.App, toCome string) {
	t.Helper()
	all := strings.NewReplacer(
		`{"status":{"_eq":"published"}}`, `{"slug":{"_nnull":true}}`,
		`{"publish_date":{"_lte":"$NOW"}}`, `{"slug":{"_nnull":true}}`)
	a.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/items/posts" {
			return false
		}
		query := r.URL.Query()
		query.Set("filter", all.Replace(query.Get("filter")))
		if query.Get("filter") == "" {
			query.Del("filter")
		}
		query.Del("meta")
		var items json.RawMessage
		if err := a.Up.Admin.Get(r.Context(), "/items/posts", query, &items); r.Context().Err() != nil {
			return true // on a busy machine: nobody waits for it any more
		} else if err != nil {
			t.Errorf("the lie: %v", err)
		}
		w.Header().Set("Content-Type", "application/json")
		said := strings.ReplaceAll(string(items), `"2098-06-13"`, toCome)
		_, _ = fmt.Fprintf(w, `{"data":%s,"meta":{"filter_count":99}}`, said)
		return true
	})
}

// everywhere are the addresses at which something of a post could be read.
func everywhere() []string {
	paths := append([]string{}, elsewhere...)
	for word, post := range unseen {
		slug := post["slug"].(string)
		paths = append(paths, "/blog?q="+word, "/blog/"+slug, "/pages/"+slug)
	}
	for page := range 4 {
		paths = append(paths, fmt.Sprintf("/blog?page=%d", page+1), fmt.Sprintf("/blog/authors/marjorie-thistlewood?page=%d", page+1))
	}
	return append(paths, "/blog/letters-about-biscuit", "/blog/the-binky-explained", "/blog/notes-for-a-spring-issue", harness.GatedPath)
}

func mustSeeNothing(b *harness.Browser, how string) {
	b.T.Helper()
	for _, path := range everywhere() {
		b.Request(http.MethodGet, path, nil, nil)
		said := strings.ToLower(html.UnescapeString(b.Raw))
		for word, post := range unseen {
			if b.Status == http.StatusOK && strings.Contains(path, post["slug"].(string)) {
				b.T.Errorf("%s: %s is there", how, path)
			}
			if strings.Contains(path, "q="+word) {
				if strings.Contains(said, "about the "+word) {
					b.T.Errorf("%s: %s finds it", how, path)
				}
			} else if strings.Contains(said, word) {
				b.T.Errorf("%s: %s speaks of %q", how, path, word)
			}
		}
		if b.Status >= http.StatusInternalServerError {
			b.T.Errorf("%s: %s: %d", how, path, b.Status)
		}
	}
}

func TestUnpublishedIsNowhere(t *testing.T) {
	harness.TakesSeconds(t)
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		writeUnseen(t, up)
		site := harness.StartApp(t, up, nil)
		r := readersOf(t, site)
		for who, b := range map[string]*harness.Browser{"a stranger": r.stranger, "a member": r.member, "a lodger": r.lodger} {
			mustSeeNothing(b, who)
		}
		for i, toCome := range []string{
			`"2098-06-13"`, `"2098-06-13T10:00:00"`, `"2098-06-13T10:00:00Z"`, `"2098-06-13T10:00:00.000+02:00"`, // date, dateTime, timestamp
			`"2098-06-13 10:00:00"`, `"13.06.2098"`, `"soon"`,
		} {
			if i > 0 && !up.Sandbox && !up.InFull() {
				break // how a date is written, the lie decides
			}
			lie(t, site, toCome)
			mustSeeNothing(r.stranger, "a stranger, to come "+toCome)
			if i == 0 {
				mustSeeNothing(r.member, "a member, to come "+toCome)
			}
			site.Wire.Mend()
		}
		if !up.Sandbox {
			return
		}
		// A kept page is no different.
		kept := harness.StartApp(t, up, harness.Fresh())
		lie(t, kept, `"2098-06-13"`)
		for range 2 {
			mustSeeNothing(kept.Browser(t, harness.Plain), "kept")
			kept.Pass(2 * time.Minute)
		}
	})
}

// A post that is due today or was due this minute is there; one for tomorrow is
// there tomorrow, without anybody saying so.
func TestAPostBecomesDue(t *testing.T) {
	began, passed := time.Now().Truncate(24*time.Hour).Add(12*time.Hour), &atomic.Int64{}
	up := harness.StartSandbox(t, sandbox.Options{Now: func() time.Time { return began.Add(time.Duration(passed.Load())) }})
	up.NewPost(t, map[string]any{"slug": "today", "title": "Due today", "status": "published", "publish_date": began.Format(time.DateOnly)})
	up.NewPost(t, map[string]any{"slug": "tomorrow", "title": "Due tomorrow", "status": "published", "publish_date": began.AddDate(0, 0, 1).Format(time.DateOnly)})
	site := harness.StartApp(t, up, harness.Fresh())
	site.Pass(time.Until(began))
	b := site.Browser(t, harness.Plain)
	seen := func(path string) bool {
		b.Request(http.MethodGet, path, nil, nil)
		return strings.Contains(b.Raw, "Due tomorrow")
	}
	places := []string{"/blog/tomorrow", "/blog", "/blog?q=tomorrow", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json", "/blog/today"}
	for _, path := range places {
		if seen(path) {
			t.Errorf("%s shows it today", path)
		}
	}
	if b.Request(http.MethodGet, "/blog/today", nil, nil); b.Status != http.StatusOK {
		t.Errorf("what is due today: %d", b.Status)
	}
	passed.Add(int64(24 * time.Hour))
	site.Pass(24 * time.Hour)
	for _, path := range places {
		for deadline := time.Now().Add(harness.Patience); !seen(path); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s does not show it tomorrow", path)
				break
			}
		}
	}
}

// What says of an item that it is not published counts in every collection.
func TestEveryCollectionHasDrafts(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	data := map[string]string{
		"/items/authors":    `[{"id":1,"name":"Kept Back","slug":"kept-back","bio":"x","status":"draft"}]`,
		"/items/navigation": `[{"id":1,"label":"Shown","url":"/shown","status":"published"},{"id":2,"label":"Kept Back","url":"/kept","status":"archived"}]`,
		"/items/redirects":  `[{"url_from":"/gone","url_to":"/kept-back","status":"draft"},{"url_from":"/moved","url_to":"/shown","status":"published"}]`,
		"/items/pages":      `[{"slug":"kept","title":"Kept Back","content":"x","publish_date":"2098-01-01"}]`,
		"/items/posts":      `[{"slug":"p","title":"P","status":"published","content":"x","author":{"id":1,"name":"Kept Back","slug":"kept-back","status":"draft"}}]`,
	}
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		items, lies := data[r.URL.Path]
		if lies {
			harness.WriteJSON(w, items)
		}
		return lies
	})
	b := site.Browser(t, harness.Plain)
	for path, want := range map[string]int{
		"/": 200, "/blog": 200, "/blog/p": 200, "/blog/rss.xml": 200, "/sitemap.xml": 200, "/blog/atom.xml": 200, "/blog/feed.json": 200,
		"/blog/authors/1": 404, "/blog/authors/kept-back": 404, "/pages/kept": 404, "/gone": 404, "/moved": 302,
	} {
		b.Request(http.MethodGet, path, nil, nil)
		if b.Status != want {
			t.Errorf("%s: %d, want %d", path, b.Status, want)
		}
		if strings.Contains(b.Raw, "Kept Back") || strings.Contains(b.Raw, "kept-back") {
			t.Errorf("%s shows what is kept back", path)
		}
	}
	if b.Open("/"); b.Doc.Find(`.menu a[href="/shown"]`).Length() != 1 {
		t.Error("what is published is not in the navigation")
	}
}

// A member may read posts also where nobody else may.
func TestPostsForMembersOnly(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		closeToThePublic(t, up, "posts")
		site := harness.StartApp(t, up, nil)
		r := readersOf(t, site)
		for _, path := range []string{"/blog/hay-by-numbers", harness.GatedPath} {
			for who, b := range map[string]*harness.Browser{"a stranger": r.stranger, "a lodger": r.lodger} {
				if b.Request(http.MethodGet, path, nil, nil); b.Status != http.StatusNotFound {
					t.Errorf("%s finds at %s: %d", who, path, b.Status)
				}
			}
			r.member.Open(path)
			r.member.WantStatus(http.StatusOK)
		}
		r.member.WantText(gatedWords[0])
	})
}

// closeToThePublic takes from the public what it may read of a collection.
func closeToThePublic(t *testing.T, up harness.Upstream, collection string) {
	t.Helper()
	query := url.Values{"filter[collection][_eq]": {collection}, "filter[action][_eq]": {"read"}, "limit": {"-1"}}
	var rules []struct {
		ID           int
		Role, Policy *string
	}
	if err := up.Admin.Get(t.Context(), "/permissions", query, &rules); err != nil {
		t.Fatal(err)
	}
	_, members := up.PermissionsHolder(t)
	for _, rule := range rules {
		if rule.Policy != nil && *rule.Policy == members || rule.Role != nil && *rule.Role == members {
			continue
		}
		if err := up.Admin.Delete(t.Context(), fmt.Sprintf("/permissions/%d", rule.ID)); err != nil {
			t.Fatal(err)
		}
	}
}
