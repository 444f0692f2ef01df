package toolcache

import (
	"fmt"
	"io"
	"time"
)

// Report tells a waiting person what is being done, and that it is still going on.
type Report struct {
	subject string
	w       io.Writer
	began   time.Time
}

// NewReport returns a report on a subject; w may be nil.
func NewReport(subject string, w io.Writer) *Report {
	if w == nil {
		w = io.Discard
	}
	return &Report{subject, w, time.Now()}
}

// Say writes one line.
func (r *Report) Say(format string, args ...any) {
	fmt.Fprintf(r.w, "%5s  %s: %s\n", time.Since(r.began).Round(time.Second), r.subject, fmt.Sprintf(format, args...))
}

// During announces what, and repeats every few seconds that it is still running.
func (r *Report) During(what string, do func() error) error {
	r.Say("%s", what)
	done := make(chan error, 1)
	go func() { done <- do() }()
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.subject, what, err)
			}
			return nil
		case <-tick.C:
			r.Say("still running")
		}
	}
}
