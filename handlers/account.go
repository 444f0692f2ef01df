package handlers

import (
	"cmp"
	"context"
	"sync"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/session"
)

// account is what the pages of the profile need to know.
type account struct {
	member directus.User
	access directus.Access
	// unknown: nobody may tell what the member may do.
	unknown bool
	fields  []directus.Field // of directus_users; none: nobody may tell
}

// account asks for the member's row and what they may do, at once; and, where it
// is to be described, for what the fields of the row are.
func (s *site) account(c *gin.Context, described bool) (account, error) {
	own, _ := session.From(c)
	// Not the visitor's: others may wait for the same answer.
	ctx, v := context.WithoutCancel(c.Request.Context()), visitor(c)
	var a account
	var memberErr, accessErr, fieldsErr error
	var group sync.WaitGroup
	group.Go(func() { a.member, memberErr = s.readMember(ctx, v, own) })
	group.Go(func() {
		a.access, accessErr = once(s, "access", own, func() (directus.Access, error) { return s.Directus.Access(ctx, v, own.Token) })
	})
	if described {
		group.Go(func() {
			a.fields, fieldsErr = once(s, "fields", own, func() ([]directus.Field, error) { return s.Directus.Fields(ctx, v, own.Token, "directus_users") })
		})
	}
	group.Wait()
	if isForbidden(accessErr) {
		// A Directus 10 that setup has not prepared.
		a.unknown, accessErr = true, nil
	}
	if isForbidden(fieldsErr) {
		fieldsErr = nil
	}
	return a, cmp.Or(memberErr, accessErr, fieldsErr)
}

// mayChange reports whether the member may change this field of their own row.
// Directus has the last word in any case.
func (a account) mayChange(field string) bool {
	return a.unknown || a.access.MayField("update", "directus_users", field)
}

// once asks what a member's requests ask at the same time only once: many tabs
// that wake up together are many pages.
func once[T any](s *site, what string, own session.Session, ask func() (T, error)) (T, error) {
	answer, err, _ := s.flights.Do(what+" "+own.Token, func() (any, error) { return ask() })
	return answer.(T), err
}
