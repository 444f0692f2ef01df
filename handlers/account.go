package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
)

// account is what the pages of the profile need to know.
type account struct {
	member directus.User
	allowance
}

// allowance is what Directus lets a member do, as it told their own token.
type allowance struct {
	access directus.Access
	// unknown: nobody may tell what the member may do.
	unknown bool
	fields  []directus.Field // of directus_users; none: nobody may tell
}

// mayChange reports whether the member may change this field of their own row.
// Directus has the last word in any case.
func (a allowance) mayChange(field string) bool {
	return a.unknown || a.access.MayField("update", "directus_users", field)
}

// shown are the names of the fields that pages show of the member's row; none:
// only the row can tell. Directus looks at its rules for each field that it is
// asked for, so asking for no more is a good part faster than asking for all.
func (a allowance) shown() []string {
	var names []string
	for _, f := range a.fields {
		if slices.Contains(memberFields, f.Name) || isOwnField(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

// account asks for the member's row, and at once for what they may do, unless it
// is known.
func (s *site) account(c *gin.Context) (account, error) {
	own, _ := session.From(c)
	// Not the visitor's: others may wait for the same answer.
	ctx, v := context.WithoutCancel(c.Request.Context()), visitor(c)
	var a account
	if known, has := s.allowances.known(own); has {
		member, err := s.readMember(ctx, v, own, known.shown()...)
		return account{member, known}, err
	}
	err := together(
		func() (err error) { a.member, err = s.readMember(ctx, v, own); return err },
		func() (err error) { a.allowance, err = s.allowances.of(ctx, s.Directus, v, own); return err },
	)
	return a, err
}

// allowances keeps what was told to a session for that session, for as long as
// content is fresh: pages of the profile then cost one question to Directus.
type allowances struct {
	kept    *otter.Cache[string, allowance] // by session; nil: none are
	flights singleflight.Group              // many tabs that wake up together are many pages
}

// maxAllowances bounds the memory for them: about 10 KB each.
const maxAllowances = 1000

func newAllowances(fresh time.Duration) (*allowances, error) {
	if fresh == 0 {
		return &allowances{}, nil
	}
	kept, err := otter.New(&otter.Options[string, allowance]{
		MaximumSize:      maxAllowances,
		ExpiryCalculator: otter.ExpiryWriting[string, allowance](fresh),
	})
	return &allowances{kept: kept}, err
}

func (all *allowances) known(own session.Session) (allowance, bool) {
	if all.kept == nil {
		return allowance{}, false
	}
	return all.kept.GetIfPresent(own.ID)
}

func (all *allowances) of(ctx context.Context, d *directus.Client, v directus.Visitor, own session.Session) (allowance, error) {
	asked, err, _ := all.flights.Do(own.ID, func() (any, error) {
		var a allowance
		// Contained: in a flight, a panic is everybody's who waits for it.
		err := contained(func() (err error) { a, err = askAllowance(ctx, d, v, own.Token); return err })
		if err == nil && all.kept != nil {
			all.kept.Set(own.ID, a)
		}
		return a, err
	})
	return asked.(allowance), err
}

// askAllowance asks for what the member may do, and what the fields of their row
// are.
func askAllowance(ctx context.Context, d *directus.Client, v directus.Visitor, token secret.Text) (a allowance, err error) {
	err = together(
		func() (err error) {
			a.access, err = d.Access(ctx, v, token)
			if isForbidden(err) {
				// A Directus 10 that setup has not prepared.
				a.unknown, err = true, nil
			}
			return err
		},
		func() (err error) {
			a.fields, err = d.Fields(ctx, v, token, "directus_users")
			if isForbidden(err) {
				err = nil
			}
			return err
		},
	)
	return a, err
}
