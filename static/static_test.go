package static

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// Visitors are sent no comments of the stylesheet; in development it is as it was written.
func TestCommentsStayHere(t *testing.T) {
	embedded, err := New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	css, has := embedded.Named("hutch.css")
	if sent := string(css.Content); !has || strings.Contains(sent, "/*") || !strings.Contains(sent, "--paper: light-dark(") || strings.Count(sent, "{") != strings.Count(sent, "}") {
		t.Errorf("sent is %.300s", sent)
	}
	const own = `/* a */ a { content: "/* b */ '"; } /* c "d */ b { content: '\' /*'; }/**/`
	if got, want := string(commentOfCSS.ReplaceAll([]byte(own), []byte("$1"))), ` a { content: "/* b */ '"; }  b { content: '\' /*'; }`; got != want {
		t.Errorf("%s becomes %s, want %s", own, got, want)
	}
	edited, err := New(fstest.MapFS{"hutch.css": {Data: []byte(own)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if as, _ := edited.Named("hutch.css"); string(as.Content) != own {
		t.Errorf("in development it is %s", as.Content)
	}
}

// A team's files replace ours or come besides, whether ours are edited or embedded.
func TestOwnFiles(t *testing.T) {
	own := fstest.MapFS{
		"hutch.css":        {Data: []byte("/* ours */ a{}")},
		"logo.svg":         {Data: []byte("<svg/>")},
		"fonts/one.woff2":  {Data: []byte("font")},
		"photos/Wide.JPEG": {Data: []byte("photo")},
	}
	for _, dir := range []fs.FS{nil, fstest.MapFS{"hutch.css": {Data: []byte("edited")}, "hutch.js": {Data: []byte("edited")}}} {
		files, err := New(dir, own)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"hutch.css":        "text/css; charset=utf-8",
			"logo.svg":         "image/svg+xml",
			"fonts/one.woff2":  "font/woff2",
			"photos/Wide.JPEG": "image/jpeg",
		} {
			address, err := files.URL(name)
			if err != nil || !hashInName.MatchString(address) {
				t.Errorf("%s is at %q, %v", name, address, err)
			}
			sent, has := files.File(strings.TrimPrefix(address, "/static/"))
			if !has || sent.Type != want || !sent.Forever || string(sent.Content) != string(own[name].Data) {
				t.Errorf("%s is sent as %q, a %s", name, sent.Content, sent.Type)
			}
			// As a stylesheet names it, and as a page named it before it was changed.
			for _, other := range []string{name, strings.TrimSuffix(name, path.Ext(name)) + ".0123456789ab" + path.Ext(name)} {
				if sent, has := files.File(other); !has || sent.Forever || string(sent.Content) != string(own[name].Data) {
					t.Errorf("%s is sent as %q, %v", other, sent.Content, sent.Forever)
				}
			}
		}
		if ours, _ := files.Named("hutch.css"); strings.Contains(string(ours.Content), "--paper") {
			t.Error("ours is sent as well")
		}
		script, _ := files.Named("hutch.js")
		if address, err := files.URL("hutch.js"); err != nil || (string(script.Content) == "edited") != (dir != nil) {
			t.Errorf("our script is at %s, %v, and begins with %.20s", address, err, script.Content)
		}
		if _, has := files.File("none.css"); has {
			t.Error("a file that there is not is sent")
		}
	}
}

// Each file that cannot be served is told by its name.
func TestOwnFilesThatAreNone(t *testing.T) {
	_, err := New(nil, fstest.MapFS{"page.html": {}, "a/video.mp4": {}, "my logo.svg": {}, "ok.svg": {}, "module.wasm": {}, "none": {}})
	for _, want := range []string{
		"static/page.html: this kind of file is not served; those that are: .avif", "static/a/video.mp4: this kind", "static/module.wasm: this kind",
		"static/none: this kind", "static/my logo.svg: a name has letters",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("told is %v, and not %s", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "ok.svg") {
		t.Errorf("told is %v", err)
	}
}
