package realbrowser

import (
	"fmt"
	"path/filepath"
)

// Finding is one fault in one file.
type Finding struct {
	File    string // without its folder
	Line    int
	Rule    string
	Message string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s (%s)", f.File, f.Line, f.Message, f.Rule)
}

// openFor returns what a checker needs: the tools, and the pages in a folder.
func openFor(dir string) (cache, []string, error) {
	c, err := openInstalled()
	if err != nil {
		return c, nil, err
	}
	files, err := htmlFiles(dir)
	return c, files, err
}

// htmlFiles never returns an empty list: checking nothing would find nothing wrong.
func htmlFiles(dir string) ([]string, error) {
	dir, err := filepath.Abs(dir) // the checkers run in another folder
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no .html file in %s", dir)
	}
	return files, err
}
