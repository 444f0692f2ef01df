package setup

import (
	"context"
	"fmt"
	"io"

	"hutch/internal/directus"
)

// plan is the list of steps that prepare a Directus.
type plan struct {
	server *server
	opts   Options
	steps  []*step

	has           memberAccess // of members, before anything changes
	appAccessToDo bool
	role          *step
	memberHolder  *step   // after which permissions can be given to members
	memberHolds   *string // the id that they belong to: of the role (v10) or the policy
	roleID        string  // of members; empty until it exists
	policyID      string  // of members, v11 on
	publicID      string  // the public's policy, v11 on
	serviceID     string  // the service account's role (v10) or policy
	serviceWanted bool
	parts         map[string][]*step // of a collection: itself, its fields, its relations
	serviceToken  string             // of an account created in this run
}

// Run prepares the Directus of client as the administrator whose token it is. It
// prints every step with its outcome and consequences. It returns an error if a
// step could not be done; running it again continues from there.
func Run(ctx context.Context, client *directus.Client, adminToken string, opts Options, out io.Writer) error {
	server, err := look(ctx, client.Admin(adminToken), opts)
	if err != nil {
		return err
	}
	p := newPlan(server, opts)
	if opts.DryRun {
		fmt.Fprintf(out, "Plan for %s:\n\n", server)
		p.print(out)
		fmt.Fprintf(out, "\nDry run: nothing was changed. To do: %s.\n", steps(p.count(toDo)))
		p.explainStates(out)
		p.directusEnvironment(out)
		if p.fault() == nil {
			fmt.Fprintf(out, "Next, to carry out this plan:\n\n  %s\n", opts.command())
		}
		return p.fault()
	}
	fmt.Fprintf(out, "Preparing %s:\n\n", server)
	p.carryOut(ctx, out)
	fmt.Fprintln(out)
	if p.count(done) > 0 {
		if err := server.clearCache(ctx); err != nil {
			fmt.Fprintf(out, "Could not clear Directus' cache, so it may show old content for a while. %s\n", explain(err))
		}
	}
	p.summary(out)
	return p.fault()
}

// newPlan lists the steps in the order in which they are done.
func newPlan(server *server, opts Options) *plan {
	p := &plan{server: server, opts: opts, parts: map[string][]*step{}}
	p.members()
	p.registration()
	p.collections()
	p.public()
	p.memberContent()
	p.flow()
	p.service()
	p.items()
	if opts.Sample {
		p.sample()
	}
	return p
}

// String names the server: "Directus 12.4.0 (licence: Core)".
func (s *server) String() string {
	name := "Directus " + s.version
	if s.licence.name != "" {
		name += " (licence: " + s.licence.name + ")"
	}
	return name
}

// summary says how it went, what belongs into .env, and what to type next.
func (p *plan) summary(out io.Writer) {
	if n := p.count(done); n > 0 {
		fmt.Fprintf(out, "Done: %s.\n", steps(n))
	} else if p.fault() == nil {
		fmt.Fprintln(out, "Nothing to change.")
	}
	p.explainStates(out)
	p.directusEnvironment(out)
	switch {
	case p.serviceToken != "":
		fmt.Fprintf(out, "Add this to .env. It is shown only this once:\n\nDIRECTUS_SERVICE_TOKEN=%s\n\n", p.serviceToken)
	case p.fault() != nil:
	case p.serviceWanted:
		fmt.Fprint(out, "Keep DIRECTUS_SERVICE_TOKEN in .env, as printed when the service account was created.\n\n")
	default:
		fmt.Fprint(out, "No service token is needed. (Recovery codes would need one: --recovery-codes.)\n\n")
	}
	if p.fault() == nil {
		fmt.Fprintf(out, "Next, to start the site with this Directus:\n\n  DIRECTUS_URL=%s go run .\n", p.opts.DirectusURL)
	}
}

// explainStates says what the marks mean that need an explanation.
func (p *plan) explainStates(out io.Writer) {
	if n := p.count(refused); n > 0 {
		fmt.Fprintf(out, "Not possible on this server: %s, marked \"refused\" above, with the consequences.\n", steps(n))
	}
	if n := p.count(unchanged); n > 0 {
		fmt.Fprintf(out, "Not changed by setup: %s, marked \"unchanged\" above, with the reasons.\n", steps(n))
	}
	if n := p.count(check); n > 0 {
		fmt.Fprintf(out, "For editors to look at: %s, marked \"check\" above. The site works without it.\n", collectionsIn(n))
	}
}

// fault is the error of a plan that could not be carried out in full.
func (p *plan) fault() error {
	if n := p.count(blocked, failed, skipped); n > 0 {
		return fmt.Errorf("setup: %s could not be done, marked blocked, failed or skipped above; fix the cause and run setup again", steps(n))
	}
	return nil
}

func collectionsIn(n int) string {
	if n == 1 {
		return "the items of 1 collection"
	}
	return fmt.Sprintf("the items of %d collections", n)
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}
