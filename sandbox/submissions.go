package sandbox

import (
	"context"
	"fmt"
	"time"
)

const shownSubmissions = 50

// Submission is what a visitor has sent with a form.
type Submission struct {
	Form   string // its title
	At     time.Time
	Values []SubmittedValue
}

// SubmittedValue is what one field was filled in with: a text, or the name of a file.
type SubmittedValue struct{ Label, Value string }

// Submissions returns the latest, newest first. There are none without forms.
func (s *Sandbox) Submissions(ctx context.Context) ([]Submission, error) {
	c := s.schema.collection("form_submissions")
	if c == nil {
		return nil, nil
	}
	rows, err := s.readMany(ctx, s.db, caller{admin: true}, c, query{
		fields: []string{"timestamp", "form.title", "values.value", "values.field.label", "values.file.filename_download"},
		sort:   []string{"-timestamp"}, limit: shownSubmissions,
		deep: map[string]any{"values": map[string]any{"_sort": "field.sort"}},
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: submissions: %w", err)
	}
	text := func(of any, name string) string {
		object, _ := of.(item)
		return asText(object[name])
	}
	var submissions []Submission
	for _, row := range rows {
		one := Submission{Form: text(row["form"], "title")}
		one.At, _ = time.Parse(time.RFC3339, asText(row["timestamp"]))
		values, _ := row["values"].([]item)
		for _, v := range values {
			value := asText(v["value"])
			if name := text(v["file"], "filename_download"); name != "" {
				value = name
			}
			one.Values = append(one.Values, SubmittedValue{Label: text(v["field"], "label"), Value: value})
		}
		submissions = append(submissions, one)
	}
	return submissions, nil
}
