package main

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// What no page of the app offers: visitors who come from another site, and what
// only a developer's tools send.

// arrive follows a link on another site. Chromium shows the first page that
// comes and not what that page goes on to by itself.
func (b *browser) arrive(path string) {
	b.t.Helper()
	if b.tab == nil {
		b.openAs(path, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}})
		return
	}
	b.openElsewhere(fmt.Sprintf(`<a href="%s">there</a>`, html.EscapeString(b.app.url+path)))
	b.tab.stayAt(b.t, b.app.url+path)
	b.tab.await(http.MethodGet)
	b.tab.press(b.t, "a")
	b.look()
}

// sendFromElsewhere sends a form on another site.
func (b *browser) sendFromElsewhere(path string) {
	b.t.Helper()
	if b.tab == nil {
		b.request(http.MethodPost, path, url.Values{}, http.Header{"Sec-Fetch-Site": {"cross-site"}})
		b.path = path
		b.load()
		return
	}
	b.openElsewhere(fmt.Sprintf(`<form method="post" action="%s"><button>there</button></form>`, html.EscapeString(b.app.url+path)))
	b.tab.await(http.MethodPost)
	b.tab.press(b.t, "button")
	b.look()
}

// openElsewhere shows a page of another site.
func (b *browser) openElsewhere(body string) {
	b.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">%s`, body)
	}))
	b.t.Cleanup(server.Close)
	b.tab.open(b.t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)) // another name is another site
	b.tab.settle(b.t)
}

// send sends a form that the page does not have.
func (b *browser) send(path string, values url.Values) {
	b.t.Helper()
	if b.tab == nil {
		if values == nil {
			values = url.Values{}
		}
		b.request(http.MethodPost, path, values, nil)
		b.path = path
		b.load()
		return
	}
	b.open("/")
	b.tab.addForm(b.t, path, values)
	b.tab.await(http.MethodPost)
	b.tab.press(b.t, "#added button")
	b.look()
}
