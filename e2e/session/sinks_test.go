package session_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"

	"hutch/e2e/harness"
	"hutch/session"
)

// In each header that sends a browser somewhere, what session.ReturnTo lets
// through keeps a real browser, with the htmx of this site, on the site.
func TestEverySinkStaysOnTheSite(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64 // by the other site
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/favicon.ico" {
			reached.Add(1)
		}
		w.Header().Set("Access-Control-Allow-Origin", "*") // fetch may have it, too
		w.Header().Set("Access-Control-Allow-Headers", "*")
		_, _ = fmt.Fprint(w, "elsewhere")
	}))
	t.Cleanup(elsewhere.Close)
	evil := strings.Replace(strings.TrimPrefix(elsewhere.URL, "http://"), "127.0.0.1", "localhost", 1)
	here := sinkServer(t)
	tab := harness.NewTab(t, here, "10.9.9.9", true)
	tab.Forgives = true // what cannot be shown is in the console
	tab.Send(t, network.Headers{})

	tab.Open(t, here+"/landing")
	targets := leavingAndStaying(t, tab, evil)
	sinks := []string{"Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"}

	left, _ := sendThrough(t, tab, sinks, targets, true)
	for _, gone := range left {
		t.Errorf("past the check: %s", gone)
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("past the check, %d requests have reached the other site", n)
	}

	// The control: without the check many leave, by each header that can.
	for _, sink := range sinks[:2] {
		reached.Store(0)
		left, stayed := sendThrough(t, tab, []string{sink}, targets[:30], false)
		t.Logf("%s without the check: %d of 30 leave the site, %d stay, and %d requests reach the other one", sink, len(left), stayed, reached.Load())
		if len(left) < 10 || reached.Load() < 5 {
			t.Errorf("%s would not leave the site either: the test proves nothing", sink)
		}
	}
}

// leavingAndStaying are addresses for the test: such as leave the site when a
// browser resolves them, and such as pass the check, odd as they are.
func leavingAndStaying(t *testing.T, tab *harness.Tab, evil string) []string {
	t.Helper()
	tokens := []string{"/", `\`, ".", "\t", "\n", "\r", " ", "%2f", "%5c", "%09", ":", "@", "#", "?", "e", "/" + evil}
	var all []string
	last := []string{""}
	for range 4 {
		var longer []string
		for _, begun := range last {
			for _, token := range tokens {
				longer = append(longer, begun+token)
			}
		}
		all, last = append(all, longer...), longer
	}
	for _, scheme := range []string{"http:", "HTTP:", "\thttp:", "ht\ntp:", "http\t:"} {
		for _, slashes := range []string{"//", "/", `\\`, `/\`, "///", "/\t/"} {
			all = append(all, scheme+slashes+evil, scheme+slashes+"user@"+evil, scheme+slashes+evil+"#x", scheme+slashes+evil+`\x`)
		}
	}
	leaves := harness.Ask[[]bool](t, tab, `all => all.map(address => { try { return new URL(address, location.href).origin !== location.origin } catch { return false } })`, all)
	var leaving, staying []string
	for i, address := range all {
		kept := session.ReturnTo(address, "")
		switch {
		case leaves[i]:
			leaving = append(leaving, address)
		case kept != "":
			staying = append(staying, address)
		}
		if kept != "" && leaves[i] {
			t.Errorf("%q passes the check, and Chromium would leave the site", address)
		}
	}
	t.Logf("of %d addresses %d leave the site in Chromium, and %d pass the check", len(all), len(leaving), len(staying))
	if len(leaving) < 500 || len(staying) < 500 {
		t.Errorf("%d leave and %d stay: too few", len(leaving), len(staying))
	}
	r := rand.New(rand.NewPCG(6, 42))
	r.Shuffle(len(leaving), func(i, j int) { leaving[i], leaving[j] = leaving[j], leaving[i] })
	r.Shuffle(len(staying), func(i, j int) { staying[i], staying[j] = staying[j], staying[i] })
	forHTMX := []string{ // out of HX-Location, htmx reads options
		"/landing?q=a,path:http://" + evil + "/", "/landing?q=a,path://" + evil, `/landing?q=a,path:"//` + evil + `"`, "/landing?q='x' path:http://" + evil + "/x", "/landing,path:http://" + evil, "{path:\"http://" + evil + "\"}", "true", "false",
	}
	left, stayed := 30, 15
	if harness.All() {
		left, stayed = 120, 80
	}
	return append(append(leaving[:left:left], staying[:stayed]...), forHTMX...)
}

// sinkServer is a site that sends its visitors wherever they say: checked or not,
// by the header that they say.
func sinkServer(t *testing.T) string {
	t.Helper()
	scripts, err := filepath.Glob(harness.Path("static", "htmx-*.min.js"))
	if err != nil || len(scripts) != 1 {
		t.Fatal(scripts, err)
	}
	script, err := os.ReadFile(scripts[0])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		sink, to := query.Get("sink"), query.Get("to")
		if query.Get("checked") == "true" {
			to = session.ReturnTo(to, "/fallback")
		}
		switch r.URL.Path {
		case "/htmx.js":
			w.Header().Set("Cache-Control", "max-age=600")
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
		case "/start":
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, `<!doctype html><title>start</title><script src="/htmx.js"></script><div hx-get="/go?%s" data-hx-get="/go?%s" data-hx-trigger="load"></div>`, r.URL.RawQuery, strings.ReplaceAll(r.URL.RawQuery, "&", "&amp;"))
		case "/go":
			switch sink {
			case "Location":
				w.Header()["Location"] = []string{to}
				w.WriteHeader(http.StatusSeeOther)
			case "HX-Location":
				described, err := json.Marshal(map[string]string{"path": to, "target": "body"})
				if err != nil {
					t.Error(err)
				}
				w.Header().Set(sink, string(described))
			default:
				w.Header()[sink] = []string{to}
				w.Header().Set("Content-Type", "text/html")
				_, _ = fmt.Fprint(w, "answered")
			}
		default:
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, `<!doctype html><title>landed</title><link rel="icon" href="data:,">landed`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// sendThrough has the browser sent to each target by each header, and says which
// have left the site, and how many have come to another page of it.
func sendThrough(t *testing.T, tab *harness.Tab, sinks, targets []string, checked bool) (left []string, stayed int) {
	t.Helper()
	var tries []string
	for _, sink := range sinks {
		for _, to := range targets {
			path := "/start"
			if sink == "Location" {
				path = "/go" // no matter who asks
			}
			tries = append(tries, path+"?"+url.Values{"sink": {sink}, "to": {to}, "checked": {fmt.Sprint(checked)}}.Encode())
		}
	}
	for len(tries) > 0 {
		some := tries[:min(40, len(tries))]
		tries = tries[len(some):]
		for i, outcome := range harness.Ask[[]string](t, tab, watchFrames, some, checked) {
			asked, err := url.Parse(some[i])
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s: %q", asked.Query().Get("sink"), asked.Query().Get("to"))
			switch outcome {
			case "left":
				left = append(left, what)
			case "stayed":
				stayed++
			default:
				if checked {
					t.Errorf("%s leads nowhere", what)
				}
			}
		}
	}
	return left, stayed
}

// watchFrames shows each address in a frame, and tells where it ends up: still
// on the site, on another page than the one it began with; elsewhere; or, where
// the browser stays put, nowhere.
const watchFrames = `async (addresses, mustMove) => Promise.all(addresses.map(async address => {
	const frame = document.createElement("iframe")
	frame.src = address
	document.body.append(frame)
	const began = new URL(address, location.href)
	let outcome = "nowhere"
	for (let i = 0; i < (mustMove ? 500 : 60); i++) {
		await new Promise(done => setTimeout(done, 30))
		let at = null
		try { at = frame.contentWindow.location.href } catch { outcome = "left"; break }
		if (at === "about:blank" || new URL(at).pathname + new URL(at).search === began.pathname + began.search) continue
		outcome = new URL(at).origin === location.origin ? "stayed" : "left"
		break
	}
	frame.remove()
	return outcome
}))`
