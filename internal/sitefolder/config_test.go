package sitefolder_test

import (
	"strings"
	"testing"

	"hutch/internal/sitefolder"
)

const events = `
[[collection]]
name = "events"
path = "/events"
list = { sort = ["starts"], filter = { starts = { _gte = "$NOW" } } }
item = { fields = ["*", "venue.*", "speakers.people_id.*"] }
read = "everybody"
search = ["title", "text"]
sitemap = true
feed = { title = "Events" }
members = { create = true, edit = "own" }
`

func TestSiteTOML(t *testing.T) {
	c, err := sitefolder.ParseConfig([]byte(events))
	if err != nil {
		t.Fatal(err)
	}
	row := c.Collections[0]
	if row.List.PerPage != 12 || row.Feed.Title != "Events" || row.Members.Edit != sitefolder.Own || row.Members.Delete != sitefolder.None {
		t.Errorf("read as %+v", row)
	}
	if starts, is := row.List.Filter["starts"].(map[string]any); !is || starts["_gte"] != "$NOW" {
		t.Errorf("the filter is %v", row.List.Filter)
	}
}

// What is wrong is told with its line.
func TestFaultsOfSiteTOML(t *testing.T) {
	for changed, want := range map[string]string{
		"path = \"/events\"|path = \"events\"":                                    "site.toml:4: a collection needs a path",
		"path = \"/events\"|":                                                     "site.toml:2: a collection needs a path",
		"path = \"/events\"|path = \"/../secret\"":                                "site.toml:4: a collection needs a path",
		"read = \"everybody\"|":                                                   "site.toml:2: a collection needs read",
		"read = \"everybody\"|read = \"all\"":                                     "site.toml:7: read is",
		"read = \"everybody\"|read = \"members\"":                                 "site.toml:10: a collection that members read has no feed",
		"name = \"events\"|name = \"directus_users\"":                             "site.toml:3: \"directus_users\" is no name",
		"edit = \"own\"|edit = \"all\"":                                           "site.toml:11: edit and delete are",
		"sitemap = true|sitemap = \"yes\"":                                        "site.toml:9: ",
		"sitemap = true|site_map = true":                                          "site.toml:9: there is no setting collection.site_map",
		"sitemap = true|sitemap = ":                                               "site.toml:9: ",
		"[\"starts\"]|[\"starts;drop\"]":                                          "site.toml:5: sort has names of fields",
		"venue.*|../venue":                                                        "site.toml:6: fields has names of fields",
		"item = {|item = { template = \"../../etc/passwd\",":                      "site.toml:6: template is the name of a file",
		"search = [\"title\", \"text\"]|search = [\"title.x\"]":                   "site.toml:8: search has names of fields",
		"list = {|list = { per_page = 1000,":                                      "site.toml:5: per_page is a number",
		"[[collection]]|[menu]\nheader = [{ text = \"Events\" }]\n[[collection]]": "site.toml:3: a link of a menu needs",
		"[[collection]]|[settings]\nsite_name = \"x\"\n[[collection]]":            "site.toml:3: a setting has the name",
		"members = {|[[collection]]\nname = \"events\"\npath = \"/events\"\nread = \"members\"\nmembers = {": "site.toml:12: there are two collections named events",
	} {
		before, after, _ := strings.Cut(changed, "|")
		_, err := sitefolder.ParseConfig([]byte(strings.Replace(events, before, after, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is told as %v, want %s", changed, err, want)
		}
	}
}

func FuzzSiteTOML(f *testing.F) {
	f.Add(events)
	f.Fuzz(func(t *testing.T, source string) {
		c, err := sitefolder.ParseConfig([]byte(source))
		if err != nil {
			return
		}
		for _, row := range c.Collections {
			if !strings.HasPrefix(row.Path, "/") || strings.Contains(row.Path, "..") || row.Read == "" || row.List.PerPage < 1 {
				t.Errorf("%q passes as %+v", source, row)
			}
		}
	})
}
