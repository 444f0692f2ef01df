package directus

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// assetTimeout bounds an image from request to last byte: the first transform
// of a large one takes seconds, and so does a slow line.
const assetTimeout = time.Minute

// Transform says which rendition of an image is wanted; zero: the original.
type Transform struct {
	Width  int    // pixels
	Height int    // pixels; with Width: what does not fit is cropped
	Format string // auto, jpg, png, webp, avif
}

// Asset is a file as Directus serves it. The reader must close Body.
type Asset struct {
	Header http.Header
	Body   io.ReadCloser
}

// Asset opens a file: GET /assets/:id. accept is the browser's Accept header,
// by which Directus chooses for format=auto.
//
// Errors: [Forbidden], also for a file that does not exist.
func (c *Client) Asset(ctx context.Context, v Visitor, token, id string, t Transform, accept string) (*Asset, error) {
	if !isID(id) {
		return nil, &Error{Call: "GET /assets", Status: http.StatusForbidden, Code: Forbidden}
	}
	query := url.Values{}
	if t.Width > 0 {
		query.Set("width", strconv.Itoa(t.Width))
	}
	if t.Height > 0 {
		query.Set("height", strconv.Itoa(t.Height))
		query.Set("fit", "cover")
	}
	if t.Format != "" {
		query.Set("format", t.Format)
	}
	k := call{method: http.MethodGet, path: "/assets/" + id, query: query, visitor: v, token: token}
	ctx, cancel := context.WithTimeout(ctx, assetTimeout)
	req, err := c.newRequest(ctx, k)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Accept", accept)
	res, err := send(c.assets, req, k)
	if err != nil {
		cancel()
		return nil, err
	}
	return &Asset{Header: res.Header, Body: closeBoth{res.Body, cancel}}, nil
}

// closeBoth ends the deadline of the call together with its body.
type closeBoth struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b closeBoth) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
