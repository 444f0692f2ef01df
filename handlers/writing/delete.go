package writing

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/templates"
)

// ShowDelete asks whether an item of theirs is to be deleted.
func (m Collection) ShowDelete(c *gin.Context, v web.Visitor) (web.Response, error) {
	done, err := v.Pay(web.Reading)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err != nil {
		return nil, err
	}
	found, err := m.mayChange(a, "delete", m.of.Members.Delete, c.Param("slug"))
	if err != nil {
		return nil, err
	}
	return web.OK(m.deletePage(c, a, found)), nil
}

func (m Collection) deletePage(c *gin.Context, a asked, found change) templates.DeleteEntry {
	page := templates.NewDeleteEntry(m.of.Heading(), m.of.Path, m.path(c.Param("slug")), m.headingOf(a, found.item))
	page.Mine = m.minePath(a)
	return page
}

// Delete deletes it.
func (m Collection) Delete(c *gin.Context, v web.Visitor) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	done, err := payForForm(c, v)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err != nil {
		return nil, err
	}
	found, err := m.mayChange(a, "delete", m.of.Members.Delete, c.Param("slug"))
	if err != nil {
		return nil, err
	}
	paid, err := v.Pay(web.Writing)
	if err != nil {
		return nil, err
	}
	defer paid()
	err = m.Directus.DeleteItem(a.ctx, a.visitor, a.own.Token, m.of.Name, found.key)
	page, status := m.deletePage(c, a, found), http.StatusUnprocessableEntity
	switch {
	case err == nil:
		m.Changed(a.ctx, m.of.Name, found.key)
		return web.SeeOther{Path: m.afterwards(a), Notice: noticeDeleted}, nil
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.ResourceRestricted):
		m.Log.Event(c, web.EventRefusedByDirectus)
		page.Form.Problem = fields.MsgNotChangeable
	case fields.NotAccepted(err) != nil: // others refer to it
		page.Form.Problem = fields.MsgNotAccepted
	case errors.Is(err, directus.ErrUnavailable):
		status, page.Form.Problem = m.Log.FormTrouble(c, err, msgUnsure, msgUnsure)
	default:
		return nil, err
	}
	return web.Page{Status: status, Page: page}, nil
}
