package content_test

import (
	"mime"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// filesAreShownOrSaved: a file is served if the public may read it. What could run on
// this site is saved, and is of use to no page as a script or a stylesheet.
func filesAreShownOrSaved(t *testing.T, app *harness.App, _ string) {
	b := app.Browser(t, harness.Plain)
	unreadable := "/assets/" + publish(t, app.Up, "page.html", "text/html", []byte("<script>alert(1)</script>"))
	if app.Up.Sandbox || app.Up.Major < 12 { // setup opens images only, where permissions can tell them
		if b.Request(http.MethodGet, unreadable, nil, nil); b.Status != http.StatusNotFound || strings.Contains(b.Raw, "alert(1)") {
			t.Errorf("a file that the public may not read: %d", b.Status)
		}
		rule := map[string]any{"collection": "directus_files", "action": "read", "permissions": map[string]any{}, "validation": map[string]any{}, "fields": []string{"*"}}
		if rule["policy"] = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"; app.Up.Major == 10 {
			delete(rule, "policy")
			rule["role"] = nil
		}
		var made struct{ ID int }
		if err := app.Up.Admin.Post(t.Context(), "/permissions", rule, &made); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { harness.UndoPermission(t, app.Up, made.ID) })
	}
	for _, file := range []struct {
		name, kind string
		saved      bool
	}{
		{"minutes.pdf", "application/pdf", false}, {"hop.mp4", "video/mp4", false}, {"song.mp3", "audio/mpeg", false}, {"notes.txt", "text/plain", false},
		{"hay.zip", "application/zip", true}, {"letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
		{"page.html", "text/html", true}, {"page.xhtml", "application/xhtml+xml", true}, {"feed.xml", "text/xml", true}, {"data.xml", "application/xml", true},
		{"script.js", "text/javascript", true}, {"module.mjs", "application/javascript", true}, {"style.css", "text/css", true}, {"data.json", "application/json", true},
		{"hüpfen.pdf", "application/pdf", false}, {"none", "application/octet-stream", true},
	} {
		content := "<script>alert(1)</script>" + file.name
		path := "/assets/" + publish(t, app.Up, file.name, file.kind, []byte(content))
		for how, request := range map[string]struct {
			method, query string
			header        http.Header
			status        int
			body          string
		}{
			"all":      {http.MethodGet, "", nil, http.StatusOK, content},
			"an image": {http.MethodGet, "?width=320&format=auto", nil, http.StatusOK, content},
			"a part":   {http.MethodGet, "", http.Header{"Range": {"bytes=8-12"}}, http.StatusPartialContent, content[8:13]},
			"nothing":  {http.MethodHead, "", nil, http.StatusOK, ""},
			"to save":  {http.MethodGet, "?download", nil, http.StatusOK, content},
		} {
			b.Request(request.method, path+request.query, nil, request.header)
			kind, wanted := file.kind, "inline"
			if file.saved {
				kind = "application/octet-stream"
			}
			if file.saved || how == "to save" {
				wanted = "attachment"
			}
			disposition, named, err := mime.ParseMediaType(b.Header.Get("Content-Disposition"))
			media, _, _ := mime.ParseMediaType(b.Header.Get("Content-Type"))
			if b.Status != request.status || b.Raw != request.body || media != kind || disposition != wanted || err != nil ||
				!strings.HasPrefix(b.Header.Get("Content-Security-Policy"), "default-src 'none'; ") || b.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s of %s: %d %q, %v", how, file.name, b.Status, b.Raw, b.Header)
			}
			if ascii := !strings.Contains(file.name, "ü"); ascii && named["filename"] != file.name {
				t.Errorf("%s of %s is saved as %q", how, file.name, named["filename"])
			}
		}
	}
}
