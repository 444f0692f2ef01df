package house_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// documents are all pages of Markdown.
func documents(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md", "deploy/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, wanted := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md", "deploy/README.md"} {
		if !slices.Contains(files, wanted) {
			t.Errorf("there is no %s", wanted)
		}
	}
	return files
}

var (
	fenced     = regexp.MustCompile("(?ms)^\\s*```.*?^\\s*```\\s*$")
	inlineCode = regexp.MustCompile("`[^`\n]*`")
	inlineLink = regexp.MustCompile(`\]\(([^()\s]+)(?: "[^"]*")?\)`)
	reference  = regexp.MustCompile(`(?m)^ {0,3}\[[^\]]+\]:\s*(\S+)`)
	attribute  = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	anyLink    = regexp.MustCompile(`\]\(|(?m:^ {0,3}\[[^\]]+\]:)|(?:href|src)=`)
	heading    = regexp.MustCompile(`(?m)^#{1,6}\s+(.+?)\s*#*$`)
	linkText   = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// linksOf returns where a page leads; complete is false if it has a link of a form
// that is not understood here.
func linksOf(markdown string) (targets []string, complete bool) {
	text := inlineCode.ReplaceAllString(fenced.ReplaceAllString(markdown, ""), "")
	for _, form := range []*regexp.Regexp{inlineLink, reference, attribute} {
		for _, found := range form.FindAllStringSubmatch(text, -1) {
			targets = append(targets, found[1])
		}
	}
	return targets, len(targets) == len(anyLink.FindAllString(text, -1))
}

// anchorsOf returns the fragments that GitHub gives the headings of a page.
func anchorsOf(markdown string) []string {
	var anchors []string
	for _, found := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(markdown, ""), -1) {
		text := strings.ToLower(linkText.ReplaceAllString(found[1], "$1"))
		slug := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '-', r == '_':
				return r
			case r == ' ':
				return '-'
			}
			return -1
		}, text)
		anchor := slug
		for n := '1'; slices.Contains(anchors, anchor); n++ {
			anchor = slug + "-" + string(n)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

func TestLinksAndAnchorsAreFound(t *testing.T) {
	page := "# Hutch: *a* `go run .` page\n\n## One & two\n\n## One & two\n\n```sh\n# no heading [no](link)\n```\n" +
		"[a](b.md#c) ![d](e.webp) `[no](code)` <img src=\"f.png\"> [g](https://example.com \"title\")\n\n[h]: i.md\n"
	targets, complete := linksOf(page)
	if want := []string{"b.md#c", "e.webp", "https://example.com", "i.md", "f.png"}; !slices.Equal(targets, want) || !complete {
		t.Errorf("%q, complete: %t, want %q", targets, complete, want)
	}
	if _, complete := linksOf("[a](<b c.md>)"); complete {
		t.Error("a link of an unknown form is passed over")
	}
	if got, want := anchorsOf(page), []string{"hutch-a-go-run--page", "one--two", "one--two-1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Every link in README and the docs leads somewhere: to a file that exists, and to a
// heading of it. Addresses of other sites are only parsed.
func TestLinksLeadSomewhere(t *testing.T) {
	seen := 0
	for _, file := range documents(t) {
		targets, complete := linksOf(read(t, file))
		if !complete {
			t.Errorf("%s has a link of a form that this test does not understand", file)
		}
		for _, target := range targets {
			seen++
			link, err := url.Parse(target)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if link.Scheme == "https" && link.Host != "" {
				continue
			}
			if link.Scheme != "" || link.Host != "" || strings.HasPrefix(link.Path, "/") {
				t.Errorf("%s: %s is neither a relative link nor https", file, target)
				continue
			}
			to := file
			if link.Path != "" {
				to = path.Join(path.Dir(file), link.Path)
			}
			info, err := os.Stat(to)
			if err != nil {
				t.Errorf("%s: %s leads nowhere: %v", file, target, err)
				continue
			}
			if link.Fragment != "" && (info.IsDir() || !slices.Contains(anchorsOf(read(t, to)), link.Fragment)) {
				t.Errorf("%s: %s: there is no such heading", file, target)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d links found", seen)
	}
}

// README leads to every document.
func TestReadmeLeadsToEveryDocument(t *testing.T) {
	targets, _ := linksOf(read(t, "README.md"))
	for _, file := range documents(t) {
		led := slices.ContainsFunc(targets, func(target string) bool {
			target, _, _ = strings.Cut(target, "#")
			return path.Clean(target) == file || path.Join(target, "README.md") == file
		})
		if file != "README.md" && !led {
			t.Errorf("README does not lead to %s", file)
		}
	}
}

// Pictures weigh on every clone: those that a document shows, and few of them.
func TestFewPictures(t *testing.T) {
	shown := map[string]bool{}
	for _, file := range documents(t) {
		targets, _ := linksOf(read(t, file))
		for _, target := range targets {
			shown[path.Join(path.Dir(file), target)] = true
		}
	}
	pictures, err := filepath.Glob("docs/images/*")
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for _, picture := range pictures {
		info, err := os.Stat(picture)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
		if !shown[picture] {
			t.Errorf("no document shows %s", picture)
		}
	}
	if len(pictures) == 0 || len(pictures) > 12 || bytes > 1_500_000 {
		t.Errorf("%d pictures, %d bytes together: at most 12 and 1.5 MB", len(pictures), bytes)
	}
}

// README is read from beginning to end.
func TestReadmeIsShort(t *testing.T) {
	if words := len(strings.Fields(read(t, "README.md"))); words > 900 {
		t.Errorf("README has %d words, at most 900", words)
	}
}
