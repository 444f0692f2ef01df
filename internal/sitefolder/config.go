package sitefolder

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Config is site.toml, read and checked.
type Config struct {
	Collections []Collection `toml:"collection"`
	Menu        Menu         `toml:"menu"`
	// Settings are variables of the environment, by their names, for where it does not set
	// them. None of them is a secret.
	Settings map[string]string `toml:"settings"`
}

// Menu has the links of header and footer, for a Directus that has none.
type Menu struct {
	Header []Link `toml:"header"`
	Footer []Link `toml:"footer"`
}

// Link is one of them.
type Link struct {
	Text string `toml:"text"`
	URL  string `toml:"url"` // a path of the site, or an address with https://
}

// Fault is what is wrong with a file, in a sentence.
type Fault struct {
	File string // below the folder
	Line int    // 0: none in particular
	Text string
}

func (f Fault) Error() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// ConfigFile is its name in the folder.
const ConfigFile = "site.toml"

// ParseConfig reads site.toml. Errors: all faults, joined.
func ParseConfig(source []byte) (Config, error) {
	var c Config
	decoder := toml.NewDecoder(bytes.NewReader(source)).DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return Config{}, faultsOf(err)
	}
	var faults []error
	fault := func(at int, key, sentence string) {
		faults = append(faults, Fault{ConfigFile, lineOf(source, at, key), sentence})
	}
	if len(c.Collections) > mostCollections {
		fault(mostCollections, "", fmt.Sprintf("there may be %d collections", mostCollections))
	}
	names, paths := map[string]bool{}, map[string]bool{}
	for i, row := range c.Collections {
		if key, sentence := row.wrong(); sentence != "" {
			fault(i, key, sentence)
			continue
		}
		if at, sentence := row.wrongField(); sentence != "" {
			faults = append(faults, Fault{ConfigFile, lineOfField(source, i, at), sentence})
		}
		if names[row.Name] {
			fault(i, "name", fmt.Sprintf("there are two collections named %s", row.Name))
		}
		if paths[row.Path] {
			fault(i, "path", fmt.Sprintf("there are two collections at %s", row.Path))
		}
		names[row.Name], paths[row.Path] = true, true
		c.Collections[i] = row.withDefaults()
	}
	for _, link := range slices.Concat(c.Menu.Header, c.Menu.Footer) {
		if link.Text == "" || link.URL == "" {
			faults = append(faults, FaultAt(source, cmp.Or(link.URL, link.Text), "a link of a menu needs text and url"))
		}
	}
	for name := range c.Settings {
		if !variable.MatchString(name) {
			faults = append(faults, FaultAt(source, name, fmt.Sprintf("a setting has the name of a variable of the environment, such as SITE_NAME: %q is none", name)))
		}
	}
	return c, errors.Join(faults...)
}

var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// FaultAt returns what is wrong with a file at the first line that has a text.
func FaultAt(source []byte, text, sentence string) Fault {
	before, _, found := strings.Cut(string(source), text)
	if !found || text == "" {
		return Fault{ConfigFile, 0, sentence}
	}
	return Fault{ConfigFile, 1 + strings.Count(before, "\n"), sentence}
}

// faultsOf returns what the parser found.
func faultsOf(err error) error {
	var unknown *toml.StrictMissingError
	var broken *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		var faults []error
		for _, one := range unknown.Errors {
			line, _ := one.Position()
			faults = append(faults, Fault{ConfigFile, line, fmt.Sprintf("there is no setting %s", strings.Join(one.Key(), "."))})
		}
		return errors.Join(faults...)
	case errors.As(err, &broken):
		line, _ := broken.Position()
		return Fault{ConfigFile, line, strings.TrimPrefix(broken.Error(), "toml: ")}
	}
	return Fault{ConfigFile, 0, err.Error()}
}

var collectionHeader = regexp.MustCompile(`^\s*\[\[\s*collection\s*\]\]`)

// lineOf returns the line of a key of the collection at this place, from 1: that of its
// header if the key is "" or not at the beginning of a line.
func lineOf(source []byte, at int, key string) int {
	header := 0
	keyed := regexp.MustCompile(`^\s*(\[collection\.)?` + regexp.QuoteMeta(key) + `\s*[.=\]]`)
	for i, line := range strings.Split(string(source), "\n") {
		switch {
		case collectionHeader.MatchString(line):
			if at < 0 {
				return header
			}
			at, header = at-1, i+1
		case at < 0 && key != "" && keyed.MatchString(line):
			return i + 1
		}
	}
	return header
}
