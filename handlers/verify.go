package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// verifyPath is where the mail to a new member leads
// (USER_REGISTER_URL_ALLOW_LIST).
const verifyPath = "/verify"

// showCheckEmail waits with a new member for the mail.
func (s *site) showCheckEmail(c *gin.Context) (reply, error) {
	return page{http.StatusOK, templates.NewCheckEmail(s.addressToConfirm(c))}, nil
}

func (s *site) addressToConfirm(c *gin.Context) string {
	var email string
	s.Sessions.Load(c, session.PendingSignUp, &email)
	return email
}

// resendVerification registers once more: Directus sends the mail again then,
// and keeps the password of the first time.
func (s *site) resendVerification(c *gin.Context) (reply, error) {
	p := templates.NewCheckEmail(s.addressToConfirm(c))
	if p.Email == "" {
		return seeOther{path: "/signup"}, nil
	}
	err := s.mailing(c, p.Email, func(ctx context.Context) error {
		return s.Directus.Register(ctx, visitor(c), p.Email, rand.Text(), s.PublicURL+verifyPath)
	})
	switch {
	case err == nil:
		return seeOther{"/signup/check-email", noticeResent}, nil
	case errors.Is(err, directus.Forbidden):
		return nil, errClosed
	case errors.Is(err, directus.InvalidPayload), errors.Is(err, directus.FailedValidation):
		s.Log.Error("the mail to a new member was not sent again", "error", err)
		return seeOther{path: "/signup"}, nil
	}
	status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
	return page{status, p}, err
}

// showVerify is where the link leads. It confirms nothing yet: mail programs
// open links ahead of their readers.
func (s *site) showVerify(c *gin.Context) (reply, error) {
	if instead, err := s.keepMailedToken(c, verifyLink()); instead != nil || err != nil {
		return instead, err
	}
	return page{http.StatusOK, templates.NewVerify()}, nil
}

func (s *site) verify(c *gin.Context) (reply, error) {
	link := verifyLink()
	token := s.mailedToken(c, link)
	if token == "" {
		return link.isBroken(), nil
	}
	err := s.Directus.VerifyEmail(c.Request.Context(), visitor(c), token)
	if instead, refused := link.refusal(err); refused {
		return instead, nil
	}
	if err != nil {
		p := templates.NewVerify()
		status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
		return page{status, p}, err
	}
	return seeOther{"/signin", noticeVerified}, nil
}
