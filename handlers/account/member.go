package account

import (
	"context"
	"errors"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
)

// memberFields are what pages show of a member's row, beside its id and the project's
// own fields. The service token reads exactly these, of exactly the member's own row.
var memberFields = []string{
	"email", "first_name", "last_name", "title", "location", "description", "language", "appearance",
	"avatar", "provider", "tfa_secret",
}

// member reads the row of the member who sent the request.
func (h *Handlers) member(c *gin.Context) (directus.User, error) {
	own, _ := session.From(c)
	return h.readMember(c.Request.Context(), web.OnBehalfOf(c), own)
}

// readMember reads the row of the member whose session this is: these fields, or all
// that they may read.
//
// An unlicensed Directus 12 cannot let members read their own row (it allows no rule
// such as "own record only") and answers their token with nothing but their id. Only
// then, and only with the id just answered, the service token reads that row.
//
// Once that has been seen, both are asked at the same time: the row is used only if
// its id is the one answered.
func (h *Handlers) readMember(ctx context.Context, v directus.Visitor, own session.Session, fields ...string) (directus.User, error) {
	var me, row directus.User
	var rowErr error
	asking := []func() error{func() (err error) {
		me, err = h.Directus.Me(ctx, v, own.Token, fields...)
		if len(fields) > 0 && me.Unreadable() && !errors.Is(err, directus.ErrUnavailable) && !directus.TokenRefused(err) {
			// One of the fields may no longer be readable, or exist.
			me, err = h.Directus.Me(ctx, v, own.Token)
		}
		return err
	}}
	ahead := h.rowsClosed.Load() && !h.ServiceToken.Empty()
	if ahead {
		asking = append(asking, func() error {
			row, rowErr = h.Directus.ReadUser(ctx, v, h.ServiceToken, own.MemberID, memberFields...)
			return nil
		})
	}
	err := web.Together(asking...)
	switch {
	case errors.Is(err, directus.Forbidden):
		return directus.User{}, web.ErrNoUser
	case err != nil:
		return directus.User{}, err
	}
	if me.Email == "" {
		// The address that the member signed in with, so Directus has confirmed it.
		me.Email = own.Email
	}
	if h.rowsClosed.Store(me.Unreadable()); !me.Unreadable() || h.ServiceToken.Empty() {
		return me, nil
	}
	if !ahead || own.MemberID != me.ID {
		row, rowErr = h.Directus.ReadUser(ctx, v, h.ServiceToken, me.ID, memberFields...)
	}
	if errors.Is(rowErr, directus.ErrUnavailable) {
		return directus.User{}, rowErr
	}
	if rowErr != nil {
		// The configuration is wrong; that must not end the member's session.
		h.Log.Error("DIRECTUS_SERVICE_TOKEN cannot read the member's row", "error", rowErr)
		return me, nil
	}
	return row, nil
}

// managedElsewhere returns the external provider that a member signs in with; "" if
// they have a password here.
func managedElsewhere(m directus.User) string {
	if m.Provider == "default" {
		return ""
	}
	return m.Provider
}

// maxLanguage is longer than any language tag, maxName than what fits beside a picture; in
// bytes.
const maxLanguage, maxName = 64, 200

// remembered returns what the session stores of the row. It travels in a cookie, so
// values that cannot be what they are called are dropped.
func remembered(m directus.User) session.Member {
	kept := session.Member{Email: m.Email, Language: m.Language, Appearance: m.Appearance, Name: strings.TrimSpace(m.FirstName + " " + m.LastName), Avatar: m.Avatar}
	if len(kept.Language) > maxLanguage {
		kept.Language = ""
	}
	if len(kept.Appearance) > maxLanguage {
		kept.Appearance = ""
	}
	if len(kept.Name) > maxName {
		kept.Name = ""
	}
	if uuid.Validate(kept.Avatar) != nil {
		kept.Avatar = ""
	}
	return kept
}

// signedIn reports whether the request comes with a session.
func signedIn(c *gin.Context) bool {
	_, has := session.From(c)
	return has
}

// endOthers has Directus end all sessions of a member but their own, and reports
// whether it did. Members have no other way to end them than to set their address or
// password, which is the one that they have. Directus 10 ends none.
func (h *Handlers) endOthers(c *gin.Context, own session.Session, same directus.UserChange) bool {
	if !h.endsOthers(c, own) {
		return false
	}
	err := h.Directus.UpdateUser(context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c), own.Token, own.MemberID, same)
	if err != nil {
		h.Log.Warn("the sessions of a member were not ended", "error", err)
	}
	return err == nil
}

// endsOthers reports whether Directus ends the other sessions of a member who changes
// their address or password.
func (h *Handlers) endsOthers(c *gin.Context, own session.Session) bool {
	info, err := h.Directus.Info(context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c), own.Token)
	if err != nil {
		h.Log.Warn("the version of Directus is not known", "error", err)
	}
	return err == nil && info.EndsOtherSessions()
}
