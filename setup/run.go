package setup

import (
	"context"
	"fmt"
	"io"

	"hutch/internal/directus"
)

// plan is what a prepared Directus has, step by step, and where each stands.
type plan struct {
	server *server
	opts   Options
	steps  []*step

	has           memberAccess // of members, before anything is done
	appAccessToDo bool
	role          *step
	memberHolder  *step   // after which permissions can be given to members
	memberHolds   *string // the id of what has them: the role's (v10) or the policy's
	roleID        string  // of members; known once there
	policyID      string  // of members, v11 on
	publicID      string  // the public's policy, v11 on
	serviceID     string  // the service account's role (v10) or policy
	serviceWanted bool
	parts         map[string][]*step // of a collection: itself, its fields, its relations
	serviceToken  string             // of an account made just now
}

// Run prepares the Directus of client as the administrator whose token it is,
// and tells out what it finds, does, and what follows. An error says that
// something that was to do is not done; running it again goes on from there.
func Run(ctx context.Context, client *directus.Client, adminToken string, opts Options, out io.Writer) error {
	server, err := look(ctx, client.Admin(adminToken), opts)
	if err != nil {
		return err
	}
	p := newPlan(server, opts)
	fmt.Fprintf(out, "%s: this is what Hutch needs.\n\n", server)
	p.print(out)
	fmt.Fprintln(out)
	todo := p.count(toDo)
	if opts.DryRun {
		fmt.Fprintf(out, "Dry run: nothing was changed. To do: %s.\n", steps(todo))
		p.directusEnvironment(out)
		return p.fault()
	}
	if todo > 0 {
		p.carryOut(ctx, out)
		fmt.Fprintln(out)
	}
	if p.count(done) > 0 {
		if err := server.clearCache(ctx); err != nil {
			fmt.Fprintf(out, "Directus' cache was not cleared: it may show old content for a while. %s\n", explain(err))
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
	if opts.Sample {
		p.sample()
	}
	return p
}

// String names the server: "Directus 12.4.0, licence Core".
func (s *server) String() string {
	name := "Directus " + s.version
	if s.licence.name != "" {
		name += ", licence " + s.licence.name
	}
	return name
}

// summary says in a few lines how it went, and what belongs into .env.
func (p *plan) summary(out io.Writer) {
	if did := p.count(done); did > 0 {
		fmt.Fprintf(out, "Done: %s.\n", steps(did))
	} else if p.fault() == nil {
		fmt.Fprintln(out, "Nothing to change.")
	}
	if n := p.count(refused); n > 0 {
		fmt.Fprintf(out, "Not possible on this server: %s, marked \"refused\" above, with what follows.\n", steps(n))
	}
	if n := p.count(left); n > 0 {
		fmt.Fprintf(out, "Left as found: %s, marked \"left\" above.\n", steps(n))
	}
	p.directusEnvironment(out)
	switch {
	case p.serviceToken != "":
		fmt.Fprintf(out, "For .env, and shown only this once:\n\nDIRECTUS_SERVICE_TOKEN=%s\n", p.serviceToken)
	case p.fault() != nil:
	case p.serviceWanted:
		fmt.Fprintln(out, "For .env: DIRECTUS_SERVICE_TOKEN, as it was printed when the service account was made.")
	default:
		fmt.Fprintln(out, "For .env: nothing beyond DIRECTUS_URL. No service token is needed. (Recovery codes would need one: --recovery-codes.)")
	}
}

// fault is the error of a plan of which something could not be done.
func (p *plan) fault() error {
	if n := p.count(blocked, failed, skipped); n > 0 {
		return fmt.Errorf("setup: %s could not be done, marked blocked, failed or skipped above; put it right and run setup again", steps(n))
	}
	return nil
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}
