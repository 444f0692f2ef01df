package fields

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
)

// Permissions are what Directus lets a member do with a collection, as it told their own
// token.
type Permissions struct {
	Access directus.Access
	// Unknown: Directus does not say what the member may do.
	Unknown bool
	Fields  []directus.Field // of the collection; none: unknown
}

// Cache remembers what a session was told, for that session and for as long as content
// is fresh: pages with such a form then cost one call to Directus.
type Cache struct {
	cached  *otter.Cache[string, Permissions] // by session and collection; nil: nothing is cached
	flights singleflight.Group                // many tabs may wake up together
}

// maxPermissions bounds the memory for them: about 10 KB each.
const maxPermissions = 1000

// NewCache returns a cache that remembers for this long; 0: not at all.
func NewCache(fresh time.Duration) (*Cache, error) {
	if fresh == 0 {
		return &Cache{}, nil
	}
	cached, err := otter.New(&otter.Options[string, Permissions]{
		MaximumSize:      maxPermissions,
		ExpiryCalculator: otter.ExpiryWriting[string, Permissions](fresh),
	})
	return &Cache{cached: cached}, err
}

// Known returns what the session was told of a collection before.
func (all *Cache) Known(own session.Session, collection string) (Permissions, bool) {
	if all.cached == nil {
		return Permissions{}, false
	}
	return all.cached.GetIfPresent(own.ID + " " + collection)
}

// Of asks what the session's member may do with a collection.
func (all *Cache) Of(ctx context.Context, d *directus.Client, v directus.Visitor, own session.Session, collection string) (Permissions, error) {
	asked, err, _ := all.flights.Do(own.ID+" "+collection, func() (any, error) {
		var a Permissions
		// In a flight, a panic would hit everybody who waits for it.
		err := web.Contained(func() (err error) { a, err = ask(ctx, d, v, own.Token, collection); return err })
		if err == nil && all.cached != nil {
			all.cached.Set(own.ID+" "+collection, a)
		}
		return a, err
	})
	return asked.(Permissions), err
}

// ask asks for what the member may do, and what the fields of the collection are.
func ask(ctx context.Context, d *directus.Client, v directus.Visitor, token secret.Text, collection string) (a Permissions, err error) {
	err = web.Together(
		func() (err error) {
			a.Access, err = d.Access(ctx, v, token)
			if errors.Is(err, directus.Forbidden) {
				// A Directus 10 that setup has not prepared.
				a.Unknown, err = true, nil
			}
			return err
		},
		func() (err error) {
			a.Fields, err = d.Fields(ctx, v, token, collection)
			if errors.Is(err, directus.Forbidden) {
				err = nil
			}
			return err
		},
	)
	return a, err
}

// InOrder returns the fields in the order in which editors see them.
func InOrder(described []directus.Field) []directus.Field {
	described = slices.Clone(described)
	slices.SortStableFunc(described, func(a, b directus.Field) int { return cmp.Compare(a.Meta.Sort, b.Meta.Sort) })
	return described
}
