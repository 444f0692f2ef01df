package content_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hutch/app"
	"hutch/e2e/harness"
)

// The walk through docs/customising.md, from an empty folder to a site of one's own: its
// files are written as they stand there, and its commands are run.
func TestCustomising(t *testing.T) {
	harness.OnEachReal(t, func(t *testing.T, version string) {
		up := harness.StartReal(t, version)
		dir := filepath.Join(t.TempDir(), "site")
		env := map[string]string{
			"SITE_DIR": dir, "DIRECTUS_URL": up.URL, "DIRECTUS_ADMIN_TOKEN": up.AdminToken, "PUBLIC_URL": harness.PublicURL,
		}
		hutch := func(args ...string) (said string, err error) {
			var out strings.Builder
			err = app.Run(t.Context(), args, func(name string) string { return env[name] }, &out)
			return out.String(), err
		}
		for _, command := range []string{"init", "", "setup --schema", "check"} {
			if command == "" {
				for file, content := range filesOfTheWalk(t) {
					path := filepath.Join(filepath.Dir(dir), filepath.FromSlash(file))
					if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				continue
			}
			if said, err := hutch(strings.Fields(command)...); err != nil {
				t.Fatalf("hutch %s: %v\n%s", command, err, said)
			}
		}
		addItem(t, up, "events", map[string]any{"slug": "fair", "title": "Spring fair", "text": "<p>Bring <em>hay</em>.</p>", "starts": "2999-03-01T10:00:00"})
		addItem(t, up, "classifieds", map[string]any{"title": "Hutch, one owner"})
		up.Folder = os.DirFS(dir)
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		b.Open("/events")
		b.WantText("Events", "Spring fair")
		if b.Doc.Find(`link[rel=stylesheet][href^="/static/site."]`).Length() != 1 {
			t.Error("the look is not loaded")
		}
		b.Open("/events/fair")
		b.WantText("Spring fair", "1 March 2999, 10:00", "Bring hay.")
		b.Open("/about/team")
		b.WantText("The team", "eleven rabbits", "News")
		french := site.Browser(t, harness.Plain)
		french.OpenAs("/about/team", http.Header{"Accept-Language": {"fr"}})
		french.WantText("Actualités")
		if header := french.Doc.Find("header").Text(); !strings.Contains(header, "Se connecter") {
			t.Errorf("in French the header says %s", header)
		}
		b.Open("/classifieds")
		b.WantText("Sign in to see that page.")
		b.SignUp()
		b.Open("/classifieds")
		b.WantText("Classifieds", "Hutch, one owner")
	})
}

var aFile = regexp.MustCompile("`(site/[^`\\n]+\\.[a-z]+)`[^\\n]*\n\n```[a-z]+\n((?s:.*?))```")

// filesOfTheWalk are those that the page shows, by their paths.
func filesOfTheWalk(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(harness.Path("docs", "customising.md"))
	if err != nil {
		t.Fatal(err)
	}
	walk, _, _ := strings.Cut(string(page), "## While you edit")
	files := map[string]string{}
	for _, found := range aFile.FindAllStringSubmatch(walk, -1) {
		files[found[1]] = found[2]
	}
	for _, file := range []string{"site/site.toml", "site/static/site.css", "site/i18n/en.toml", "site/i18n/fr.toml", "site/templates/event.html", "site/templates/pages/about/team.html"} {
		if files[file] == "" {
			t.Errorf("the walk does not show %s", file)
		}
	}
	return files
}
