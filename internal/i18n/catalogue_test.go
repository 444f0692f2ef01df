package i18n

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pelletier/go-toml/v2"
	"go.uber.org/goleak"
)

// No translation has a message that English lacks, or a message with other gaps.
// German, which we ship, has every message; a site's own languages need not.
func TestTranslations(t *testing.T) {
	gap := regexp.MustCompile(`\{\{[^}]*\}\}`)
	gaps := func(text string) []string { return slices.Sorted(slices.Values(gap.FindAllString(text, -1))) }
	english := readFile(t, "en.toml")
	names, err := fs.Glob(embedded, "*.toml")
	if err != nil || !slices.Contains(names, "de.toml") {
		t.Fatal(names, err)
	}
	for _, name := range names {
		translated := readFile(t, name)
		for id, text := range translated {
			if _, has := english[id]; !has {
				t.Errorf("%s has %s, which English lacks", name, id)
			} else if want, got := gaps(english[id]), gaps(text); !slices.Equal(want, got) {
				t.Errorf("%s: %s has the gaps %v, English has %v", name, id, got, want)
			}
		}
		for id := range english {
			if name == "de.toml" && translated[id] == "" {
				t.Errorf("%s lacks %s", name, id)
			}
		}
	}
}

func readFile(t *testing.T, name string) map[string]string {
	t.Helper()
	var tables map[string]map[string]any
	if err := toml.Unmarshal([]byte(source(t, name)), &tables); err != nil {
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

// A third language is one more file. What it lacks is shown in English, and
// logged once.
func TestAThirdLanguage(t *testing.T) {
	french := strings.NewReplacer(
		`name = "English"`, `name = "Français"`,
		`profile = "en-US"`, `profile = "fr-FR"`,
		`about = "Sign in to your account."`, ``,
		`submit = "Sign in"`, `submit = "Se connecter"`,
		`minutes = { one = "{{.Count}} min read", other = "{{.Count}} min read" }`, ``,
		`months = "January February March`, `months = "janvier février mars`,
		`thousands = ","`, `thousands = " "`,
	).Replace(source(t, "en.toml"))
	var log bytes.Buffer
	c, err := New(Options{
		Files: fstest.MapFS{
			"de.toml": {Data: []byte(source(t, "de.toml"))},
			"en.toml": {Data: []byte(source(t, "en.toml"))},
			"fr.toml": {Data: []byte(french)},
		},
		Numbers: map[string]int{"MaxPassword": 1000},
		Log:     slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var offered []string
	for _, l := range c.Languages() {
		offered = append(offered, l.Tag+" "+l.Name+" "+l.Profile)
	}
	if want := []string{"en English en-US", "de Deutsch de-DE", "fr Français fr-FR"}; !slices.Equal(offered, want) {
		t.Errorf("the languages are %q, want %q", offered, want)
	}
	l := c.Choose("fr-CH, de;q=0.5")
	if l.Tag != "fr" {
		t.Fatalf("a visitor from Geneva reads %s", l.Tag)
	}
	for range 3 {
		for message, want := range map[Message]string{
			"signin.submit":      "Se connecter",
			"signin.about":       "Sign in to your account.",
			"error.passwordlong": "The password must have at most 1 000 characters.",
		} {
			if got, err := l.Say(message); err != nil || got != want {
				t.Errorf("%s: %q, %v, want %q", message, got, err, want)
			}
		}
		if got, err := l.Count("post.minutes", 2000); err != nil || got != "2 000 min read" {
			t.Errorf("post.minutes: %q, %v", got, err)
		}
	}
	if got := l.Day(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)); got != "1 mars 2026" {
		t.Errorf("a day is %q", got)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 2 {
		t.Errorf("the log has %d lines, want one for each missing message:\n%s", lines, &log)
	}
	for _, message := range []string{"signin.about", "post.minutes"} {
		if strings.Count(log.String(), "language=fr message="+message) != 1 {
			t.Errorf("the log does not name %s once:\n%s", message, &log)
		}
	}
	if _, err := New(Options{Files: fstest.MapFS{"de.toml": {Data: []byte(source(t, "de.toml"))}}}); err == nil {
		t.Error("a catalogue without English is accepted")
	}
}

func source(t *testing.T, name string) string {
	t.Helper()
	data, err := embedded.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
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
		{[]string{"", "fr-FR,fr;q=0.9,de;q=0.5"}, "de"}, // no French here, see newCatalogue
		{[]string{"", "fr"}, "en"},
		{[]string{"", "en-US,de"}, "en"},
		{[]string{"de-DE", "en"}, "de"}, // a member's own language comes before the browser's
		{[]string{"fr-FR", "de"}, "de"}, // unless the site lacks it
		{[]string{"", "!!nonsense;;q"}, "en"},
		{[]string{"", "*"}, "en"},
		{[]string{"", "ar"}, "en"}, // the pseudo-language must be asked for by its exact name
		{[]string{"", "ar-XB"}, "ar-XB"},
		{[]string{"", "ar-XB,ar;q=0.9,en;q=0.8"}, "ar-XB"},
	} {
		if got := c.Choose(test.wishes...); got.Tag != test.want {
			t.Errorf("%q: %s, want %s", test.wishes, got.Tag, test.want)
		}
	}
	if got := newCatalogue(t, false).Choose("ar-XB"); got.Tag != "en" {
		t.Errorf("the pseudo-language is chosen where there is none: %s", got.Tag)
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
			t.Errorf("%s has a message that English lacks", tag)
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

// newCatalogue holds English and German only, whichever languages are added.
func newCatalogue(t *testing.T, pseudo bool) *Catalogue {
	t.Helper()
	c, err := New(Options{
		Files:   fstest.MapFS{"de.toml": {Data: []byte(source(t, "de.toml"))}, "en.toml": {Data: []byte(source(t, "en.toml"))}},
		Numbers: map[string]int{"MinPassword": 8, "MaxPassword": 1000},
		Pseudo:  pseudo,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNumber(t *testing.T) {
	english := newCatalogue(t, false).Choose("en")
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -100: "-100", -1000: "-1,000", 1234567: "1,234,567"} {
		if got := english.Number(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
