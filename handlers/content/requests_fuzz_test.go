package content

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/templates"
)

// FuzzConditions lets a browser say anything about what it has and takes.
func FuzzConditions(f *testing.F) {
	const (
		etag     = `"0123456789abcdef01234567"`
		modified = "Fri, 27 Nov 2026 09:00:00 GMT"
		size     = 5000
	)
	f.Add(etag, modified, "bytes=0-99", etag)
	f.Add("*", "", "bytes=-500", "")
	f.Add(`W/"x", `+etag, "yesterday", "bytes=9999999999999999999-", modified)
	f.Add(`"`, "", "bytes=0-0,1-2", "x")
	header := http.Header{"Etag": {etag}, "Last-Modified": {modified}}
	// Found by fuzzing.
	f.Add("\"000", "", "0", "")
	f.Add("\xf3", "", "0", "0")
	f.Add("0", "0", "0", "0")
	f.Add("\"0\"\"", "0", "0", "0")
	f.Add("0", "", "0", "0")
	f.Add("\xaa\x88\xaa", "0", "0", "0")
	f.Add("0", "", "0", "0")
	f.Add("\"\xdb\"", "0", "0", "0")
	f.Fuzz(func(t *testing.T, noneMatch, since, part, ifRange string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = http.Header{"If-None-Match": {noneMatch}, "If-Modified-Since": {since}, "Range": {part}, "If-Range": {ifRange}}
		if (notModified(r, header) || web.HasRepresentation(r, etag)) && !strings.Contains(noneMatch, etag) && strings.TrimSpace(noneMatch) != "*" && since == "" {
			t.Fatalf("%q passes for a copy that the browser has", noneMatch)
		}
		first, last, status := wantedPart(r, header, size)
		switch status {
		case http.StatusOK, http.StatusRequestedRangeNotSatisfiable:
		case http.StatusPartialContent:
			if first < 0 || last <= first || first >= size {
				t.Fatalf("%q of %d bytes is the part from %d to %d", part, size, first, last)
			}
		default:
			t.Fatalf("%q: status %d", part, status)
		}
	})
}

// FuzzTransforms asks for images of any kind: no more than is on the lists is
// made.
func FuzzTransforms(f *testing.F) {
	for _, query := range []string{"", "width=160", "width=320&height=320&fit=inside", "width=-1", "width=160&width=999", "quality=50;format=jpg", "height=160", "width=%00&key=x", "width=+160", "width=160&transforms=[[\"rotate\",90]]"} {
		f.Add(query)
	}
	// Found by fuzzing.
	f.Add("%")
	f.Add("%&%&%&%")
	f.Add("&&&&")
	f.Add("%&%&%&%&%&%&%&%")
	f.Add("++")
	f.Add("%&%&%")
	f.Add("width=320&height=320&fit=0")
	f.Add("00000000+")
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query) // as Go's servers do, which go on with what can be read
		transform, ok := parseTransform(values)
		if !ok {
			return
		}
		if transform != (directus.Transform{}) && !templates.HasRendition(transform.Width, transform.Height, transform.Format) {
			t.Fatalf("%q makes %+v", query, transform)
		}
	})
}

// FuzzChanges sends any change with the right secret.
func FuzzChanges(f *testing.F) {
	for _, body := range []string{`{"collection":"posts","key":1}`, `{"collection":"posts","keys":["a",2,null,{}]}`, `{"collection":"x","key":"undefined","keys":"undefined"}`, `{"collection":[]}`, `{}`, `[`, `{"collection":"a","key":1e400}`} {
		f.Add([]byte(body))
	}
	// Found by fuzzing.
	f.Add([]byte("{\"0\x00"))
	f.Add([]byte("\xf4"))
	f.Add([]byte("\v"))
	f.Add([]byte("  0"))
	f.Add([]byte("0 "))
	f.Add([]byte("f"))
	f.Add([]byte(""))
	f.Add([]byte("{\x06"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var changed change
		if json.Unmarshal(body, &changed) != nil || changed.Collection == "" {
			return
		}
		if tags := changed.tags(); len(tags) == 0 || !slices.Contains(tags, changed.Collection) {
			t.Fatalf("%s purges %q", body, tags)
		}
	})
}

// FuzzTags reads items of any shape.
func FuzzTags(f *testing.F) {
	for _, data := range []string{`[{"id":1,"slug":"a","author":{"id":2,"image":"x"}}]`, `{"id":"x","logo":null}`, `[[]]`, `[1]`, `"x"`, `null`, `{"id":{"id":{}}}`, `[{"image":{"id":[]}}]`} {
		f.Add([]byte(data), true)
	}
	// Found by fuzzing.
	f.Add([]byte("{\"\" "), bool(false))
	f.Add([]byte("\xe4"), bool(true))
	f.Add([]byte("10000"), bool(true))
	f.Add([]byte("[ "), bool(false))
	f.Add([]byte(" 0"), bool(true))
	f.Add([]byte("[[[]]]"), bool(true))
	f.Add([]byte("00"), bool(true))
	f.Add([]byte("\"\xc6\""), bool(true))
	f.Fuzz(func(t *testing.T, data []byte, named bool) {
		tags := tagsOf("posts", data, named)
		if len(tags) == 0 {
			t.Fatalf("%s depends on nothing", data)
		}
	})
}
