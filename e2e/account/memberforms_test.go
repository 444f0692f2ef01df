package account_test

import (
	"fmt"
	"image"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/internal/limits"
	"hutch/sandbox"
)

// onAds is for what Hutch does itself with the forms of items.
func onAds(t *testing.T, change func(collections.Table), test func(*testing.T, harness.Upstream, *harness.App, harness.Way)) {
	t.Parallel()
	table := harness.Classifieds()
	change(table)
	up := harness.StartSandbox(t, sandbox.Options{Collections: table})
	up.Folder = adsTOML(up)
	site := harness.StartApp(t, up, nil)
	up.BothWays(t, func(t *testing.T, how harness.Way) { test(t, up, site, how) })
}

func asItIs(collections.Table) {}

// What was typed waits until the member has signed in again, beside a file as well, which
// cannot.
func TestItemsTypedAreKept(t *testing.T) {
	withoutFiles := func(table collections.Table) {
		fields := table[1].Fields
		for i, f := range fields {
			if f.Name == "image" {
				table[1].Fields = append(fields[:i:i], fields[i+1:]...)
			}
		}
	}
	for name, change := range map[string]func(collections.Table){"with a file": asItIs, "without": withoutFiles} {
		t.Run(name, func(t *testing.T) {
			onAds(t, change, func(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
				for _, ends := range []string{"at Directus", "in the browser"} {
					b := site.Browser(t, harness.Plain)
					who := b.SignUp()
					b.Open("/ads/new")
					if ends == "at Directus" {
						b.BetweenPageAndForm = func(b *harness.Browser) { b.EndSession() }
					} else {
						b.BetweenPageAndForm = func(b *harness.Browser) { b.SetSession(&http.Cookie{Name: b.SessionCookie().Name, Path: "/"}) }
					}
					fill := map[string]string{"title": "Kept & safe", "text": "Two\nlines", "extras": "lid", "sold": "true"}
					if name == "with a file" {
						fill["image"] = asJPEG(t, image.NewGray(image.Rect(0, 0, 40, 30)))
					}
					b.Submit("#entry", fill)
					if !strings.HasPrefix(b.Path, "/signin") {
						t.Fatalf("%s: not asked to sign in, but at %s: %s", ends, b.Path, b.Text())
					}
					b.Submit("#signin", who.Form())
					b.WantAt("/ads/new")
					if b.Value("title") != "Kept & safe" || b.Value("text") != "Two\nlines" || b.Doc.Find("[name=extras][value=lid][checked], [name=sold][checked]").Length() != 2 {
						t.Errorf("%s: %q, %q and %s came back", ends, b.Value("title"), b.Value("text"), b.Text())
					}
					if name == "with a file" {
						b.WantText("Choose it again.")
					} else {
						b.WantText("We've restored what you typed. It hasn't been sent yet.")
					}
					b.Submit("#entry", map[string]string{"title": "Kept & sent " + name + ends + string(how)})
					b.WantText("Your entry was added.")
				}
			})
		})
	}
}

// Of many items that a field may refer to, some are offered, and a search finds others.
func TestItemsReferToOneOfMany(t *testing.T) {
	onAds(t, asItIs, func(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
		if how == harness.Plain {
			for i := range 60 {
				if err := up.Admin.Post(t.Context(), "/items/places", map[string]any{"name": fmt.Sprintf("Place %02d", i)}, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		b := site.Browser(t, how)
		b.SignUp()
		b.Open("/ads/new")
		if n := b.Doc.Find("#entry [name=place] option").Length(); n != 51 {
			t.Errorf("%d are offered", n)
		}
		if !b.Doc.Find("#entry button").First().Is(".default[type=submit]:not([name])") {
			t.Error("Enter in a field searches")
		}
		path := b.Doc.Find("#entry").AttrOr("action", "")
		search := url.Values{"title": {"Typed"}, "place.search": {"place 57"}, "search": {"place"}}
		b.Request(http.MethodPost, strings.TrimSuffix(path, "/files"), search, nil)
		b.WantStatus(http.StatusOK)
		b.Load()
		options := b.Doc.Find("#entry [name=place] option")
		if options.Length() != 2 || options.Last().Text() != "Place 57" || b.Value("title") != "Typed" || b.Doc.Find(`[name="place.search"]`).AttrOr("value", "") == "" {
			t.Errorf("found: %s in %s", options.Text(), b.Text())
		}
		if _, focused := b.Doc.Find("#entry [name=place]").Attr("autofocus"); !focused || b.Doc.Find("main [role=alert]").Length() != 0 {
			t.Error("the page does not lead on from the search")
		}
		chosen := options.Last().AttrOr("value", "")
		b.Submit("#entry", map[string]string{"title": "At 57 " + string(how), "place": chosen, "place.search": ""})
		b.WantText("Your entry was added.")
		if made := ad(t, up, "At 57 "+string(how)); fmt.Sprint(made["place"]) != chosen {
			t.Errorf("stored: %v, want %s", made["place"], chosen)
		}
		b.Open("/ads/new")
		b.Request(http.MethodPost, strings.TrimSuffix(path, "/files"), url.Values{"title": {"Nowhere"}, "place": {"9999"}}, nil)
		b.WantStatus(http.StatusUnprocessableEntity)
	})
}

// What Directus does not let members do, they read in a sentence.
func TestItemsThatMembersMayNotWrite(t *testing.T) {
	t.Run("create", func(t *testing.T) {
		onAds(t, func(table collections.Table) { table[1].Writes = table[1].Writes[1:] }, func(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
			b := site.Browser(t, how)
			b.SignUp()
			b.Open("/ads/new")
			b.WantStatus(http.StatusForbidden)
			b.WantText("You can't do this here")
			b.Open("/ads/mine")
			b.WantStatus(http.StatusOK)
			if b.Doc.Find(`main a[href="/ads/new"]`).Length() != 0 {
				t.Error("there is a link to what is refused")
			}
		})
	})
	t.Run("whose it is", func(t *testing.T) {
		noCreator := func(table collections.Table) {
			table[1].Writes = collections.Rights{{Who: collections.Members, Action: collections.Create}, {Who: collections.Members, Action: collections.Update}}
			for i, f := range table[1].Fields {
				if f.Name == "user_created" {
					table[1].Fields[i].Special = nil
				}
			}
		}
		onAds(t, noCreator, func(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
			if err := up.Admin.Post(t.Context(), "/items/ads", map[string]any{"title": "X", "slug": "x" + string(how)}, nil); err != nil {
				t.Fatal(err)
			}
			b := site.Browser(t, how)
			b.SignUp()
			b.Open("/ads/x" + string(how) + "/edit")
			b.WantStatus(http.StatusForbidden)
			b.WantText("We can't tell which entries are yours, so you can't change them here.")
			b.Open("/ads/new")
			if b.Doc.Find(`main a[href="/ads/mine"]`).Length() != 0 {
				t.Error("a link leads to what nobody can tell")
			}
			b.Submit("#entry", map[string]string{"title": "Of nobody " + string(how)})
			b.WantAt("/ads")
			b.WantText("Your entry was added.")
		})
	})
	t.Run("a field", func(t *testing.T) {
		onAds(t, func(table collections.Table) {
			table[1].Writes[0].Only, table[1].Writes[0].Presets = []string{"title", "colour"}, map[string]any{"colour": "red", "status": "published"}
		}, func(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
			b := site.Browser(t, how)
			b.SignUp()
			b.Open("/ads/new")
			if b.Doc.Find("#entry [name=status], #entry [name=slug], #entry [name=text]").Length() != 0 || b.Value("colour") != "red" {
				t.Errorf("the form: %s", b.Text())
			}
			b.Submit("#entry", map[string]string{"title": "Preset " + string(how)})
			b.WantText("Your entry was added.")
			made := ad(t, up, "Preset "+string(how))
			if made["colour"] != "red" || made["status"] != "published" || made["slug"] != nil {
				t.Errorf("stored: %v", made)
			}
		})
	})
	t.Run("from elsewhere, in another way, or too often", func(t *testing.T) {
		t.Parallel()
		up := harness.StartSandbox(t, sandbox.Options{Collections: harness.Classifieds()})
		up.Folder = adsTOML(up)
		up.Limited = append([]limits.Limit{}, limits.Table()...)
		for i, limit := range up.Limited {
			if limit.Name == "write-account" {
				up.Limited[i].Burst = 1
			}
		}
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		b.SignUp()
		b.Request(http.MethodPost, "/ads/new", url.Values{"title": {"Theirs"}}, http.Header{"Sec-Fetch-Site": {"cross-site"}})
		b.WantStatus(http.StatusForbidden)
		b.RequestWith(http.MethodPost, "/ads/new", "application/json", strings.NewReader(`{"title":"x"}`), nil)
		b.WantStatus(http.StatusUnsupportedMediaType)
		for status, title := range map[int]string{http.StatusSeeOther: "First"} {
			b.Request(http.MethodPost, "/ads/new", url.Values{"title": {title}}, nil)
			b.WantStatus(status)
		}
		b.Request(http.MethodPost, "/ads/new", url.Values{"title": {"Second & kept"}}, nil)
		b.WantStatus(http.StatusTooManyRequests)
		b.Load()
		if b.Value("title") != "Second & kept" {
			t.Errorf("what was typed is lost: %s", b.Text())
		}
	})
}

// Where Directus ignores rules such as "own items only", a site that lets members change
// their own does not start, and one without a service token refuses the form.
func TestOwnItemsWithoutALicence(t *testing.T) {
	harness.OnDirectusOfItsOwnWith(t, harness.Classifieds(), func(t *testing.T, up harness.Upstream) {
		folder := fstest.MapFS{"site.toml": {Data: []byte(strings.ReplaceAll(string(adsTOML(up)["site.toml"].Data), `"any"`, `"own"`))}}
		start := func(serviceToken string) error {
			given := map[string]string{"DIRECTUS_URL": up.URL, "DIRECTUS_SERVICE_TOKEN": serviceToken, "PUBLIC_URL": harness.PublicURL}
			config, err := app.Read(func(name string) string { return given[name] })
			if err != nil {
				t.Fatal(err)
			}
			_, err = app.New(t.Context(), app.Options{Config: config, DirectusURL: up.URL, Folder: folder, Closing: t.Context(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			return err
		}
		err := start(up.ServiceToken)
		if up.MembersReadThemselves() {
			if err != nil {
				t.Error(err)
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), "collection ads") || !strings.Contains(err.Error(), "licence") {
			t.Errorf("it starts: %v", err)
		}
		up.Folder = folder
		site := harness.StartApp(t, up, map[string]string{"DIRECTUS_SERVICE_TOKEN": ""})
		b := site.Browser(t, harness.Plain)
		b.SignUp()
		if err := up.Admin.Post(t.Context(), "/items/ads", map[string]any{"title": "X", "slug": "x"}, nil); err != nil {
			t.Fatal(err)
		}
		b.Open("/ads/x/edit")
		b.WantStatus(http.StatusForbidden)
		b.WantText("You can't do this here")
	})
}
