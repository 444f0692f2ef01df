package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"hutch/internal/directus"
)

// state is where a step stands.
type state string

// The states a step has in the plan.
const (
	there   state = "there"
	toDo    state = "to do"
	left    state = "left"    // differs from what Hutch wants, and stays so
	refused state = "refused" // the server does not allow it
	blocked state = "blocked" // something stands in the way that people must clear
)

// The states that a step to do comes to.
const (
	done    state = "done"
	failed  state = "failed"
	skipped state = "skipped" // since one that it needs was not done
)

// step is one thing that a prepared Directus has.
type step struct {
	what  string
	state state
	notes []string // what follows from it, what to know before it is done
	needs []*step
	do    func(context.Context) error // of a step to do
}

func (s *step) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// add puts a step into the plan, blocked if one that it needs is.
func (p *plan) add(s step) *step {
	for _, need := range s.needs {
		if s.state == toDo && need.state == blocked {
			s.state = blocked
			s.note("Needs: %s.", need.what)
		}
	}
	p.steps = append(p.steps, &s)
	return &s
}

// print shows the plan.
func (p *plan) print(out io.Writer) {
	for _, s := range p.steps {
		printStep(out, s.state, s.what, s.notes)
	}
}

// carryOut does what is to do, in order. A step that fails takes down only
// those that need it. It prints how each ended.
func (p *plan) carryOut(ctx context.Context, out io.Writer) {
	for _, s := range p.steps {
		if s.state != toDo {
			continue
		}
		var notes []string
		if need := s.unmet(); need != nil {
			s.state, notes = skipped, []string{"Needs: " + need.what + "."}
		} else if err := ctx.Err(); err != nil {
			s.state, notes = skipped, []string{"Interrupted."}
		} else if err := s.do(ctx); err != nil {
			s.state, notes = failed, []string{explain(err)}
		} else {
			s.state = done
		}
		printStep(out, s.state, s.what, notes)
	}
}

func (s *step) unmet() *step {
	for _, need := range s.needs {
		if need.state == failed || need.state == skipped {
			return need
		}
	}
	return nil
}

func (p *plan) count(states ...state) int {
	n := 0
	for _, s := range p.steps {
		for _, state := range states {
			if s.state == state {
				n++
			}
		}
	}
	return n
}

func printStep(out io.Writer, state state, what string, notes []string) {
	fmt.Fprintf(out, "  %-8s %s\n", state, what)
	for _, note := range notes {
		for _, line := range wrap(note, 68) {
			fmt.Fprintf(out, "             %s\n", line)
		}
	}
}

// wrap breaks text into lines of about width bytes.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// explain says why a call failed. Errors of the client hold no text from
// upstream, so nothing secret can come along.
func explain(err error) string {
	switch {
	case errors.Is(err, directus.ResourceRestricted):
		return fmt.Sprintf("The server refuses it without a licence that allows it: %v.", err)
	case errors.Is(err, directus.LimitExceeded):
		return fmt.Sprintf("The licence's limit is reached: %v.", err)
	case directus.TokenRefused(err):
		return fmt.Sprintf("The administrator's token is no longer accepted: %v.", err)
	default:
		return fmt.Sprintf("%v.", err)
	}
}
