package account_test

import (
	"image"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"hutch/e2e/harness"
)

// adsTOML lets members write them: their own, or, where Directus cannot hold that, all.
func adsTOML(up harness.Upstream) fstest.MapFS {
	whose := "own"
	if !up.MembersReadThemselves() {
		whose = "any"
	}
	return fstest.MapFS{"site.toml": {Data: []byte(harness.ClassifiedsTOML(whose))}}
}

// Members add, change and delete what they write, with their own token.
func TestMembersWrite(t *testing.T) {
	harness.OnDirectusOfItsOwnWith(t, harness.Classifieds(), func(t *testing.T, up harness.Upstream) {
		for _, name := range []string{"Old <Barn>", "New Mill"} {
			if err := up.Admin.Post(t.Context(), "/items/places", map[string]any{"name": name}, nil); err != nil {
				t.Fatal(err)
			}
		}
		up.Folder = adsTOML(up)
		site := harness.StartApp(t, up, map[string]string{"CACHE_FRESH": "10m"})
		up.BothWays(t, func(t *testing.T, how harness.Way) {
			b := site.Browser(t, how)
			b.Open("/ads/new")
			b.WantAt("/signin?redirectedFrom=" + url.QueryEscape("/ads/new"))
			who, title := b.SignUp(), "Hütch & Run "+string(how)
			t.Run("add", func(t *testing.T) { addAnAd(t, up, b, who, title) })
			t.Run("change", func(t *testing.T) { changeAnAd(t, up, b, title) })
			t.Run("others", func(t *testing.T) { othersAds(t, up, site, b, how, title) })
			t.Run("delete", func(t *testing.T) { deleteAnAd(t, up, b, title) })
		})
	})
}

// ad is what an administrator reads of the one with this title.
func ad(t *testing.T, up harness.Upstream, title string) map[string]any {
	t.Helper()
	var found []map[string]any
	if err := up.Admin.Get(t.Context(), "/items/ads", url.Values{"filter[title][_eq]": {title}, "sort": {"-id"}}, &found); err != nil || len(found) == 0 {
		t.Fatalf("%s: %v, %v", title, found, err)
	}
	return found[0]
}

func addAnAd(t *testing.T, up harness.Upstream, b *harness.Browser, who harness.Account, title string) {
	b.Open("/ads/mine")
	b.WantText("Your entries", "You haven't written anything here yet.")
	b.Open(b.Doc.Find(`main a[href="/ads/new"]`).AttrOr("href", "/none"))
	b.WantStatus(http.StatusOK)
	form := b.Doc.Find("#entry")
	for name, selector := range map[string]string{
		"title": "input[required][type=text]", "text": "textarea", "price": "[inputmode=decimal]", "sold": "[type=checkbox]", "until": "[type=date]",
		"seen": "[type=datetime-local]", "colour": "select", "extras": "[type=checkbox]", "tags": "[type=text]", "place": "select", "image": "[type=file]", "status": "select", "slug": "input:not([required])",
	} {
		if !form.Find("[name=" + name + "]").Is(selector) {
			t.Errorf("%s has no %s", name, selector)
		}
	}
	for _, name := range []string{"id", "secret_note", "user_created", "date_created"} {
		if form.Find("[name="+name+"]").Length() != 0 {
			t.Errorf("there is an input for %s", name)
		}
	}
	if status := b.Value("status"); status != "draft" {
		t.Errorf("a new one is %q", status)
	}
	b.WantText("Draft", "Old <Barn>", "You can format it with Markdown.", "optional")

	// What is wrong stands beside the field, and nothing typed is lost.
	b.Submit("#entry", map[string]string{"title": "", "price": "cheap", "text": "Two\nlines", "tags": "hay, straw"})
	b.WantError("title", "Fill in this field.")
	b.WantError("price", "Enter a number")
	if b.Value("text") != "Two\nlines" || b.Value("tags") != "hay, straw" {
		t.Errorf("typed: %q, %q", b.Value("text"), b.Value("tags"))
	}
	place := b.Doc.Find("#entry [name=place] option:contains(Mill)").AttrOr("value", "")
	b.Submit("#entry", map[string]string{
		"title": title, "text": "For **two**<script>alert(1)</script>", "price": "12,5", "sold": "true", "until": "2027-01-31",
		"seen": "2027-01-31T10:00", "colour": "blue", "extras": "straw", "tags": "hay, straw", "place": place,
		"image": asJPEG(t, image.NewGray(image.Rect(0, 0, 40, 30))),
	})
	b.WantAt("/ads/mine")
	b.WantText("Your entry was added.", title, "Not published")
	made := ad(t, up, title)
	if made["status"] != "draft" || made["price"] != 12.5 || made["sold"] != true || made["until"] != "2027-01-31" || made["colour"] != "blue" ||
		made["user_created"] != up.User(t, who)["id"] || made["place"] == nil || !strings.HasPrefix(made["slug"].(string), "hutch-run") {
		t.Errorf("stored: %v", made)
	}
	if extras, _ := made["extras"].([]any); !slices.Equal(extras, []any{"straw"}) {
		t.Errorf("extras: %v", made["extras"])
	}
	if file, _ := made["image"].(string); file == "" || filesOf(t, up, who) != 1 {
		t.Errorf("the picture: %v", made["image"])
	}
	b.Open("/ads")
	if strings.Contains(b.Text(), title) {
		t.Error("a draft is in the list")
	}
}

func changeAnAd(t *testing.T, up harness.Upstream, b *harness.Browser, title string) {
	slug := ad(t, up, title)["slug"].(string)
	b.Open("/ads/mine")
	if caching := b.Header.Get("Cache-Control"); caching != "no-store" {
		t.Errorf("what is theirs may be kept: %s", caching)
	}
	b.Open(b.Doc.Find(`main a[href="/ads/`+slug+`/edit"]`).AttrOr("href", "/none"))
	for name, want := range map[string]string{"title": title, "price": "12.5", "until": "2027-01-31", "colour": "blue", "tags": "hay, straw", "seen": "2027-01-31T10:00"} {
		if got := b.Value(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	b.Submit("#entry", nil)
	b.WantText("Nothing was changed.")
	b.Open("/ads/" + slug + "/edit")
	b.Submit("#entry", map[string]string{"slug": "mine"})
	b.WantError("slug", "already in use")
	b.Submit("#entry", map[string]string{"slug": "a/b"})
	b.WantError("slug", "letters, digits and hyphens")
	b.Submit("#entry", map[string]string{"slug": slug, "status": "published", "price": ""})
	b.WantAt("/ads/" + slug)
	b.WantText("Your changes were saved.", title, "For two")
	if b.Doc.Find("main script").Length() != 0 || b.Doc.Find("main strong").Length() != 1 {
		t.Error("the text is not sanitised")
	}
	if changed := ad(t, up, title); changed["price"] != nil || changed["image"] == nil {
		t.Errorf("stored: %v", changed)
	}
	b.Open("/ads") // at once
	b.WantText(title)
}

// othersAds says that nobody changes what somebody else wrote, and that two of a title have
// different addresses.
func othersAds(t *testing.T, up harness.Upstream, site *harness.App, b *harness.Browser, how harness.Way, title string) {
	slug := ad(t, up, title)["slug"].(string)
	other := site.Browser(t, how)
	other.SignUp()
	other.Open("/ads/mine")
	if strings.Contains(other.Text(), title) {
		t.Error("somebody else's is theirs")
	}
	if up.MembersReadThemselves() {
		for _, way := range []string{"edit", "delete"} {
			other.Open("/ads/" + slug + "/" + way)
			other.WantStatus(http.StatusNotFound)
			other.Request(http.MethodPost, "/ads/"+slug+"/"+way, url.Values{"title": {"Theirs now"}}, nil)
			other.WantStatus(http.StatusNotFound)
		}
	}
	other.Open("/ads/new")
	other.Submit("#entry", map[string]string{"title": title, "status": "published"})
	other.WantText("Your entry was added.", title)
	if again := ad(t, up, title)["slug"]; again == slug || other.Path != "/ads/"+again.(string) {
		t.Errorf("the second one is at %s and %s", again, other.Path)
	}
	b.Open("/ads/nothing/edit")
	b.WantStatus(http.StatusNotFound)
}

func deleteAnAd(t *testing.T, up harness.Upstream, b *harness.Browser, title string) {
	b.Open("/ads/mine")
	link := b.Doc.Find(`main a[href$="/delete"]`)
	if link.Length() != 1 {
		t.Fatalf("%d links", link.Length())
	}
	path := link.AttrOr("href", "")
	b.Open(path)
	b.WantText("Delete this entry?", title, "You can't undo this.")
	b.Submit("#delete-entry", nil)
	b.WantAt("/ads/mine")
	b.WantText("The entry was deleted.", "You haven't written anything here yet.")
	b.Open(strings.TrimSuffix(path, "/delete"))
	b.WantStatus(http.StatusNotFound)
}
