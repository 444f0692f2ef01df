package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	syntax "text/template/parse"

	"hutch/internal/sitefolder"
)

// overlay is a team's own templates over ours, file by file: a file of theirs replaces ours
// of the same name, others come besides.
type overlay struct{ team, ours fs.FS }

// Open implements [fs.FS].
func (o overlay) Open(name string) (fs.File, error) {
	if !hidden(name) {
		file, err := o.team.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return o.ours.Open(name)
}

// ReadDir implements [fs.ReadDirFS].
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	team, teamErr := fs.ReadDir(o.team, name)
	ours, err := fs.ReadDir(o.ours, name)
	switch {
	case errors.Is(teamErr, fs.ErrNotExist):
		return ours, err
	case teamErr != nil:
		return nil, teamErr
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	entries := map[string]fs.DirEntry{}
	for _, entry := range append(ours, team...) { // theirs come last, and win
		if !hidden(entry.Name()) {
			entries[entry.Name()] = entry
		}
	}
	merged := make([]fs.DirEntry, 0, len(entries))
	for _, entry := range entries {
		merged = append(merged, entry)
	}
	slices.SortFunc(merged, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return merged, nil
}

// hidden files are those of editors and operating systems, such as ._post.html.
func hidden(name string) bool { return name != "." && strings.HasPrefix(path.Base(name), ".") }

// pagesFolder has the pages that are a file and nothing else.
const pagesFolder = "pages"

// pageFiles returns the files that are pages.
func (s *Set) pageFiles() ([]string, error) {
	top, err := fs.Glob(s.files, "*.html")
	if err != nil {
		return nil, err
	}
	top = slices.DeleteFunc(top, func(name string) bool { return slices.Contains(noPages, name) })
	if _, err := fs.Stat(s.files, pagesFolder); err != nil {
		return top, nil //nolint:nilerr // there are none
	}
	err = fs.WalkDir(s.files, pagesFolder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && path.Ext(name) == ".html" {
			if !ownPageFile.MatchString(name) {
				return sitefolder.Fault{File: teamFile(name), Text: "this name is no address: small letters, digits, hyphens and underscores, and .html behind them"}
			}
			top = append(top, name)
		}
		return err
	})
	return top, err
}

// noPages are the files at the top that all pages share.
var noPages = []string{"layout.html", "partials.html", blocksFile}

var ownPageFile = regexp.MustCompile(`^pages(/[a-z0-9]+([-_][a-z0-9]+)*)+\.html$`)

// underneath marks a file of ours that lies under one of the team's.
const underneath = "ours/"

// teamFile returns what a template is called in the site folder.
func teamFile(name string) string {
	if ours, is := strings.CutPrefix(name, underneath); is {
		return ourFile(ours)
	}
	return "templates/" + name
}

func ourFile(name string) string { return "Hutch's own templates/" + name }

// maxFile is more than anybody writes by hand.
const maxFile = 1 << 20

// read returns the text of a file.
func (s *Set) read(name string) (string, error) {
	info, err := fs.Stat(s.files, name)
	if err != nil {
		return "", fmt.Errorf("templates: %w", err)
	}
	if info.Size() > maxFile {
		return "", sitefolder.Fault{File: teamFile(name), Text: fmt.Sprintf("the file has %d bytes, and a template may have %d", info.Size(), maxFile)}
	}
	source, err := fs.ReadFile(s.files, name)
	if err != nil {
		return "", sitefolder.Fault{File: teamFile(name), Text: "the file cannot be read: " + err.Error()}
	}
	return string(source), nil
}

var located = regexp.MustCompile(`(?s)^(?:html/)?template: ?([^:]+\.html):(\d+)(?::\d+)?: (.*)$`)

// faultOf returns an error of html/template with the file and the line, as those who write
// templates look for them.
func faultOf(err error) error {
	if err == nil {
		return nil
	}
	found := located.FindStringSubmatch(err.Error())
	if found == nil {
		return fmt.Errorf("templates: %w", err)
	}
	line, _ := strconv.Atoi(found[2])
	return sitefolder.Fault{File: teamFile(found[1]), Line: line, Text: found[3]}
}

// faultAt is what is wrong at a place of a template.
func faultAt(node syntax.Node, text string) sitefolder.Fault {
	place, _ := (*syntax.Tree)(nil).ErrorContext(node)
	parts := strings.Split(place, ":") // the name, the line and the column
	line, _ := strconv.Atoi(parts[min(1, len(parts)-1)])
	return sitefolder.Fault{File: teamFile(parts[0]), Line: line, Text: text}
}
