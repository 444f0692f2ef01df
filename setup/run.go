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
	serviceWanted bool
	serviceAgent  agent
	formsAgent    agent
	formsWanted   bool
	uploadsID     string             // the folder of what visitors send; empty until it exists
	narrowUsers   *step              // that keeps users' addresses from strangers; nil: not in this run
	parts         map[string][]*step // of a collection: itself, its fields, its relations
}

// Run prepares the Directus of client as the administrator whose token it is. It
// prints every step with its outcome and consequences. It returns an error if a
// step could not be done; running it again continues from there.
func Run(ctx context.Context, client *directus.Client, adminToken string, opts Options, out io.Writer) error {
	server, err := look(ctx, client, adminToken, opts)
	if err != nil {
		return err
	}
	p := newPlan(server, opts)
	if opts.DryRun {
		fmt.Fprintf(out, "Plan for %s:\n\n", server)
		p.printLimits(out)
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
	p.printLimits(out)
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
	p.exposures()
	p.members()
	p.registration()
	p.collections()
	p.public()
	p.memberContent()
	p.ownWrites()
	p.flow()
	p.service()
	p.forms()
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
	if p.serviceAgent.token+p.formsAgent.token != "" {
		fmt.Fprint(out, "Add this to .env. It is shown only this once:\n\n")
		if p.serviceAgent.token != "" {
			fmt.Fprintf(out, "DIRECTUS_SERVICE_TOKEN=%s\n", p.serviceAgent.token)
		}
		if p.formsAgent.token != "" {
			fmt.Fprintf(out, "FORMS_TOKEN=%s\nFORMS_FOLDER=%s\n", p.formsAgent.token, p.uploadsID)
		}
		fmt.Fprintln(out)
	}
	if p.fault() == nil {
		p.keepTokens(out)
	}
	if p.fault() == nil {
		fmt.Fprintf(out, "Next, to start the site with this Directus:\n\n  DIRECTUS_URL=%s go run .\n", p.opts.DirectusURL)
	}
}

// keepTokens says which tokens the site needs that are not printed in this run.
func (p *plan) keepTokens(out io.Writer) {
	switch {
	case !p.serviceWanted:
		fmt.Fprint(out, "No service token is needed. (Recovery codes would need one: --recovery-codes.)\n\n")
	case p.serviceAgent.token == "":
		fmt.Fprint(out, "Keep DIRECTUS_SERVICE_TOKEN in .env, as printed when the service account was created.\n\n")
	}
	if p.formsWanted && p.formsAgent.token == "" {
		fmt.Fprint(out, "Keep FORMS_TOKEN and FORMS_FOLDER in .env, as printed when the forms account was created.\n\n")
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
	if n := p.count(exposed); n > 0 {
		fmt.Fprintf(out, "OPEN TO STRANGERS at Directus itself, whatever the site shows: %s, marked \"OPEN\" above.\n", findings(n))
		if p.opts.NarrowPublic {
			fmt.Fprintf(out, "--narrow-public cannot close %s, for the reasons above.\n", findings(n))
		}
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

func findings(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}
