package harness

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

// Arrive follows a link on another site. Chromium shows the first page that
// comes and not what that page goes on to by itself.
func (b *Browser) Arrive(path string) {
	b.T.Helper()
	if b.Tab == nil {
		b.OpenAs(path, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}})
		return
	}
	b.openElsewhere(fmt.Sprintf(`<a href="%s">there</a>`, html.EscapeString(b.App.URL+path)))
	b.Tab.stayAt(b.T, b.App.URL+path)
	b.Tab.Await(http.MethodGet)
	b.Tab.Press(b.T, "a")
	b.Look()
}

// SendFromElsewhere sends a form on another site.
func (b *Browser) SendFromElsewhere(path string) {
	b.T.Helper()
	if b.Tab == nil {
		b.Request(http.MethodPost, path, url.Values{}, http.Header{"Sec-Fetch-Site": {"cross-site"}})
		b.Path = path
		b.Load()
		return
	}
	b.openElsewhere(fmt.Sprintf(`<form method="post" action="%s"><button>there</button></form>`, html.EscapeString(b.App.URL+path)))
	b.Tab.Await(http.MethodPost)
	b.Tab.Press(b.T, "button")
	b.Look()
}

// openElsewhere shows a page of another site.
func (b *Browser) openElsewhere(body string) {
	b.T.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">%s`, body)
	}))
	b.T.Cleanup(server.Close)
	b.Tab.Open(b.T, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)) // another name is another site
	b.Tab.Settle(b.T)
}

// Send sends a form that the page does not have.
func (b *Browser) Send(path string, values url.Values) {
	b.T.Helper()
	if b.Tab == nil {
		if values == nil {
			values = url.Values{}
		}
		b.Request(http.MethodPost, path, values, nil)
		b.Path = path
		b.Load()
		return
	}
	b.Open("/")
	b.Tab.AddForm(b.T, path, values)
	b.Tab.Await(http.MethodPost)
	b.Tab.Press(b.T, "#added button")
	b.Look()
}
