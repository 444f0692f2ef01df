package fields

import (
	"errors"
	"net/http"
	"slices"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/templates"
)

// NotAccepted returns what Directus says if it does not accept what was sent, else nil.
// A query that it does not accept is our own.
func NotAccepted(err error) *directus.Error {
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusBadRequest && refusal.Code != directus.InvalidQuery {
		return refusal
	}
	return nil
}

// Say has a form say what Directus, its database or a rule of the project does not accept:
// beside the field that is named, else above the form, and then it is not placed.
func Say(form *templates.Form, refusal *directus.Error) (placed bool) {
	for _, fault := range refusal.Faults {
		if field := fieldOf(form, fault); field != nil {
			field.Error = messageOf(*field, fault)
			continue
		}
		form.Problem = MsgNotSaved
	}
	return form.Problem != MsgNotSaved
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
		return MsgTooLong
	case directus.ValueOutOfRange:
		return MsgOutOfRange
	case directus.NotNullViolation, directus.ContainsNullValues:
		return MsgFillIn
	case directus.RecordNotUnique:
		if field.Type == "email" {
			return MsgEmailTaken
		}
		return MsgTaken
	case directus.FailedValidation:
		switch {
		case field.Type == "password":
			return MsgPasswordPolicy
		case field.Type == "email" && fault.Rule == "email":
			return MsgEmailShape
		case slices.Contains([]string{"required", "nnull", "nempty"}, fault.Rule):
			return MsgFillIn
		}
	}
	return MsgNotAccepted
}
