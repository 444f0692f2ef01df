package account

import (
	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

func (h *Handlers) Profile(c *gin.Context) (web.Response, error) {
	a, err := h.profileData(c)
	if err != nil {
		return nil, err
	}
	// It may have been changed elsewhere, in Directus' Studio for instance.
	if err := h.Sessions.Note(c, remembered(a.member)); err != nil {
		return nil, err
	}
	p := h.profilePage(c, a, h.profileFields(c, a))
	h.Refill(c, &p.Form)
	h.Refill(c, &p.Avatar.Form)
	return web.OK(p), nil
}

func (h *Handlers) profilePage(c *gin.Context, a profileData, all []fields.Field) templates.Profile {
	var details []templates.Detail
	var inputs []templates.Field
	for _, f := range all {
		if f.Changeable {
			inputs = append(inputs, f.Input())
		} else if detail := f.Detail(h.Responder.Language(c)); detail.Value != "" || detail.ValueLabel != "" {
			details = append(details, detail)
		}
	}
	return templates.NewProfile(a.member.Email, details, inputs, templates.NewAvatar(a.member.Avatar, a.mayChangeAvatar()))
}

// SaveProfile saves the fields that the member may change, in one call: all or
// nothing.
func (h *Handlers) SaveProfile(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	a, err := h.profileData(c)
	if err != nil {
		return nil, err
	}
	all := h.profileFields(c, a)
	p := h.profilePage(c, a, all)
	change := directus.UserChange{}
	for _, f := range all {
		if !f.Changeable || !f.Sent(c.Request.PostForm) {
			continue // a field that was not sent stays as it is
		}
		input := p.Form.Field(f.Name)
		input.Value = f.Posted(c.Request.PostForm)
		if f.Untouched(input.Value) {
			continue
		}
		value, wrong := f.Parse(input.Value)
		if input.Error = wrong; wrong == "" {
			change[f.Name] = value
		}
	}
	if p.Form.Failed() {
		return web.Invalid(p), nil
	}
	if len(change) == 0 {
		return web.SeeOther{Path: "/profile", Notice: noticeUnchanged}, nil
	}
	own, _ := session.From(c)
	if err := h.Directus.UpdateUser(c.Request.Context(), web.OnBehalfOf(c), own.Token, a.member.ID, change); err != nil {
		return h.profileNotSaved(c, p, err)
	}
	if err := h.profileSaved(c, change); err != nil {
		return nil, err
	}
	return web.SeeOther{Path: "/profile", Notice: noticeProfileSaved}, nil
}

func (h *Handlers) profileNotSaved(c *gin.Context, p templates.Profile, err error) (web.Response, error) {
	if h.changeRefused(c, err) {
		p.Form.Problem = msgNotChangeable
		return web.Invalid(p), nil
	}
	status, err := h.formTrouble(c, &p.Form, err, msgChangeUnsure)
	return web.Page{Status: status, Page: p}, err
}

// profileSaved has the pages follow what was saved, starting with this response.
func (h *Handlers) profileSaved(c *gin.Context, change directus.UserChange) error {
	own, _ := session.From(c)
	if language, changed := change["language"]; changed {
		own.Language = fields.Plain(language)
		h.Sessions.SetLanguage(c, "") // this browser's own choice is older
	}
	if appearance, changed := change["appearance"]; changed {
		own.Appearance = fields.Plain(appearance)
		h.Sessions.SetAppearance(c, "") // this browser's own choice is older
	}
	return h.Sessions.Note(c, own.Member)
}

// ToProfile redirects from the address of a profile form, which a browser without
// JavaScript requests when its page is reloaded.
func (h *Handlers) ToProfile(*gin.Context) (web.Response, error) {
	return web.SeeOther{Path: "/profile"}, nil
}
