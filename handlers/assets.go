package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/session"
	"hutch/templates"
)

// The renditions of images that are served. Each one costs Directus work and
// space, so that visitors must not be able to ask for any number of them.
var (
	assetWidths  = []int{160, 320, 480, 600, 800, 960, 1200, 1600}
	assetFormats = []string{"auto", "jpg", "png", "webp", "avif"}
)

// assetHeaders are taken over from Directus' answer.
var assetHeaders = []string{"Content-Type", "Content-Length", "Cache-Control", "Last-Modified", "Etag"}

// asset streams an image from Directus, so that the browser need not reach it.
func (s *site) asset(c *gin.Context) (reply, error) {
	transform, ok := parseTransform(c.Query("width"), c.Query("format"))
	if !ok {
		return page{http.StatusBadRequest, templates.Problem{Heading: "problem.unreadable", Text: "problem.noimagesize"}}, nil
	}
	return s.streamAsset(c, "", transform)
}

// streamAsset passes an image on as whoever has the token may see it; an empty
// one is the public's.
func (s *site) streamAsset(c *gin.Context, token string, transform directus.Transform) (reply, error) {
	open := func(t directus.Transform) (*directus.Asset, error) {
		return s.Directus.Asset(c.Request.Context(), visitor(c), token, c.Param("id"), t, c.GetHeader("Accept"))
	}
	asset, err := open(transform)
	if errors.Is(err, directus.InvalidQuery) || errors.Is(err, directus.IllegalTransform) {
		// The project allows no transforms, or not of this file: better the
		// original than a hole in the page.
		asset, err = open(directus.Transform{})
	}
	if errors.Is(err, directus.Forbidden) && token != "" {
		token = "" // what everybody may see, a role may have no rule of its own for
		asset, err = open(transform)
	}
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.RouteNotFound) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(asset.Header.Get("Content-Type"), "image/") {
		asset.Body.Close()
		return nil, errNotFound
	}

	header := http.Header{
		// An SVG is a document when it is opened by itself: one that may do nothing.
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; sandbox"},
	}
	for _, name := range assetHeaders {
		if value := asset.Header.Get(name); value != "" {
			header.Set(name, value)
		}
	}
	if transform.Format == "auto" {
		header.Set("Vary", "Accept")
	}
	if _, signedIn := session.From(c); signedIn {
		// One member's, and to be asked for again: it is gone after signing out.
		header.Set("Cache-Control", "private, no-cache")
	}
	if unchanged(c.Request, header) {
		asset.Body.Close()
		header.Del("Content-Length")
		header.Del("Content-Type")
		return file{http.StatusNotModified, header, nil}, nil
	}
	return file{http.StatusOK, header, asset.Body}, nil
}

// unchanged reports whether the browser has this very image already (RFC 9110,
// 13.2.2). Directus 10 sends no ETag.
func unchanged(r *http.Request, header http.Header) bool {
	if known := r.Header.Get("If-None-Match"); known != "" {
		return known == header.Get("Etag")
	}
	known := r.Header.Get("If-Modified-Since")
	return known != "" && known == header.Get("Last-Modified")
}

// parseTransform reads the query of an image's address. Both parts may be
// missing; anything that is not on the lists is refused.
func parseTransform(width, format string) (directus.Transform, bool) {
	transform := directus.Transform{Format: format}
	if width != "" {
		var err error
		if transform.Width, err = strconv.Atoi(width); err != nil || !slices.Contains(assetWidths, transform.Width) {
			return directus.Transform{}, false
		}
	}
	if format != "" && !slices.Contains(assetFormats, format) {
		return directus.Transform{}, false
	}
	return transform, true
}
