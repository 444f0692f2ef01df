package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

func (s *site) profile(c *gin.Context) (reply, error) {
	a, err := s.account(c)
	if err != nil {
		return nil, err
	}
	// It may have been changed elsewhere, in Directus' own app for instance.
	if err := s.Sessions.Note(c, remembered(a.member)); err != nil {
		return nil, err
	}
	p := s.profilePage(c, a, s.profileFields(c, a))
	s.refill(c, &p.Form)
	s.refill(c, &p.Avatar.Form)
	return page{http.StatusOK, p}, nil
}

func (s *site) profilePage(c *gin.Context, a account, fields []profileField) templates.Profile {
	var details []templates.Detail
	var inputs []templates.Field
	for _, f := range fields {
		if f.changeable {
			inputs = append(inputs, f.input())
		} else if detail := f.detail(s.language(c)); detail.Value != "" || detail.ValueLabel != "" {
			details = append(details, detail)
		}
	}
	return templates.NewProfile(a.member.Email, details, inputs, templates.NewAvatar(a.member.Avatar, a.mayChangeAvatar()))
}

// saveProfile changes what the form has that the member may change, in one call:
// all of it or nothing.
func (s *site) saveProfile(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	a, err := s.account(c)
	if err != nil {
		return nil, err
	}
	fields := s.profileFields(c, a)
	p := s.profilePage(c, a, fields)
	change := directus.UserChange{}
	for _, f := range fields {
		if !f.changeable {
			continue
		}
		input := p.Form.Field(f.name)
		input.Value = f.posted(c)
		if f.untouched(input.Value) {
			continue
		}
		value, wrong := f.parse(input.Value)
		if input.Error = wrong; wrong == "" {
			change[f.name] = value
		}
	}
	if p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	if len(change) == 0 {
		return seeOther{"/profile", noticeUnchanged}, nil
	}
	own, _ := session.From(c)
	if err := s.Directus.UpdateUser(c.Request.Context(), visitor(c), own.Token, a.member.ID, change); err != nil {
		return s.profileNotSaved(c, p, err)
	}
	if err := s.profileSaved(c, change); err != nil {
		return nil, err
	}
	return seeOther{"/profile", noticeProfileSaved}, nil
}

func (s *site) profileNotSaved(c *gin.Context, p templates.Profile, err error) (reply, error) {
	var refusal *directus.Error
	switch {
	case s.changeRefused(c, err):
		p.Form.Problem = sayNotChangeable
	case errors.As(err, &refusal) && refusal.Status == http.StatusBadRequest:
		// A rule of the project, or of its database.
		if input := p.Form.Field(refusal.Field); input == nil {
			p.Form.Problem = sayNotSaved
		} else if input.Error = sayNotAccepted; refusal.Code == directus.ValueTooLong {
			input.Error = sayTooLong
		}
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

// profileSaved lets the pages follow what was saved, in this answer already.
func (s *site) profileSaved(c *gin.Context, change directus.UserChange) error {
	own, _ := session.From(c)
	if language, changed := change["language"]; changed {
		own.Language = plain(language)
	}
	if appearance, changed := change["appearance"]; changed {
		own.Appearance = plain(appearance)
		s.Sessions.SetAppearance(c, "") // this browser's own choice is older
	}
	return s.Sessions.Note(c, own.Member)
}

// toProfile is for whoever has sent a form of the profile without JavaScript,
// and asks for its address once more.
func (s *site) toProfile(*gin.Context) (reply, error) { return seeOther{path: "/profile"}, nil }
