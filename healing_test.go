package main

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

	"hutch/sandbox"
)

// outdated is a guest whose requests still carry a cookie whose token is dead,
// since another replica has renewed it. newer is what that has set. Where renewal
// is not due, it is not the refresh that is refused, but the page's own question.
func outdated(t *testing.T, due bool) (site *app, g *guest, newer guestReply) {
	t.Helper()
	up := startSandbox(t, sandbox.Options{RefreshGrace: time.Nanosecond})
	site = startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret})
	other := startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret})
	g = newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	other.pass(15 * time.Hour)
	g.url = other.url
	if newer = g.send(t, http.MethodGet, "/profile", nil, nil); !g.isIn(newer) || len(newer.cookies) == 0 {
		t.Fatalf("the other replica has renewed nothing: %d", newer.status)
	}
	g.url = site.url
	if due {
		site.pass(15 * time.Hour)
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
			want   func(guestReply) bool
		}{
			"a document":      {nil, func(r guestReply) bool { return r.status == http.StatusSeeOther && r.location == "/profile?a=b" }},
			"a part by htmx":  {fragment, func(r guestReply) bool { return r.status == http.StatusOK && r.refresh && r.body == "" }},
			"a page by htmx":  {boosted, func(r guestReply) bool { return r.status == http.StatusOK && r.redirect == "/profile?a=b" }},
			"from the future": {http.Header{"Sec-Fetch-Dest": {"something-new"}}, func(r guestReply) bool { return r.location == "/profile?a=b" }},
		} {
			t.Run(fmt.Sprintf("%s, renewal due: %t", name, due), func(t *testing.T) {
				_, g, newer := outdated(t, due)
				late := g.send(t, http.MethodGet, "/profile?a=b", nil, test.header)
				if !test.want(late) {
					t.Errorf("the first refusal is answered by %d to %q%q, refresh %t", late.status, late.location, late.redirect, late.refresh)
				}
				for _, cookie := range late.cookies {
					if cookie.Name == "session" {
						t.Errorf("the first refusal sets the session's cookie to %q", cookie.Value)
					}
					if cookie.Name == "heal" && (cookie.MaxAge != 5 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode) {
						t.Errorf("the mark: %v", cookie)
					}
				}
				g.takeInAnyOrder([]guestReply{newer, late})
				if r := g.send(t, http.MethodGet, "/profile?a=b", nil, nil); !g.isIn(r) {
					t.Errorf("sent again with the newer cookie: %d to %q", r.status, r.location)
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
			site.wire.forget()
			first := g.send(t, http.MethodGet, "/profile", nil, nil)
			g.take(first)
			if first.location != "/profile" || g.cookies["session"] == "" {
				t.Fatalf("first: %d to %q, %v", first.status, first.location, g.cookies)
			}
			second := g.send(t, http.MethodGet, "/profile", nil, nil)
			g.take(second)
			if second.location != "/signin?redirectedFrom=%2Fprofile" || g.cookies["session"] != "" || g.cookies["heal"] != "" {
				t.Errorf("second: %d to %q, %v", second.status, second.location, maps.Clone(g.cookies))
			}
			asked := site.wire.count("POST /auth/refresh")
			if !due {
				asked = site.wire.count("GET /users/me")
			}
			if asked != 2 {
				t.Errorf("Directus was asked %d times, want it to refuse twice", asked)
			}
			if r := g.open(t, "/signin"); r.status != http.StatusOK || !strings.Contains(r.body, `id="signin"`) {
				t.Errorf("the form to sign in: %d", r.status)
			}
		})
	}
}

// A form is not sent twice, and its answer clears no cookie. A browser with a newer
// one is led to a page of the member's, without to sign in. What was typed is kept:
// typed_test.go shows that.
func TestAFormWithAnOutdatedCookie(t *testing.T) {
	t.Parallel()
	for _, due := range []bool{true, false} {
		for _, healed := range []bool{true, false} {
			t.Run(fmt.Sprintf("renewal due: %t, a newer cookie: %t", due, healed), func(t *testing.T) {
				site, g, newer := outdated(t, due)
				site.wire.forget()
				r := g.send(t, http.MethodPost, "/profile/email", url.Values{"email": {"x@example.com"}, "current_password": {g.password}}, nil)
				if n := site.wire.count("PATCH"); r.status != http.StatusSeeOther || n != 0 {
					t.Errorf("%d to %q, %d changes", r.status, r.location, n)
				}
				if g.take(r); g.cookies["session"] == "" {
					t.Error("the first refusal clears the cookie")
				}
				if healed {
					g.take(newer)
				}
				end := g.open(t, r.location)
				if in := strings.Contains(end.body, `href="/profile"`); in != healed || end.err != nil {
					t.Errorf("at the end, signed in: %t, %v", in, end.err)
				}
				if typed := strings.Contains(end.body, "x@example.com"); healed && !typed {
					t.Error("what was typed is lost")
				}
				if !healed && g.cookies["session"] != "" {
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
		conn, err := net.Dial("tcp", strings.TrimPrefix(site.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: hutch.test\r\nX-Forwarded-For: %s\r\nCookie: session=%s\r\nConnection: close\r\n\r\n", path, g.address, g.cookies["session"])
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
