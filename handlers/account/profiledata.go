package account

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
)

// membersCollection is what Directus calls the collection of members.
const membersCollection = "directus_users"

// profileData is what the pages of the profile show.
type profileData struct {
	member             directus.User
	fields.Permissions // of members on their own row
}

// mayChange reports whether the member may change this field of their own row.
// Directus has the last word in any case.
func (a profileData) mayChange(field string) bool {
	return a.Unknown || a.Access.MayField("update", membersCollection, field)
}

// shownFields returns the names of the fields that pages show of the member's row; none:
// only the row can tell. Directus checks its rules for each field that it is asked
// for, so asking for these is a good deal faster than asking for all.
func shownFields(p fields.Permissions) []string {
	var names []string
	for _, f := range p.Fields {
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
	if known, has := h.permissions.Known(own, membersCollection); has {
		member, err := h.readMember(ctx, v, own, shownFields(known)...)
		return profileData{member, known}, err
	}
	err := web.Together(
		func() (err error) { a.member, err = h.readMember(ctx, v, own); return err },
		func() (err error) {
			a.Permissions, err = h.permissions.Of(ctx, h.Directus, v, own, membersCollection)
			return err
		},
	)
	return a, err
}
