package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// rooms is the map of the house: what each room may import of ours. A new room or
// door is drawn here first.
var rooms = map[string][]string{
	"hutch":                                 {"hutch/app"},
	"hutch/app":                             {"hutch/internal/cache", "hutch/internal/collections", "hutch/internal/directus", "hutch/handlers", "hutch/handlers/account", "hutch/handlers/content", "hutch/handlers/web", "hutch/internal/limits", "hutch/internal/metrics", "hutch/internal/replicas", "hutch/sandbox", "hutch/internal/secret", "hutch/internal/sitefolder", "hutch/session", "hutch/setup", "hutch/static", "hutch/templates", "hutch/internal/i18n"},
	"hutch/e2e/harness":                     {"hutch/handlers/account", "hutch/internal/collections", "hutch/internal/directus", "hutch/internal/limits", "hutch/internal/logbuffer", "hutch/internal/metrics", "hutch/internal/secret", "hutch/internal/sitefolder", "hutch/sandbox", "hutch/sandbox/sample", "hutch/setup", "hutch/app", "hutch/templates", "hutch/tools/realbrowser", "hutch/tools/realdirectus", "hutch/tools/toolcache"},
	"hutch/internal/cache":                  nil,
	"hutch/internal/collections":            nil,
	"hutch/internal/feeds":                  nil,
	"hutch/handlers":                        {"hutch/handlers/account", "hutch/handlers/content", "hutch/handlers/web", "hutch/internal/cache", "hutch/internal/directus", "hutch/internal/feeds", "hutch/internal/limits", "hutch/internal/metrics", "hutch/internal/secret", "hutch/internal/sitefolder", "hutch/session", "hutch/static", "hutch/templates", "hutch/internal/i18n"},
	"hutch/handlers/account":                {"hutch/handlers/web", "hutch/internal/directus", "hutch/internal/limits", "hutch/internal/passwords", "hutch/internal/pictures", "hutch/internal/secret", "hutch/internal/sitefolder", "hutch/session", "hutch/templates", "hutch/internal/i18n"},
	"hutch/handlers/content":                {"hutch/handlers/web", "hutch/internal/cache", "hutch/internal/card", "hutch/internal/collections", "hutch/internal/directus", "hutch/internal/feeds", "hutch/internal/i18n", "hutch/internal/secret", "hutch/internal/sitefolder", "hutch/static", "hutch/templates"}, // neither session nor limits
	"hutch/handlers/web":                    {"hutch/internal/directus", "hutch/internal/limits", "hutch/internal/metrics", "hutch/internal/secret", "hutch/session", "hutch/static", "hutch/templates", "hutch/internal/i18n"},                                                                                     // asks Directus nothing
	"hutch/internal/limits":                 nil,
	"hutch/internal/logbuffer":              nil,
	"hutch/internal/metrics":                nil,
	"hutch/internal/passwords":              nil,
	"hutch/internal/pictures":               nil,
	"hutch/internal/card":                   nil,
	"hutch/internal/replicas":               nil,
	"hutch/internal/secret":                 nil,
	"hutch/internal/sitefolder":             nil,
	"hutch/session":                         {"hutch/internal/secret"},
	"hutch/internal/directus":               {"hutch/internal/secret"},
	"hutch/templates":                       {"hutch/internal/i18n", "hutch/internal/sitefolder"},
	"hutch/internal/i18n":                   {"hutch/internal/sitefolder"},
	"hutch/static":                          {"hutch/internal/sitefolder"},
	"hutch/sandbox/sample":                  nil,
	"hutch/sandbox":                         {"hutch/internal/collections", "hutch/sandbox/sample"},
	"hutch/setup":                           {"hutch/internal/collections", "hutch/internal/directus", "hutch/sandbox/sample", "hutch/internal/secret", "hutch/internal/sitefolder"},
	"hutch/tools/toolcache":                 nil,
	"hutch/tools/realdirectus":              {"hutch/tools/realpostgres", "hutch/tools/toolcache"},
	"hutch/tools/realdirectus/cmd/directus": {"hutch/tools/realdirectus"},
	"hutch/tools/realpostgres":              {"hutch/tools/toolcache"},
	"hutch/tools/realredis":                 {"hutch/tools/toolcache"},
	"hutch/tools/realredis/cmd/redis":       {"hutch/tools/realredis"},
	"hutch/tools/realbrowser":               {"hutch/tools/toolcache"},
	"hutch/tools/realbrowser/cmd/browser":   {"hutch/tools/realbrowser"},
	"hutch/tools/bench":                     {"hutch/internal/directus", "hutch/sandbox/sample", "hutch/tools/realdirectus", "hutch/internal/secret", "hutch/tools/toolcache"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var room struct {
			ImportPath string
			GoFiles    []string
			Imports    []string
		}
		if err := decoder.Decode(&room); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if room.GoFiles == nil { // nothing but tests, which may see every room
			continue
		}
		seen[room.ImportPath] = true
		allowed, known := rooms[room.ImportPath]
		if !known {
			t.Errorf("%s is not on the map", room.ImportPath)
		}
		for _, imported := range room.Imports {
			if strings.HasPrefix(imported, "hutch") && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s", room.ImportPath, imported)
			}
			if imported == "github.com/gin-gonic/gin" && !slices.Contains([]string{"hutch/e2e/harness", "hutch/app", "hutch/tools/bench", "hutch/handlers", "hutch/handlers/account", "hutch/handlers/content", "hutch/handlers/web", "hutch/session"}, room.ImportPath) {
				t.Errorf("%s sees Gin", room.ImportPath)
			}
		}
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("%s is on the map and not in the house", room)
		}
	}
}

// Some things happen in one place only.
func TestOnePlaceOnly(t *testing.T) {
	for what, rule := range map[string]struct {
		pattern string
		rooms   []string // where it may stand
	}{
		"an HTTP client":          {`http\.(Client\{|DefaultClient|Get\(|Post\()`, []string{"internal/directus", "tools/realdirectus", "e2e/harness"}},
		"setting a cookie":        {`\.?SetCookie\(|"Set-Cookie"`, []string{"session", "sandbox", "e2e/harness"}},
		"trusting HTML":           {`template\.(HTML|JS|URL|CSS|HTMLAttr|Srcset|JSStr)\(`, []string{"templates/richtext.go", "templates/say.go"}},
		"htmx' headers":           {`"(HX|Hx)-`, []string{"handlers/web/htmx.go", "handlers/web/redirect.go", "e2e/harness"}},
		"Gin's own rendering":     {`\bc\.(HTML|JSON|String|Redirect|Data)\(`, []string{"handlers/web/response.go", "handlers/web/redirect.go", "e2e/harness"}},
		"registration by init":    {`(?m)^func init\(`, nil},
		"untyped page data":       {`gin\.H\{|map\[string\]any`, []string{"internal/collections", "setup", "sandbox", "internal/directus/items.go", "internal/sitefolder", "e2e/harness", "tools/realbrowser"}},
		"a certificate unchecked": {`InsecureSkipVerify`, nil},
	} {
		pattern := regexp.MustCompile(rule.pattern)
		eachGoFile(t, func(path string, source []byte) {
			if strings.HasSuffix(path, "_test.go") || slices.ContainsFunc(rule.rooms, func(room string) bool { return path == room || strings.HasPrefix(path, room+"/") }) {
				return
			}
			if found := pattern.Find(source); found != nil {
				t.Errorf("%s: %s (%s) does not belong there", path, what, found)
			}
		})
	}
}

// A file of more lines has more than one subject.
func TestFilesAreShort(t *testing.T) {
	const most = 500
	eachGoFile(t, func(path string, source []byte) {
		if lines := bytes.Count(source, []byte("\n")); lines > most {
			t.Errorf("%s has %d lines, want at most %d", path, lines, most)
		}
	})
}

// eachGoFile reads every one, tests included.
func eachGoFile(t *testing.T, look func(path string, source []byte)) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		look(path, source)
		return nil
	})
	if err != nil || read < 100 {
		t.Fatal(read, err)
	}
}

// An exception from what the analysers want has a reason.
func TestExceptionsAreExplained(t *testing.T) {
	exception := regexp.MustCompile(`(#nosec|nolint|lint:ignore|lint:file-ignore).*`)
	explained := regexp.MustCompile(`^(#nosec G\d{3} -- \S+|nolint:\w+ // \S+|lint:ignore \w+ \S+)`)
	found := 0
	eachGoFile(t, func(path string, source []byte) {
		if path == "e2e/house/house_test.go" {
			return
		}
		for _, text := range exception.FindAllString(string(source), -1) {
			if found++; !explained.MatchString(text) {
				t.Errorf("%s: an exception without a reason: %s", path, text)
			}
		}
	})
	if found == 0 {
		t.Error("no exception is found: this shows nothing")
	}
}

// Where a visitor is sent is written in one function, and what it is given has
// just been checked.
func TestVisitorsAreSentByOneFunction(t *testing.T) {
	writes := regexp.MustCompile(`(Header|Set|Add)\("(Location|Refresh|HX-Redirect|HX-Location|HX-Push-Url|HX-Replace-Url)"|\["(Location|Refresh)"\]|http\.Redirect\(|\bc\.Redirect\(`)
	calls := regexp.MustCompile(`\bredirect\(c, .*`)
	checked := regexp.MustCompile(`, (session\.ReturnTo\(.*, "/"\)|cmp\.Or\(r\.RedirectTarget\(.*\), "/"\))\)$`)
	called := 0
	for _, room := range []string{"handlers", "handlers/account", "handlers/content", "handlers/web", "session", "templates", "app"} {
		files, err := filepath.Glob(room + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source := string(content)
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			if file == "handlers/web/redirect.go" {
				before, redirect, _ := strings.Cut(source, "\nfunc redirect(")
				redirect, after, _ := strings.Cut(redirect, "\n}\n")
				if found := writes.FindAllString(redirect, -1); len(found) != 2 {
					t.Errorf("redirect writes %q", found)
				}
				source = before + after
			}
			if found := writes.FindString(source); found != "" {
				t.Errorf("%s sends visitors elsewhere: %s", file, found)
			}
			for _, call := range calls.FindAllString(source, -1) {
				if called++; !checked.MatchString(call) {
					t.Errorf("%s: unchecked: %s", file, call)
				}
			}
		}
	}
	if called != 2 { // SeeOther and MovedTo
		t.Errorf("visitors are sent elsewhere in %d places", called)
	}
}

// templateFiles are all templates.
func templateFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("templates/*.html")
	ofBlocks, err2 := filepath.Glob("templates/blocks/*.html")
	if err != nil || err2 != nil || len(files) == 0 || len(ofBlocks) == 0 {
		t.Fatal(files, ofBlocks, err, err2)
	}
	return append(files, ofBlocks...)
}

// A content security policy without 'unsafe-inline' works only if the templates
// keep to it.
func TestTemplatesHaveNothingInline(t *testing.T) {
	for _, file := range templateFiles(t) {
		html, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		html = bytes.ReplaceAll(html, []byte(`<script type="application/ld+json">{{.}}</script>`), nil) // data, which runs nowhere
		for what, pattern := range map[string]string{
			"a style":          `(?i)<style|\sstyle=`,
			"an inline script": `(?i)<script(>|\s[^>]*[^r]c?>[^<])`,
			"a handler":        `(?i)\son[a-z]+=|hx-on`,
			"code in hx-vals":  `(?i)["']\s*(js|javascript):`,
			"a foreign file":   `(?i)(src|href)="(https?:)?//`,
		} {
			if found := regexp.MustCompile(pattern).Find(html); found != nil {
				t.Errorf("%s has %s: %s", file, what, found)
			}
		}
	}
}

// The catalogue of words and what is said of it belong together: nothing is said
// that is not there, and nothing is there that nobody says.
func TestEveryWordIsSaid(t *testing.T) {
	english, err := os.ReadFile("internal/i18n/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	there, table := map[string]bool{}, ""
	for line := range strings.Lines(string(english)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "["); ok {
			table = strings.TrimSuffix(name, "]")
		} else if key, _, ok := strings.Cut(line, " = "); ok {
			there[table+"."+key] = false
		}
	}
	message := regexp.MustCompile(`"([a-z]+\.[a-z]+)"`)
	for _, pattern := range []string{"templates/*.html", "templates/blocks/*.html", "templates/*.go", "handlers/*.go", "handlers/*/*.go", "internal/i18n/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range message.FindAllStringSubmatch(string(source), -1) {
				id := found[1]
				if strings.HasSuffix(id, ".html") || strings.HasSuffix(id, ".css") || strings.HasSuffix(id, ".js") || strings.HasSuffix(id, ".svg") || strings.HasSuffix(id, ".png") ||
					strings.HasSuffix(file, "_test.go") || strings.HasPrefix(id, "image.") || id == "author.name" {
					continue
				}
				if _, is := there[id]; !is {
					t.Errorf("%s says %s, which is not in the catalogue", file, id)
				}
				there[id] = true
			}
		}
	}
	for id, said := range there {
		if !said {
			t.Errorf("%s is in the catalogue, and nobody says it", id)
		}
	}
}

// SECURITY.md names tests and make targets for what it promises: each exists.
func TestPromisesNameTheirTests(t *testing.T) {
	tests := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(read(t, path), -1) {
			tests[found[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^([\w-]+):([^=]|$)`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[found[1]] = true
	}
	rows := 0
	for line := range strings.Lines(read(t, "SECURITY.md")) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise") {
			continue
		}
		rows++
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+|make [\\w-]+)`").FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("a promise without a test: %s", line)
		}
		for _, name := range named {
			target, isTarget := strings.CutPrefix(name[1], "make ")
			if isTarget && !targets[target] || !isTarget && !tests[name[1]] {
				t.Errorf("there is no %s", name[1])
			}
		}
	}
	if rows < 50 {
		t.Errorf("only %d promises", rows)
	}
}

// These tests read the sources, from the root of the repository.
func TestMain(m *testing.M) {
	if err := os.Chdir(harness.Path()); err != nil {
		panic(err)
	}
	harness.Main(m)
}

// Whatever part htmx says that it wants, it gets one, or the whole: parts of
// templates that are no parts of pages included.
func TestEveryNameOfAPart(t *testing.T) {
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	stranger, member := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	member.SignUp()
	member.Open("/")
	names := map[string]bool{}
	for _, file := range templateFiles(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`\{\{-? ?(?:define|block) "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			names[found[1]] = true
		}
		names[filepath.Base(file)] = true
	}
	for name := range names {
		header := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"div#" + name}}
		for _, path := range []string{"/", "/blog", "/blog?q=hay", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", harness.GatedPath, "/signin", "/nope", "/profile", "/profile/data"} {
			for _, b := range []*harness.Browser{stranger, member} {
				if b.Request(http.MethodGet, path, nil, header); b.Status >= http.StatusInternalServerError || b.Raw == "" && b.Header.Get("HX-Redirect") == "" {
					t.Errorf("%s for %q: %d, %d bytes", path, name, b.Status, len(b.Raw))
				}
			}
		}
	}
}
