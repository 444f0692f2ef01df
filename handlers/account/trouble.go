package account

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

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
	if refusal := notAccepted(err); refusal != nil {
		h.sayFaults(form, refusal)
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

// notAccepted returns what Directus says if it does not accept what was sent, else nil.
// A query that it does not accept is our own.
func notAccepted(err error) *directus.Error {
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusBadRequest && refusal.Code != directus.InvalidQuery {
		return refusal
	}
	return nil
}

// sayFaults has a form say what Directus, its database or a rule of the project does
// not accept: beside the field that is named, else above the form.
func (h *Handlers) sayFaults(form *templates.Form, refusal *directus.Error) {
	for _, fault := range refusal.Faults {
		if field := fieldOf(form, fault); field != nil {
			field.Error = messageOf(*field, fault)
			continue
		}
		form.Problem = msgNotSaved
	}
	if form.Problem == msgNotSaved {
		h.Log.Warn("directus does not accept what the fields of a form cannot make right", "error", refusal)
	}
}

// fieldOf returns the field that a fault is about; nil: the form has no such field, or
// nobody can tell. PostgreSQL does not say which of several values is too long: then it
// is the only one that is stored as it was typed.
func fieldOf(form *templates.Form, fault directus.Fault) *templates.Field {
	if fault.Field != "" {
		return form.Field(fault.Field)
	}
	if fault.Code != directus.ValueTooLong && fault.Code != directus.ValueOutOfRange {
		return nil
	}
	var stored *templates.Field
	for i, field := range form.Fields {
		switch {
		case field.Type == "password", field.Autocomplete == "one-time-code":
		case stored != nil:
			return nil
		default:
			stored = &form.Fields[i]
		}
	}
	return stored
}

func messageOf(field templates.Field, fault directus.Fault) i18n.Message {
	switch fault.Code {
	case directus.ValueTooLong:
		return msgTooLong
	case directus.ValueOutOfRange:
		return msgOutOfRange
	case directus.NotNullViolation, directus.ContainsNullValues:
		return msgFillIn
	case directus.RecordNotUnique:
		if field.Type == "email" {
			return msgEmailTaken
		}
		return msgTaken
	case directus.FailedValidation:
		switch {
		case field.Type == "password":
			return msgPasswordPolicy
		case field.Type == "email" && fault.Rule == "email":
			return msgEmailShape
		case slices.Contains([]string{"required", "nnull", "nempty"}, fault.Rule):
			return msgFillIn
		}
	}
	return msgNotAccepted
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
