package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"hutch/internal/directus"
)

// state is how far a step is.
type state string

// The states of a step in the plan.
const (
	inPlace   state = "ok"
	toDo      state = "to do"
	unchanged state = "unchanged" // differs from what Hutch needs, and setup leaves it so
	refused   state = "refused"   // this server does not allow it
	blocked   state = "blocked"   // somebody has to fix something first
	check     state = "check"     // editors should look at it
	exposed   state = "OPEN"      // strangers read or change it at Directus itself
)

// The states of a step after it was to be done.
const (
	done    state = "done"
	failed  state = "failed"
	skipped state = "skipped" // because a step that it needs was not done
)

// step is one thing that a Directus needs for Hutch.
type step struct {
	what  string
	state state
	notes []string // consequences, and what to know before it is done
	needs []*step
	takes taken
	do    func(context.Context) error
}

// taken is how many of something that the licence limits a step takes.
type taken struct {
	of string // takesCollection and the like
	n  int
}

func (s *step) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// refuseUnless marks a step as impossible on this server.
func (s *step) refuseUnless(ok bool) {
	if !ok && s.state == toDo {
		s.state = refused
		s.note("%s", noRules)
	}
}

// add puts a step into the plan. It is blocked if a step that it needs is.
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

// permit adds the step for a permission. One that exists for the same action on
// the same collection stays as it is. holder is known when the step is done.
func (p *plan) permit(holder *string, what string, found []permission, wanted permission, need []string, needs []*step, notes ...string) *step {
	if len(found) > 0 {
		return p.existing(what, found, wanted, need)
	}
	s := step{what: what, state: toDo, needs: needs, notes: notes}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *holder, wanted) }
	return p.add(s)
}

// print shows the plan.
func (p *plan) print(out io.Writer) {
	for _, s := range p.steps {
		printStep(out, s.state, s.what, s.notes)
	}
}

// carryOut goes through the steps in order and prints how each ended. If one
// fails, only those that need it are skipped.
func (p *plan) carryOut(ctx context.Context, out io.Writer) {
	for _, s := range p.steps {
		if s.state == toDo {
			s.carryOut(ctx)
		}
		printStep(out, s.state, s.what, s.notes)
	}
}

func (s *step) carryOut(ctx context.Context) {
	if need := s.unmet(); need != nil {
		s.state, s.notes = skipped, []string{"Needs: " + need.what + "."}
	} else if err := ctx.Err(); err != nil {
		s.state, s.notes = skipped, []string{"Interrupted."}
	} else if err := s.do(ctx); err != nil {
		s.state = failed
		s.note("%s", explain(err))
	} else {
		s.state = done
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
	fmt.Fprintf(out, "  %-9s %s\n", state, what)
	for _, note := range notes {
		for _, line := range wrap(note, 68) {
			fmt.Fprintf(out, "              %s\n", line)
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

// explain says why a call failed. The client's errors contain no text from
// Directus, so they cannot reveal a secret.
func explain(err error) string {
	switch {
	case errors.Is(err, directus.ResourceRestricted):
		return fmt.Sprintf("The server refuses it without a licence that includes it: %v.", err)
	case errors.Is(err, directus.LimitExceeded):
		return fmt.Sprintf("The limit of the licence is reached: %v.", err)
	case directus.TokenRefused(err):
		return fmt.Sprintf("The administrator's token is no longer accepted: %v.", err)
	default:
		return fmt.Sprintf("%v.", err)
	}
}
