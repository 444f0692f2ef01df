package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// problem is an error that the caller sees, in Directus' form.
type problem struct {
	status  int
	code    string
	message string
	details map[string]any // further extensions
}

func (p *problem) Error() string { return p.code + ": " + p.message }

func invalidPayload(format string, args ...any) error {
	reason := fmt.Sprintf(format, args...)
	return &problem{http.StatusBadRequest, "INVALID_PAYLOAD", "Invalid payload. " + reason + ".", map[string]any{"reason": reason}}
}

func invalidQuery(format string, args ...any) error {
	reason := fmt.Sprintf(format, args...)
	return &problem{http.StatusBadRequest, "INVALID_QUERY", "Invalid query. " + reason + ".", map[string]any{"reason": reason}}
}

func invalidCredentials() error {
	return &problem{http.StatusUnauthorized, "INVALID_CREDENTIALS", "Invalid user credentials.", nil}
}

func invalidOTP() error {
	return &problem{http.StatusUnauthorized, "INVALID_OTP", "Invalid user OTP.", nil}
}

func userSuspended() error {
	return &problem{http.StatusUnauthorized, "USER_SUSPENDED", "User suspended.", nil}
}

func tokenExpired() error {
	return &problem{http.StatusUnauthorized, "TOKEN_EXPIRED", "Token expired.", nil}
}

func invalidToken() error {
	return &problem{http.StatusForbidden, "INVALID_TOKEN", "Invalid token.", nil}
}

func forbidden() error {
	return &problem{http.StatusForbidden, "FORBIDDEN", "You don't have permission to access this.", nil}
}

func forbiddenBecause(format string, args ...any) error {
	reason := fmt.Sprintf(format, args...)
	return &problem{http.StatusForbidden, "FORBIDDEN", reason, map[string]any{"reason": reason}}
}

// forbiddenAction is the answer for an item that the caller may not change.
func forbiddenAction(action, name string) error {
	return forbiddenBecause(`You don't have permission to perform "%s" for collection "%s" or it does not exist.`, action, name)
}

// forbiddenCollection is the answer for a collection that the caller may not read
// or that does not exist. path is where the query mentions it; empty is the root.
func forbiddenCollection(path, name string) error {
	return forbiddenBecause(`You don't have permission to access collection "%s" or it does not exist. Queried in %s.`, name, place(path))
}

func forbiddenFields(path, name string, fields []string) error {
	quoted := make([]string, len(fields))
	for i, f := range fields {
		quoted[i] = `"` + f + `"`
	}
	if len(fields) == 1 {
		return forbiddenBecause(`You don't have permission to access field %s in collection "%s" or it does not exist. Queried in %s.`, quoted[0], name, place(path))
	}
	return forbiddenBecause(`You don't have permission to access fields %s in collection "%s" or they do not exist. Queried in %s.`, strings.Join(quoted, ", "), name, place(path))
}

func place(path string) string {
	if path == "" {
		return "root"
	}
	return `"` + path + `"`
}

func routeNotFound(path string) error {
	return &problem{http.StatusNotFound, "ROUTE_NOT_FOUND", "Route " + path + " doesn't exist.", map[string]any{"path": path}}
}

func notUnique(collection, field, value string) error {
	return &problem{http.StatusBadRequest, "RECORD_NOT_UNIQUE",
		fmt.Sprintf(`Value "%s" for field "%s" in collection "%s" has to be unique.`, value, field, collection),
		map[string]any{"collection": collection, "field": field, "value": value}}
}

// valueTooLong is what PostgreSQL has Directus answer: only of a single value can it tell
// which one it is. SQLite takes any length.
func valueTooLong(collection, field string, only bool) error {
	details := map[string]any{"collection": collection, "field": nil}
	if only {
		details["field"] = field
	}
	return &problem{http.StatusBadRequest, "VALUE_TOO_LONG", fmt.Sprintf(`Value in collection "%s" is too long.`, collection), details}
}

// failedValidation names the field and the failed check: "required", "nnull",
// "email" or "regex".
func failedValidation(field, kind string) error {
	wanted := "Value is required."
	switch kind {
	case "nnull":
		wanted = "Value can't be null."
	case "email":
		wanted = "Value has to be a valid email address."
	case "regex":
		wanted = "Value doesn't have the correct format."
	}
	return &problem{http.StatusBadRequest, "FAILED_VALIDATION", fmt.Sprintf(`Validation failed for field "%s". %s`, field, wanted),
		map[string]any{"field": field, "path": []any{}, "type": kind}}
}

func invalidForeignKey(collection, field string) error {
	return &problem{http.StatusBadRequest, "INVALID_FOREIGN_KEY",
		fmt.Sprintf(`Invalid foreign key for field "%s" in collection "%s".`, field, collection),
		map[string]any{"collection": collection, "field": field}}
}

func invalidInvite() error {
	return &problem{http.StatusBadRequest, "INVALID_INVITE", "This invite is no longer valid.", nil}
}

func illegalTransformation() error {
	return &problem{http.StatusBadRequest, "ILLEGAL_ASSET_TRANSFORMATION", "Illegal asset transformation.",
		map[string]any{"invalidTransformations": []string{"width", "height"}}}
}

func contentTooLarge() error {
	return &problem{http.StatusRequestEntityTooLarge, "CONTENT_TOO_LARGE", "Uploaded content is too large.", nil}
}

func unprocessable(reason string) error {
	return &problem{http.StatusUnprocessableEntity, "UNPROCESSABLE_CONTENT", "Can't process content. " + reason + ".", map[string]any{"reason": reason}}
}

func unexpected() *problem {
	return &problem{http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", "An unexpected error occurred.", nil}
}
