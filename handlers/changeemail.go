package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/session"
	"hutch/templates"
)

func (s *site) showChangeEmail(c *gin.Context) (reply, error) {
	m, err := s.member(c)
	p := changeEmailPage(m)
	s.refill(c, &p.Form)
	return page{http.StatusOK, p}, err
}

func changeEmailPage(m directus.User) templates.ChangeEmail {
	if provider := managedElsewhere(m); provider != "" {
		return templates.ChangeEmail{Email: m.Email, Provider: provider}
	}
	return templates.NewChangeEmail(m.Email, m.TwoFactor)
}

// changeEmail changes the member's address once they have proven that they sit
// there themselves.
func (s *site) changeEmail(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	m, err := s.member(c)
	if err != nil {
		return nil, err
	}
	p := changeEmailPage(m)
	if p.Provider != "" {
		return seeOther{path: "/profile/email"}, nil // which says where
	}
	email := strings.TrimSpace(c.Request.PostForm.Get("email"))
	input := p.Form.Field("email")
	input.Value = email
	input.Error = checkEmail(email, sayEnterNewEmail)
	if input.Error == "" && strings.EqualFold(email, m.Email) {
		input.Error = saySameEmail
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	own, _ := session.From(c)
	if err = s.prove(c, m, &p.Form); err == nil {
		err = s.Directus.UpdateUser(c.Request.Context(), visitor(c), own.Token, m.ID, directus.NewEmail(email))
	}
	switch {
	case err == nil:
		own.Email = email
		s.Sessions.Remember(c, limits.AccountOf(email), limits.AccountOf(m.Email))
		return seeOther{"/profile/email", noticeEmailChanged}, s.Sessions.Note(c, own.Member)
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.RecordNotUnique):
		input.Error = sayEmailTaken
	case errors.Is(err, directus.FailedValidation), errors.Is(err, directus.InvalidPayload):
		input.Error = sayEmailShape
	case s.changeRefused(c, err):
		p.Form.Problem = sayEmailNotChangeable
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}
