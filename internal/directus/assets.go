package directus

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hutch/internal/secret"
)

const (
	// assetTimeout bounds an image from request to last byte: the first transform
	// of a large one takes seconds, and so does a slow line.
	assetTimeout = time.Minute
	// assetHeaderTimeout is the part of it until the image has been made.
	assetHeaderTimeout = 30 * time.Second
)

// Transform says which rendition of an image is wanted; zero: the original. No
// image is made larger than it is, unless it is cropped or framed. Files that
// Directus does not transform, SVG and GIF above all, come as they are.
type Transform struct {
	Width   int    // pixels
	Height  int    // pixels; only with Width
	Fit     string // what happens to both: cover (the default), contain, inside, outside
	Format  string // auto, jpg, png, webp, avif; "": the file's own
	Quality int    // 1 to 100; 0: Directus' own
}

func (t Transform) query() url.Values {
	query := url.Values{}
	if t.Width > 0 {
		query.Set("width", strconv.Itoa(t.Width))
	}
	if t.Height > 0 {
		query.Set("height", strconv.Itoa(t.Height))
		query.Set("fit", t.Fit)
		if t.Fit == "" {
			query.Set("fit", "cover") // around the file's focal point
		}
	}
	// Directus limits each side by itself, which would bend the shape of a crop.
	if t.Width > 0 && (t.Height == 0 || t.Fit == "inside") {
		query.Set("withoutEnlargement", "true")
	}
	if t.Format != "" {
		query.Set("format", t.Format)
	}
	if t.Quality > 0 {
		query.Set("quality", strconv.Itoa(t.Quality))
	}
	return query
}

// Asset is a file, or a part of it, as Directus serves it. The reader must
// close Body.
type Asset struct {
	Header  http.Header
	Body    io.ReadCloser
	Size    int64 // bytes of the whole file or rendition; -1: not told
	Partial bool  // Body is the part that was asked for, as Content-Range says
}

// Asset opens a file: GET /assets/:id. accept is the browser's Accept header,
// by which Directus chooses for format=auto.
//
// Errors: [Forbidden], also for a file that does not exist; [InvalidQuery] and
// [IllegalTransform] where the project allows no such transform, or not of this
// file.
func (c *Client) Asset(ctx context.Context, v Visitor, token secret.Text, id string, t Transform, accept string) (*Asset, error) {
	return c.openAsset(ctx, v, token, id, t.query(), http.Header{"Accept": {accept}})
}

// AssetPart opens a part of an original, from the byte first to the byte last,
// which must be a later one: Directus takes a single byte for a mistake. Its
// header tells all that [Client.Asset] would, so that two bytes are a cheap
// question. HEAD is none: it does not say why it was refused, and on Directus 10
// each leaves a file open for ever.
//
// Errors: those of Asset; [RangeNotSatisfiable].
func (c *Client) AssetPart(ctx context.Context, v Visitor, token secret.Text, id string, first, last int64) (*Asset, error) {
	part := fmt.Sprintf("bytes=%d-%d", first, last)
	return c.openAsset(ctx, v, token, id, nil, http.Header{"Accept": {"*/*"}, "Range": {part}})
}

func (c *Client) openAsset(ctx context.Context, v Visitor, token secret.Text, id string, query url.Values, header http.Header) (*Asset, error) {
	if !isID(id) {
		return nil, &Error{Call: "GET /assets", Status: http.StatusForbidden, Code: Forbidden}
	}
	// Images are compressed already, and sizes and parts are to be the file's.
	header.Set("Accept-Encoding", "identity")
	k := call{
		lane:   c.lanes.assets,
		method: http.MethodGet, path: "/assets/" + id, query: query, visitor: v, token: token, header: header,
		breaksDown: true, // over a broken image
		crowded:    true, // more than ASSETS_TRANSFORM_MAX_CONCURRENT at once
	}
	ctx, cancel := context.WithTimeout(ctx, assetTimeout)
	a, err := c.send(ctx, k)
	if err != nil {
		cancel()
		return nil, err
	}
	asset := &Asset{Header: a.Header, Size: a.ContentLength, Partial: a.StatusCode == http.StatusPartialContent}
	if asset.Partial {
		asset.Size, err = sizeOf(k, a.Header.Get("Content-Range"), header.Get("Range"))
	}
	if err != nil {
		a.judge(err)
		endAsset(a, cancel)
		return nil, err
	}
	asset.Body, err = c.lanes.assets.body(ctx, k, a, cancel)
	a.judge(err)
	if err != nil {
		endAsset(a, cancel)
		return nil, err
	}
	return asset, nil
}

// sizeOf reads the file's size from a Content-Range, "bytes 0-99/1234", which
// must begin where the part that was asked for does.
func sizeOf(k call, contentRange, asked string) (int64, error) {
	part, size, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes "), "/")
	first, _, _ := strings.Cut(part, "-")
	wanted, _, _ := strings.Cut(strings.TrimPrefix(asked, "bytes="), "-")
	number, err := strconv.ParseInt(size, 10, 64)
	if err != nil || number < 0 || first != wanted {
		return 0, odd(k, Odd, "the answer is not the part that was asked for")
	}
	return number, nil
}
