package realbrowser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"hutch/tools/toolcache"
)

// Lighthouse loads a page as a phone would and scores it. The header is sent with
// every request of the page, for example a member's Cookie. A status other than 200
// or a redirect is an error. A busy machine lowers the performance score.
func Lighthouse(ctx context.Context, url string, header http.Header) (Report, error) {
	c, err := openInstalled()
	if err != nil {
		return Report{}, err
	}
	dir, err := os.MkdirTemp("", "hutch-lighthouse-")
	if err != nil {
		return Report{}, err
	}
	report, err := c.lighthouse(ctx, dir, url, header)
	if err != nil {
		err = fmt.Errorf("lighthouse on %s: %w", url, err)
	}
	return report, errors.Join(err, os.RemoveAll(dir))
}

// lighthouse starts Chromium itself, because one started by Lighthouse would
// survive if Lighthouse were killed.
func (c cache) lighthouse(ctx context.Context, dir, url string, header http.Header) (Report, error) {
	headerFile, reportFile := filepath.Join(dir, "header.json"), filepath.Join(dir, "report.json")
	if err := writeHeader(headerFile, header); err != nil {
		return Report{}, err
	}
	chromium, err := startChromium(ctx, dir)
	if err != nil {
		return Report{}, err
	}
	defer chromium.end()
	err = toolcache.Run(ctx, dir, environment(dir), c.node().Command(), toolcache.Guard,
		c.module("lighthouse", "cli", "index.js"), url,
		"--port="+strconv.Itoa(chromium.port),
		"--only-categories=performance,accessibility,best-practices,seo",
		"--extra-headers="+headerFile,
		"--output=json", "--output-path="+reportFile,
		"--no-enable-error-reporting", "--quiet")
	if err != nil {
		return Report{}, err
	}
	text, err := os.ReadFile(reportFile)
	if err != nil {
		return Report{}, err
	}
	return readReport(text)
}

// writeHeader writes a file, because other users can read command lines.
func writeHeader(file string, header http.Header) error {
	lines := map[string]string{}
	for name, values := range header {
		lines[name] = strings.Join(values, ", ")
	}
	text, err := json.Marshal(lines)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
