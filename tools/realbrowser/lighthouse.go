package realbrowser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// Report is Lighthouse's verdict on a page; 100 is the best score.
type Report struct {
	Performance   int
	Accessibility int
	BestPractices int
	SEO           int
	Costs         []Cost // why points were lost
}

// Cost is an audit that did not pass completely.
type Cost struct {
	ID     string
	Title  string
	Detail string // what was measured, or where
}

func (c Cost) String() string { return fmt.Sprintf("%s: %s: %s", c.ID, c.Title, c.Detail) }

// lighthouseReport is the part of Lighthouse's report that we read.
type lighthouseReport struct {
	RequestedURL    string
	MainDocumentURL string // after redirects
	Categories      struct {
		Performance   category
		Accessibility category
		BestPractices category `json:"best-practices"`
		SEO           category
	}
	Audits map[string]audit
}

type category struct {
	Score     *float64 // null if an audit failed to run
	AuditRefs []struct {
		ID     string
		Weight float64
	}
}

type audit struct {
	Title, DisplayValue, ErrorMessage string
	Score                             *float64 // null if it does not apply
	Details                           json.RawMessage
}

func readReport(text []byte) (Report, error) {
	var l lighthouseReport
	if err := json.Unmarshal(text, &l); err != nil {
		return Report{}, fmt.Errorf("reading the report: %w", err)
	}
	if l.MainDocumentURL != l.RequestedURL {
		return Report{}, fmt.Errorf("it loaded another page: %s", l.MainDocumentURL)
	}
	var r Report
	for _, of := range []struct {
		category category
		score    *int
	}{
		{l.Categories.Performance, &r.Performance},
		{l.Categories.Accessibility, &r.Accessibility},
		{l.Categories.BestPractices, &r.BestPractices},
		{l.Categories.SEO, &r.SEO},
	} {
		if of.category.Score == nil {
			return Report{}, fmt.Errorf("a category has no score; failed audits: %s", l.failed())
		}
		*of.score = int(math.Round(100 * *of.category.Score))
		r.Costs = append(r.Costs, l.costs(of.category)...)
	}
	return r, nil
}

func (l lighthouseReport) failed() string {
	var failed []string
	for id, a := range l.Audits {
		if a.ErrorMessage != "" {
			failed = append(failed, id+": "+a.ErrorMessage)
		}
	}
	return strings.Join(failed, "; ")
}

func (l lighthouseReport) costs(c category) []Cost {
	var costs []Cost
	for _, ref := range c.AuditRefs {
		a := l.Audits[ref.ID]
		if ref.Weight > 0 && a.Score != nil && *a.Score < 1 {
			costs = append(costs, Cost{ref.ID, a.Title, a.detail()})
		}
	}
	return costs
}

// detail has the fields that most audits share. Those that differ are left out
// without an error.
func (a audit) detail() string {
	var details struct {
		Items []struct {
			Node             struct{ Snippet string }
			URL, Description string
		}
	}
	json.Unmarshal(a.Details, &details)
	var parts []string
	if a.DisplayValue != "" {
		parts = append(parts, a.DisplayValue)
	}
	for _, item := range details.Items {
		for _, part := range []string{item.Node.Snippet, item.URL, item.Description} {
			if part != "" {
				parts = append(parts, part)
			}
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, "; ")), " ")
}
