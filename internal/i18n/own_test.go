package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
)

func withOwn(t *testing.T, own map[string]string, pseudo bool) (*Catalogue, error) {
	t.Helper()
	files := fstest.MapFS{}
	for name, source := range own {
		files[name] = &fstest.MapFile{Data: []byte(source)}
	}
	return New(Options{Own: files, Numbers: map[string]int{"MinPassword": 8, "MaxPassword": 1000}, Pseudo: pseudo})
}

// A few lines replace single messages, and a file adds a language.
func TestOwnWords(t *testing.T) {
	c, err := withOwn(t, map[string]string{
		"en.toml": "[signin]\nsubmit = \"Come in\"\n",
		"de.toml": "[signin]\nsubmit = \"Herein\"\n[post]\nminutes = \"{{.Count}} Min.\"",
		"fr.toml": "[language]\nname = \"Français\"\nprofile = \"fr-FR\"\ndirection = \"ltr\"\n[signin]\nsubmit = \"Se connecter\"\n" +
			"[post]\nminutes = { one = \"{{.Count}} minute\", other = \"{{.Count}} minutes\" }\n[error]\npasswordlong = \"{{.MinPassword}} à {{.MaxPassword}}\"",
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, l := range c.Languages() {
		tags = append(tags, l.Tag+" "+l.Name)
	}
	if got, want := strings.Join(tags, ", "), "en English, de Deutsch, fr Français, ar-XB "; got != want {
		t.Errorf("the languages are %s, want %s", got, want)
	}
	for tag, want := range map[string][]string{
		"en":    {"Come in", "Sign in to your account."},
		"de":    {"Herein", "Melden Sie sich an."},
		"fr":    {"Se connecter", "Sign in to your account."}, // which it lacks
		"ar-XB": {"\u202eCome\u202c \u202ein\u202c", ""},
	} {
		l := c.Choose(tag)
		if l.Tag != tag {
			t.Fatalf("%s is answered in %s", tag, l.Tag)
		}
		if submit, err := l.Say("signin.submit"); err != nil || submit != want[0] {
			t.Errorf("%s: %q, %v, want %q", tag, submit, err, want[0])
		}
		if about, err := l.Say("signin.about"); err != nil || tag == "fr" && about != want[1] {
			t.Errorf("%s: %q, %v, want %q", tag, about, err, want[1])
		}
		for _, n := range []int{0, 1, 2, 5, 1_000_000} { // the last has a form of its own in French
			if said, err := l.Count("post.minutes", n); err != nil || !strings.Contains(said, l.Number(n)) {
				t.Errorf("%s: %d minutes are %q, %v", tag, n, said, err)
			}
		}
	}
	if said, err := c.Choose("fr").Say("error.passwordlong"); err != nil || said != "8 à 1,000" {
		t.Errorf("numbers are %q, %v", said, err)
	}
}

// What is wrong is told with its file and line, everything at once.
func TestFaultsOfOwnWords(t *testing.T) {
	for source, want := range map[string]string{
		"fr.toml|[language]\nname = \"Français\"":                               "i18n/fr.toml:2: a new language needs name, profile and direction",
		"fr.toml|[signin]\nsubmit = \"x\"":                                      "i18n/fr.toml: a new language needs",
		"en.toml|[signin]\nsubmit = \"x\"\nsubmitt = \"x\"":                     "i18n/en.toml:3: there is no message signin.submitt",
		"en.toml|[nosuch.deep]\nsubmit = \"x\"":                                 "i18n/en.toml:2: there is no message nosuch.deep.submit",
		"en.toml|signin.submitt = \"x\"":                                        "i18n/en.toml:1: there is no message signin.submitt",
		"en.toml|[signin]\nsubmit = \"{{.Foo}}\"":                               "i18n/en.toml:2: signin.submit has no placeholder {{.Foo}}; it has: {{.MaxPassword}} {{.MinPassword}}",
		"en.toml|[signin]\nsubmit = \"{{range .X}}\"":                           "i18n/en.toml:2: signin.submit has no placeholder {{range .X}}",
		"en.toml|[signin]\nsubmit = \"{{.Foo\"":                                 "i18n/en.toml:2: signin.submit has {{ without }}",
		"en.toml|[signin]\nsubmit = { other = \"<<.X>>\", leftDelim = \"<<\" }": "i18n/en.toml:2: signin.submit may not have delimiters",
		"en.toml|[post]\nminutes = { one = \"{{.Count}}\" }":                    "i18n/en.toml:2: post.minutes has no text; one for numbers needs other",
		"en.toml|[post]\nminutes = { few = \"{{.Foo}}\", other = \"x\" }":       "i18n/en.toml:2: post.minutes has no placeholder {{.Foo}}",
		"en.toml|[signin]\n\nsubmit = \"x":                                      "i18n/en.toml:3: ",
		"en.toml|[signin]\nsubmit = 7":                                          "i18n/en.toml: a message is a text",
		"en.toml|[language]\nmonths = \"January\"":                              "i18n/en.toml:2: months has",
		"en.toml|[language]\n\ndirection = \"up\"":                              "i18n/en.toml:3: direction is",
		"french.toml|": "i18n/french.toml: a file of words is called by its language",
		"pt-br.toml|":  "i18n/pt-br.toml: a file of words",
		"en.json|{}":   "i18n/en.json: a file of words",
	} {
		name, content, _ := strings.Cut(source, "|")
		_, err := withOwn(t, map[string]string{name: content}, false)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q is told as %v, want %s", source, err, want)
		}
	}
	_, err := withOwn(t, map[string]string{"de.toml": "[a]\nb = \"\"", "en.toml": "[signin]\nx = \"x\"\ny = \"y\""}, false)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("of three faults, told is %v", err)
	}
}

// Whatever a file has, it is refused, or each message can be said of every number.
func FuzzOwnWords(f *testing.F) {
	f.Add("[signin]\nsubmit = \"Come in\"")
	f.Add("[post]\nminutes = { one = \"{{.Count}} minute\", other = \"{{.Count}} minutes\" }\n\"nav.signin\" = \"x\"")
	f.Add("[problem]\nlockedtext = \"{{.Contact}}us{{.End}} {{\"")
	messages := []Message{"signin.submit", "post.minutes", "nav.signin", "problem.lockedtext", "language.name", "site.about"}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := New(Options{Own: fstest.MapFS{"en.toml": {Data: []byte(source)}}, Numbers: map[string]int{"MinPassword": 8}})
		if err != nil {
			return
		}
		for _, n := range []int{0, 1, 2, 1_000_000} {
			if _, err := c.Choose("en").Count("post.minutes", n); err != nil {
				t.Errorf("%q: %d minutes: %v", source, n, err)
			}
		}
		for _, m := range messages {
			if _, err := c.Choose("en").Say(m); err != nil {
				t.Errorf("%q: %s: %v", source, m, err)
			}
		}
	})
}
