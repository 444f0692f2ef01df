package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
)

// profileData is what the pages of the profile show.
type profileData struct {
	member directus.User
	permissions
}

// permissions are what Directus lets a member do, as it told their own token.
type permissions struct {
	access directus.Access
	// unknown: Directus does not say what the member may do.
	unknown bool
	fields  []directus.Field // of directus_users; none: unknown
}

// mayChange reports whether the member may change this field of their own row.
// Directus has the last word in any case.
func (p permissions) mayChange(field string) bool {
	return p.unknown || p.access.MayField("update", "directus_users", field)
}

// shown returns the names of the fields that pages show of the member's row; none:
// only the row can tell. Directus checks its rules for each field that it is asked
// for, so asking for these is a good deal faster than asking for all.
func (p permissions) shown() []string {
	var names []string
	for _, f := range p.fields {
		if slices.Contains(memberFields, f.Name) || isOwnField(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

// profileData reads the member's row and, at the same time, what they may do, unless
// that is known.
func (h *Handlers) profileData(c *gin.Context) (profileData, error) {
	own, _ := session.From(c)
	// Not the visitor's: others may wait for the same answer.
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	var a profileData
	if known, has := h.permissions.known(own); has {
		member, err := h.readMember(ctx, v, own, known.shown()...)
		return profileData{member, known}, err
	}
	err := web.Together(
		func() (err error) { a.member, err = h.readMember(ctx, v, own); return err },
		func() (err error) { a.permissions, err = h.permissions.of(ctx, h.Directus, v, own); return err },
	)
	return a, err
}

// permissionsCache remembers what a session was told, for that session and for as
// long as content is fresh: pages of the profile then cost one call to Directus.
type permissionsCache struct {
	cached  *otter.Cache[string, permissions] // by session; nil: nothing is cached
	flights singleflight.Group                // many tabs may wake up together
}

// maxPermissions bounds the memory for them: about 10 KB each.
const maxPermissions = 1000

func newPermissionsCache(fresh time.Duration) (*permissionsCache, error) {
	if fresh == 0 {
		return &permissionsCache{}, nil
	}
	cached, err := otter.New(&otter.Options[string, permissions]{
		MaximumSize:      maxPermissions,
		ExpiryCalculator: otter.ExpiryWriting[string, permissions](fresh),
	})
	return &permissionsCache{cached: cached}, err
}

func (all *permissionsCache) known(own session.Session) (permissions, bool) {
	if all.cached == nil {
		return permissions{}, false
	}
	return all.cached.GetIfPresent(own.ID)
}

func (all *permissionsCache) of(ctx context.Context, d *directus.Client, v directus.Visitor, own session.Session) (permissions, error) {
	asked, err, _ := all.flights.Do(own.ID, func() (any, error) {
		var a permissions
		// In a flight, a panic would hit everybody who waits for it.
		err := web.Contained(func() (err error) { a, err = askPermissions(ctx, d, v, own.Token); return err })
		if err == nil && all.cached != nil {
			all.cached.Set(own.ID, a)
		}
		return a, err
	})
	return asked.(permissions), err
}

// askPermissions asks for what the member may do, and what the fields of their row
// are.
func askPermissions(ctx context.Context, d *directus.Client, v directus.Visitor, token secret.Text) (a permissions, err error) {
	err = web.Together(
		func() (err error) {
			a.access, err = d.Access(ctx, v, token)
			if errors.Is(err, directus.Forbidden) {
				// A Directus 10 that setup has not prepared.
				a.unknown, err = true, nil
			}
			return err
		},
		func() (err error) {
			a.fields, err = d.Fields(ctx, v, token, "directus_users")
			if errors.Is(err, directus.Forbidden) {
				err = nil
			}
			return err
		},
	)
	return a, err
}
