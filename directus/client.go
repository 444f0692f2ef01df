package directus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"
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
	base   *url.URL
	http   *http.Client
	assets *http.Client // apart, so that slow readers of images never hold up the rest
}

// Visitor is the person a call is made for. Directus logs, limits and restricts
// by address, so each call carries exactly this one.
type Visitor struct {
	IP        string // as X-Forwarded-For; empty: not sent
	UserAgent string
}

// New returns a client of the Directus at baseURL, an absolute http or https
// URL, with a path if Directus is served under one.
func New(baseURL string) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("directus: the base URL must be absolute, http or https")
	}
	return &Client{base: base, http: newHTTP(), assets: newHTTP()}, nil
}

func newHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			TLSHandshakeTimeout: 3 * time.Second,
			MaxConnsPerHost:     64,
			MaxIdleConnsPerHost: 32,
			// Shorter than the 5 s after which Node closes an idle connection,
			// so that a call never goes out on one that is being closed.
			IdleConnTimeout: 4 * time.Second,
		},
		// Directus redirects nowhere that we want to go, and a token must not
		// travel to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// call is one request to Directus, before it is built.
type call struct {
	method  string
	path    string // below the base URL; made of constants and checked ids only
	query   url.Values
	visitor Visitor
	token   string // Authorization: Bearer; empty: anonymous
	session string // the session cookie that refresh and logout read
	body    any    // sent as JSON, or a multipart form as it is; nil: none
	timeout time.Duration
	// whole: the answer is wanted with all that stands beside its data.
	whole bool
	// redirect: success is an answer that leads elsewhere. It is not followed.
	redirect bool
}

func (k call) String() string { return k.method + " " + k.path }

// newRequest builds the request with the visitor's own address: overwritten,
// never appended to, since Directus believes the left-most entry.
func (c *Client) newRequest(ctx context.Context, k call) (*http.Request, error) {
	target := c.base.JoinPath(k.path)
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
	if k.token != "" {
		req.Header.Set("Authorization", "Bearer "+k.token)
	}
	if k.session != "" {
		req.AddCookie(&http.Cookie{Name: sessionCookie, Value: k.session})
	}
	return req, nil
}

// send returns the answer of a call that Directus accepted (2xx, or 302 where
// that is what it says), its body still open, or an error.
func send(client *http.Client, req *http.Request, k call) (*http.Response, error) {
	res, err := client.Do(req)
	if err != nil {
		return nil, unavailable(k, err)
	}
	if (res.StatusCode >= 200 && res.StatusCode < 300 && !k.redirect) || (res.StatusCode == http.StatusFound && k.redirect) {
		return res, nil
	}
	defer res.Body.Close()
	return nil, readError(k, res)
}

// do makes the call and decodes the data of its answer into out, unless out is
// nil or the answer is empty (204).
func (c *Client) do(ctx context.Context, k call, out any) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	req, err := c.newRequest(ctx, k)
	if err != nil {
		return nil, err
	}
	res, err := send(c.http, req, k)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if k.redirect {
		return res, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, unavailable(k, err)
	}
	if len(body) > maxBody {
		return nil, unavailable(k, errors.New("the answer is too large"))
	}
	if len(body) == 0 && (out == nil || res.StatusCode == http.StatusNoContent) {
		return res, nil
	}
	// Whoever answers with anything else is not Directus, whatever the status.
	if !isJSON(res.Header) {
		return nil, unavailable(k, errors.New("the answer is not JSON"))
	}
	if out == nil {
		return res, nil
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &envelope) != nil || len(envelope.Data) == 0 || string(envelope.Data) == "null" {
		return nil, unavailable(k, errors.New("the answer has no data"))
	}
	if !k.whole {
		body = envelope.Data
	}
	if json.Unmarshal(body, out) != nil {
		return nil, unavailable(k, errors.New("the answer has an unexpected shape"))
	}
	return res, nil
}

func isJSON(h http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}
