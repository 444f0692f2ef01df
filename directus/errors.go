package directus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Code is Directus' name for why it refused, and a target for [errors.Is]:
//
//	errors.Is(err, directus.InvalidCredentials)
type Code string

// The codes that Hutch tells apart (packages/errors in Directus' source).
const (
	FailedValidation    Code = "FAILED_VALIDATION"            // 400, with Field
	InvalidPayload      Code = "INVALID_PAYLOAD"              // 400
	InvalidQuery        Code = "INVALID_QUERY"                // 400
	IllegalTransform    Code = "ILLEGAL_ASSET_TRANSFORMATION" // 400
	RecordNotUnique     Code = "RECORD_NOT_UNIQUE"            // 400, with Field
	InvalidInvite       Code = "INVALID_INVITE"               // 400: accepted before; INVALID_PAYLOAD until 11.17.1
	ValueTooLong        Code = "VALUE_TOO_LONG"               // 400, with Field
	InvalidCredentials  Code = "INVALID_CREDENTIALS"          // 401
	InvalidOTP          Code = "INVALID_OTP"                  // 401: the password was right
	TokenExpired        Code = "TOKEN_EXPIRED"                // 401
	UserSuspended       Code = "USER_SUSPENDED"               // 401
	Forbidden           Code = "FORBIDDEN"                    // 403, also for items that do not exist
	InvalidToken        Code = "INVALID_TOKEN"                // 403: drop the token
	LimitExceeded       Code = "LIMIT_EXCEEDED"               // 403: no seat or collection left (v12)
	ResourceRestricted  Code = "RESOURCE_RESTRICTED"          // 403: needs a licence (v12)
	RouteNotFound       Code = "ROUTE_NOT_FOUND"              // 404
	ContentTooLarge     Code = "CONTENT_TOO_LARGE"            // 413
	RangeNotSatisfiable Code = "RANGE_NOT_SATISFIABLE"        // 416
	Unprocessable       Code = "UNPROCESSABLE_CONTENT"        // 422: the last administrator, for one
)

// Error makes a Code usable as a target of [errors.Is].
func (c Code) Error() string { return string(c) }

// Error is a refusal in Directus' own format. It holds the first of the errors
// that Directus named, and never its message.
type Error struct {
	Call       string // "POST /auth/login"
	Status     int
	Code       Code
	Field      string        // the field of a FAILED_VALIDATION or RECORD_NOT_UNIQUE
	RetryAfter time.Duration // of a 429; 0: not said
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: directus answered %d %s", e.Call, e.Status, e.Code)
	if e.Field != "" {
		text += " on " + e.Field
	}
	return text
}

// Is matches the error's Code, and [ErrUnavailable] where Directus only asks to
// come back later or has broken down.
func (e *Error) Is(target error) bool {
	if target == ErrUnavailable {
		return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
	}
	return target == e.Code
}

// ErrUnavailable says that Directus did not answer, or not in a way that means
// anything: a timeout, a reset, a 5xx or 429, something that is not JSON. It
// says nothing about the visitor or the token.
var ErrUnavailable = errors.New("directus is not available")

// TokenRefused reports whether Directus has definitively refused the token (or
// the credentials) of a call, so that it need not be tried again.
func TokenRefused(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal) &&
		(refusal.Status == http.StatusUnauthorized || refusal.Code == InvalidToken)
}

// RetryAfter is how long Directus asked to be left alone, or 0.
func RetryAfter(err error) time.Duration {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.RetryAfter
	}
	return 0
}

func unavailable(k call, cause error) error {
	// url.Error repeats the address and the query; the call is named already.
	var withURL *url.Error
	if errors.As(cause, &withURL) {
		cause = withURL.Err
	}
	return fmt.Errorf("%s: %w: %w", k, ErrUnavailable, cause)
}

// readError turns an answer that is not 2xx into an error. Only an answer in
// Directus' own format counts as Directus' word: a 401 page of a proxy in
// between must not end anybody's session.
func readError(k call, res *http.Response) error {
	var body struct {
		Errors []struct {
			Extensions struct {
				Code  Code   `json:"code"`
				Field string `json:"field"`
			} `json:"extensions"`
		} `json:"errors"`
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	if err != nil {
		return unavailable(k, err)
	}
	if !isJSON(res.Header) || json.Unmarshal(raw, &body) != nil || len(body.Errors) == 0 || body.Errors[0].Extensions.Code == "" {
		return unavailable(k, fmt.Errorf("status %d, not in Directus' format", res.StatusCode))
	}
	first := body.Errors[0].Extensions
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	return &Error{
		Call:       k.String(),
		Status:     res.StatusCode,
		Code:       first.Code,
		Field:      first.Field,
		RetryAfter: time.Duration(seconds) * time.Second,
	}
}
