package i18n

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

// Every language has every message, with the same gaps.
func TestLanguagesAreComplete(t *testing.T) {
	gap := regexp.MustCompile(`\{\{[^}]*\}\}`)
	english := readFile(t, "en.toml")
	for _, w := range languages() {
		messages := readFile(t, w.file)
		for id, text := range english {
			translated, has := messages[id]
			if !has || translated == "" {
				t.Errorf("%s does not say %s", w.file, id)
				continue
			}
			if want, got := gap.FindAllString(text, -1), gap.FindAllString(translated, -1); !slices.Equal(want, got) {
				t.Errorf("%s: %s has the gaps %v, English has %v", w.file, id, got, want)
			}
		}
		for id := range messages {
			if _, has := english[id]; !has {
				t.Errorf("%s says %s, which English does not", w.file, id)
			}
		}
	}
}

func readFile(t *testing.T, name string) map[string]string {
	t.Helper()
	var tables map[string]map[string]any
	if _, err := toml.DecodeFS(files, name, &tables); err != nil {
		t.Fatal(err)
	}
	messages := map[string]string{}
	for table, texts := range tables {
		for key, text := range texts {
			messages[table+"."+key] = fmt.Sprint(text)
		}
	}
	return messages
}

func TestChoose(t *testing.T) {
	c := newCatalogue(t, true)
	for _, test := range []struct {
		wishes []string
		want   string
	}{
		{nil, "en"},
		{[]string{"", ""}, "en"},
		{[]string{"", "de"}, "de"},
		{[]string{"", "de-AT,de;q=0.9,en;q=0.5"}, "de"},
		{[]string{"", "fr-FR,fr;q=0.9,de;q=0.5"}, "de"},
		{[]string{"", "fr"}, "en"},
		{[]string{"", "en-US,de"}, "en"},
		{[]string{"de-DE", "en"}, "de"}, // the member's own goes before the browser's
		{[]string{"fr-FR", "de"}, "de"}, // unless we do not speak it
		{[]string{"", "!!nonsense;;q"}, "en"},
		{[]string{"", "*"}, "en"},
		{[]string{"", "ar"}, "en"}, // the made-up language is for nobody who has not named it
		{[]string{"", "ar-XB"}, "ar-XB"},
		{[]string{"", "ar-XB,ar;q=0.9,en;q=0.8"}, "ar-XB"},
	} {
		if got := c.Choose(test.wishes...); got.Tag != test.want {
			t.Errorf("%q: %s, want %s", test.wishes, got.Tag, test.want)
		}
	}
	if got := newCatalogue(t, false).Choose("ar-XB"); got.Tag != "en" {
		t.Errorf("the made-up language is chosen where there is none: %s", got.Tag)
	}
}

func TestSay(t *testing.T) {
	c := newCatalogue(t, true)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for tag, want := range map[string][3]string{
		"en":    {"Page 1,234", "The password must have at most 1,000 characters.", "1 March 2026"},
		"de":    {"Seite 1.234", "Das Passwort darf höchstens 1.000 Zeichen haben.", "1. März 2026"},
		"ar-XB": {"\u202ePage\u202c 1,234", "", "1 March 2026"},
	} {
		l := c.Choose(tag)
		page, err := l.Say("blog.page", "Number", l.Number(1234))
		if err != nil || page != want[0] {
			t.Errorf("%s: %q, %v, want %q", tag, page, err, want[0])
		}
		if long, err := l.Say("error.passwordlong"); err != nil || (want[1] != "" && long != want[1]) {
			t.Errorf("%s: %q, %v, want %q", tag, long, err, want[1])
		}
		if one, err := l.Count("post.minutes", 1); err != nil || !strings.Contains(one, "1") {
			t.Errorf("%s: %q, %v", tag, one, err)
		}
		if many, err := l.Count("blog.count", 1234); err != nil || !strings.Contains(many, l.Number(1234)) {
			t.Errorf("%s: %q, %v", tag, many, err)
		}
		if got := l.Day(day); got != want[2] {
			t.Errorf("%s: %q, want %q", tag, got, want[2])
		}
		if _, err := l.Say("no.such"); err == nil {
			t.Errorf("%s says what there is not", tag)
		}
	}
	tags := map[string]string{}
	for _, l := range c.Languages() {
		tags[l.Tag] = l.Direction
	}
	if want := map[string]string{"en": "ltr", "de": "ltr", "ar-XB": "rtl"}; !maps.Equal(tags, want) {
		t.Errorf("the languages are %v, want %v", tags, want)
	}
}

func newCatalogue(t *testing.T, pseudo bool) *Catalogue {
	t.Helper()
	c, err := New(Options{Numbers: map[string]int{"MinPassword": 8, "MaxPassword": 1000}, Pseudo: pseudo})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
