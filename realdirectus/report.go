package realdirectus

import (
	"fmt"
	"io"
	"time"
)

// report tells a waiting person what is being done, and that it still is.
type report struct {
	subject string
	w       io.Writer
	began   time.Time
}

func newReport(subject string, w io.Writer) *report {
	if w == nil {
		w = io.Discard
	}
	return &report{subject, w, time.Now()}
}

func (r *report) say(format string, args ...any) {
	fmt.Fprintf(r.w, "%5s  %s: %s\n", time.Since(r.began).Round(time.Second), r.subject, fmt.Sprintf(format, args...))
}

// during says what is done, and again every few seconds as long as it takes.
func (r *report) during(what string, do func() error) error {
	r.say("%s", what)
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
			r.say("still at it")
		}
	}
}
