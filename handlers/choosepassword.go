package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/templates"
)

// choosePassword sets the password that was chosen on the page of a mailed link,
// with the token of the link, and leaves nobody signed in. A reply says why it did
// not come to that.
func (s *site) choosePassword(
	c *gin.Context, link mailedLink, p templates.ChoosePassword,
	set func(ctx context.Context, v directus.Visitor, token, password string) error,
) (instead reply, err error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	token := s.mailedToken(c, link)
	if token == "" {
		return link.isBroken(), nil
	}
	password := c.Request.PostForm.Get("password")
	input := p.Form.Field("password")
	if input.Error = s.checkNewPassword(c, password); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	ctx := c.Request.Context()
	if _, err = s.Limits.Take(ctx, limits.Link, limits.Who{IP: c.ClientIP()}); err == nil {
		err = set(ctx, visitor(c), token, password)
	}
	if instead, refused := link.refusal(err); refused {
		return instead, nil
	}
	switch {
	case err == nil:
		// Whoever has followed the link need not be who was signed in here.
		s.Sessions.SignOut(c)
		if email := directus.MailedAddress(token); email != "" {
			s.chosenAnew(c, email)
		}
		return nil, nil
	case errors.Is(err, directus.FailedValidation):
		input.Error = sayPasswordPolicy
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	status, err := s.formTrouble(c, &p.Form, err, sayPasswordUnsure)
	return page{status, p}, err
}
