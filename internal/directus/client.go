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
	"time"

	"hutch/internal/secret"
)

const (
	// readTimeout bounds a call that reads; Directus answers those in milliseconds.
	readTimeout = 5 * time.Second
	// writeTimeout bounds a call that signs in or writes: Directus stalls
	// sign-in by 500 ms and registration by 750 ms on purpose.
	writeTimeout = 8 * time.Second

	maxBody      = 8 << 20  // of a successful JSON answer: a page of posts into which pictures were pasted
	maxErrorBody = 64 << 10 // of a refusal
)

// Client speaks to one Directus. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	options Options
	lanes   lanes
	// renewals are those that want to be asked for again.
	renewals unanswered
}

// Options are what a program may want of a [Client] beside its address. The zero
// value is good.
type Options struct {
	// Observe is told of every request when it has been answered or given up; nil:
	// nobody is.
	Observe func(Observation)
	// BreakerChanged is told when calls of a kind come to be given up at once
	// ("open"), tried out ("half-open") or made as usual ("closed"); name is the
	// kind: sign-in, content, members or assets. Of each it is told once at the
	// start, where from is "". It must not call the client; nil: nobody is told.
	BreakerChanged func(name, from, to string)
	// TripAfter is how many answers of the last ten seconds it takes to judge that
	// most fail; 0: 20.
	TripAfter uint32
	// OpenFor is how long calls of a kind are then given up; 0: 5 seconds.
	OpenFor time.Duration
	// MaxWait bounds each call, where that is shorter than what its kind may take;
	// 0: it does not.
	MaxWait time.Duration
}

// patience is how long to wait for what may take this long by itself; 0: for ever.
func (o Options) patience(usual time.Duration) time.Duration {
	if o.MaxWait > 0 && o.MaxWait < usual {
		return o.MaxWait
	}
	return usual
}

// Visitor is the person a call is made for. Directus logs, limits and restricts
// by address, so each call carries exactly this one.
type Visitor struct {
	IP        string // as X-Forwarded-For; empty: not sent
	UserAgent string
	RequestID string // as X-Request-Id, so that both logs can be read together; empty: not sent
}

// New returns a client of the Directus at baseURL, an absolute http or https
// URL, with a path if Directus is served under one.
func New(baseURL string) (*Client, error) { return NewWith(baseURL, Options{}) }

// NewWith is [New] with options.
func NewWith(baseURL string, options Options) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("directus: the base URL must be absolute, http or https")
	}
	return &Client{base: base, options: options, lanes: newLanes(base, options)}, nil
}

// call is one request to Directus, before it is built.
type call struct {
	lane    *lane
	method  string
	path    string // below the base URL; made of constants and checked ids only
	query   url.Values
	visitor Visitor
	token   secret.Text // Authorization: Bearer; empty: anonymous
	session secret.Text // the session cookie that refresh and logout read
	header  http.Header
	body    any // sent as JSON, or a multipart form as it is; nil: none
	timeout time.Duration
	// urgent: made although others of its kind are given up.
	urgent bool
	// breaksDown: a 500 may be about what was sent, and not about Directus.
	breaksDown bool
	// crowded: a 503 in Directus' own format may be about too many such calls.
	crowded bool
	// whole: the answer is wanted with all that stands beside its data.
	whole bool
	// redirect: success is an answer that leads elsewhere. It is not followed.
	redirect bool
}

// String is the call, with each id in its path replaced: errors are logged, and
// metrics are to have few labels.
func (k call) String() string {
	parts := strings.Split(k.path, "/")
	for i, part := range parts {
		if isID(part) {
			parts[i] = ":id"
		}
	}
	return k.method + " " + strings.Join(parts, "/")
}

// newRequest builds the request with the visitor's own address: overwritten,
// never appended to, since Directus believes the left-most entry.
func (c *Client) newRequest(ctx context.Context, k call) (*http.Request, error) {
	target := c.base.JoinPath(k.path) // #nosec G125 -- of constants and checked ids
	target.RawQuery = k.query.Encode()
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

// do makes the call and decodes the data of its answer into out, unless out is
// nil or a change was answered without any (204).
func (c *Client) do(ctx context.Context, k call, out any) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.patience(k.timeout))
	defer cancel()
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	defer a.close()
	err = decode(ctx, k, a.Response, out)
	a.judge(err)
	if err != nil {
		return nil, err
	}
	return a.Response, nil
}

// decode reads the answer to a call into out.
func decode(ctx context.Context, k call, res *http.Response, out any) error {
	if k.redirect {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return interrupted(ctx, k, err)
	}
	if len(body) > maxBody {
		return odd(k, Odd, "the answer is too large")
	}
	// 204 also to a change whose result may not be read; never to a question.
	if len(body) == 0 && (out == nil || res.StatusCode == http.StatusNoContent && k.method != http.MethodGet) {
		return nil
	}
	// Whoever answers with anything else is not Directus, whatever the status.
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
