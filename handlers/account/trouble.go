package account

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/templates"
)

// formTrouble is for a form that could not be handled because of a limit, of a value
// that Directus does not accept, or of trouble with Directus: the form says so, of
// trouble with the message, and the response gets the status. The form comes back, or
// stays, so that what was typed is not lost. Any other error is returned.
func (h *Handlers) formTrouble(c *gin.Context, form *templates.Form, err error, message i18n.Message) (status int, other error) {
	var refused *limits.Refused
	if errors.As(err, &refused) {
		return h.tooMany(c, form, refused), nil
	}
	if refusal := fields.NotAccepted(err); refusal != nil {
		if !fields.Say(form, refusal) {
			h.Log.Warn("directus does not accept what the fields of a form cannot make right", "error", refusal)
		}
		return http.StatusUnprocessableEntity, nil
	}
	if !errors.Is(err, directus.ErrUnavailable) {
		return 0, err
	}
	late := message
	switch {
	case errors.Is(err, errNothingDone):
		message, late = msgFormUnavailable, msgFormUnavailable
	case message == msgFormUnavailable:
		late = msgFormLate // nobody knows whether it was done
	}
	status, form.Problem = h.Log.FormTrouble(c, err, message, late)
	return status, nil
}

// tooMany has a form say that an attempt was not allowed, and the response when the
// next one will be. It says the same whether there is such an account or not.
func (h *Handlers) tooMany(c *gin.Context, form *templates.Form, refused *limits.Refused) (status int) {
	h.Log.Throttled(c, refused.Limit.Name)
	web.RetryAfter(c, refused.After)
	form.Problem = tooManyOf(refused.Limit)
	return http.StatusTooManyRequests
}

func tooManyOf(limit limits.Limit) i18n.Message {
	switch {
	case limit.Action == limits.SignIn && limit.WrongOnly && limit.Of != limits.Address:
		return msgTooManyGuesses
	case limit.Action == limits.Mail && limit.Of == limits.Account:
		return msgTooManyMails
	}
	return web.MsgTooMany
}

// changeRefused reports whether the member may not make a change, for want of a
// permission or of a licence that allows one, and logs it.
func (h *Handlers) changeRefused(c *gin.Context, err error) bool {
	refused := errors.Is(err, directus.Forbidden) || errors.Is(err, directus.ResourceRestricted)
	if refused {
		h.Log.Event(c, web.EventRefusedByDirectus)
	}
	return refused
}
