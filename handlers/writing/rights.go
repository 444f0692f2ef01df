package writing

import (
	"context"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/sitefolder"
	"hutch/session"
)

// asked is who asks, and what Directus lets them do.
type asked struct {
	ctx     context.Context //nolint:containedctx // of one request
	visitor directus.Visitor
	own     session.Session
	fields.Permissions
}

func (m Collection) ask(c *gin.Context) (asked, error) {
	own, _ := session.From(c)
	// Not the visitor's: others may wait for the same answer, and a change is not cut short.
	a := asked{ctx: context.WithoutCancel(c.Request.Context()), visitor: web.OnBehalfOf(c), own: own}
	var err error
	a.Permissions, err = m.permissionsOf(a, m.of.Name)
	return a, err
}

func (m Collection) permissionsOf(a asked, collection string) (fields.Permissions, error) {
	if known, has := m.permissions.Known(a.own, collection); has {
		return known, nil
	}
	return m.permissions.Of(a.ctx, m.Directus, a.visitor, a.own, collection)
}

func (a asked) may(action, collection string) bool {
	return a.Unknown || a.Access.May(action, collection)
}

// mayCreate returns an error if members add nothing, or this one.
func (m Collection) mayCreate(a asked) error {
	switch {
	case !m.of.Members.Create:
		return web.ErrNotFound
	case !a.may("create", m.of.Name):
		return web.ErrNotAllowed
	}
	return nil
}

// change is the item of an address that the member may change.
type change struct {
	item collections.Item
	key  string
}

// mayChange reads the item that the address names, for an action on what members made, or
// on all: update or delete.
func (m Collection) mayChange(a asked, action string, whose sitefolder.Whose, address string) (change, error) {
	switch {
	case whose == sitefolder.None:
		return change{}, web.ErrNotFound
	case !a.may(action, m.of.Name):
		return change{}, web.ErrNotAllowed
	}
	var filters []directus.Filter
	if whose == sitefolder.Own {
		creator, err := m.ownField(a)
		if err != nil {
			return change{}, err
		}
		filters = append(filters, directus.Equal(creator, "$CURRENT_USER"))
	}
	items, err := m.read(a, directus.Query{Limit: 2, Filter: directus.All(append(filters, m.named(a, address))...)})
	if err != nil {
		return change{}, err
	}
	slices.SortStableFunc(items, func(one, _ collections.Item) int { // of a key and an address that are the same, the address
		if m.addressOf(a, one) == address {
			return -1
		}
		return 0
	})
	for _, item := range items {
		if whose == sitefolder.Any || m.isOwn(a, item) {
			return change{item, collections.TextOf(item[keyOf(a)])}, nil
		}
	}
	return change{}, web.ErrNotFound
}

// ownField returns the field that says who made an item. An unlicensed Directus 12 ignores
// rules such as "own items only", so that there everybody could change everything by
// Directus itself: then nobody does it here. Errors: web.ErrOwnUnknown.
func (m Collection) ownField(a asked) (string, error) {
	creator := creatorOf(a)
	if creator == "" {
		m.Log.WarnOnce("whose an item is cannot be told: members may read no field that Directus fills in with who made it (user-created)", "collection", m.of.Name)
		return "", web.ErrOwnUnknown
	}
	info, err := m.Directus.Info(a.ctx, a.visitor, a.own.Token)
	if err != nil {
		return "", err
	}
	if info.DropsRules() {
		m.Log.WarnOnce("members change nothing of their own here: a Directus 12 without a licence for permission rules cannot keep them from other items", "collection", m.of.Name)
		return "", web.ErrOwnUnknown
	}
	return creator, nil
}

func creatorOf(a asked) string {
	for _, f := range a.Fields {
		if f.Has("user-created") {
			return f.Name
		}
	}
	return ""
}

func (m Collection) isOwn(a asked, item collections.Item) bool {
	return a.own.MemberID != "" && collections.TextOf(item[creatorOf(a)]) == a.own.MemberID
}

// named is the filter for the item of an address, or of a key: a draft may have no address.
func (m Collection) named(a asked, address string) directus.Filter {
	ways := []directus.Filter{directus.Equal(keyOf(a), address)}
	if !keyFits(a, address) {
		ways = nil
	}
	if field := m.addressField(a); field != keyOf(a) {
		ways = append(ways, directus.Filter{field: directus.Filter{"_in": []string{address, "/" + address, m.of.Path + "/" + address}}})
	}
	if ways == nil { // nothing has this name
		return directus.Filter{keyOf(a): directus.Filter{"_null": true}}
	}
	return directus.Either(ways...)
}

// keyOf returns the field of the key.
func keyOf(a asked) string {
	for _, f := range a.Fields {
		if bool(f.Schema.IsKey) {
			return f.Name
		}
	}
	return "id"
}

// keyFits reports whether a text can be a key: databases do not compare others with one.
func keyFits(a asked, text string) bool {
	for _, f := range a.Fields {
		if f.Name != keyOf(a) {
			continue
		}
		switch f.Type {
		case "integer", "bigInteger":
			_, err := strconv.ParseInt(text, 10, 32)
			return err == nil
		case "uuid":
			return uuid.Validate(text) == nil
		}
	}
	return true
}

// read reads items with the member's token. What they may not read is not there.
func (m Collection) read(a asked, q directus.Query) (items []collections.Item, err error) {
	err = m.Directus.Items(a.ctx, a.visitor, a.own.Token, m.of.Name, q, &items)
	return items, hidden(err)
}
