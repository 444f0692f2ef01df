package templates

import (
	"errors"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// Nothing is said against our own templates, of any page, so that what is said is right.
func TestNothingIsWrongWithOurs(t *testing.T) {
	set, _ := newSet(t)
	files := map[string]bool{}
	for _, page := range Pages() {
		files[page.file()] = true
		faults, err := set.vet(page.file(), page)
		if err != nil || faults != nil {
			t.Errorf("%s: %v %v", page.file(), err, faults)
		}
	}
	for file, blocks := range set.parsed.Load().blocks {
		if !files[file] {
			t.Errorf("%s belongs to no page", file)
		}
		if !blocks["main"] {
			t.Errorf("%s has no block main", file)
		}
	}
}

func checked(t *testing.T, files map[string]string, uses ...Use) []string {
	t.Helper()
	set, _ := newSet(t)
	options := set.options
	options.StaticURL = func(name string) (string, error) {
		if name == "nope.svg" {
			return "", errors.New("there is no nope.svg")
		}
		return "/static/" + name, nil
	}
	team := fstest.MapFS{}
	for name, text := range files {
		team[name] = &fstest.MapFile{Data: []byte(text)}
	}
	options.Site = team
	var said []string
	for _, fault := range Check(options, uses) {
		said = append(said, fault.Error())
	}
	return said
}

// What is wrong with a team's templates is said with file and line, all at once.
func TestFaultsOfTemplates(t *testing.T) {
	for _, right := range []map[string]string{
		{},
		{"post.html": `{{range $i, $t := .Page.Tags}}{{$i}}{{$t.Name}}{{end}}{{with .Page.Image}}{{.Whole.Src}}{{end}}{{(index .Page.Tags 0).Anything}}`},
		{"blocks/quotes.html": quotes, "README.md": "Templates", ".DS_Store": "\x00"},
		{"pages/a.html": `{{$x := 1}}{{if .Frame.SignedIn}}{{$x = "a"}}{{end}}{{$x}}{{asset "hutch.css"}}`},
	} {
		if said := checked(t, right); said != nil {
			t.Errorf("%v: %q", right, said)
		}
	}
	for file, text := range map[string]string{
		"a.html:0: nothing uses this template":                            ``,
		"notes.txt:0: nothing uses this file":                             ``,
		"old/post.html:0: Hutch does not look into this folder":           ``,
		"pages/Über.html:0: this name is no address":                      `x`,
		"pages/b.html:0: the page shows nothing":                          `{{define "title"}}B{{end}} `,
		"pages/c.html:2: function \"nope\" not defined":                   "\n{{nope}}",
		"pages/d.html:1: unexpected EOF":                                  `{{if .Frame.SignedIn}}`,
		"pages/e.html:3: no such template \"nope\"":                       "\n\n{{template \"nope\"}}",
		"pages/f.html:2: .Page.Heading: there is no .Heading in OwnPage":  "<p>\n{{.Page.Heading}}",
		"post.html:1: .Page.Titel: there is no .Titel in Post":            `{{.Page.Titel}}`,
		"post.html:2: .Text: there is no .Text in Tag":                    "{{range .Page.Tags}}\n{{.Text}}{{end}}",
		"post.html:1: $.Frame.Member.Nick: there is no .Nick in Member":   `{{with .Page.Image}}{{$.Frame.Member.Nick}}{{end}}`,
		"post.html:1: .Frame.Current takes 1 arguments, and is given 0":   `{{.Frame.Current}}`,
		"post.html:1: .Page.Heading is a field, which takes no arguments": `{{.Page.Heading "a"}}`,
		"post.html:1: .Nope: there is no .Nope in Image":                  `{{define "x"}}{{.Nope}}{{end}}{{template "x" .Page.Image}}`,
		"layout.html:1: .Frame.Nope: there is no .Nope in Frame":          `{{define "layout"}}{{.Frame.Nope}}{{template "main" .}}{{end}}{{define "tab"}}{{end}}{{define "stale"}}{{end}}`,
		"blocks/a.html:1: .Item.Text needs the name of a field as a text": `{{.Item.Text 1}}`,
		"blocks/block_hero.html:1: .Sub: there is no .Sub in Section":     `{{.Sub}}`,
		"pages/g.html:1: {{if}} branches end in different contexts":       `<p {{if .Frame.SignedIn}}class="{{end}}>a</p>`,
		"pages/m.html:2: t \"nav.nope\": ":                                "{{t \"nav.signin\"}}\n{{t \"nav.nope\"}}",
		"pages/o.html:1: asset \"nope.svg\": there is no nope.svg":        `<img src="{{asset "nope.svg"}}" alt="">`,
		"pages/h.html:0: the file has 2000000 bytes":                      strings.Repeat("x", 2_000_000),
		"pages/i.html:3: this is nested too deeply":                       "\n\n" + strings.Repeat(`{{range .Frame.Header}}`, 30) + strings.Repeat(`{{end}}`, 30),
		"pages/j.html:1: this is nested too deeply":                       strings.Repeat(`{{if 1}}`, 100_000),
		"pages/k.html:1: this is nested too deeply":                       "{{" + strings.Repeat(`(`, 500_000),
		"pages/l.html:1: expected end; found {{else}}":                    "{{if 1}}" + strings.Repeat(`{{else if 1}}`, 70_000) + `{{else}}{{else}}{{end}}`,
	} {
		place, want, _ := strings.Cut(file, ": ")
		name, line, _ := strings.Cut(place, ":")
		prefix := "templates/" + name + ":" + line + ": "
		if line == "0" {
			prefix = "templates/" + name + ": "
		}
		said := checked(t, map[string]string{name: text})
		if len(said) == 0 || !strings.HasPrefix(said[0], prefix) && !strings.HasPrefix(said[0], "templates/"+path.Dir(name)+": ") || !strings.Contains(said[0], want) {
			t.Errorf("%s is said as %.300q", file, said)
		}
	}
	if said := checked(t, map[string]string{"event.html": `{{.Anything}}`}, Use{File: "event.html"}, Use{File: "list.html", By: "site.toml"}); len(said) != 2 || !strings.HasPrefix(said[0], "templates/list.html: site.toml names this template") {
		t.Errorf("templates that site.toml names: %q", said)
	}
}
