package account

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// errNotProven means the member did not re-enter the correct password or code; the
// form says what is wrong.
var errNotProven = errors.New("the password or the code is wrong")

// errNothingDone means that Directus was in trouble before it was asked for the
// change.
var errNothingDone = errors.New("nothing has been changed")

// checkProof reports what is missing in [templates.ProofFields].
func checkProof(c *gin.Context, form *templates.Form) {
	form.Field("current_password").Error = checkPassword(c.Request.PostForm.Get("current_password"), msgEnterPassword)
	if code := form.Field("code"); code != nil {
		code.Error = checkCode(postedCode(c))
	}
}

// prove signs the member in again with the password and code of the form, since
// Directus does not ask for a password before a change, and returns the new session. It
// takes the place of the one that came with the request, whose token ends: a copy of
// that cookie must not outlive the change. It returns errNotProven if the form is
// wrong, and errNothingDone with any other error.
func (h *Handlers) prove(c *gin.Context, m directus.User, form *templates.Form) (session.Session, error) {
	own, _ := session.From(c)
	proof, err := h.login(c, directus.Credentials{
		Email:    m.Email,
		Password: secret.Of(c.Request.PostForm.Get("current_password")),
		Code:     secret.Of(postedCode(c)),
	})
	other := err == nil && proof.UserID != m.ID
	if other {
		h.revoke(c, proof.Token)
	}
	switch {
	case errors.Is(err, directus.InvalidCredentials), errors.Is(err, directus.InvalidPayload), other:
		form.Field("current_password").Error = msgWrongPassword
	case errors.Is(err, directus.InvalidOTP) && form.Field("code") == nil:
		// The member's row does not say that two-factor authentication is on.
		code := templates.CodeField("proof.code")
		code.Error = cmp.Or(checkCode(postedCode(c)), wrongCodeMessage(err))
		form.Fields = append(form.Fields, code)
	case errors.Is(err, directus.InvalidOTP):
		form.Field("code").Error = wrongCodeMessage(err)
	case err != nil:
		return own, fmt.Errorf("%w: %w", errNothingDone, err)
	default:
		if err := h.begin(c, proof, own.Member); err != nil {
			return own, fmt.Errorf("%w: %w", errNothingDone, err)
		}
		own, _ = session.From(c)
		return own, nil
	}
	return own, errNotProven
}
