package session_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What a page of another site makes a visitor's browser send changes nothing
// here, and shows nothing there.

// sent is what a request says of where it was sent from.
type sent struct{ site, origin string }

const (
	ownOrigin    = "own"    // the address that the request goes to
	publicOrigin = "public" // PUBLIC_URL, where a proxy has changed the host
	evilOrigin   = "https://evil.test"
	nullOrigin   = "null" // of sandboxed frames, data: addresses and redirects between sites
	absent       = ""
)

func TestCrossOriginMatrix(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	member, stranger := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	member.SignUp()
	member.Open("/")

	const (
		pass    = "pass"
		refuse  = "refuse"
		nobody  = "only without a cookie" // what programs send: neither header
		changes = "POST PUT PATCH DELETE"
	)
	wanted := map[sent]string{
		{"same-origin", ownOrigin}: pass, {"same-origin", publicOrigin}: pass, {"same-origin", evilOrigin}: pass, {"same-origin", nullOrigin}: pass, {"same-origin", absent}: pass,
		{"none", ownOrigin}: pass, {"none", publicOrigin}: pass, {"none", evilOrigin}: pass, {"none", nullOrigin}: pass, {"none", absent}: pass,
		// Another port of the same host, or a sibling domain: another origin.
		{"same-site", ownOrigin}: refuse, {"same-site", publicOrigin}: pass, {"same-site", evilOrigin}: refuse, {"same-site", nullOrigin}: refuse, {"same-site", absent}: refuse,
		{"cross-site", ownOrigin}: refuse, {"cross-site", publicOrigin}: pass, {"cross-site", evilOrigin}: refuse, {"cross-site", nullOrigin}: refuse, {"cross-site", absent}: refuse,
		// Browsers on plain HTTP, and old ones, send Origin alone.
		{absent, ownOrigin}: pass, {absent, publicOrigin}: pass, {absent, evilOrigin}: refuse, {absent, nullOrigin}: refuse, {absent, absent}: nobody,
	}
	for from, want := range wanted {
		for method := range strings.FieldsSeq(changes) {
			for who, b := range map[string]*harness.Browser{"a member": member, "a stranger": stranger} {
				header := http.Header{"Sec-Fetch-Site": nil, "Origin": nil, "Content-Type": {"application/x-www-form-urlencoded"}}
				if from.site != absent {
					header.Set("Sec-Fetch-Site", from.site)
				}
				switch from.origin {
				case ownOrigin:
					header.Set("Origin", site.URL)
				case publicOrigin:
					header.Set("Origin", harness.PublicURL)
				case absent:
				default:
					header.Set("Origin", from.origin)
				}
				refused := want == refuse || want == nobody && b == member
				status := http.StatusMethodNotAllowed
				switch {
				case refused:
					status = http.StatusForbidden
				case method == http.MethodPost:
					status = http.StatusSeeOther
				}
				site.Wire.Forget()
				b.Request(method, "/appearance", url.Values{"appearance": {"dark"}}, header)
				chosen := strings.HasPrefix(b.Header.Get("Set-Cookie"), "appearance=dark")
				if b.Status != status || chosen != (status == http.StatusSeeOther) {
					t.Errorf("%s %q by %s: %d, want %d; the choice was kept: %t", method, from, who, b.Status, status, chosen)
				}
				if refused && site.Wire.Count("") > 0 {
					t.Errorf("%s %q by %s, refused, asked Directus %v", method, from, who, site.Wire.Questions())
				}
			}
		}
	}
	if len(wanted) != 25 {
		t.Errorf("%d combinations", len(wanted))
	}
	member.Open("/profile")
	member.WantSignedIn(true)
}

// A page without TLS is not ours if the site has it, though its host is: somebody on
// the network wrote it.
func TestPagesWithoutTLSAreAnotherSite(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	for public, wanted := range map[string]map[string]int{
		"https://hutch.test": {
			"https://hutch.test": http.StatusSeeOther, "http://hutch.test": http.StatusForbidden, "http://hutch.test:80": http.StatusForbidden,
			"http://hutch.test:443": http.StatusForbidden, "HTTP://hutch.test": http.StatusForbidden,
		},
		"http://hutch.test": {"http://hutch.test": http.StatusSeeOther, "https://hutch.test": http.StatusSeeOther}, // behind a proxy that has TLS
	} {
		site := harness.StartApp(t, up, harness.Fresh("PUBLIC_URL", public))
		for origin, status := range wanted {
			_, own, _ := strings.Cut(origin, "://")
			for _, host := range []string{"hutch.test", own} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/appearance", strings.NewReader("appearance=dark"))
				r.Host, r.Header = host, http.Header{"Origin": {origin}, "Content-Type": {"application/x-www-form-urlencoded"}}
				answer := httptest.NewRecorder()
				site.Handler.ServeHTTP(answer, r)
				if answer.Code != status {
					t.Errorf("%s: from %s to the host %s: %d, want %d", public, origin, host, answer.Code, status)
				}
			}
		}
	}
}

// Whatever a browser holds of ours counts, genuine or not, but not what every
// site has.
func TestCookiesWithoutOrigin(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("HOOK_SECRET", harness.HookSecret))
	b := site.Browser(t, harness.Plain)
	for cookies, status := range map[string]int{
		"":                         http.StatusSeeOther,
		"appearance=dark":          http.StatusSeeOther,
		"other=1":                  http.StatusSeeOther,
		"session=":                 http.StatusForbidden,
		"session=made-up":          http.StatusForbidden,
		"other=1; session=x":       http.StatusForbidden,
		"pending-signin=x":         http.StatusForbidden,
		"pending-reset=x; other=1": http.StatusForbidden,
	} {
		b.Request(http.MethodPost, "/appearance", url.Values{}, http.Header{"Sec-Fetch-Site": nil, "Origin": nil, "Cookie": {cookies}})
		if b.Status != status {
			t.Errorf("with the cookies %q and neither header: %d, want %d", cookies, b.Status, status)
		}
	}
	site.Hook(t, `{"collection":"posts"}`) // Directus has no cookie and says nothing
}

func TestOnlyPagesOfTheirOwnForOtherSites(t *testing.T) {
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	member, stranger := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	who := member.SignUp()
	member.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(40, 40))})
	picture := "/profile/avatar/" + site.Up.AvatarOf(t, who) + "?size=160"
	const (
		navigation = "navigate document"
		embedding  = "navigate iframe, navigate frame, navigate object, navigate embed, navigate fencedframe, no-cors image, no-cors script, no-cors style, no-cors video, no-cors empty, cors empty, cors font, cors manifest, websocket websocket, navigate , no-cors document,  document,  "
	)
	ask := func(b *harness.Browser, method, path, from, how string) int {
		mode, dest, _ := strings.Cut(how, " ")
		b.Request(method, path, nil, http.Header{"Sec-Fetch-Site": {from}, "Sec-Fetch-Mode": {mode}, "Sec-Fetch-Dest": {dest}})
		return b.Status
	}
	forMembers := []string{"/profile", picture, "/profile/export", "/profile/email", "/profile/two-factor", harness.GatedPath}
	for _, path := range append(forMembers, "/", "/blog", "/signin", "/logout", "/no-such-page") {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			for _, b := range []*harness.Browser{member, stranger} {
				for _, from := range []string{"cross-site", "same-site", "something-new"} {
					for _, how := range strings.Split(embedding, ", ") {
						site.Wire.Forget()
						if got := ask(b, method, path, from, how); got != http.StatusForbidden || site.Wire.Count("") > 0 {
							t.Errorf("%s %s from %s as %q: %d, and Directus was asked %v", method, path, from, how, got, site.Wire.Questions())
						}
						if b.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || strings.Contains(b.Header.Get("Cache-Control"), "public") || b.Header.Get("Set-Cookie") != "" {
							t.Errorf("%s %s from %s as %q: %v", method, path, from, how, b.Header)
						}
					}
					if got := ask(b, method, path, from, navigation); got == http.StatusForbidden {
						t.Errorf("%s %s: a link on another site does not lead there", method, path)
					}
				}
				for _, from := range []string{"same-origin", "none"} {
					for _, how := range append(strings.Split(embedding, ", "), navigation) {
						if got := ask(b, method, path, from, how); got == http.StatusForbidden {
							t.Errorf("%s %s from %s as %q: refused", method, path, from, how)
						}
					}
				}
			}
		}
	}
	for _, path := range forMembers {
		if got := ask(member, http.MethodGet, path, "same-origin", "no-cors image"); got != http.StatusOK {
			t.Errorf("%s of our own: %d", path, got)
		}
	}
	// Files are public, and browsers keep them from other sites.
	for _, path := range []string{"/robots.txt", "/blog/rss.xml", "/healthz"} {
		if got := ask(stranger, http.MethodGet, path, "cross-site", "cors empty"); got != http.StatusOK || stranger.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || stranger.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", path, got, stranger.Header)
		}
	}
}

// The same in a real browser, from two other origins: another site, whose
// requests carry no strict cookie, and another port of the same host, whose do.
func TestOtherOriginsInChromium(t *testing.T) {
	for name, other := range map[string]string{"another site": "localhost", "the same site": "127.0.0.1"} {
		t.Run(name, func(t *testing.T) {
			site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
			b := site.Browser(t, harness.Scripted)
			who := b.SignUp()
			b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(40, 40))})
			picture := "/profile/avatar/" + site.Up.AvatarOf(t, who) + "?size=160"
			b.Open("/profile")
			before := b.Text()
			b.Tab.Forgives = true // the browser complains, as it should

			elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,"><main><h1>Elsewhere</h1></main>`)
			}))
			t.Cleanup(elsewhere.Close)
			evil := strings.Replace(elsewhere.URL, "127.0.0.1", other, 1)
			b.Tab.Open(t, evil)
			b.Tab.Settle(t)
			site.Wire.Forget()
			seen := harness.Ask[map[string]string](t, b.Tab, attack, site.URL, picture)
			for what, got := range seen {
				if !strings.HasPrefix(got, "nothing") {
					t.Errorf("%s: %s", what, got)
				}
			}
			if len(seen) != 4*7+4*4+3 {
				t.Errorf("%d attempts: %v", len(seen), seen)
			}
			if asked := site.Wire.Questions(); len(asked) > 0 {
				t.Errorf("what another site sends reaches Directus: %v", asked)
			}
			if refusals := strings.Count(site.Log.String(), "cross_origin_refused"); refusals < 30 {
				t.Errorf("only %d requests were refused; the rest was never sent?", refusals)
			}

			// A window is one of its own, which nobody else has a hold of.
			b.Tab.Open(t, evil)
			b.Tab.Settle(t)
			if got := harness.Ask[string](t, b.Tab, openWindow, site.URL+"/profile"); got != "severed" {
				t.Errorf("a window with the profile: %s", got)
			}

			// A form that takes the whole window along.
			for _, path := range []string{"/logout", "/profile", "/profile/delete", "/profile/two-factor", "/signin"} {
				b.Tab.Open(t, evil)
				b.Tab.Settle(t)
				site.Wire.Forget()
				b.Tab.AddForm(t, site.URL+path, url.Values{"email": {who.Email}, "password": {who.Password}, "first_name": {"Mallory"}})
				b.Tab.Await(http.MethodPost)
				b.Tab.Press(t, "#added button")
				b.Look()
				b.WantStatus(http.StatusForbidden)
				if writes := site.Wire.Count("POST") + site.Wire.Count("PATCH") + site.Wire.Count("DELETE"); writes > 0 {
					t.Errorf("a form for %s reaches Directus: %v", path, site.Wire.Questions())
				}
			}
			b.Open("/profile")
			b.WantSignedIn(true)
			if b.Text() != before {
				t.Errorf("the profile has changed: %s\nit was: %s", b.Text(), before)
			}

			// The control: the same attempts in a page of our own do reach.
			site.Wire.Forget()
			reached := 0
			for _, got := range harness.Ask[map[string]string](t, b.Tab, attack, site.URL, picture) {
				if !strings.HasPrefix(got, "nothing") {
					reached++
				}
			}
			if reached < 8 || site.Wire.Count("") == 0 {
				t.Errorf("the attempts cannot succeed even where they may: %d, %v", reached, site.Wire.Questions())
			}
		})
	}
}

// openWindow waits until the browser has cut the window off from who opened it.
const openWindow = `async address => {
	const opened = window.open(address)
	if (!opened) return "there is none"
	for (let i = 0; i < 100 && !opened.closed; i++) await new Promise(done => setTimeout(done, 100))
	try { return "read: " + opened.document.body.textContent } catch {}
	return opened.closed ? "severed" : "in reach"
}`

// attack tries what a page can do to a site, and says for each attempt what it
// has got of it: "nothing" where that is all.
const attack = `async (site, picture) => {
	const seen = {}
	const paths = ["/profile", "/profile/export", "/blog/the-night-list", picture]
	const wait = (element, add) => new Promise(done => {
		const timer = setTimeout(() => done("silence"), 3000)
		const end = how => () => { clearTimeout(timer); done(how) }
		element.onload = end("load")
		element.onerror = end("error")
		add()
	})
	const put = (name, attributes) => {
		const element = document.createElement(name)
		return wait(element, () => { Object.assign(element, attributes); document.body.append(element) }).then(how => [element, how])
	}
	const all = []
	const attempt = (what, got) => all.push(got().then(text => seen[what] = text, () => seen[what] = "nothing: an error"))
	for (const path of paths) {
		attempt("fetch " + path, async () => { const r = await fetch(site + path, {credentials: "include"}); return r.status + ": " + (await r.text()).slice(0, 80) })
		attempt("opaque fetch " + path, async () => { const r = await fetch(site + path, {credentials: "include", mode: "no-cors"}); const t = await r.text(); return r.status === 0 && t === "" ? "nothing" : r.status + t })
		attempt("image " + path, async () => { const [e, how] = await put("img", {src: site + path}); return e.naturalWidth ? e.naturalWidth + " pixels" : "nothing: " + how })
		attempt("script " + path, async () => { const [, how] = await put("script", {src: site + path}); return how === "load" ? "a script" : "nothing: " + how })
		attempt("style " + path, async () => { const [, how] = await put("link", {rel: "stylesheet", href: site + path}); return how === "load" ? "a stylesheet" : "nothing: " + how })
		attempt("iframe " + path, async () => { const [e] = await put("iframe", {src: site + path}); let d = null; try { d = e.contentDocument } catch {} ; return d && d.body && d.location.href !== "about:blank" ? d.body.textContent.slice(0, 80) : "nothing" })
		attempt("object " + path, async () => { const [e, how] = await put("object", {data: site + path}); let d = null; try { d = e.contentDocument } catch {} ; return d && d.body && d.body.textContent ? d.body.textContent.slice(0, 80) : "nothing: " + how })
	}
	for (const path of ["/logout", "/profile", "/appearance", "/profile/avatar/remove"]) {
		const body = () => new URLSearchParams({first_name: "Mallory", appearance: "dark"})
		attempt("post " + path, async () => { const r = await fetch(site + path, {method: "POST", credentials: "include", body: body(), redirect: "manual"}); return "an answer: " + r.type })
		attempt("opaque post " + path, async () => { const r = await fetch(site + path, {method: "POST", mode: "no-cors", credentials: "include", body: body()}); return r.type === "opaque" ? "nothing" : "an answer" })
		attempt("beacon " + path, async () => { navigator.sendBeacon(site + path, body()); return "nothing to see" })
		attempt("form " + path, async () => {
			const frame = document.createElement("iframe")
			frame.name = "f" + path
			document.body.append(frame)
			const form = Object.assign(document.createElement("form"), {method: "post", action: site + path, target: frame.name})
			form.innerHTML = '<input name="first_name" value="Mallory">'
			document.body.append(form)
			await wait(frame, () => form.submit())
			let d = null; try { d = frame.contentDocument } catch {}
			return d && d.location.href !== "about:blank" ? "a page" : "nothing"
		})
	}
	attempt("preflight", async () => { const r = await fetch(site + "/profile", {method: "DELETE", credentials: "include", headers: {"X-Odd": "1"}}); return "an answer " + r.status })
	attempt("htmx", async () => { const r = await fetch(site + "/profile", {credentials: "include", headers: {"HX-Request": "true", "HX-Request-Type": "partial"}}); return "an answer " + r.status })
	attempt("websocket", () => new Promise(done => { const s = new WebSocket(site.replace("http", "ws") + "/profile"); s.onopen = () => done("open"); s.onerror = () => done("nothing") }))
	await Promise.all(all)
	return seen
}`
