package app

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

// guidesNames are alternatives for two of ours, which .env has under our names.
var guidesNames = []string{"PUBLIC_APIURL", "PUBLIC_COOKIE_DOMAIN"}

// askedFor returns the names that the program looks up, here and in setup. An
// address is all that setup needs to ask for the administrator.
func askedFor(t *testing.T) []string {
	t.Helper()
	asked := map[string]bool{}
	record := func(name string) string { asked[name] = true; return "" }
	if _, err := Read(record); err != nil {
		t.Fatal(err)
	}
	withDirectus := func(name string) string {
		if record(name); name == "DIRECTUS_URL" {
			return "http://directus.invalid"
		}
		return ""
	}
	if err := Run(t.Context(), []string{"setup"}, withDirectus, io.Discard); err == nil || !asked["DIRECTUS_ADMIN_TOKEN"] {
		t.Fatalf("setup did not ask for an administrator: %v", err)
	}
	return slices.Sorted(maps.Keys(asked))
}

// forGo returns the names that are Go's own: it reads them from the process
// environment, so .env cannot set them.
func forGo(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		for _, found := range regexp.MustCompile(`os\.(?:Getenv|LookupEnv)\("(\w+)"\)`).FindAllStringSubmatch(read(t, file), -1) {
			names = append(names, found[1])
		}
	}
	if len(names) == 0 {
		t.Fatal("no variable of Go's own found")
	}
	return names
}

// .env lists every variable once, with a comment above it; setup's are commented
// out. What it sets are the defaults.
func TestEnvFile(t *testing.T) {
	file := read(t, "../.env")
	var listed []string
	for _, found := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(file, -1) {
		listed = append(listed, found[1])
	}
	slices.Sort(listed)
	want := slices.DeleteFunc(askedFor(t), func(name string) bool { return slices.Contains(guidesNames, name) })
	if !slices.Equal(listed, want) {
		t.Errorf(".env lists  %v\nread are    %v", listed, want)
	}
	previous := ""
	for line := range strings.Lines(file) {
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" && !strings.HasPrefix(previous, "#") && !strings.HasPrefix(previous, "HOST=") {
			t.Errorf("no comment above %s", line)
		}
		previous = line
	}

	values, err := godotenv.Read("../.env")
	if err != nil {
		t.Fatal(err)
	}
	committed, err := Read(func(name string) string { return values[name] })
	if err != nil {
		t.Fatalf("the committed .env: %v", err)
	}
	defaults, err := Read(environment())
	if err != nil {
		t.Fatal(err)
	}
	committed.secrets, defaults.secrets = nil, nil // random
	if !reflect.DeepEqual(committed, defaults) {
		t.Errorf(".env sets      %+v\nthe defaults are %+v", committed, defaults)
	}
}

// docs/configuration.md has a row for every variable and no other, with the default
// that .env sets.
func TestConfigurationIsDocumented(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(read(t, "../docs/configuration.md"), -1)
	var documented []string
	for _, row := range rows {
		documented = append(documented, row[1])
	}
	slices.Sort(documented)
	want := slices.Concat(askedFor(t), forGo(t))
	slices.Sort(want)
	if !slices.Equal(documented, want) {
		t.Errorf("docs/configuration.md has %v\nread are                  %v", documented, want)
	}
	fromFile := read(t, "../.env")
	for _, row := range rows {
		if set := regexp.MustCompile(`(?m)^` + row[1] + `=(.+)$`).FindStringSubmatch(fromFile); set != nil && row[2] != "`"+set[1]+"`" {
			t.Errorf("docs/configuration.md has the default %s for %s, .env has %s", row[2], row[1], set[1])
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
