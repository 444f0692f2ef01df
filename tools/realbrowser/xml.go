package realbrowser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"hutch/tools/toolcache"
)

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
