package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/sandbox"
	"hutch/setup"
)

// Content is there when Directus is not, and costs it next to nothing when it is.

const staleNote = "this page may be a little old"

// fresh keeps content for a minute, as a site does.
func fresh(more ...string) map[string]string {
	env := map[string]string{"CACHE_FRESH": "1m"}
	for i := 0; i+1 < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

func TestContentOutlivesDirectus(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		up.everyWay(t, func(t *testing.T, how way) {
			site := startApp(t, up, fresh())
			b := site.browser(t, how)
			pages := []string{"/", "/pages/about", "/blog", "/blog/hay-by-numbers"}
			said := map[string]string{}
			for _, path := range pages {
				b.open(path)
				b.wantStatus(http.StatusOK)
				said[path] = b.text()
			}
			site.wire.breakWith(breakages["503"])
			for _, path := range pages { // still fresh
				b.open(path)
				b.wantStatus(http.StatusOK)
			}
			site.pass(2 * time.Minute)
			for _, path := range pages {
				b.open(path) // the old one, and Directus is asked behind it
				b.wantStatus(http.StatusOK)
			}
			for _, path := range pages {
				if !eventually(b, path, func() bool { return strings.Contains(b.text(), staleNote) }) {
					t.Errorf("%s does not say that it may be old", path)
				}
				b.wantStatus(http.StatusOK)
				if text := strings.TrimSuffix(b.text(), " Our content service is not answering at the moment, so "+staleNote+"."); text != said[path] {
					t.Errorf("%s said\n%s\nand in the outage\n%s", path, said[path], text)
				}
			}
			b.open("/blog/never-seen-before")
			b.wantStatus(http.StatusServiceUnavailable)
			if ready := b.request(http.MethodGet, "/readyz", nil, nil); ready.StatusCode != http.StatusServiceUnavailable || !strings.Contains(b.raw, "Directus") {
				t.Errorf("/readyz: %d %s", ready.StatusCode, b.raw)
			}

			site.wire.mend()
			site.pass(time.Minute)
			for _, path := range pages {
				if !eventually(b, path, func() bool { return !strings.Contains(b.text(), staleNote) }) {
					t.Errorf("%s still says that it may be old", path)
				}
			}
		})
	})
}

// eventually loads a page until it is as it should be: what is done behind an
// answer shows in a later one.
func eventually(b *browser, path string, as func() bool) bool {
	for range 50 {
		if b.open(path); as() {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func TestAThousandVisitorsAskDirectusOnce(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, fresh())
	site.browser(t, plain).open("/blog")
	for _, expired := range []bool{false, true} {
		if expired {
			site.pass(2 * time.Minute)
		}
		site.wire.forget()
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				for range 10 {
					b := site.browser(t, plain)
					if b.request(http.MethodGet, "/blog", nil, nil).StatusCode != http.StatusOK {
						t.Error(b.raw)
					}
				}
			})
		}
		group.Wait()
		time.Sleep(50 * time.Millisecond)
		asked := site.wire.questions()
		if expired != (len(asked) > 0) {
			t.Errorf("expired: %t: Directus was asked %v", expired, asked)
		}
		for question, times := range asked {
			if times != 1 {
				t.Errorf("expired: %t: Directus was asked %d times for %s", expired, times, question)
			}
		}
	}
}

func TestContentOutlivesARestart(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	env := fresh("CACHE_DIR", t.TempDir())
	b := startApp(t, up, env).browser(t, plain)
	b.open("/blog/hay-by-numbers")
	said := b.text()
	again := startApp(t, up, env)
	again.wire.breakWith(breakages["cut"])
	b = again.browser(t, plain)
	b.open("/blog/hay-by-numbers")
	b.wantStatus(http.StatusOK)
	if !strings.HasPrefix(b.text(), said) { // and that it may be old, once that is known
		t.Errorf("after a restart the page says %s", b.text())
	}
}

func TestPurge(t *testing.T) {
	const secret = "the-hook-secret-of-the-tests-0123456789"
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, fresh("HOOK_SECRET", secret))
	b := site.browser(t, plain)
	hook := func(token, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.url+"/hooks/directus", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	b.open("/blog/hay-by-numbers")
	b.open("/pages/about")
	if err := up.admin.Patch(t.Context(), "/items/posts/hay-by-numbers", map[string]any{"title": "Hay, counted"}); err != nil {
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
	b.open("/blog/hay-by-numbers")
	b.wantText("Hay by numbers") // nobody with the secret has said anything about posts
	site.wire.forget()
	if got := hook(secret, `{"event":"items.update","collection":"posts","keys":["hay-by-numbers"]}`); got != http.StatusOK {
		t.Fatal(got)
	}
	b.open("/blog/hay-by-numbers")
	b.wantText("Hay, counted")
	b.open("/pages/about")
	// The post, who comes before and after it, and the other page, which was purged
	// before; not what other posts are made of.
	if n := site.wire.count("GET /items/posts"); n != 4 {
		t.Errorf("Directus was asked %d times for posts", n)
	}
	if n := site.wire.count("GET /items/pages"); n != 1 {
		t.Errorf("Directus was asked %d times for pages", n)
	}

	// Without a secret there is no hook.
	closed := startApp(t, up, fresh())
	if status := closed.browser(t, plain).request(http.MethodPost, "/hooks/directus", url.Values{}, nil).StatusCode; status != http.StatusUnauthorized {
		t.Errorf("without a secret: %d", status)
	}
}

// A member's pages cost the questions that they need, and no others.
func TestWhatAMembersPagesCost(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, fresh())
		b := site.browser(t, plain)
		b.signUp()
		whole := []string{"GET /users/me"}
		if up.major == 12 { // without a licence: and the row by the service token
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
			b.open(page.path) // what is kept is there now
			site.wire.forget()
			b.request(http.MethodGet, page.path, nil, nil)
			if asked := site.wire.callsWithoutIDs(); !slices.Equal(asked, page.asks) {
				t.Errorf("%s asks Directus %v, want %v", page.path, asked, page.asks)
			}
		}
	})
}

// A real Directus tells the site itself, by the flow that setup makes.
func TestDirectusTellsOfChanges(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		if up.sandbox {
			return // it has no flows
		}
		const secret = "the-hook-secret-of-the-tests-0123456789"
		site := startApp(t, up, map[string]string{"CACHE_FRESH": "1h", "HOOK_SECRET": secret})
		client, err := directus.New(up.url)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		if err := setup.Run(t.Context(), client, up.adminToken, setup.Options{PublicURL: site.url, HookSecret: secret}, &said); err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		b := site.browser(t, plain)
		see := func(path, text string) {
			t.Helper()
			if !eventually(b, path, func() bool { return strings.Contains(b.text(), text) }) {
				t.Errorf("%s never says %q", path, text)
			}
		}
		see("/blog", "13 posts")
		see("/blog/hay-by-numbers", "Hay by numbers")
		see("/blog/counting-ears", "Counting ears")
		site.wire.forget()
		change := func(do error) {
			t.Helper()
			if do != nil {
				t.Fatal(do)
			}
		}
		change(up.admin.Patch(t.Context(), "/items/posts/hay-by-numbers", map[string]any{"title": "Hay, counted"}))
		see("/blog/hay-by-numbers", "Hay, counted")
		see("/blog", "Hay, counted")
		change(up.admin.Post(t.Context(), "/items/posts", map[string]any{"slug": "new", "title": "Brand new", "status": "published", "publish_date": "2026-11-20", "content": "<p>x</p>"}, nil))
		see("/blog", "14 posts")
		see("/blog/new", "Brand new")
		change(up.admin.Delete(t.Context(), "/items/posts/new"))
		see("/blog", "13 posts")
		if n := site.wire.count("GET /items/pages"); n != 0 {
			t.Errorf("%d questions about pages, of which none has changed", n)
		}
		for question, times := range site.wire.questions() {
			if strings.Contains(question, "counting-ears") && times > 0 {
				t.Errorf("asked for what has not changed: %s", question)
			}
		}
	})
}
