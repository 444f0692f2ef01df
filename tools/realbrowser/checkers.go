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
	"strconv"
	"strings"

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

//go:embed addresses.js
var addressesScript string

// ResolveAddresses returns where a browser on the page base would go for each
// reference, or "" for nowhere, by Node's WHATWG URL parser. dir is an empty folder
// to work in.
func ResolveAddresses(ctx context.Context, dir, base string, references []string) ([]string, error) {
	c, err := openCache()
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal(references)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "references.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return nil, err
	}
	out, err := toolcache.Output(ctx, dir, os.Environ(), c.node().Command(), toolcache.Guard, "-e", addressesScript, base, file)
	if err != nil {
		return nil, fmt.Errorf("resolving URLs: %w", err)
	}
	var led []string
	if err := json.Unmarshal(out, &led); err != nil || len(led) != len(references) {
		return nil, fmt.Errorf("%d references, but %d answers: %w", len(references), len(led), err)
	}
	return led, nil
}

// ValidateXML checks an XML file against a grammar: RELAX NG (.rng, or .rnc in
// compact syntax) or W3C XML Schema (.xsd). A finding's rule is "fatal" if the
// document is not XML at all, else "error".
func ValidateXML(ctx context.Context, grammar, document string) ([]Finding, error) {
	c, err := openInstalled()
	if err != nil {
		return nil, err
	}
	for _, file := range []*string{&grammar, &document} {
		if *file, err = filepath.Abs(*file); err != nil { // the tools run in another folder
			return nil, err
		}
		if _, err := os.Stat(*file); err != nil {
			return nil, err
		}
	}
	switch filepath.Ext(grammar) {
	case ".rng", ".rnc":
		return c.jing(ctx, grammar, document)
	case ".xsd":
		return c.xmllint(ctx, grammar, document)
	}
	return nil, fmt.Errorf("%s: unknown kind of grammar", grammar)
}

// jingLine matches a fault reported by Jing: file URL, line, column, severity,
// message.
var jingLine = regexp.MustCompile(`^(.+):(\d+):\d+: (error|fatal): (.+)$`)

// jing is the validator inside the Nu HTML checker, and comes with its jar.
func (c cache) jing(ctx context.Context, grammar, document string) ([]Finding, error) {
	args := []string{"-cp", c.module("vnu-jar", "build", "dist", "vnu.jar"), "nu.validator.vendor.thaiopensource.relaxng.util.Driver"}
	if filepath.Ext(grammar) == ".rnc" {
		args = append(args, "-c")
	}
	// It exits with 1 if there are faults in either file.
	out, err := toolcache.Output(ctx, c.webtools(), os.Environ(), "java", append(args, grammar, document)...)
	var findings []Finding
	for line := range strings.Lines(string(out)) {
		found := jingLine.FindStringSubmatch(strings.TrimSpace(line))
		if found == nil || found[1] != (&url.URL{Path: document}).String() {
			return nil, fmt.Errorf("jing: %w", err)
		}
		number, _ := strconv.Atoi(found[2])
		findings = append(findings, Finding{filepath.Base(document), number, found[3], found[4]})
	}
	if err != nil && len(findings) == 0 {
		return nil, fmt.Errorf("jing: %w", err)
	}
	return findings, nil
}

//go:embed xmllint.js
var xmllintScript string

// xmllint is libxml2's, compiled to WebAssembly.
func (c cache) xmllint(ctx context.Context, grammar, document string) ([]Finding, error) {
	out, err := toolcache.Output(ctx, c.webtools(), os.Environ(), c.node().Command(), "-e", xmllintScript, grammar, document)
	if err != nil {
		return nil, fmt.Errorf("xmllint: %w", err)
	}
	var errors []struct {
		Message string
		Loc     struct{ LineNumber int }
	}
	if err := json.Unmarshal(out, &errors); err != nil {
		return nil, fmt.Errorf("xmllint's output: %w", err)
	}
	var findings []Finding
	for _, e := range errors {
		rule := "error"
		if strings.HasPrefix(e.Message, "parser error") {
			rule = "fatal"
		}
		findings = append(findings, Finding{filepath.Base(document), e.Loc.LineNumber, rule, e.Message})
	}
	return findings, nil
}
