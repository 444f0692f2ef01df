package content_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/internal/collections"
)

// checked runs hutch check on a site folder with these files, and returns what it says, with
// the folder left out.
func checked(t *testing.T, up harness.Upstream, token string, files map[string]string) (said []string, failed bool) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{"SITE_DIR": dir, "DIRECTUS_URL": up.URL, "DIRECTUS_SERVICE_TOKEN": token}
	var out strings.Builder
	err := app.Run(t.Context(), []string{"check"}, func(name string) string { return environment[name] }, &out)
	for line := range strings.Lines(out.String()) {
		said = append(said, strings.TrimSpace(strings.ReplaceAll(line, dir+string(filepath.Separator), "")))
	}
	if len(said) == 0 {
		t.Fatal(err)
	}
	return said, err != nil
}

// check asks Directus for what site.toml and the templates name: who may read it, and which
// fields there are.
func TestSiteCheckAsksDirectus(t *testing.T) {
	table := append(eventsTable(), collections.Collection{
		Name: "notes", Reads: collections.Nobody(), Writes: collections.Nobody(),
		Fields: []collections.Field{{Name: "id", Type: "integer", Key: true}, {Name: "title", Type: "string"}},
	})
	harness.OnDirectusOfItsOwnWith(t, table, func(t *testing.T, up harness.Upstream) {
		writeEvents(t, up)
		right := map[string]string{
			"site.toml": `[[collection]]
name = "events"
path = "/events"
address = "slug"
list = { sort = ["-starts"], filter = { venue = { city = { _nnull = true } } }, template = "events.html" }
item = { fields = ["*", "venue.name"], template = "event.html" }
read = "everybody"
search = ["title", "text"]
`,
			"templates/event.html":  `<h1>{{.Item.Text "title"}}</h1>{{with .Item.Item "venue"}}{{.Text "city"}}{{end}}{{with .Item.Image "image" "card"}}<img src="{{.Src}}" alt="">{{end}}`,
			"templates/events.html": `<h1>Events</h1>{{range .Items}}<a href="{{.Path}}">{{.Text "title"}}</a>{{end}}`,
		}
		if said, failed := checked(t, up, "", right); failed || !strings.HasPrefix(said[0], "Nothing is wrong") {
			t.Errorf("%q", said)
		}
		said, failed := checked(t, up, up.ServiceToken, map[string]string{
			"site.toml": `[[collection]]
name = "events"
path = "/events"
address = "permalink"
list = { sort = ["-begins"], filter = { venue = { town = { _nnull = true } } } }
item = { fields = ["*", "venue.owner"], template = "event.html" }
read = "members"
search = ["title", "words"]
[[collection]]
name = "notes"
path = "/notes"
read = "everybody"
[[collection]]
name = "nothing"
path = "/nothing"
read = "everybody"
`,
			"templates/event.html": "<h1>{{.Item.Text \"title\"}}</h1>\n{{.Item.Text \"subtitle\"}}{{with .Item.Item \"venue\"}}\n{{.Text \"street\"}}{{end}}",
		})
		want := []string{
			"site.toml:7: members alone are to read events, and Directus lets everybody read it who asks",
			"site.toml:4: events has no field permalink that those can read who see it",
			"site.toml:5: events has no field begins that those can read who see it",
			"site.toml:5: events has no field venue.town that those can read who see it",
			"site.toml:6: events has no field venue.owner that those can read who see it",
			"site.toml:8: events has no field words that those can read who see it",
			"templates/event.html:2: events has no field subtitle that those can read who see it",
			"templates/event.html:3: events has no field venue.street that those can read who see it",
			"site.toml:12: everybody is to read notes, and Directus lets the public read no collection of this name: hutch setup --schema makes it if it has fields here, and grants the right",
			"site.toml:16: everybody is to read nothing, and Directus lets the public read no collection of this name: hutch setup --schema makes it if it has fields here, and grants the right",
		}
		if !failed || strings.Join(said, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s", strings.Join(said, "\n"))
		}

		own := map[string]string{"site.toml": "[[collection]]\nname = \"events\"\npath = \"/events\"\nread = \"everybody\"\nmembers = { edit = \"own\" }\n"}
		said, failed = checked(t, up, up.ServiceToken, own)
		if drops := up.Major >= 12 && !up.Sandbox; failed != drops || drops && !strings.HasPrefix(said[0], `site.toml:5: edit and delete cannot be "own": this Directus has no licence`) {
			t.Errorf("of their own: %q", said)
		}
		if said, failed = checked(t, up, "", own); failed || !strings.HasPrefix(said[0], "Note: whether Directus can let members change their own items") {
			t.Errorf("without a token: %q", said)
		}
		up.URL = "http://127.0.0.1:9"
		if said, failed = checked(t, up, "", right); !failed || !strings.HasPrefix(said[0], "no Directus answers") {
			t.Errorf("without a Directus: %q", said)
		}
	})
}
