package content

import (
	"context"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/templates"
)

// OwnPage answers at an address that is none of our routes with the page of the site folder
// that has it. Errors: web.ErrNotFound.
func (h *Handlers) OwnPage(c *gin.Context, v web.Visitor) (web.Response, error) {
	page := templates.OwnPage{Path: c.Request.URL.Path}
	if has, err := h.Templates.HasOwnPage(page.Path); err != nil {
		return nil, err
	} else if !has {
		return nil, web.ErrNotFound
	}
	return h.published(c, v, func(context.Context, contentQuery) (templates.Page, error) { return page, nil })
}
