package content

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/templates"
)

// Asset streams a file from Directus, so that browsers never reach it themselves.
func (h *Handlers) Asset(c *gin.Context, v web.Visitor) (web.Response, error) {
	if id := fileID(c.Param("id")); id != "" { // as Directus, which also takes the file's name
		c.Params = gin.Params{{Key: "id", Value: id}}
	}
	if isSentFile(c.Param("id")) {
		return nil, web.ErrNotFound
	}
	transform, ok := parseTransform(c.Request.URL.Query())
	if !ok {
		return web.Page{Status: http.StatusNotFound, Page: templates.Problem{Heading: "problem.notfound", Text: "problem.noimagesize"}}, nil
	}
	v.Token = secret.Text{} // what everybody may see
	kept, has, fresh, keep := h.Cache.File(fileKey(c, transform))
	if fresh {
		return inMemory(c, kept), nil
	}
	var r web.Response
	original := transform == (directus.Transform{})
	done, err := v.Pay(web.Sending)
	if err == nil {
		defer done()
	}
	switch {
	case err != nil:
	case original && (c.Request.Method == http.MethodHead || hasCondition(c.Request)):
		r, err = h.originalIfWanted(c, v)
	default:
		r, err = h.streamAsset(c, v, c.Param("id"), transform)
	}
	switch file, sent := r.(web.File); {
	case err == nil && sent && !original:
		return keepSmall(c, file, keep)
	case has && errors.Is(err, directus.ErrUnavailable):
		return inMemory(c, kept), nil
	case has && errors.Is(err, web.ErrNotFound):
		keep(cache.File{}) // or it would come back in the next outage
	}
	if err != nil && c.GetHeader("Sec-Fetch-Dest") == "image" {
		return h.Responder.BriefProblem(c, err), nil
	}
	return r, err
}

// maxKeptFile is how large a rendition may be that is kept: those of lists are smaller.
const maxKeptFile = 100 << 10

// fileKey is the cache key of a rendition. Of those in the browser's best format, there
// is one for each that Directus chooses between.
func fileKey(c *gin.Context, t directus.Transform) string {
	best := ""
	if t.Format == "auto" {
		for _, format := range []string{"image/avif", "image/webp"} {
			if strings.Contains(c.GetHeader("Accept"), format) {
				best += " " + format
			}
		}
	}
	return fmt.Sprintf("%s %+v%s", strings.ToLower(c.Param("id")), t, best)
}

// keepSmall keeps a rendition for the next visitor.
func keepSmall(c *gin.Context, file web.File, keep func(cache.File, ...string)) (web.Response, error) {
	size, err := strconv.Atoi(file.Header.Get("Content-Length"))
	if file.Status != http.StatusOK || file.Body == nil || err != nil || size > maxKeptFile {
		return file, nil
	}
	content, err := io.ReadAll(file.Body) // which is in memory already
	if err = errors.Join(err, file.Body.Close()); err != nil {
		return nil, err
	}
	kept := cache.File{Header: file.Header, Content: content}
	keep(kept, "directus_files"+anyItem, "directus_files/"+strings.ToLower(c.Param("id")))
	return inMemory(c, kept), nil
}

// inMemory answers with a file, or that the browser has it already.
func inMemory(c *gin.Context, file cache.File) web.Response {
	header := file.Header.Clone()
	if notModified(c.Request, header) {
		return notSent(header)
	}
	return web.File{Status: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(file.Content))}
}

// Avatar streams the member's picture, cropped to a square. Directus decides whether
// they may see it.
func (h *Handlers) Avatar(c *gin.Context, v web.Visitor) (web.Response, error) {
	size, err := strconv.Atoi(c.Query("size"))
	if err != nil || (size != 160 && size != 320) {
		return nil, web.ErrNotFound
	}
	done, err := v.Pay(web.Sending)
	if err != nil {
		return h.Responder.BriefProblem(c, err), nil
	}
	defer done()
	return h.streamAsset(c, v, c.Param("id"), directus.Transform{Width: size, Height: size})
}

// parseTransform parses the query of an image's address. ok is false for a rendition that
// no page shows. Other parameters are ignored and never reach Directus: an address with a
// tracking parameter still shows the image.
func parseTransform(query url.Values) (t directus.Transform, ok bool) {
	given := func(name string) bool { return query.Get(name) != "" }
	if !slices.ContainsFunc([]string{"width", "height", "format", "quality", "fit"}, given) {
		return directus.Transform{}, true // the original
	}
	width, widthErr := strconv.Atoi(query.Get("width"))
	height, heightErr := strconv.Atoi(cmp.Or(query.Get("height"), "0"))
	t = directus.Transform{Width: width, Height: height, Format: query.Get("format")}
	return t, widthErr == nil && heightErr == nil && !given("quality") && !given("fit") && templates.HasRendition(width, height, t.Format)
}

// streamAsset passes on an image that the visitor's token may read; without a token,
// the public. Directus is asked for the whole image even if the browser has it
// already: that costs no more than asking for less, and tells why there is none.
// Ranges are of originals only.
func (h *Handlers) streamAsset(c *gin.Context, v web.Visitor, id string, transform directus.Transform) (web.Response, error) {
	open := func(t directus.Transform) (*directus.Asset, error) {
		return h.Directus.Asset(c.Request.Context(), web.OnBehalfOf(c), v.Token, id, t, c.GetHeader("Accept"))
	}
	made := transform
	asset, err := open(transform)
	if errors.Is(err, directus.InvalidQuery) || errors.Is(err, directus.IllegalTransform) {
		// The project allows no transforms, or not of this file: the original is
		// better than a hole in the page.
		made = directus.Transform{}
		asset, err = open(made)
	}
	if errors.Is(err, directus.Forbidden) && !v.Token.Empty() {
		// The member's role may lack a rule for what everybody may see.
		v.Token = secret.Text{}
		return h.streamAsset(c, v, id, transform)
	}
	if err != nil {
		return nil, noAsset(err)
	}
	header, err := assetHeader(c, v, asset, transform, made)
	if err != nil {
		return nil, err
	}
	if notModified(c.Request, header) {
		return unchanged(asset, header), nil
	}
	return web.File{Status: http.StatusOK, Header: header, Body: asset.Body}, nil
}

// originalIfWanted answers a request for nothing, a part, or all of a file, depending
// on the file. Its first two bytes tell, however large it is.
func (h *Handlers) originalIfWanted(c *gin.Context, v web.Visitor) (web.Response, error) {
	ctx, id := c.Request.Context(), c.Param("id")
	none := directus.Transform{}
	asset, err := h.Directus.AssetPart(ctx, web.OnBehalfOf(c), v.Token, id, 0, 1)
	if err != nil {
		return nil, noAsset(err)
	}
	header, err := assetHeader(c, v, asset, none, none)
	if err != nil {
		return nil, err
	}
	if notModified(c.Request, header) {
		return unchanged(asset, header), nil
	}
	_ = asset.Body.Close()
	if c.Request.Method == http.MethodHead {
		return web.File{Status: http.StatusOK, Header: header, Body: nil}, nil
	}

	first, last, status := wantedPart(c.Request, header, asset.Size)
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		return web.File{Status: status, Header: http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", asset.Size)}, "Cache-Control": {"no-store"}}, Body: nil}, nil
	case http.StatusPartialContent:
		asset, err = h.Directus.AssetPart(ctx, web.OnBehalfOf(c), v.Token, id, first, last)
	default:
		asset, err = h.Directus.Asset(ctx, web.OnBehalfOf(c), v.Token, id, none, "*/*")
	}
	if err != nil {
		return nil, noAsset(err)
	}
	if header, err = assetHeader(c, v, asset, none, none); err != nil { // of the file as it is now
		return nil, err
	}
	if asset.Partial {
		header.Set("Content-Range", asset.Header.Get("Content-Range"))
		header.Set("Content-Length", asset.Header.Get("Content-Length"))
		return web.File{Status: http.StatusPartialContent, Header: header, Body: asset.Body}, nil
	}
	return web.File{Status: http.StatusOK, Header: header, Body: asset.Body}, nil
}

// noAsset does not tell a file that may not be seen from one that does not exist.
func noAsset(err error) error {
	for _, code := range []directus.Code{directus.Forbidden, directus.RouteNotFound, directus.RangeNotSatisfiable} {
		if errors.Is(err, code) { // the last: the file is empty, or has just been replaced
			return web.ErrNotFound
		}
	}
	return err
}

// filePolicy is for files that are opened by themselves: an SVG is a document then.
// This one may do nothing, not even style itself. In a page it is an image, which
// this does not affect.
const filePolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// shownInline are the kinds of files that browsers open: none of them can run anything
// on this site. All others are saved, above all HTML, XML and scripts.
var shownInline = regexp.MustCompile(`^(image/[a-z0-9.+-]+|audio/[a-z0-9.+-]+|video/[a-z0-9.+-]+|application/pdf|text/plain)$`)

// assetHeader returns the header of a file. asked is the rendition of the address, made
// the one that Directus sent. A member's picture that is none is not found.
func assetHeader(c *gin.Context, v web.Visitor, asset *directus.Asset, asked, made directus.Transform) (http.Header, error) {
	kind := asset.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(kind)
	if v.SignedIn && !strings.HasPrefix(media, "image/") {
		_ = asset.Body.Close()
		return nil, web.ErrNotFound
	}
	inline := err == nil && shownInline.MatchString(media)
	if !inline {
		kind = "application/octet-stream" // so that no page of ours can use it as a script or a stylesheet
	}
	header := http.Header{
		"Content-Type":            {kind},
		"Accept-Ranges":           {"bytes"},
		"Content-Security-Policy": {filePolicy},
	}
	if inline {
		header.Set("Content-Security-Policy", policyOf(media))
	}
	_, download := c.GetQuery("download")
	if disposition := assetDisposition(asset, inline, download && asked == directus.Transform{}); disposition != "" {
		header.Set("Content-Disposition", disposition)
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
	if v.SignedIn {
		// For one member, on each of their pages. Signing out clears what the browser has,
		// and a new picture has a new address.
		header.Set("Cache-Control", "private, max-age=300")
		header.Set("Vary", "Cookie")
	}
	if asked.Format == "auto" {
		header.Set("Vary", "Accept")
	}
	// Directus' own ETag is the same for all renditions, and Directus 10 sends none.
	// Without the time of the last change, which the public may not be told, nothing
	// changes together with the file.
	if modified := header.Get("Last-Modified"); modified != "" {
		what := fmt.Appendf(nil, "%s %+v %s %s %d", c.Param("id"), made, modified, kind, asset.Size)
		header.Set("Etag", web.EntityTag(web.HashOf(what), ""))
	}
	return header, nil
}

// policyOf returns what a file of this kind may do that is opened by itself.
func policyOf(media string) string {
	return cmp.Or(viewerPolicies[media], viewerPolicies[strings.Split(media, "/")[0]], filePolicy)
}

// viewerPolicies let browsers show a film, a recording or a PDF with their own viewers,
// which a sandbox would switch off.
var viewerPolicies = map[string]string{
	"audio":           "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
	"video":           "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
	"application/pdf": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

// assetDisposition says whether a browser shows or saves a file, and under which name:
// that of Directus. Images of pages need none.
func assetDisposition(asset *directus.Asset, inline, download bool) string {
	_, given, err := mime.ParseMediaType(asset.Header.Get("Content-Disposition"))
	if err != nil {
		given = nil
	}
	how := "inline"
	if download || !inline {
		how = "attachment"
	} else if strings.HasPrefix(asset.Header.Get("Content-Type"), "image/") {
		return ""
	}
	named := map[string]string{}
	if name := given["filename"]; name != "" {
		named["filename"] = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || r == '/' || r == '\\' || unicode.Is(unicode.Bidi_Control, r) {
				return '_'
			}
			return r
		}, name)
	}
	return mime.FormatMediaType(how, named)
}

// unchanged is for a browser that has the image already.
func unchanged(asset *directus.Asset, header http.Header) web.Response {
	_ = asset.Body.Close()
	return notSent(header)
}

func notSent(header http.Header) web.Response {
	for _, name := range []string{"Content-Type", "Content-Length", "Accept-Ranges", "Content-Disposition"} {
		header.Del(name)
	}
	return web.File{Status: http.StatusNotModified, Header: header, Body: nil}
}

// hasCondition reports whether it depends on the file what the browser is sent.
func hasCondition(r *http.Request) bool {
	return r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" || r.Header.Get("Range") != ""
}

// notModified reports whether the browser has this very representation already
// (RFC 9110, 13.2.2).
func notModified(r *http.Request, header http.Header) bool {
	if r.Header.Get("If-None-Match") != "" {
		return web.HasRepresentation(r, header.Get("Etag"))
	}
	known, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	modified, otherErr := http.ParseTime(header.Get("Last-Modified"))
	return err == nil && otherErr == nil && !modified.After(known)
}

// wantedPart returns the part of an original that the browser wants: 200 for all of
// it, 206 for first to last, 416 for a part that does not exist. Ranges that Directus
// cannot send are ignored, as any may be (RFC 9110, 14.2): several parts, a single
// byte.
func wantedPart(r *http.Request, header http.Header, size int64) (first, last int64, status int) {
	if of := r.Header.Get("If-Range"); of != "" && of != header.Get("Etag") && of != header.Get("Last-Modified") {
		return 0, 0, http.StatusOK // the browser has a part of an earlier version
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
