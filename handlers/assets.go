package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/templates"
)

// asset streams an image from Directus, so that the browser need not reach it.
func (s *site) asset(c *gin.Context) (reply, error) {
	transform, ok := parseTransform(c.Request.URL.Query())
	if !ok {
		return page{http.StatusBadRequest, templates.Problem{Heading: "problem.unreadable", Text: "problem.noimagesize"}}, nil
	}
	var r reply
	var err error
	if transform == (directus.Transform{}) && (c.Request.Method == http.MethodHead || hasCondition(c.Request)) {
		r, err = s.originalIfWanted(c)
	} else {
		r, err = s.streamAsset(c, secret.Text{}, transform)
	}
	if err != nil && c.GetHeader("Sec-Fetch-Dest") == "image" {
		return s.shortly(c, err), nil
	}
	return r, err
}

// shortly is the answer for a place in a page where no page can be shown.
func (s *site) shortly(c *gin.Context, err error) reply {
	told := s.problem(c, err)
	failed, is := told.(page)
	if !is {
		return told
	}
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusTooManyRequests {
		failed.status = refusal.Status // Directus counts by the visitor's address
	}
	return text{failed.status, http.StatusText(failed.status)}
}

// parseTransform reads the query of an image's address. Each rendition costs
// Directus work and space, so that visitors must not be able to ask for any
// number of them: what is not on the lists is refused. Other parameters are
// ignored, and never reach Directus: an address that somebody has marked, or
// that Directus' own Studio has made, shows the image all the same.
func parseTransform(query url.Values) (directus.Transform, bool) {
	asked := func(name string, served ...int) (int, bool) {
		if query.Get(name) == "" {
			return 0, true
		}
		number, err := strconv.Atoi(query.Get(name))
		return number, err == nil && slices.Contains(served, number)
	}
	width, widthServed := asked("width", templates.ImageWidths()...)
	quality, qualityServed := asked("quality", 50, 65, 80, 90)
	var heights []int
	if width > 0 {
		for _, ratio := range templates.ImageRatios() {
			heights = append(heights, ratio.Height(width))
		}
	}
	height, heightServed := asked("height", heights...)
	t := directus.Transform{Width: width, Height: height, Fit: query.Get("fit"), Format: query.Get("format"), Quality: quality}
	ok := widthServed && heightServed && qualityServed &&
		slices.Contains([]string{"", "auto", "jpg", "png", "webp", "avif"}, t.Format) &&
		(t.Fit == "" || height > 0 && slices.Contains([]string{"cover", "contain", "inside", "outside"}, t.Fit))
	if t.Fit == "cover" {
		t.Fit = "" // the same, and so the same for caches
	}
	return t, ok
}

// streamAsset passes an image on as whoever has the token may see it; an empty
// one is the public's. Directus is asked for the whole of it even where the
// browser has it already: that costs no more than to ask for less, and tells
// why, where there is none. Ranges are of originals only.
func (s *site) streamAsset(c *gin.Context, token secret.Text, transform directus.Transform) (reply, error) {
	open := func(t directus.Transform) (*directus.Asset, error) {
		return s.Directus.Asset(c.Request.Context(), visitor(c), token, c.Param("id"), t, c.GetHeader("Accept"))
	}
	made := transform
	asset, err := open(transform)
	if errors.Is(err, directus.InvalidQuery) || errors.Is(err, directus.IllegalTransform) {
		// The project allows no transforms, or not of this file: better the
		// original than a hole in the page.
		made = directus.Transform{}
		asset, err = open(made)
	}
	if errors.Is(err, directus.Forbidden) && !token.Empty() {
		// What everybody may see, a role may have no rule of its own for.
		return s.streamAsset(c, secret.Text{}, transform)
	}
	if err != nil {
		return nil, noAsset(err)
	}
	header, err := assetHeader(c, asset, transform, made)
	if err != nil {
		return nil, err
	}
	if notModified(c.Request, header) {
		return unchanged(asset, header), nil
	}
	return file{http.StatusOK, header, asset.Body}, nil
}

// originalIfWanted answers where it depends on the file what is sent of it:
// nothing, a part, or all. Its first two bytes tell, however large it is.
func (s *site) originalIfWanted(c *gin.Context) (reply, error) {
	ctx, v, id := c.Request.Context(), visitor(c), c.Param("id")
	none := directus.Transform{}
	asset, err := s.Directus.AssetPart(ctx, v, secret.Text{}, id, 0, 1)
	if err != nil {
		return nil, noAsset(err)
	}
	header, err := assetHeader(c, asset, none, none)
	if err != nil {
		return nil, err
	}
	if notModified(c.Request, header) {
		return unchanged(asset, header), nil
	}
	_ = asset.Body.Close()
	if c.Request.Method == http.MethodHead {
		return file{http.StatusOK, header, nil}, nil
	}

	first, last, status := wantedPart(c.Request, header, asset.Size)
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		return file{status, http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", asset.Size)}, "Cache-Control": {"no-store"}}, nil}, nil
	case http.StatusPartialContent:
		asset, err = s.Directus.AssetPart(ctx, v, secret.Text{}, id, first, last)
	default:
		asset, err = s.Directus.Asset(ctx, v, secret.Text{}, id, none, "*/*")
	}
	if err != nil {
		return nil, noAsset(err)
	}
	if header, err = assetHeader(c, asset, none, none); err != nil { // of the file as it is now
		return nil, err
	}
	if asset.Partial {
		header.Set("Content-Range", asset.Header.Get("Content-Range"))
		header.Set("Content-Length", asset.Header.Get("Content-Length"))
		return file{http.StatusPartialContent, header, asset.Body}, nil
	}
	return file{http.StatusOK, header, asset.Body}, nil
}

// noAsset says of what nobody may see, and of what is not there, the same.
func noAsset(err error) error {
	for _, code := range []directus.Code{directus.Forbidden, directus.RouteNotFound, directus.RangeNotSatisfiable} {
		if errors.Is(err, code) { // the last: the file is empty, or was just replaced
			return errNotFound
		}
	}
	return err
}

// assetHeader is what the browser is told of an image; of what is none, it is
// an error. asked is the rendition that the address is of, made the one that
// Directus has sent.
func assetHeader(c *gin.Context, asset *directus.Asset, asked, made directus.Transform) (http.Header, error) {
	kind := asset.Header.Get("Content-Type")
	if !strings.HasPrefix(kind, "image/") {
		_ = asset.Body.Close()
		return nil, errNotFound
	}
	header := http.Header{
		"Content-Type":  {kind},
		"Accept-Ranges": {"bytes"},
		// An SVG is a document when it is opened by itself: one that may do nothing,
		// not even style itself. In a page it is an image, which this does not touch.
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'; sandbox"},
	}
	if asset.Size >= 0 {
		header.Set("Content-Length", strconv.FormatInt(asset.Size, 10))
	}
	if asked != (directus.Transform{}) {
		header.Set("Accept-Ranges", "none")
	}
	for _, name := range []string{"Cache-Control", "Last-Modified"} {
		if value := asset.Header.Get(name); value != "" {
			header.Set(name, value)
		}
	}
	if signedIn(c) {
		// One member's, and to be asked for again: it is gone after signing out.
		header.Set("Cache-Control", "private, no-cache")
	}
	if asked.Format == "auto" {
		header.Set("Vary", "Accept")
	}
	// Directus' own ETag is the same for all renditions, and Directus 10 has none.
	// Without a time of the last change, which it may not tell the public, there is
	// nothing that changes together with the file.
	if modified := header.Get("Last-Modified"); modified != "" {
		what := fmt.Appendf(nil, "%s %+v %s %s %d", c.Param("id"), made, modified, kind, asset.Size)
		header.Set("Etag", entityTag(hashOf(what), ""))
	}
	return header, nil
}

// unchanged is the answer to who has the image already.
func unchanged(asset *directus.Asset, header http.Header) reply {
	_ = asset.Body.Close()
	for _, name := range []string{"Content-Type", "Content-Length", "Accept-Ranges"} {
		header.Del(name)
	}
	return file{http.StatusNotModified, header, nil}
}

// hasCondition reports whether it depends on the file what the browser wants.
func hasCondition(r *http.Request) bool {
	return r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" || r.Header.Get("Range") != ""
}

// notModified reports whether the browser has this very representation already
// (RFC 9110, 13.2.2).
func notModified(r *http.Request, header http.Header) bool {
	if r.Header.Get("If-None-Match") != "" {
		return hasRepresentation(r, header.Get("Etag"))
	}
	known, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	modified, otherErr := http.ParseTime(header.Get("Last-Modified"))
	return err == nil && otherErr == nil && !modified.After(known)
}

// wantedPart is the part of an original that the browser wants: 200 for all of
// it, 206 for first to last, 416 for what is not there. What Directus cannot
// give is ignored, as anything may be (RFC 9110, 14.2): several parts, a single
// byte.
func wantedPart(r *http.Request, header http.Header, size int64) (first, last int64, status int) {
	if of := r.Header.Get("If-Range"); of != "" && of != header.Get("Etag") && of != header.Get("Last-Modified") {
		return 0, 0, http.StatusOK // the browser has a part of what this was before
	}
	asked := byteRange.FindStringSubmatch(r.Header.Get("Range"))
	if asked == nil {
		return 0, 0, http.StatusOK
	}
	first, firstErr := strconv.ParseInt(asked[1], 10, 64)
	last, lastErr := strconv.ParseInt(asked[2], 10, 64)
	switch {
	case firstErr != nil && lastErr != nil, firstErr == nil && lastErr == nil && last < first:
		return 0, 0, http.StatusOK // means nothing
	case firstErr != nil && last == 0, firstErr == nil && first >= size:
		return 0, 0, http.StatusRequestedRangeNotSatisfiable
	case firstErr != nil: // "-50": the end
		first, last = max(0, size-last), size-1
	case lastErr != nil || last >= size:
		last = size - 1
	}
	if first == last {
		return 0, 0, http.StatusOK
	}
	return first, last, http.StatusPartialContent
}

var byteRange = regexp.MustCompile(`^bytes=([0-9]{0,18})-([0-9]{0,18})$`)
