package directus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"hutch/internal/secret"

	"golang.org/x/sync/semaphore"
)

const (
	// readTimeout bounds a call that reads; Directus answers those in milliseconds.
	readTimeout = 5 * time.Second
	// writeTimeout bounds a call that signs in or writes: Directus deliberately
	// stalls sign-in by 500 ms and registration by 750 ms.
	writeTimeout = 8 * time.Second

	maxBody      = 8 << 20   // of a successful JSON answer, such as a page of posts with pasted pictures
	usualBody    = 256 << 10 // larger answers are read few at once
	largeAtOnce  = 2
	maxErrorBody = 64 << 10 // of an error
)

// Client talks to one Directus. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	options Options
	pools   pools
	large   *semaphore.Weighted // answers larger than usual, which many at once would fill the memory with
	// renewals are those without an answer, which must be repeated.
	renewals unanswered
}

// Options configure a [Client]. The zero value is ready to use.
type Options struct {
	// Observe is called after every request, whether it was answered or given up;
	// may be nil.
	Observe func(Observation)
	// BreakerChanged is called when calls of a kind are failed at once ("open"),
	// tried out ("half-open") or made as usual ("closed"). name is the kind: sign-in,
	// content, items, searches, members or assets. It is also called once for each at
	// the start, with an empty from. It must not call the client; may be nil.
	BreakerChanged func(name, from, to string)
	// TripAfter is how many answers within ten seconds it takes to judge that most
	// fail; 0 means 20.
	TripAfter uint32
	// OpenFor is how long calls of a kind are then failed at once; 0 means 5
	// seconds.
	OpenFor time.Duration
	// MaxWait shortens the deadline of every call; 0 for no effect.
	MaxWait time.Duration
}

// patience returns how long to wait for what usually may take this long; 0 for no
// limit.
func (o Options) patience(usual time.Duration) time.Duration {
	if o.MaxWait > 0 && o.MaxWait < usual {
		return o.MaxWait
	}
	return usual
}

// Visitor is the person a call is made for. Directus logs, limits and restricts by
// address, so each call carries exactly this one.
type Visitor struct {
	IP        string // sent as X-Forwarded-For, unless empty
	UserAgent string
	RequestID string // sent as X-Request-Id unless empty, to correlate both logs
}

// New returns a client for the Directus at baseURL, an absolute http or https URL,
// with a path if Directus is served under one.
func New(baseURL string) (*Client, error) { return NewWith(baseURL, Options{}) }

// NewWith is [New] with options.
func NewWith(baseURL string, options Options) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("directus: the base URL must be absolute, http or https")
	}
	return &Client{base: base, options: options, pools: newPools(base, options), large: semaphore.NewWeighted(largeAtOnce)}, nil
}

// call describes one request to Directus.
type call struct {
	pool    *pool
	method  string
	path    string // below the base URL; built from constants and checked ids only
	query   url.Values
	visitor Visitor
	token   secret.Text // Authorization: Bearer; empty for anonymous
	session secret.Text // the session cookie that refresh and logout read
	header  http.Header
	body    any // sent as JSON, or a multipart form as it is; may be nil
	timeout time.Duration
	// urgent calls are made even while others of their kind are failed at once.
	urgent bool
	// breaksDown means that a 500 may be caused by what was sent rather than by
	// Directus' health.
	breaksDown bool
	// crowded means that a 503 in Directus' own format may be caused by too many
	// such calls.
	crowded bool
	// whole means that out receives the whole answer, not only its data.
	whole bool
	// empty means that a read may be answered without data (204), as Directus 10
	// answers GET /permissions/me.
	empty bool
	// redirect means that success is a redirect. It is not followed.
	redirect bool
}

// String returns the call with each id in its path replaced, for logs and for
// metrics with few labels.
func (k call) String() string {
	parts := strings.Split(k.path, "/")
	for i, part := range parts {
		if isID(part) {
			parts[i] = ":id"
		}
	}
	return k.method + " " + strings.Join(parts, "/")
}

// newRequest builds the request with the visitor's own address. The header is
// overwritten, never appended to, because Directus believes the left-most entry.
func (c *Client) newRequest(ctx context.Context, k call) (*http.Request, error) {
	target := c.base.JoinPath(k.path) // #nosec G125 -- of constants and checked ids
	target.RawQuery = k.query.Encode()
	if k.method == http.MethodGet && len(target.RawQuery) > maxAddress {
		k.method, k.body, target.RawQuery = methodSearch, searchBody(k.query), ""
	}
	var body io.Reader
	var contentType string
	switch sent := k.body.(type) {
	case nil:
	case multipartForm:
		body, contentType = bytes.NewReader(sent.bytes), sent.contentType
	default:
		encoded, err := json.Marshal(sent)
		if err != nil {
			return nil, fmt.Errorf("%s: encode the body: %w", k, err)
		}
		body, contentType = bytes.NewReader(encoded), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", k.visitor.UserAgent)
	if k.visitor.IP != "" {
		req.Header.Set("X-Forwarded-For", k.visitor.IP)
	}
	if k.visitor.RequestID != "" {
		req.Header.Set("X-Request-Id", k.visitor.RequestID)
	}
	if !k.token.Empty() {
		req.Header.Set("Authorization", "Bearer "+k.token.Reveal())
	}
	if !k.session.Empty() {
		req.AddCookie(&http.Cookie{Name: sessionCookie, Value: k.session.Reveal()}) // #nosec G124 -- sent, not set: such cookies have no attributes
	}
	for name, values := range k.header {
		req.Header[name] = values
	}
	return req, nil
}

// maxAddress bounds the query in an address, in bytes: proxies refuse addresses of more than
// 8 KB, and Directus of more than 16. A longer query of items is the body of a SEARCH, which
// says the same: https://directus.io/docs/guides/connect/query-parameters.
const maxAddress = 4 << 10

const methodSearch = "SEARCH"

func searchBody(query url.Values) any {
	flat := map[string]string{}
	for name := range query {
		flat[name] = query.Get(name)
	}
	return map[string]map[string]string{"query": flat}
}

// do makes the call and decodes the answer's data into out, unless out is nil or a
// change was answered without data (204).
func (c *Client) do(ctx context.Context, k call, out any) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.patience(k.timeout))
	defer cancel()
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	defer a.close()
	err = c.decode(ctx, k, a.Response, out)
	a.judge(err)
	if err != nil {
		return nil, err
	}
	return a.Response, nil
}

// decode decodes the answer to a call into out.
func (c *Client) decode(ctx context.Context, k call, res *http.Response, out any) error {
	if k.redirect {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, usualBody))
	if err == nil && len(body) == usualBody {
		if c.large.Acquire(ctx, 1) != nil {
			return interrupted(ctx, k, errBusy)
		}
		defer c.large.Release(1)
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(res.Body, maxBody+1-usualBody))
		body = append(body, rest...)
	}
	if err != nil {
		return interrupted(ctx, k, err)
	}
	if len(body) > maxBody {
		return &trouble{call: k.String(), failure: Odd, cause: ErrTooLarge}
	}
	// Directus answers 204 if the result of a change may not be read.
	mayBeEmpty := k.method != http.MethodGet || k.empty
	if len(body) == 0 && (out == nil || res.StatusCode == http.StatusNoContent && mayBeEmpty) {
		return nil
	}
	// Anything else does not come from Directus, whatever the status.
	if !isJSON(res.Header) {
		return odd(k, Foreign, "the answer is not JSON")
	}
	if out == nil {
		return nil
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &envelope) != nil || len(envelope.Data) == 0 || string(envelope.Data) == "null" {
		return odd(k, Odd, "the answer has no data")
	}
	if !k.whole {
		body = envelope.Data
	}
	if json.Unmarshal(body, out) != nil {
		return odd(k, Odd, "the answer has an unexpected shape")
	}
	return nil
}

func isJSON(h http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// Observation describes one request to Directus for metrics: with few distinct
// values, none of which identifies anybody.
type Observation struct {
	Call     string        // "GET /users/:id"; ids are left out
	Status   int           // of the answer; 0 if there was none
	Duration time.Duration // until the answer was read, or for a large file until it began
	Failure  Failure       // "" for none
}

type waitedKey struct{}

// Measure returns a context, and a function that returns the total time that calls
// under it have waited for Directus so far. Concurrent calls count separately.
func Measure(ctx context.Context) (context.Context, func() time.Duration) {
	var waited atomic.Int64
	return context.WithValue(ctx, waitedKey{}, &waited), func() time.Duration { return time.Duration(waited.Load()) }
}

func addWaited(ctx context.Context, d time.Duration) {
	if waited, measured := ctx.Value(waitedKey{}).(*atomic.Int64); measured {
		waited.Add(int64(d))
	}
}
