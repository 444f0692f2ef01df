package content_test

import (
	"net/http"
	"strconv"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// An answer is known by its tag: what differs has another, and what was kept
// proves itself without a body.
func TestTagsTellAnswersApart(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh())
		stranger, member := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
		member.SignUp()
		member.Open("/")
		dark := site.Browser(t, harness.Plain)
		dark.HTTP.Jar.SetCookies(dark.Address(), []*http.Cookie{{Name: "appearance", Value: "dark", Path: "/"}})
		partial := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}, "Accept-Encoding": {"identity"}}
		variants := []struct {
			name   string
			by     *harness.Browser
			header http.Header
		}{
			{"plain", stranger, http.Header{"Accept-Encoding": {"identity"}}},
			{"gzip", stranger, http.Header{"Accept-Encoding": {"gzip"}}},
			{"zstd", stranger, http.Header{"Accept-Encoding": {"zstd"}}},
			{"German", stranger, http.Header{"Accept-Encoding": {"identity"}, "Accept-Language": {"de"}}},
			{"dark", dark, http.Header{"Accept-Encoding": {"identity"}}},
			{"signed in", member, http.Header{"Accept-Encoding": {"identity"}}},
			{"fragment", stranger, partial},
		}
		for _, path := range []string{"/", "/pages/about", "/blog", "/blog?q=hay", "/blog/hay-by-numbers", harness.GatedPath, "/blog/authors/1"} {
			named := map[string]string{} // tag → the variant
			for _, v := range variants {
				if path == harness.GatedPath && v.by == member {
					continue // theirs alone
				}
				header := v.header.Clone()
				v.by.Request(http.MethodGet, path, nil, header)
				got, body := v.by.Header.Clone(), v.by.Raw
				tag := got.Get("ETag")
				if before := named[tag]; before != "" || tag == "" || tag[0] != '"' {
					t.Errorf("%s: %s and %q have the tag %s", path, v.name, before, tag)
				}
				named[tag] = v.name

				v.by.Request(http.MethodHead, path, nil, header)
				for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "ETag", "Vary", "Cache-Control"} {
					if v.by.Header.Get(name) != got.Get(name) {
						t.Errorf("%s, %s: HEAD has the %s %q, GET %q", path, v.name, name, v.by.Header.Get(name), got.Get(name))
					}
				}
				if got.Get("Content-Length") != strconv.Itoa(len(body)) || v.by.Raw != "" {
					t.Errorf("%s, %s: %s bytes said, %d sent, %d with HEAD", path, v.name, got.Get("Content-Length"), len(body), len(v.by.Raw))
				}

				for _, known := range []string{tag, "W/" + tag, `"x", ` + tag + `, "y"`, "*"} {
					header.Set("If-None-Match", known)
					v.by.Request(http.MethodGet, path, nil, header)
					if v.by.Status != http.StatusNotModified || v.by.Raw != "" || v.by.Header.Get("Content-Length") != "" {
						t.Errorf("%s, %s with %s: %d, %d bytes", path, v.name, known, v.by.Status, len(v.by.Raw))
					}
					for _, name := range []string{"ETag", "Vary", "Cache-Control"} {
						if v.by.Header.Get(name) != got.Get(name) {
							t.Errorf("%s, %s: 304 has the %s %q, 200 %q", path, v.name, name, v.by.Header.Get(name), got.Get(name))
						}
					}
				}
				for other, name := range named {
					header.Set("If-None-Match", other)
					if v.by.Request(http.MethodGet, path, nil, header); (v.by.Status == http.StatusNotModified) != (other == tag) {
						t.Errorf("%s, %s with the tag of %s: %d", path, v.name, name, v.by.Status)
					}
				}
			}
		}
	})
}

// What a browser does not take, it does not get.
func TestEncodings(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	for accept, want := range map[string]string{
		"":                             "",
		"identity":                     "",
		"*":                            "",
		"br":                           "",
		"gzip":                         "gzip",
		"GZIP":                         "gzip",
		"gzip, deflate, br, zstd":      "zstd",
		"zstd;q=0, gzip":               "gzip",
		"zstd;q=0.000,gzip;q=0":        "",
		"zstd; q=0 , gzip ;q=1.0":      "gzip",
		"zstd;Q=0, gzip;Q=0":           "",
		"gzip;q=x":                     "",
		"gzip;q=":                      "",
		"gzip;q=-1":                    "",
		"gzip;q=NaN":                   "",
		",,;,gzip":                     "gzip",
		"gzipped, xgzip, notzstd":      "",
		"gzip\t;\tq=0.5":               "gzip",
		"identity;q=0, *;q=0":          "",
		"zstd;q=0.1;x=y, gzip;x=y;q=0": "zstd",
	} {
		for _, path := range []string{"/blog", "/blog/rss.xml", "/signin", "/nope"} {
			b.Request(http.MethodGet, path, nil, http.Header{"Accept-Encoding": {accept}})
			if got := b.Header.Get("Content-Encoding"); got != want {
				t.Errorf("%s, accepting %q: %q, want %q", path, accept, got, want)
			}
			if len(decoded(b)) < 1000 {
				t.Errorf("%s, accepting %q: %q", path, accept, decoded(b))
			}
		}
	}
}
