package realbrowser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"hutch/tools/toolcache"
)

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
