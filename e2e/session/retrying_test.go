package session_test

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// outdated is a guest whose requests still carry a cookie whose token is dead,
// since another replica has renewed it. newer is what that has set. Where renewal
// is not due, it is not the refresh that is refused, but the page's own question.
func outdated(t *testing.T, due bool) (site *harness.App, g *harness.Guest, newer harness.GuestReply) {
	t.Helper()
	up := harness.StartSandbox(t, sandbox.Options{RefreshGrace: time.Nanosecond})
	site = harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret})
	other := harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret})
	g = harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
		t.FailNow()
	}
	other.Pass(15 * time.Hour)
	g.URL = other.URL
	if newer = g.Send(t, http.MethodGet, "/profile", nil, nil); !g.IsIn(newer) || len(newer.Cookies) == 0 {
		t.Fatalf("the other replica has renewed nothing: %d", newer.Status)
	}
	g.URL = site.URL
	if due {
		site.Pass(15 * time.Hour)
	}
	return site, g, newer
}

// A request whose cookie is outdated is sent once more, with the newer one.
func TestAnOutdatedCookieHeals(t *testing.T) {
	t.Parallel()
	fragment := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}}
	boosted := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}, "Hx-Boosted": {"true"}}
	for _, due := range []bool{true, false} {
		for name, test := range map[string]struct {
			header http.Header
			want   func(harness.GuestReply) bool
		}{
			"a document": {nil, func(r harness.GuestReply) bool {
				return r.Status == http.StatusSeeOther && r.Location == "/profile?a=b"
			}},
			"a part by htmx":  {fragment, func(r harness.GuestReply) bool { return r.Status == http.StatusOK && r.Refresh && r.Body == "" }},
			"a page by htmx":  {boosted, func(r harness.GuestReply) bool { return r.Status == http.StatusOK && r.Redirect == "/profile?a=b" }},
			"from the future": {http.Header{"Sec-Fetch-Dest": {"something-new"}}, func(r harness.GuestReply) bool { return r.Location == "/profile?a=b" }},
		} {
			t.Run(fmt.Sprintf("%s, renewal due: %t", name, due), func(t *testing.T) {
				_, g, newer := outdated(t, due)
				late := g.Send(t, http.MethodGet, "/profile?a=b", nil, test.header)
				if !test.want(late) {
					t.Errorf("the first refusal is answered by %d to %q%q, refresh %t", late.Status, late.Location, late.Redirect, late.Refresh)
				}
				for _, cookie := range late.Cookies {
					if cookie.Name == "session" {
						t.Errorf("the first refusal sets the session's cookie to %q", cookie.Value)
					}
					if cookie.Name == "retry" && (cookie.MaxAge != 5 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode) {
						t.Errorf("the mark: %v", cookie)
					}
				}
				g.TakeInAnyOrder([]harness.GuestReply{newer, late})
				if r := g.Send(t, http.MethodGet, "/profile?a=b", nil, nil); !g.IsIn(r) {
					t.Errorf("sent again with the newer cookie: %d to %q", r.Status, r.Location)
				}
			})
		}
	}
}

// Without a newer cookie the second refusal clears, and the visitor signs in anew.
func TestADeadSessionIsClearedAtTheSecondRefusal(t *testing.T) {
	t.Parallel()
	for _, due := range []bool{true, false} {
		t.Run(fmt.Sprintf("renewal due: %t", due), func(t *testing.T) {
			site, g, _ := outdated(t, due)
			site.Wire.Forget()
			first := g.Send(t, http.MethodGet, "/profile", nil, nil)
			g.Take(first)
			if first.Location != "/profile" || g.Cookies["session"] == "" {
				t.Fatalf("first: %d to %q, %v", first.Status, first.Location, g.Cookies)
			}
			second := g.Send(t, http.MethodGet, "/profile", nil, nil)
			g.Take(second)
			if second.Location != "/signin?redirectedFrom=%2Fprofile" || g.Cookies["session"] != "" || g.Cookies["retry"] != "" {
				t.Errorf("second: %d to %q, %v", second.Status, second.Location, maps.Clone(g.Cookies))
			}
			asked := site.Wire.Count("POST /auth/refresh")
			if !due {
				asked = site.Wire.Count("GET /users/me")
			}
			if asked != 2 {
				t.Errorf("Directus was asked %d times, want it to refuse twice", asked)
			}
			if r := g.Open(t, "/signin"); r.Status != http.StatusOK || !strings.Contains(r.Body, `id="signin"`) {
				t.Errorf("the form to sign in: %d", r.Status)
			}
		})
	}
}

// A form is not sent twice, and its answer clears no cookie. A browser with a newer
// one is led to a page of the member's, without to sign in. What was typed is kept:
// keptforms_test.go shows that.
func TestAFormWithAnOutdatedCookie(t *testing.T) {
	t.Parallel()
	for _, due := range []bool{true, false} {
		for _, healed := range []bool{true, false} {
			t.Run(fmt.Sprintf("renewal due: %t, a newer cookie: %t", due, healed), func(t *testing.T) {
				site, g, newer := outdated(t, due)
				site.Wire.Forget()
				r := g.Send(t, http.MethodPost, "/profile/email", url.Values{"email": {"x@example.com"}, "current_password": {g.Password}}, nil)
				if n := site.Wire.Count("PATCH"); r.Status != http.StatusSeeOther || n != 0 {
					t.Errorf("%d to %q, %d changes", r.Status, r.Location, n)
				}
				if g.Take(r); g.Cookies["session"] == "" {
					t.Error("the first refusal clears the cookie")
				}
				if healed {
					g.Take(newer)
				}
				end := g.Open(t, r.Location)
				if in := strings.Contains(end.Body, `href="/profile"`); in != healed || end.Err != nil {
					t.Errorf("at the end, signed in: %t, %v", in, end.Err)
				}
				if typed := strings.Contains(end.Body, "x@example.com"); healed && !typed {
					t.Error("what was typed is lost")
				}
				if !healed && g.Cookies["session"] != "" {
					t.Error("the dead cookie is still there")
				}
			})
		}
	}
}

// Nobody is sent off the site by an address that browsers read otherwise.
func TestHealingSendsNobodyElsewhere(t *testing.T) {
	t.Parallel()
	site, g, _ := outdated(t, true)
	for path, want := range map[string]string{
		"//evil.test/profile": "", `/\evil.test`: "", "/%2f/evil.test": "", "/./profile": "", "/a/..//evil.test": "",
		"http://evil.test/profile":  "/profile",
		"/profile?next=//evil.test": "/profile?next=//evil.test",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(site.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: hutch.test\r\nX-Forwarded-For: %s\r\nCookie: session=%s\r\nConnection: close\r\n\r\n", path, g.Address, g.Cookies["session"])
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if location := res.Header.Get("Location"); location != want {
			t.Errorf("GET %s is sent to %q, want %q", path, location, want)
		}
		res.Body.Close()
		conn.Close()
	}
}
