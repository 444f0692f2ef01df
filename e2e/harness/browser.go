package harness

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// Browser is a visitor: the page they see, and how they got it.
type Browser struct {
	T    *testing.T
	App  *App
	How  Way
	HTTP *http.Client
	Tab  *Tab // in Chromium; nil without it
	IP   string

	// requestID is what the proxy in front calls each request; empty: it says nothing.
	RequestID string
	// betweenPageAndForm happens once, when the next form is filled in; nil: nothing
	// does.
	BetweenPageAndForm func(*Browser)

	Path   string // in the address bar
	Status int
	Header http.Header
	Doc    *goquery.Document
	Raw    string // the last answer as it came, or what Chromium has made of it
}

var visitors atomic.Int64

func (a *App) Browser(t *testing.T, how Way) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := visitors.Add(1)
	b := &Browser{T: t, App: a, How: how, IP: fmt.Sprintf("10.1.%d.%d", n>>8&255, n&255), HTTP: &http.Client{
		Jar:           jar,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if how.InChromium() {
		b.Tab = NewTab(t, a.URL, b.IP, how == Scripted)
	}
	return b
}

// Request sends one request outside of what the visitor sees, with their
// cookies.
func (b *Browser) Request(method, path string, form url.Values, header http.Header) *http.Response {
	b.T.Helper()
	kind := ""
	if form != nil {
		kind = "application/x-www-form-urlencoded"
	}
	return b.RequestWith(method, path, kind, strings.NewReader(form.Encode()), header)
}

// RequestWith does so with a body of this type; "": there is none.
func (b *Browser) RequestWith(method, path, kind string, body io.Reader, header http.Header) *http.Response {
	b.T.Helper()
	if b.Tab != nil {
		b.BorrowCookies()
	}
	req, err := http.NewRequestWithContext(b.T.Context(), method, b.App.URL+path, body)
	if err != nil {
		b.T.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Origin", b.App.URL)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "hutch tests")
	req.Header.Set("X-Forwarded-For", b.IP)
	if b.RequestID != "" {
		req.Header.Set("X-Request-Id", b.RequestID)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := b.HTTP.Do(req)
	if err != nil {
		b.T.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	res.Body.Close()
	b.Status, b.Header, b.Raw = res.StatusCode, res.Header, string(answer)
	b.mustNotLeak(path)
	b.mustSetOnce(path)
	if b.Tab != nil {
		b.Tab.setCookies(b.T, res.Cookies()...)
	}
	return res
}

// BorrowCookies takes what Chromium keeps for the requests that it does not make
// itself.
func (b *Browser) BorrowCookies() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.T.Fatal(err)
	}
	jar.SetCookies(b.Address(), b.Tab.cookies(b.T))
	b.HTTP.Jar = jar
}

func (b *Browser) Address() *url.URL {
	address, err := url.Parse(b.App.URL)
	if err != nil {
		b.T.Fatal(err)
	}
	return address
}

// Open goes to a page, and where it is sent from there.
func (b *Browser) Open(path string) {
	b.T.Helper()
	if b.Tab != nil {
		b.Tab.Open(b.T, b.App.URL+path)
		b.Look()
		return
	}
	b.OpenAs(path, nil)
}

// Look takes in what Chromium shows once it has come to rest.
func (b *Browser) Look() {
	b.T.Helper()
	view := b.Tab.Settle(b.T)
	b.Path, b.Status, b.Header, b.Raw = view.Path, view.answer.status, view.answer.header, view.HTML
	b.mustNotLeak(b.Path)
	b.Load()
}

func (b *Browser) OpenAs(path string, header http.Header) {
	b.T.Helper()
	for range 5 {
		res := b.Request(http.MethodGet, path, nil, header)
		b.Path = path
		if res.StatusCode != http.StatusSeeOther {
			b.Load()
			return
		}
		path = res.Header.Get("Location")
	}
	b.T.Fatalf("%s redirects without end", path)
}

func (b *Browser) Load() {
	b.T.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.Raw))
	if err != nil {
		b.T.Fatal(err)
	}
	b.Doc = doc
	if title := doc.Find("head title").Text(); strings.TrimSpace(title) == "" || doc.Find("h1").Length() != 1 {
		b.T.Errorf("%s has the title %q and %d main headings", b.Path, title, doc.Find("h1").Length())
	}
}

// Submit fills the form that the selector finds and sends it. What is filled in
// for a file is what stands in it; "": none is chosen.
func (b *Browser) Submit(selector string, fill map[string]string) {
	b.T.Helper()
	form := b.Doc.Find(selector)
	if form.Length() != 1 {
		b.T.Fatalf("%s: %d forms match %q", b.Path, form.Length(), selector)
	}
	values := url.Values{}
	form.Find("[name]:not(button)").Each(func(_ int, input *goquery.Selection) {
		name := input.AttrOr("name", "")
		switch {
		case input.Is("[type=checkbox], [type=radio]") && input.Is(":not([checked])"):
			if !values.Has(name) {
				values[name] = []string{""} // ticked by a value
			}
		case input.Is("[type=checkbox], [type=radio]") && values.Get(name) != "":
			values.Add(name, InputValue(input)) // one of several
		default:
			values.Set(name, InputValue(input))
		}
	})
	if happens := b.BetweenPageAndForm; happens != nil {
		b.BetweenPageAndForm = nil
		happens(b)
	}
	for name, value := range fill {
		if !values.Has(name) {
			b.T.Fatalf("%s: the form has no field %q", b.Path, name)
		}
		values.Set(name, value)
	}
	if b.Tab != nil {
		b.Tab.submit(b.T, selector, fill)
		b.Look()
		return
	}
	form.Find("input[name]:not([type=password], [type=checkbox], [type=radio], [type=file])").Each(func(_ int, input *goquery.Selection) {
		input.SetAttr("value", values.Get(input.AttrOr("name", "")))
	})
	if action, enhanced := form.Attr("data-hx-post"); enhanced && b.How == HTMX {
		b.submitHTMX(form, action, values)
		return
	}
	res := b.post(form, form.AttrOr("action", b.Path), values, nil)
	if res.StatusCode == http.StatusSeeOther {
		b.Open(res.Header.Get("Location"))
		return
	}
	b.Load()
}

// post sends the values in the way that the form wants them sent.
func (b *Browser) post(form *goquery.Selection, action string, values url.Values, header http.Header) *http.Response {
	b.T.Helper()
	if form.AttrOr("enctype", "") != "multipart/form-data" {
		return b.Request(http.MethodPost, action, values, header)
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	written := map[string]bool{}
	for _, input := range form.Find("[name]:not(button)").EachIter() {
		name := input.AttrOr("name", "")
		if written[name] { // one of several
			continue
		}
		written[name] = true
		part, err := parts.CreateFormField(name)
		if input.AttrOr("type", "") == "file" {
			file := ""
			if values.Get(name) != "" {
				file = "chosen.bin" // says nothing about what it is
			}
			part, err = parts.CreateFormFile(name, file)
		}
		if err != nil {
			b.T.Fatal(err)
		}
		_, _ = io.WriteString(part, values.Get(name))
		for _, another := range values[name][min(1, len(values[name])):] {
			_ = parts.WriteField(name, another)
		}
	}
	if err := parts.Close(); err != nil {
		b.T.Fatal(err)
	}
	return b.RequestWith(http.MethodPost, action, parts.FormDataContentType(), &body, header)
}

// submitHTMX does what htmx 4 does: it says what it will replace, follows its
// own redirect header, and puts the answer where it belongs.
func (b *Browser) submitHTMX(form *goquery.Selection, action string, values url.Values) {
	b.T.Helper()
	target := form
	if selector, other := form.Attr("data-hx-target"); other {
		target = b.Doc.Find(selector)
	}
	res := b.post(form, action, values, http.Header{
		"Hx-Request":      {"true"},
		"Hx-Request-Type": {"partial"},
		"Hx-Target":       {goquery.NodeName(target) + "#" + target.AttrOr("id", "")},
		"Hx-Source":       {"form#" + form.AttrOr("id", "")},
		"Accept":          {"text/html"},
	})
	if to := res.Header.Get("HX-Redirect"); to != "" {
		b.Open(to)
		return
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		b.T.Fatalf("%s answers htmx with a redirect that fetch would follow", action)
	}
	if strings.Contains(b.Raw, "<html") {
		b.T.Errorf("%s answers htmx with a whole page instead of a fragment", action)
	}
	fragment, err := goquery.NewDocumentFromReader(strings.NewReader(b.Raw))
	if err != nil {
		b.T.Fatal(err)
	}
	if title := fragment.Find("title"); title.Length() == 1 {
		b.Doc.Find("head title").SetText(title.Text())
		title.Remove()
	}
	html, err := fragment.Find("body").Html()
	if err != nil {
		b.T.Fatal(err)
	}
	if retarget := res.Header.Get("HX-Retarget"); retarget != "" {
		b.Doc.Find(retarget).SetHtml(html)
		return
	}
	target.ReplaceWithHtml(html)
}

// InputValue is what an input of any kind holds.
func InputValue(input *goquery.Selection) string {
	switch {
	case input.Is("textarea"):
		return strings.TrimPrefix(input.Text(), "\n")
	case input.Is("select"):
		return input.Find("option[selected]").AttrOr("value", "")
	case input.Is("[type=checkbox]:not([checked])"):
		return ""
	}
	return input.AttrOr("value", "")
}

func (b *Browser) SetSession(cookie *http.Cookie) {
	given := &http.Cookie{Name: "session", Value: cookie.Value, Path: "/"}
	if b.Tab != nil {
		b.Tab.setCookies(b.T, given)
		return
	}
	b.HTTP.Jar.SetCookies(b.Address(), []*http.Cookie{given})
}

func (b *Browser) SessionCookie() *http.Cookie {
	if b.Tab != nil {
		b.BorrowCookies()
	}
	for _, cookie := range b.HTTP.Jar.Cookies(b.Address()) {
		if cookie.Name == "session" {
			return cookie
		}
	}
	return nil
}

// Follow presses a link.
func (b *Browser) Follow(selector string) {
	b.T.Helper()
	b.Tab.Await(http.MethodGet)
	b.Press(selector)
}

func Squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
