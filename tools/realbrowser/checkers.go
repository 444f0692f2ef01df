package realbrowser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"hutch/tools/toolcache"
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

// The script holds the rules, and why some are off.
//
//go:embed htmlvalidate.js
var htmlValidateScript string

// ValidateHTML checks every .html file in a folder, each a whole page, with
// html-validate.
func ValidateHTML(ctx context.Context, dir string) ([]Finding, error) {
	c, files, err := openFor(dir)
	if err != nil {
		return nil, err
	}
	args := append([]string{toolcache.Guard, "-e", htmlValidateScript}, files...)
	out, err := toolcache.Output(ctx, c.webtools(), os.Environ(), c.node().Command(), args...)
	if err != nil {
		return nil, fmt.Errorf("html-validate: %w", err)
	}
	return htmlValidateFindings(out)
}

func htmlValidateFindings(out []byte) ([]Finding, error) {
	var results []struct {
		FilePath string
		Messages []struct {
			Line            int
			RuleID, Message string
		}
	}
	if err := json.Unmarshal(out, &results); err != nil {
		return nil, fmt.Errorf("html-validate's output: %w", err)
	}
	var findings []Finding
	for _, r := range results {
		for _, m := range r.Messages {
			findings = append(findings, Finding{filepath.Base(r.FilePath), m.Line, m.RuleID, m.Message})
		}
	}
	return findings, nil
}

// CheckNu checks every .html file in a folder, each a whole page, against the HTML
// standard. A finding's rule is "error", "warning" or "info", because the checker
// does not name its rules; its line is where a tag ends.
func CheckNu(ctx context.Context, dir string) ([]Finding, error) {
	c, files, err := openFor(dir)
	if err != nil {
		return nil, err
	}
	args := append([]string{"-jar", c.module("vnu-jar", "build", "dist", "vnu.jar"),
		"--format", "json", "--stdout", "--asciiquotes", "--exit-zero-always"}, files...)
	out, err := toolcache.Output(ctx, c.webtools(), os.Environ(), "java", args...)
	if err != nil {
		return nil, fmt.Errorf("the Nu HTML checker: %w", err)
	}
	return nuFindings(out)
}

func nuFindings(out []byte) ([]Finding, error) {
	var answer struct {
		Messages []struct {
			Type, SubType, URL, Message string
			LastLine                    int
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("the Nu HTML checker's output: %w", err)
	}
	var findings []Finding
	for _, m := range answer.Messages {
		if noFault(m.Message) {
			continue
		}
		file, err := url.Parse(m.URL)
		if err != nil {
			return nil, err
		}
		f := Finding{File: path.Base(file.Path), Line: m.LastLine, Rule: m.Type, Message: m.Message}
		if m.SubType == "warning" {
			f.Rule = m.SubType
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// noFault reports whether a message is one that we accept.
func noFault(message string) bool {
	for _, pattern := range []string{
		// VoiceOver in Safari ignores lists without bullets unless they have a
		// role.
		`^The 'list' role is unnecessary for element '[uo]l'\.$`,
		// A matter of taste, and editors' content stays as they wrote it.
		`^Trailing slash on void elements has no effect`,
	} {
		if ok, _ := regexp.MatchString(pattern, message); ok {
			return true
		}
	}
	return false
}

// AxeSource returns the script that adds axe to a page.
func AxeSource() (string, error) {
	c, err := openInstalled()
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(c.module("axe-core", "axe.min.js"))
	return string(source), err
}
