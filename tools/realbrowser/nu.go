package realbrowser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"regexp"

	"hutch/tools/toolcache"
)

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
