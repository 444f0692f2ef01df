package directus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Code is Directus' name for the reason of a refusal, and a target for [errors.Is]:
//
//	errors.Is(err, directus.InvalidCredentials)
type Code string

// The codes that Hutch distinguishes (packages/errors in Directus' source).
const (
	FailedValidation    Code = "FAILED_VALIDATION"            // 400, with fields
	InvalidPayload      Code = "INVALID_PAYLOAD"              // 400
	InvalidQuery        Code = "INVALID_QUERY"                // 400
	IllegalTransform    Code = "ILLEGAL_ASSET_TRANSFORMATION" // 400
	RecordNotUnique     Code = "RECORD_NOT_UNIQUE"            // 400, with the field
	NotNullViolation    Code = "NOT_NULL_VIOLATION"           // 400, with the field
	ContainsNullValues  Code = "CONTAINS_NULL_VALUES"         // 400, with the field
	InvalidForeignKey   Code = "INVALID_FOREIGN_KEY"          // 400, with the field; not on SQLite
	InvalidInvite       Code = "INVALID_INVITE"               // 400: accepted before; INVALID_PAYLOAD until 11.17.1
	ValueTooLong        Code = "VALUE_TOO_LONG"               // 400, with the field if no other was sent; not on SQLite
	ValueOutOfRange     Code = "VALUE_OUT_OF_RANGE"           // 400, the same
	InvalidCredentials  Code = "INVALID_CREDENTIALS"          // #nosec G101 -- 401; the name of an error
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

// wellFormed reports whether this can be one of Directus' names rather than
// arbitrary text: errors are logged.
func (c Code) wellFormed() bool {
	return c != "" && len(c) <= 64 && strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// Fault is something that Directus does not accept.
type Fault struct {
	Code  Code
	Field string // ""; Directus does not say which
	Rule  string // of a FAILED_VALIDATION: the check that failed, such as regex or nnull
}

// maxName is as long as a name in a database can be.
const maxName = 128

// maxFaults is more than a form has fields.
const maxFaults = 256

// Error makes a Code usable as a target of [errors.Is].
func (c Code) Error() string { return string(c) }

// Error is a refusal in Directus' own format. It never holds Directus' messages.
type Error struct {
	Call       string // "POST /auth/login"
	Status     int
	Code       Code          // of the first error that Directus listed
	Faults     []Fault       // all of them, of a 400
	RetryAfter time.Duration // of a 429; 0 if not given
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: directus answered %d %s", e.Call, e.Status, e.Code)
	var fields []string
	for _, fault := range e.Faults {
		if fault.Field != "" {
			fields = append(fields, fault.Field)
		}
	}
	if fields != nil {
		text += " on " + strings.Join(fields, ", ")
	}
	return text
}

// Is matches the error's Code, and [ErrUnavailable] if Directus only asks to come
// back later or has failed itself.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnavailable:
		return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
	case ErrTimeout:
		return e.Status == http.StatusGatewayTimeout
	}
	return target == e.Code
}

// ErrUnavailable means that Directus gave no usable answer: a timeout, a reset, a
// 5xx or 429, something that is not JSON. It says nothing about the visitor or the
// token.
var ErrUnavailable = errors.New("directus is not available")

// ErrTimeout is an [ErrUnavailable]: Directus may have done what was asked, but has
// not answered in time.
var ErrTimeout = errors.New("directus did not answer in time")

// ErrTooLarge is an [ErrUnavailable]: the answer is larger than any that is read.
var ErrTooLarge = errors.New("the answer is too large")

// Failure is the kind of an error, for metrics and logs.
type Failure string

// The kinds of failure.
const (
	NoFailure Failure = ""
	Refused   Failure = "refused" // Directus said no: 4xx
	Limited   Failure = "limited" // Directus rate-limits us: 429
	Broken    Failure = "broken"  // Directus or a proxy reports trouble: 5xx
	TimedOut  Failure = "timeout" // no answer in time
	Cut       Failure = "cut"     // nobody listens, or the connection broke
	Foreign   Failure = "foreign" // the answer does not come from Directus
	Odd       Failure = "odd"     // Directus answered something unexpected
	Spared    Failure = "spared"  // not asked: the breaker is open
	Busy      Failure = "busy"    // not asked: too many other calls are running
	Left      Failure = "left"    // the caller did not wait for the answer
)

// FailureOf returns the kind of error that a call ended with.
func FailureOf(err error) Failure {
	var refusal *Error
	var t *trouble
	switch {
	case err == nil:
		return NoFailure
	case errors.As(err, &t):
		return t.failure
	case !errors.As(err, &refusal):
		return Odd
	case refusal.Status == http.StatusTooManyRequests:
		return Limited
	case refusal.Status == http.StatusGatewayTimeout:
		return TimedOut
	case refusal.Status >= http.StatusInternalServerError:
		return Broken
	}
	return Refused
}

// trouble is an [ErrUnavailable] other than a refusal.
type trouble struct {
	call       string
	failure    Failure
	status     int           // of an answer that is not Directus'; 0 if there was none
	retryAfter time.Duration // 0 if not given
	cause      error
}

func (t *trouble) Error() string { return fmt.Sprintf("%s: %v: %v", t.call, ErrUnavailable, t.cause) }

func (t *trouble) Is(target error) bool {
	return target == ErrUnavailable || target == ErrTimeout && t.failure == TimedOut
}

func (t *trouble) Unwrap() error { return t.cause }

// TokenRefused reports whether Directus has definitively refused the token (or the
// credentials) of a call, so that there is no point in retrying.
func TokenRefused(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal) &&
		(refusal.Status == http.StatusUnauthorized || refusal.Code == InvalidToken)
}

// RetryAfter returns how long Directus asked to be left alone, at most an hour, or
// 0.
func RetryAfter(err error) time.Duration {
	var refusal *Error
	var t *trouble
	switch {
	case errors.As(err, &refusal):
		return refusal.RetryAfter
	case errors.As(err, &t):
		return t.retryAfter
	}
	return 0
}

// readRetryAfter parses the header, which holds seconds or a date (RFC 9110,
// 10.2.3).
func readRetryAfter(h http.Header) time.Duration {
	said := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(said, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(said); err == nil {
		wait = time.Until(date)
	}
	return min(max(wait, 0), time.Hour)
}

// interrupted returns the error of a call that was not answered completely.
func interrupted(ctx context.Context, k call, cause error) *trouble {
	// url.Error repeats the URL and query; the call is already named.
	var withURL *url.Error
	if errors.As(cause, &withURL) {
		cause = withURL.Err
	}
	t := &trouble{call: k.String(), failure: Cut, cause: cause}
	var network net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		t.failure = Left
	case errors.Is(cause, errBusy):
		t.failure = Busy
	case errors.Is(cause, context.DeadlineExceeded), errors.As(cause, &network) && network.Timeout():
		t.failure = TimedOut
	}
	return t
}

// odd returns the error of an unexpected answer.
func odd(k call, failure Failure, what string) error {
	return &trouble{call: k.String(), failure: failure, cause: errors.New(what)}
}

// readError turns an answer other than 2xx into an error. Only Directus' own format
// counts as Directus' word: a proxy's 401 page must not end anybody's session.
func readError(ctx context.Context, k call, res *http.Response) error {
	var body struct {
		Errors []struct {
			Extensions struct {
				Code  Code   `json:"code"`
				Field string `json:"field"`
				Rule  string `json:"type"`
			} `json:"extensions"`
		} `json:"errors"`
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	if err != nil {
		return interrupted(ctx, k, err)
	}
	if !isJSON(res.Header) || json.Unmarshal(raw, &body) != nil || len(body.Errors) == 0 || !body.Errors[0].Extensions.Code.wellFormed() {
		t := &trouble{
			call: k.String(), failure: Foreign, status: res.StatusCode, retryAfter: readRetryAfter(res.Header),
			cause: fmt.Errorf("status %d, not in Directus' format", res.StatusCode),
		}
		switch {
		case res.StatusCode == http.StatusTooManyRequests:
			t.failure = Limited
		case res.StatusCode == http.StatusGatewayTimeout:
			t.failure = TimedOut
		case res.StatusCode >= http.StatusInternalServerError:
			t.failure = Broken
		}
		return t
	}
	refusal := &Error{
		Call:       k.String(),
		Status:     res.StatusCode,
		Code:       body.Errors[0].Extensions.Code,
		RetryAfter: readRetryAfter(res.Header),
	}
	for _, listed := range body.Errors[:min(len(body.Errors), maxFaults)] {
		fault := Fault(listed.Extensions)
		if res.StatusCode != http.StatusBadRequest || !fault.Code.wellFormed() {
			continue
		}
		if len(fault.Field) > maxName {
			fault.Field = ""
		}
		refusal.Faults = append(refusal.Faults, fault)
	}
	return refusal
}
