package account

import (
	"context"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
)

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
