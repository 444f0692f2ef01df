package realbrowser

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

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
