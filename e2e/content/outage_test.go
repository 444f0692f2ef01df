package content_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/sandbox"
	"hutch/setup"
)

// Content is there when Directus is not, and costs it next to nothing when it is.

func TestContentSurvivesAnOutage(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		up.EveryWay(t, func(t *testing.T, how harness.Way) {
			site := harness.StartApp(t, up, harness.Fresh())
			b := site.Browser(t, how)
			pages := []string{"/", "/pages/about", "/blog", "/blog/hay-by-numbers"}
			said := map[string]string{}
			for _, path := range pages {
				b.Open(path)
				b.WantStatus(http.StatusOK)
				said[path] = b.Text()
			}
			site.Wire.BreakWith(harness.Breakages["503"])
			for _, path := range pages { // still fresh
				b.Open(path)
				b.WantStatus(http.StatusOK)
			}
			site.Pass(2 * time.Minute)
			for _, path := range pages {
				b.Open(path) // the old one, and Directus is asked behind it
				b.WantStatus(http.StatusOK)
			}
			for _, path := range pages {
				if !eventually(b, path, func() bool { return strings.Contains(b.Text(), harness.StaleNote) }) {
					t.Errorf("%s does not say that it may be old", path)
				}
				b.WantStatus(http.StatusOK)
				if text := strings.TrimSuffix(b.Text(), " "+harness.StaleNote+" We can't load the latest version right now."); text != said[path] {
					t.Errorf("%s said\n%s\nand in the outage\n%s", path, said[path], text)
				}
			}
			b.Open("/blog/never-seen-before")
			b.WantStatus(http.StatusServiceUnavailable)
			if ready := b.Request(http.MethodGet, "/readyz", nil, nil); ready.StatusCode != http.StatusServiceUnavailable || !strings.Contains(b.Raw, "Directus") {
				t.Errorf("/readyz: %d %s", ready.StatusCode, b.Raw)
			}

			site.Wire.Mend()
			site.Pass(time.Minute)
			for _, path := range pages {
				if !eventually(b, path, func() bool { return !strings.Contains(b.Text(), harness.StaleNote) }) {
					t.Errorf("%s still says that it may be old", path)
				}
			}
		})
	})
}

// eventually loads a page until it is as it should be: what is done behind an
// answer shows in a later one.
func eventually(b *harness.Browser, path string, as func() bool) bool {
	for deadline := time.Now().Add(harness.Patience); ; time.Sleep(20 * time.Millisecond) {
		b.Open(path)
		if as() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

func TestContentSurvivesARestart(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	env := harness.Fresh("CACHE_DIR", t.TempDir())
	b := harness.StartApp(t, up, env).Browser(t, harness.Plain)
	b.Open("/blog/hay-by-numbers")
	said := b.Text()
	again := harness.StartApp(t, up, env)
	again.Wire.BreakWith(harness.Breakages["cut"])
	b = again.Browser(t, harness.Plain)
	b.Open("/blog/hay-by-numbers")
	b.WantStatus(http.StatusOK)
	if !strings.HasPrefix(b.Text(), said) { // and that it may be old, once that is known
		t.Errorf("after a restart the page says %s", b.Text())
	}
}

func TestPurge(t *testing.T) {
	const secret = "the-hook-secret-of-the-tests-0123456789"
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", secret))
	b := site.Browser(t, harness.Plain)
	ask := func(authorization, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL+"/hooks/directus", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", authorization)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	hook := func(token, body string) int { return ask("Bearer "+token, body) }
	b.Open("/blog/hay-by-numbers")
	b.Open("/pages/about")
	if err := up.Admin.Patch(t.Context(), "/items/posts/hay-by-numbers", map[string]any{"title": "Hay, counted"}); err != nil {
		t.Fatal(err)
	}
	for body, token := range map[string]string{`{"collection":"posts"}`: "", `{"collection":"posts","event":"x"}`: "wrong", `nonsense`: secret, `{"collection":"pages"}`: secret} {
		want := http.StatusUnauthorized
		switch {
		case token == secret && body == "nonsense":
			want = http.StatusBadRequest
		case token == secret:
			want = http.StatusOK
		}
		if got := hook(token, body); got != want {
			t.Errorf("%s with %q: %d, want %d", body, token, got, want)
		}
	}
	// The secret alone is not an authorization, nor is it under another scheme.
	for _, authorization := range []string{"", secret, " " + secret, "Basic " + secret, "Bearer" + secret, "Bearer  " + secret, "Bearer " + secret + " ", "Bearer"} {
		want := http.StatusUnauthorized
		if strings.TrimSpace(authorization) == "Bearer "+secret {
			want = http.StatusOK // a header ends with its last visible character
		}
		if got := ask(authorization, `{"collection":"pages"}`); got != want {
			t.Errorf("Authorization: %q: %d, want %d", authorization, got, want)
		}
	}
	if got := ask("bearer "+secret, `{"collection":"pages"}`); got != http.StatusOK { // RFC 9110, 11.1
		t.Errorf("the scheme in another case: %d", got)
	}
	b.Open("/blog/hay-by-numbers")
	b.WantText("Hay by numbers") // nobody with the secret has said anything about posts
	site.Wire.Forget()
	if got := hook(secret, `{"event":"items.update","collection":"posts","keys":["hay-by-numbers"]}`); got != http.StatusOK {
		t.Fatal(got)
	}
	b.Open("/blog/hay-by-numbers")
	b.WantText("Hay, counted")
	b.Open("/pages/about")
	// The post, who comes before and after it, what else its author wrote with and
	// without a date, the newest of all likewise, as the blog asks, and the tags of all;
	// not what other posts are made of.
	if n := site.Wire.Count("GET /items/posts"); n != 8 {
		t.Errorf("Directus was asked %d times for posts", n)
	}
	if n := site.Wire.Count("GET /items/pages"); n != 1 {
		t.Errorf("Directus was asked %d times for pages", n)
	}

	// Without a secret there is no hook.
	closed := harness.StartApp(t, up, harness.Fresh())
	if status := closed.Browser(t, harness.Plain).Request(http.MethodPost, "/hooks/directus", url.Values{}, nil).StatusCode; status != http.StatusUnauthorized {
		t.Errorf("without a secret: %d", status)
	}
}

// A member's pages cost the questions that they need, and no others.
func TestWhatAMembersPagesCost(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh())
		b := site.Browser(t, harness.Plain)
		b.SignUp()
		whole := []string{"GET /users/me"}
		if up.Major == 12 { // without a licence: and the row by the service token
			whole = []string{"GET /users/:id", "GET /users/me"}
		}
		for _, page := range []struct {
			path string
			asks []string
		}{
			{"/profile", whole},
			{"/blog", nil},
			{"/blog/hay-by-numbers", nil},
			{"/blog/the-night-list", []string{"GET /items/posts"}},
			{"/signin", nil}, // leads to the profile
		} {
			b.Open(page.path) // what is kept is there now
			site.Wire.Forget()
			b.Request(http.MethodGet, page.path, nil, nil)
			if asked := site.Wire.CallsWithoutIDs(); !slices.Equal(asked, page.asks) {
				t.Errorf("%s asks Directus %v, want %v", page.path, asked, page.asks)
			}
		}
	})
}

// A real Directus tells the site itself, by the flow that setup makes.
func TestDirectusTellsOfChanges(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		if up.Sandbox {
			return // it has no flows
		}
		const secret = "the-hook-secret-of-the-tests-0123456789"
		site := harness.StartApp(t, up, map[string]string{"CACHE_FRESH": "1h", "HOOK_SECRET": secret})
		client, err := directus.New(up.URL)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		if err := setup.Run(t.Context(), client, up.AdminToken, setup.Options{PublicURL: site.URL, HookSecret: secret}, &said); err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		b := site.Browser(t, harness.Plain)
		see := func(path, text string) {
			t.Helper()
			if !eventually(b, path, func() bool { return strings.Contains(b.Text(), text) }) {
				t.Errorf("%s never says %q", path, text)
			}
		}
		see("/blog", "13 posts")
		see("/blog/hay-by-numbers", "Hay by numbers")
		see("/blog/counting-ears", "Counting ears")
		site.Wire.Forget()
		change := func(do error) {
			t.Helper()
			if do != nil {
				t.Fatal(do)
			}
		}
		change(up.Admin.Patch(t.Context(), "/items/posts/hay-by-numbers", map[string]any{"title": "Hay, counted"}))
		see("/blog/hay-by-numbers", "Hay, counted")
		see("/blog", "Hay, counted")
		change(up.Admin.Post(t.Context(), "/items/posts", map[string]any{"slug": "new", "title": "Brand new", "status": "published", "publish_date": "2026-11-20", "content": "<p>x</p>"}, nil))
		see("/blog", "14 posts")
		see("/blog/new", "Brand new")
		change(up.Admin.Delete(t.Context(), "/items/posts/new"))
		see("/blog", "13 posts")
		if n := site.Wire.Count("GET /items/pages"); n != 0 {
			t.Errorf("%d questions about pages, of which none has changed", n)
		}
		for question, times := range site.Wire.Questions() {
			if strings.Contains(question, url.QueryEscape(`"_eq":"counting-ears"`)) && times > 0 { // lists name it among others
				t.Errorf("asked for what has not changed: %s", question)
			}
		}
	})
}

// However Directus breaks, the last good version is what visitors see, and nothing
// of how it broke is kept.
func TestContentSurvivesEveryFault(t *testing.T) {
	harness.TakesSeconds(t)
	up := harness.StartSandbox(t, sandbox.Options{})
	for what, how := range harness.Breakages {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			site := harness.StartApp(t, up, harness.Fresh())
			b := site.Browser(t, harness.Plain)
			paths := []string{"/", "/blog", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", harness.GatedPath}
			said, feeds := map[string]string{}, map[string]string{}
			for _, path := range paths {
				b.Open(path)
				b.WantStatus(http.StatusOK)
				said[path] = b.Doc.Find("main h1, main .card, main article").Text()
			}
			for _, path := range []string{"/blog/rss.xml", "/sitemap.xml", "/blog/feed.json"} {
				b.Request(http.MethodGet, path, nil, nil)
				feeds[path] = b.Raw
			}
			site.Wire.BreakWith(how)
			for range 3 {
				site.Pass(2 * time.Minute)
				for range 2 {
					for _, path := range paths {
						b.Open(path)
						b.WantStatus(http.StatusOK)
						if got := b.Doc.Find("main h1, main .card, main article").Text(); got != said[path] {
							t.Errorf("%s says\n%s\nand in an outage\n%s", path, said[path], got)
						}
					}
					for path, had := range feeds {
						b.Request(http.MethodGet, path, nil, nil)
						if b.Status != http.StatusOK || b.Raw != had {
							t.Errorf("%s: %d, another in an outage", path, b.Status)
						}
					}
					time.Sleep(30 * time.Millisecond) // what is asked behind an answer
				}
			}
			site.Wire.Mend()
		})
	}
}
