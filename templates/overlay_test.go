package templates

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func shownAs(t *testing.T, set *Set, page Page) string {
	t.Helper()
	html, err := set.Render(page, Frame{Language: set.options.Languages[0]}, "main")
	if err != nil {
		return err.Error()
	}
	return string(html)
}

// In development, what the team or we have written is seen with the next page: changed, new
// or gone.
func TestTemplatesAreReadAgain(t *testing.T) {
	set, _ := newSet(t)
	options := set.options
	ours, team := withFiles(t, nil), fstest.MapFS{}
	options.Dir, options.Site = ours, team
	set, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1000, 0)
	write := func(files fstest.MapFS, name, text string) {
		at = at.Add(time.Second)
		files[name] = &fstest.MapFile{Data: []byte(text), ModTime: at}
	}
	want := func(what string) {
		t.Helper()
		if html := shownAs(t, set, Text{Heading: "A", HTML: "<p>b</p>"}); !strings.Contains(html, what) {
			t.Errorf("%q is not in %s", what, html)
		}
	}
	want(`<article class="prose"`)
	write(team, "text.html", `<h1>The team's</h1>`)
	want("<title>The team&#39;s")
	write(ours, "text.html", `{{define "title"}}A{{end}}{{define "main"}}Ours{{end}}`)
	want("The team's")
	delete(team, "text.html")
	want("Ours")
	write(team, "pages/a/b.html", `B`)
	if has, err := set.HasOwnPage("/a/b"); err != nil || !has || set.HasFragment(OwnPage{"/a/b"}, "main") != true {
		t.Errorf("a new page: %t %v", has, err)
	}
	write(team, "text.html", `{{nope}}`)
	want("templates/text.html:1: function \"nope\" not defined")
	delete(team, "text.html")
	want("Ours")
}

// A page of the team's own that fails is none of ours.
func TestOursAreThereWithoutTheTeam(t *testing.T) {
	set, language := newSet(t)
	options := set.options
	options.Site = fstest.MapFS{"partials.html": {Data: []byte(`{{define "ways"}}{{.Frame.Nope}}{{end}}`)}}
	set, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	problem := Problem{Heading: "problem.broken"}
	if _, err := set.Render(problem, Frame{Language: language}, ""); err == nil || !strings.HasPrefix(err.Error(), "templates/partials.html:1: ") {
		t.Errorf("rendered: %v", err)
	}
	html, err := set.RenderSafely(problem, Frame{Language: language}, "")
	if err != nil || !strings.Contains(string(html), `<div class="narrow problem">`) {
		t.Errorf("%s %v", html, err)
	}
}

// A copy is what it was copied from, says so, and notices when that changes.
func TestCopiesOfTemplates(t *testing.T) {
	if _, err := CopyOf("../main.go"); err == nil {
		t.Error("a file that is no template is copied")
	}
	plain, _ := newSet(t)
	team := fstest.MapFS{}
	for _, name := range []string{"text.html", "layout.html", "blocks/block_hero.html"} {
		source, err := CopyOf(name)
		if err != nil {
			t.Fatal(err)
		}
		team[name] = &fstest.MapFile{Data: source}
	}
	options := plain.options
	options.Site = team
	copied, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	page := Text{Heading: "A", HTML: "<p>b</p>"}
	frame := Frame{Language: plain.options.Languages[0]}
	ours, _ := plain.Render(page, frame, "")
	theirs, err := copied.Render(page, frame, "")
	if err != nil || string(ours) != string(theirs) {
		t.Errorf("a copy shows %s %v", theirs, err)
	}
	if faults := Check(options, nil); faults != nil {
		t.Errorf("a copy is wrong: %v", faults)
	}
	if outdated := OutdatedCopies(team); outdated != nil {
		t.Errorf("a copy of now is outdated: %v", outdated)
	}
	team["text.html"].Data = []byte("{{- /* hutch: text.html 00000000 */ -}}\n<p>old</p>")
	team["post.html"] = &fstest.MapFile{Data: []byte("<p>written anew</p>")}
	outdated := OutdatedCopies(team)
	if len(outdated) != 1 || outdated[0].Error() == "" || outdated[0].File != "templates/text.html" || outdated[0].Copy != "<p>old</p>" || !strings.Contains(outdated[0].Original, "{{richtext") {
		t.Errorf("outdated: %v", outdated)
	}
}

// A file that pages share may define some of its blocks alone.
func TestTheTeamSharesWhatItDefines(t *testing.T) {
	set, language := newSet(t)
	options := set.options
	options.Site = fstest.MapFS{"layout.html": {Data: []byte(`{{define "footer"}}<footer>The team's</footer>{{end}}`)}}
	if faults := Check(options, nil); faults != nil {
		t.Error(faults)
	}
	set, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	html, err := set.Render(Text{Heading: "A"}, Frame{Language: language}, "")
	if err != nil || !strings.Contains(string(html), "<footer>The team's</footer>") || !strings.Contains(string(html), `class="site-header"`) || strings.Contains(string(html), "site-footer") {
		t.Errorf("%s %v", html, err)
	}
}
