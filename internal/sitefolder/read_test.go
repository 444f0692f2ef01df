package sitefolder_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hutch/internal/sitefolder"
)

// write makes a site folder of these files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read fails if it takes longer than somebody would wait.
func read(t *testing.T, dir string) (fs.FS, error) {
	t.Helper()
	type result struct {
		files fs.FS
		err   error
	}
	done := make(chan result, 1)
	go func() {
		files, err := sitefolder.Read(sitefolder.Folder(dir))
		sitefolder.Stamp(sitefolder.Folder(dir)) // which looks at the same files
		done <- result{files, err}
	}()
	select {
	case r := <-done:
		return r.files, r.err
	case <-time.After(10 * time.Second):
		t.Fatal("reading the folder does not end")
		return nil, nil
	}
}

func TestRead(t *testing.T) {
	dir := write(t, map[string]string{
		"site.toml": "# nothing", "templates/events.html": "events", "templates/pages/about/team.html": "team", "static/fonts/one.woff2": "font",
		"README.md": "not ours", "templates/.post.html.swp": "an editor's", "templates/post.html~": "an editor's", ".git/config": "not ours",
	})
	// As a volume of Kubernetes: each file is a link, which is replaced at once.
	if err := os.MkdirAll(filepath.Join(dir, "i18n", "..data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "i18n", "..data", "fr.toml"), []byte("bonjour"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..data/fr.toml", filepath.Join(dir, "i18n", "fr.toml")); err != nil {
		t.Fatal(err)
	}
	files, err := read(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			names = append(names, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(names, " "), "i18n/fr.toml site.toml static/fonts/one.woff2 templates/events.html templates/pages/about/team.html"; got != want {
		t.Errorf("it has %s, want %s", got, want)
	}
	if content, err := fs.ReadFile(files, "i18n/fr.toml"); err != nil || string(content) != "bonjour" {
		t.Errorf("fr.toml is %q, %v", content, err)
	}
}

// What is read is the state of one moment, and a change is noticed.
func TestChangesAreNoticed(t *testing.T) {
	dir := write(t, map[string]string{"static/a.css": "a{}"})
	files, err := read(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	before := sitefolder.Stamp(sitefolder.Folder(dir))
	if again := sitefolder.Stamp(sitefolder.Folder(dir)); again != before {
		t.Error("it has changed by itself")
	}
	if err := os.WriteFile(filepath.Join(dir, "static", "a.css"), []byte("a{b:c}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if now := sitefolder.Stamp(sitefolder.Folder(dir)); now == before {
		t.Error("an edited file is not noticed")
	}
	if content, err := fs.ReadFile(files, "static/a.css"); err != nil || string(content) != "a{}" {
		t.Errorf("what was read has become %q, %v", content, err)
	}
	if err := os.Rename(dir, dir+".before"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(write(t, map[string]string{"site.toml": ""}), dir); err != nil {
		t.Fatal(err)
	}
	if files, err = read(t, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(files, "site.toml"); err != nil {
		t.Errorf("a folder in place of the other is not seen: %v", err)
	}
}

// Whatever is in the folder is told in a sentence, and holds nobody up.
func TestHostileFolders(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.html")
	if err := os.WriteFile(outside, []byte("a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(to string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.Symlink(to, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	sized := func(size int64) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		path string
		make func(*testing.T, string)
		want string
	}{
		"a link to a file outside":       {"templates/post.html", link(outside), "templates/post.html: it is a link that leads out of the folder"},
		"a link to a folder outside":     {"static", link(filepath.Dir(outside)), "static: it is a link that leads out of the folder"},
		"a link up":                      {"templates/up.html", link("../../" + filepath.Base(filepath.Dir(outside)) + "/secret.html"), "templates/up.html: it is a link that leads out of the folder"},
		"a link to site.toml outside":    {"site.toml", link(outside), "site.toml: it is a link that leads out of the folder"},
		"a link to nothing":              {"i18n/fr.toml", link("nothing.toml"), "i18n/fr.toml: it cannot be read: no such file"},
		"a link to itself":               {"i18n/fr.toml", link("fr.toml"), "i18n/fr.toml: it cannot be read: too many"},
		"a link to the folder around it": {"templates/again", link("."), "templates/again/again/again/again/again: folders may be 5 deep"},
		"a template of 10 MB":            {"templates/post.html", sized(10 << 20), "templates/post.html: it has 10 MB, and may have 1"},
		"a site.toml of 2 MB":            {"site.toml", sized(2<<20 - 5), "site.toml: it has 2 MB, and may have 1"},
		"a picture of 21 MB":             {"static/a.png", sized(21 << 20), "static/a.png: it has 21 MB, and may have 20"},
		"a directory named site.toml": {"site.toml", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "site.toml: this is a folder, and must be a file"},
		"a file named static": {"static", sized(3), "static: this is a file, and must be a folder"},
		"a named pipe": {"templates/post.html", func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "templates/post.html: this is neither a file nor a folder"},
		"a named pipe for site.toml": {"site.toml", func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "site.toml: this is neither a file nor a folder"},
		"1000 files": {"static/x", func(t *testing.T, path string) {
			for i := range 1000 {
				sized(1)(t, fmt.Sprint(path, i, ".txt"))
			}
		}, ".: the site folder has more than 500 files"},
		"more than fits": {"static/x", func(t *testing.T, path string) {
			for i := range 4 {
				sized(20<<20)(t, fmt.Sprint(path, i, ".pdf"))
			}
		}, ".: the files of the site folder have more than 64 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"kept.md": ""})
			path := filepath.Join(dir, test.path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			test.make(t, path)
			files, err := read(t, dir)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("it is told as %.300v, want %s", err, test.want)
			}
			if content, err := fs.ReadFile(files, test.path); err == nil && strings.Contains(string(content), "secret") {
				t.Error("a file outside is read")
			}
		})
	}
}

// unreadable is a folder whose template may not be read: the tests may run as root, who
// may read everything.
type unreadable struct{ fs.FS }

func (u unreadable) Open(name string) (fs.File, error) {
	if name == "templates/post.html" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

func TestAFileThatMayNotBeRead(t *testing.T) {
	_, err := sitefolder.Read(unreadable{sitefolder.Folder(write(t, map[string]string{"templates/post.html": ""}))})
	if err == nil || err.Error() != "templates/post.html: it cannot be read: permission denied" {
		t.Errorf("it is told as %v", err)
	}
}

func TestNamesThatLeadOut(t *testing.T) {
	dir := write(t, map[string]string{"site.toml": ""})
	if err := os.WriteFile(filepath.Join(dir, "..", "secret"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../secret", "/etc/passwd", "static/../../secret", "", "./site.toml", filepath.Join(dir, "site.toml")} {
		if file, err := sitefolder.Folder(dir).Open(name); err == nil {
			file.Close()
			t.Errorf("%q can be opened", name)
		}
	}
}

func TestFind(t *testing.T) {
	dir := write(t, map[string]string{"site.toml": ""})
	empty := t.TempDir()
	for _, test := range []struct {
		path, usual string
		want        sitefolder.Folder
		fault       string
	}{
		{"", dir, sitefolder.Folder(dir), ""},
		{"", empty, "", ""}, // a folder of something else
		{"", filepath.Join(empty, "none"), "", ""},
		{empty, dir, sitefolder.Folder(empty), ""}, // which is to be filled
		{filepath.Join(empty, "none"), dir, "", "there is no such folder"},
		{filepath.Join(dir, "site.toml"), dir, "", "this is a file"},
	} {
		got, err := sitefolder.Find(test.path, test.usual)
		if got != test.want || (err != nil) != (test.fault != "") || err != nil && !strings.HasPrefix(err.Error(), test.fault) {
			t.Errorf("%q or %q is %q, %v", test.path, test.usual, got, err)
		}
	}
}
