package account

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/templates"
)

// formTrouble is for a form that could not be handled because of a limit or trouble
// with Directus: the form says so, with the message, and the response gets the
// status. The form comes back, or stays, so that what was typed is not lost. Any
// other error is returned.
func (h *Handlers) formTrouble(c *gin.Context, form *templates.Form, err error, message i18n.Message) (status int, other error) {
	var refused *limits.Refused
	if errors.As(err, &refused) {
		return h.tooMany(c, form, refused), nil
	}
	if !errors.Is(err, directus.ErrUnavailable) {
		return 0, err
	}
	status = http.StatusServiceUnavailable
	late := errors.Is(err, directus.ErrTimeout)
	if late {
		status = http.StatusGatewayTimeout
	}
	switch {
	case errors.Is(err, errNothingDone):
		message = msgFormUnavailable
	case late && message == msgFormUnavailable:
		message = msgFormLate // nobody knows whether it was done
	}
	if web.TooManyForDirectus(err) {
		status, message = http.StatusTooManyRequests, web.MsgTooMany
	}
	h.Log.DirectusTrouble(c, err)
	form.Problem = message
	return status, nil
}

// tooMany has a form say that an attempt was not allowed, and the response when the
// next one will be. It says the same whether there is such an account or not.
func (h *Handlers) tooMany(c *gin.Context, form *templates.Form, refused *limits.Refused) (status int) {
	h.Log.Throttled(c, refused.Limit.Name)
	web.RetryAfter(c, int((refused.After+time.Second-1)/time.Second))
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
