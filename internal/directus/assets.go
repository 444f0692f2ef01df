package directus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"hutch/internal/secret"
)

const (
	// assetTimeout bounds an image from request to last byte: the first transform
	// of a large one takes seconds, and so does a slow connection.
	assetTimeout = time.Minute
	// assetHeaderTimeout is the part of it for making the image.
	assetHeaderTimeout = 30 * time.Second
)

// Transform describes a rendition of an image; the zero value is the original. No
// image is enlarged unless it is cropped. Files that Directus does not
// transform, mainly SVG and GIF, come unchanged.
type Transform struct {
	Width  int    // in pixels
	Height int    // in pixels; only with Width
	Format string // auto, jpg, png, webp or avif; "" for the file's own
}

func (t Transform) query() url.Values {
	query := url.Values{}
	if t.Width > 0 {
		query.Set("width", strconv.Itoa(t.Width))
	}
	if t.Height > 0 {
		query.Set("height", strconv.Itoa(t.Height))
		query.Set("fit", "cover") // around the file's focal point
	}
	// Directus limits each side separately, which would distort a crop.
	if t.Width > 0 && t.Height == 0 {
		query.Set("withoutEnlargement", "true")
	}
	if t.Format != "" {
		query.Set("format", t.Format)
	}
	return query
}

// Asset is a file, or a part of it, as Directus serves it. The caller must close
// Body.
type Asset struct {
	Header  http.Header
	Body    io.ReadCloser
	Size    int64 // size of the whole file or rendition in bytes; -1 if unknown
	Partial bool  // Body is the requested part, as Content-Range says
}

// Asset opens a file: GET /assets/:id. accept is the browser's Accept header, by
// which Directus chooses for format=auto.
//
// Errors: [Forbidden], also if the file does not exist; [InvalidQuery] and
// [IllegalTransform] if the project does not allow the transform, or not of this
// file.
func (c *Client) Asset(ctx context.Context, v Visitor, token secret.Text, id string, t Transform, accept string) (*Asset, error) {
	return c.openAsset(ctx, v, token, id, t.query(), http.Header{"Accept": {accept}})
}

// AssetPart opens part of an original, from byte first to byte last, which must be
// greater: Directus rejects a range of a single byte. The header says everything
// that [Client.Asset] would, so two bytes are a cheap query. HEAD is no
// alternative: it does not say why it was refused, and on Directus 10 each one
// leaks an open file.
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
	// Images are compressed already, and sizes and ranges must be the file's own.
	header.Set("Accept-Encoding", "identity")
	k := call{
		pool:   c.pools.assets,
		method: http.MethodGet, path: "/assets/" + id, query: query, visitor: v, token: token, header: header,
		breaksDown: true, // on a broken image
		crowded:    true, // more than ASSETS_TRANSFORM_MAX_CONCURRENT at once
	}
	ctx, cancel := context.WithTimeout(ctx, assetTimeout)
	a, err := c.send(ctx, k)
	if err != nil {
		cancel()
		return nil, err
	}
	asset := &Asset{Header: a.Header, Size: a.ContentLength, Partial: a.StatusCode == http.StatusPartialContent}
	if a.Header.Get("Content-Disposition") == "" { // every file has one, pages of a proxy have none
		err = odd(k, Odd, "the answer is not a file")
	} else if asset.Partial {
		asset.Size, err = sizeOf(k, a.Header.Get("Content-Range"), header.Get("Range"))
	}
	if err != nil {
		a.judge(err)
		endAsset(a, cancel)
		return nil, err
	}
	asset.Body, err = c.pools.assets.body(ctx, k, a, cancel)
	a.judge(err)
	if err != nil {
		endAsset(a, cancel)
		return nil, err
	}
	return asset, nil
}

// sizeOf parses the file's size from a Content-Range such as "bytes 0-99/1234",
// which must start where the requested part does.
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

// Visitors may read slowly. So that none of them holds a slot meanwhile, a file is
// read into memory before they get any of it; large files have a bound of their own
// instead.

const (
	// maxKept is the largest file that is read into memory.
	maxKept = 1 << 20
	// maxKeptTogether bounds the memory for all files being read at once. A file
	// that does not fit is treated as large.
	maxKeptTogether = assetCalls * maxKept
	// maxRest is how much of an abandoned file is still read to its end.
	maxRest = 512 << 10
)

// assetBody is the body of a file, with what to release when it is closed.
type assetBody struct {
	io.Reader
	end func()
}

func (b assetBody) Close() error {
	b.end()
	return nil
}

// body releases the slot of an answer and returns its content, from memory or as a
// stream. After an error the caller closes the answer.
func (p *pool) body(ctx context.Context, k call, a *answer, cancel context.CancelFunc) (io.ReadCloser, error) {
	var begun bytes.Buffer
	size, told := a.ContentLength, a.ContentLength >= 0
	if !told {
		size = maxKept
	}
	kept := size <= maxKept && p.memory.TryAcquire(size)
	if kept {
		if told {
			begun.Grow(int(size) + bytes.MinRead)
		}
		read, err := io.CopyN(&begun, a.Body, size)
		switch {
		case told && err == nil, !told && errors.Is(err, io.EOF):
			endAsset(a, cancel)
			p.memory.Release(size - read)
			content := begun.Bytes()
			if !told {
				content = bytes.Clone(content) // drop the buffer's spare capacity
			}
			return assetBody{bytes.NewReader(content), sync.OnceFunc(func() { p.memory.Release(read) })}, nil
		case err != nil:
			p.memory.Release(size)
			return nil, interrupted(ctx, k, err)
		}
	}
	select {
	case p.downloads <- struct{}{}:
	default:
		if kept {
			p.memory.Release(size)
		}
		return nil, interrupted(ctx, k, errBusy)
	}
	a.free()
	return assetBody{io.MultiReader(&begun, a.Body), sync.OnceFunc(func() {
		endAsset(a, cancel)
		<-p.downloads
		if kept {
			p.memory.Release(size)
		}
	})}, nil
}

// endAsset reads a small rest first, so that the connection can be reused. Directus
// 10 never closes a file that is not read to its end.
func endAsset(a *answer, cancel context.CancelFunc) {
	_, _ = io.CopyN(io.Discard, a.Body, maxRest)
	cancel()
	a.close()
}
