package content_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/sandbox"
	"hutch/sandbox/sample"
)

// What images are served as, on each Directus; and how, whatever Directus does.

func TestImages(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		for name, test := range map[string]func(*testing.T, *harness.App, string){
			"renditions": imagesHaveRenditions,
			"conditions": imagesAreSentOnce,
			"ranges":     originalsHaveParts,
			"crops":      cropsFollowTheFocalPoint,
			"drawings":   drawingsMayDoNothing,
			"files":      filesAreShownOrSaved,
		} {
			t.Run(name, func(t *testing.T) { test(t, site, "/assets/"+publishHalves(t, up)) })
		}
	})
}

// publishHalves stores a picture that is red on the left and blue on the right.
func publishHalves(t *testing.T, up harness.Upstream) (id string) {
	t.Helper()
	painted := image.NewRGBA(image.Rect(0, 0, 600, 300))
	for i := range 600 * 300 {
		c := color.RGBA{R: 255, A: 255}
		if i%600 >= 300 {
			c = color.RGBA{B: 255, A: 255}
		}
		painted.SetRGBA(i%600, i/600, c)
	}
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		t.Fatal(err)
	}
	return publish(t, up, "halves.png", "image/png", content.Bytes())
}

// publish stores a file that everybody may see.
func publish(t *testing.T, up harness.Upstream, name, kind string, content []byte) (id string) {
	t.Helper()
	id, err := up.Admin.Upload(t.Context(), directus.Upload{Fields: map[string]string{"title": name}, Name: name, ContentType: kind, Content: content})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Admin.Delete(context.WithoutCancel(t.Context()), "/files/"+id) })
	return id
}

func imagesHaveRenditions(t *testing.T, app *harness.App, path string) {
	b := app.Browser(t, harness.Plain)
	tags := map[string]string{}
	for query, want := range map[string]string{
		"":                                   "png 600 × 300",
		"?width=320":                         "png 320 × 160",
		"?width=1600":                        "png 600 × 300",
		"?width=320&format=auto":             "png 320 × 160",
		"?width=320&height=320":              "png 320 × 320",
		"?width=480&height=320":              "png 480 × 320",
		"?width=1200&height=675&format=auto": "png 1200 × 675",
	} {
		b.Request(http.MethodGet, path+query, nil, nil)
		size, kind, err := image.DecodeConfig(strings.NewReader(b.Raw))
		if got := fmt.Sprintf("%s %d × %d", kind, size.Width, size.Height); got != want || b.Status != http.StatusOK || b.Header.Get("Content-Type") != "image/"+kind || err != nil {
			t.Errorf("%s: %d, %s as %s, want %s, %v", query, b.Status, got, b.Header.Get("Content-Type"), want, err)
		}
		ranges, vary := "none", ""
		if query == "" {
			ranges = "bytes"
		}
		if strings.Contains(query, "format=auto") {
			vary = "Accept"
		}
		for name, want := range map[string]string{
			"Accept-Ranges": ranges, "Vary": vary, "Cache-Control": "public, max-age=2592000", "X-Content-Type-Options": "nosniff",
			"Content-Length": fmt.Sprint(len(b.Raw)), "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
		} {
			if got := b.Header.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", query, name, got, want)
			}
		}
		tag := b.Header.Get("Etag")
		if other, taken := tags[tag]; taken || !strings.HasPrefix(tag, `"`) {
			t.Errorf("%s: the ETag is %s, as for %s", query, tag, other)
		}
		tags[tag] = query
	}
	b.Request(http.MethodGet, path+"?width=320&height=320", nil, nil)
	crop := b.Header.Get("Etag")
	for _, same := range []string{"?width=320&height=320&v=2", "?height=320&width=320&key=system-large-cover&download&transforms=[]&focal_point_x=1&focal_point_y=1"} {
		if b.Request(http.MethodGet, path+same, nil, nil); b.Status != http.StatusOK || b.Header.Get("Etag") != crop || b.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %d, ETag %s, want the crop that it asks for, %s", same, b.Status, b.Header.Get("Etag"), crop)
		}
	}
	for _, query := range []string{
		"?width=321", "?width=-160", "?width=x", "?width=99999999999999999999", "?width=0",
		"?height=320", "?width=320&height=321", "?width=320&height=x", "?width=160&height=320", "?height=107&width=0",
		"?fit=cover", "?width=320&fit=cover", "?width=320&height=320&fit=cover", "?width=320&height=320&fit=contain",
		"?quality=80", "?width=320&quality=80", "?quality=x", "?format=gif", "?format=auto", "?width=320&format=webp", "?width=320&format=PNG",
		"?width=1200&height=800", "?width=480&height=480", "?width=480&height=270",
	} {
		b.Open(path + query)
		b.WantStatus(http.StatusNotFound)
		b.WantText("This image isn't available in that size or format.")
	}

	if app.Up.Sandbox { // writes neither webp nor avif
		return
	}
	for accept, want := range map[string]string{"image/avif,image/webp,*/*;q=0.8": "image/avif", "image/webp,*/*;q=0.5": "image/webp", "text/html,*/*": "image/png"} {
		b.Request(http.MethodGet, path+"?width=320&format=auto", nil, http.Header{"Accept": {accept}})
		if got := b.Header.Get("Content-Type"); got != want || b.Header.Get("Vary") != "Accept" {
			t.Errorf("auto for %s: %s, Vary %q", accept, got, b.Header.Get("Vary"))
		}
		if other, taken := tags[b.Header.Get("Etag")]; taken && !strings.Contains(other, "width=320&format=auto") {
			t.Errorf("auto for %s has the ETag of %s", accept, other)
		}
		tags[b.Header.Get("Etag")] = "auto for " + accept
	}
}

func imagesAreSentOnce(t *testing.T, app *harness.App, path string) {
	b := app.Browser(t, harness.Plain)
	for _, address := range []string{path, path + "?width=320&format=auto"} {
		b.Request(http.MethodGet, address, nil, nil)
		tag, modified, size := b.Header.Get("Etag"), b.Header.Get("Last-Modified"), b.Header.Get("Content-Length")
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for name, c := range map[string]struct {
				header http.Header
				want   int
			}{
				"nothing":              {nil, 200},
				"the tag":              {http.Header{"If-None-Match": {tag}}, 304},
				"a list":               {http.Header{"If-None-Match": {`"a,b", W/"x" ,` + tag}}, 304},
				"two lists":            {http.Header{"If-None-Match": {`"a"`, tag}}, 304},
				"a weak tag":           {http.Header{"If-None-Match": {"W/" + tag}}, 304},
				"any":                  {http.Header{"If-None-Match": {"*"}}, 304},
				"another tag":          {http.Header{"If-None-Match": {`"x"`}, "If-Modified-Since": {modified}}, 200},
				"half a tag":           {http.Header{"If-None-Match": {strings.Trim(tag, `"`)}}, 200},
				"the time":             {http.Header{"If-Modified-Since": {modified}}, 304},
				"a later time":         {http.Header{"If-Modified-Since": {"Fri, 01 Jan 2100 00:00:00 GMT"}}, 304},
				"an earlier time":      {http.Header{"If-Modified-Since": {"Sat, 01 Jan 2000 00:00:00 GMT"}}, 200},
				"something unreadable": {http.Header{"If-Modified-Since": {"yesterday"}}, 200},
			} {
				b.Request(method, address, nil, c.header)
				sent := method == http.MethodGet && c.want == 200
				if b.Status != c.want || sent != (b.Raw != "") {
					t.Errorf("%s %s with %s: %d, %d bytes", method, address, name, b.Status, len(b.Raw))
				}
				vary := ""
				if address != path {
					vary = "Accept"
				}
				if b.Header.Get("Etag") != tag || b.Header.Get("Cache-Control") != "public, max-age=2592000" || b.Header.Get("Vary") != vary {
					t.Errorf("%s %s with %s: %v", method, address, name, b.Header)
				}
				if got := b.Header.Get("Content-Length"); c.want == 200 && got != size || c.want == 304 && got != "" {
					t.Errorf("%s %s with %s: Content-Length %q, want that of %s", method, address, name, got, size)
				}
			}
		}
	}
	// Who may no longer see it is not told that it is the same.
	b.Request(http.MethodGet, path, nil, nil)
	known := http.Header{"If-None-Match": {b.Header.Get("Etag")}}
	if err := app.Up.Admin.Delete(t.Context(), strings.Replace(path, "/assets/", "/files/", 1)); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"", "?width=320"} {
		if b.Request(http.MethodGet, path+query, nil, known); b.Status != http.StatusNotFound {
			t.Errorf("%s after it was deleted: %d", query, b.Status)
		}
	}
}

func originalsHaveParts(t *testing.T, app *harness.App, path string) {
	b := app.Browser(t, harness.Plain)
	b.Request(http.MethodGet, path, nil, nil)
	whole, tag, modified := b.Raw, b.Header.Get("Etag"), b.Header.Get("Last-Modified")
	size := len(whole)
	for asked, want := range map[string]struct {
		status      int
		first, last int
	}{
		"bytes=0-9":                          {206, 0, 9},
		"bytes=0-":                           {206, 0, size - 1},
		"bytes=100-":                         {206, 100, size - 1},
		"bytes=-50":                          {206, size - 50, size - 1},
		"bytes=-99999999":                    {206, 0, size - 1},
		"bytes=10-99999999":                  {206, 10, size - 1},
		fmt.Sprintf("bytes=%d-", size-2):     {206, size - 2, size - 1},
		fmt.Sprintf("bytes=%d-", size):       {416, 0, 0},
		"bytes=99999999-":                    {416, 0, 0},
		"bytes=-0":                           {416, 0, 0},
		"bytes=5-5":                          {200, 0, size - 1}, // Directus knows no single byte
		"bytes=9-5":                          {200, 0, size - 1},
		"bytes=-":                            {200, 0, size - 1},
		"bytes=0-1,5-6":                      {200, 0, size - 1},
		"lines=0-9":                          {200, 0, size - 1},
		"bytes=0-99999999999999999999999999": {200, 0, size - 1},
	} {
		b.Request(http.MethodGet, path, nil, http.Header{"Range": {asked}})
		given := map[int]string{206: fmt.Sprintf("bytes %d-%d/%d", want.first, want.last, size), 416: fmt.Sprintf("bytes */%d", size)}[want.status]
		if b.Status != want.status || b.Header.Get("Content-Range") != given {
			t.Errorf("%s: %d, Content-Range %q, want %d, %q", asked, b.Status, b.Header.Get("Content-Range"), want.status, given)
		}
		if want.status == 416 {
			if b.Raw != "" || b.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %q, %v", asked, b.Raw, b.Header)
			}
			continue
		}
		if b.Raw != whole[want.first:want.last+1] || b.Header.Get("Content-Length") != fmt.Sprint(len(b.Raw)) ||
			b.Header.Get("Etag") != tag || b.Header.Get("Content-Type") != "image/png" || b.Header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("%s: %d bytes, %v", asked, len(b.Raw), b.Header)
		}
	}
	for name, c := range map[string]struct {
		path   string
		method string
		header http.Header
		want   int
	}{
		"the same tag":           {path, "GET", http.Header{"If-Range": {tag}}, 206},
		"another tag":            {path, "GET", http.Header{"If-Range": {`"x"`}}, 200},
		"a weak tag":             {path, "GET", http.Header{"If-Range": {"W/" + tag}}, 200},
		"the same time":          {path, "GET", http.Header{"If-Range": {modified}}, 206},
		"another time":           {path, "GET", http.Header{"If-Range": {"Fri, 01 Jan 2100 00:00:00 GMT"}}, 200},
		"the same, known whole":  {path, "GET", http.Header{"If-Range": {tag}, "If-None-Match": {tag}}, 304},
		"no body":                {path, "HEAD", http.Header{}, 200},
		"of a rendition":         {path + "?width=320", "GET", http.Header{}, 200},
		"of a known rendition":   {path + "?width=320", "GET", http.Header{"If-Modified-Since": {modified}}, 304},
		"beyond a rendition":     {path + "?width=320", "GET", http.Header{"Range": {"bytes=99999999-"}}, 200},
		"of what there is not":   {"/assets/00000000-0000-4000-8000-000000000000", "GET", http.Header{}, 404},
		"of what cannot be here": {"/assets/nope", "GET", http.Header{}, 404},
	} {
		header := http.Header{"Range": {"bytes=0-9"}}
		maps.Copy(header, c.header)
		b.Request(c.method, c.path, nil, header)
		if b.Status != c.want || (b.Status == 206) != (len(b.Raw) == 10) || (b.Status == 206) != (b.Header.Get("Content-Range") != "") {
			t.Errorf("a part, %s: %d, %d bytes, %v", name, b.Status, len(b.Raw), b.Header)
		}
	}
}

func cropsFollowTheFocalPoint(t *testing.T, app *harness.App, path string) {
	b := app.Browser(t, harness.Plain)
	for x, want := range map[int]string{20: "red to red", 580: "blue to blue"} {
		if err := app.Up.Admin.Patch(t.Context(), strings.Replace(path, "/assets/", "/files/", 1), map[string]int{"focal_point_x": x, "focal_point_y": 150}); err != nil {
			t.Fatal(err)
		}
		b.Request(http.MethodGet, path+"?width=160&height=160", nil, nil)
		shown, err := png.Decode(strings.NewReader(b.Raw))
		if err != nil {
			t.Fatal(err)
		}
		var ends []string
		for _, at := range []int{4, 155} {
			red, _, blue, _ := shown.At(at, 80).RGBA()
			ends = append(ends, map[bool]string{true: "red", false: "blue"}[red > blue])
		}
		if got := strings.Join(ends, " to "); got != want {
			t.Errorf("cropped around %d: %s, want %s", x, got, want)
		}
	}
}

// drawingsMayDoNothing: an SVG is never transformed, and a document when it is
// opened by itself.
func drawingsMayDoNothing(t *testing.T, app *harness.App, _ string) {
	b := app.Browser(t, harness.Plain)
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>`
	path := "/assets/" + publish(t, app.Up, "drawing.svg", "image/svg+xml", []byte(drawing))
	for _, query := range []string{"", "?width=320", "?width=320&height=320&format=auto"} {
		b.Request(http.MethodGet, path+query, nil, nil)
		if b.Status != http.StatusOK || b.Raw != drawing || b.Header.Get("Content-Type") != "image/svg+xml" ||
			b.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" || b.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: %d %q, %v", query, b.Status, b.Raw, b.Header)
		}
	}
}

// A page's place for an image has no room for a page.
func TestImagesThatCannotBeShown(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := app.Browser(t, harness.Plain)
	image, path := http.Header{"Sec-Fetch-Dest": {"image"}}, "/assets/"+sample.Images()[0].ID
	answer := func(status int, code string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60") // longer than an image may take, so that nobody waits for it
			harness.Refuse(w, status, code)
		}
	}
	for name, c := range map[string]struct {
		directus   http.HandlerFunc
		as, page   int
		retry      string
		conditions http.Header
	}{
		"not permitted, or not there": {answer(403, "FORBIDDEN"), 404, 404, "", nil},
		"too many requests":           {answer(429, "REQUESTS_EXCEEDED"), 429, 503, "60", nil},
		"too much work":               {answer(503, "SERVICE_UNAVAILABLE"), 503, 503, "60", nil},
		"down":                        {harness.Breakages["cut"], 503, 503, "5", nil},
		"a proxy's page":              {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "upstream-secret", http.StatusForbidden) }, 503, 503, "5", nil},
		"another part than was asked for": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Content-Disposition", "inline")
			w.Header().Set("Content-Range", "bytes 5-6/100")
			w.WriteHeader(206)
			_, _ = io.WriteString(w, "xx")
		}, 503, 503, "5", http.Header{"Range": {"bytes=0-9"}}},
	} {
		app.Wire.BreakOn("GET /assets", c.directus)
		for _, query := range []string{"", "?width=320"} {
			if c.conditions != nil && query != "" {
				continue
			}
			header := maps.Clone(image)
			maps.Copy(header, c.conditions)
			b.Request(http.MethodGet, path+query, nil, header)
			if b.Status != c.as || b.Raw != http.StatusText(c.as)+"\n" || b.Header.Get("Cache-Control") != "no-store" || b.Header.Get("Retry-After") != c.retry {
				t.Errorf("%s, %q as an image: %d %q, %v", name, query, b.Status, b.Raw, b.Header)
			}
			b.OpenAs(path+query, c.conditions)
			b.WantStatus(c.page)
		}
		app.Wire.Mend()
	}
}

// Whose time of the last change Directus does not tell, nobody can know to be
// the same.
func TestImagesOfUnknownAge(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := app.Browser(t, harness.Plain)
	app.Wire.BreakOn("GET /assets", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Disposition", "inline")
		_, _ = io.WriteString(w, "a picture")
	})
	for _, header := range []http.Header{nil, {"If-None-Match": {`"", ""`}}, {"If-Modified-Since": {"Fri, 01 Jan 2100 00:00:00 GMT"}}, {"Range": {"bytes=0-1"}, "If-Range": {`""`}}} {
		b.Request(http.MethodGet, "/assets/"+sample.Images()[0].ID, nil, header)
		if b.Status != http.StatusOK || b.Raw != "a picture" || b.Header.Get("Etag") != "" {
			t.Errorf("%v: %d %q, %v", header, b.Status, b.Raw, b.Header)
		}
	}
}

// filesAreShownOrSaved: a file is served if the public may read it. What could run on
// this site is saved, and is of use to no page as a script or a stylesheet.
func filesAreShownOrSaved(t *testing.T, app *harness.App, _ string) {
	b := app.Browser(t, harness.Plain)
	unreadable := "/assets/" + publish(t, app.Up, "page.html", "text/html", []byte("<script>alert(1)</script>"))
	if app.Up.Sandbox || app.Up.Major < 12 { // setup opens images only, where permissions can tell them
		if b.Request(http.MethodGet, unreadable, nil, nil); b.Status != http.StatusNotFound || strings.Contains(b.Raw, "alert(1)") {
			t.Errorf("a file that the public may not read: %d", b.Status)
		}
		app.Up.EverybodyMay(t, "read", "directus_files", "*")
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
				t.Errorf("%s of %s: %d %.60q, %v", how, file.name, b.Status, b.Raw, b.Header)
			}
			if ascii := !strings.Contains(file.name, "ü"); ascii && named["filename"] != file.name {
				t.Errorf("%s of %s is saved as %q", how, file.name, named["filename"])
			}
		}
	}
}
