package content

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// A picture that an editor pasted stands within the text, as a data: URL. It is served
// at an address made of the item and of a hash of the picture. On any
// replica and after any restart, it comes from the item as it is published then:
// nobody can make one up, and it goes when the item goes.

// picture is one that was pasted.
type picture struct {
	kind    string // such as image/png
	content []byte
}

// hash names the picture.
func (p picture) hash() string {
	sum := sha256.Sum256(p.content)
	return hex.EncodeToString(sum[:16])
}

// picturePath begins the addresses of the pictures of an item: their hash and the
// item's name follow.
func picturePath(collection, name string) func(hash string) string {
	return func(hash string) string {
		return templates.PicturePath + collection + "/" + hash + "/" + url.PathEscape(name)
	}
}

// cutPictures takes the pasted pictures out of HTML and returns both. An address
// stands for each.
func cutPictures(source string, address func(hash string) string) (string, []picture) {
	if !strings.Contains(source, "data:") && !strings.Contains(source, "DATA:") {
		return source, nil
	}
	var written strings.Builder
	var pictures []picture
	for tokens := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return written.String(), pictures
		}
		raw := string(tokens.Raw())
		token := tokens.Token()
		at := slices.IndexFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "src" })
		if token.DataAtom == atom.Img && at >= 0 {
			if found, ok := decodePicture(token.Attr[at].Val); ok {
				pictures = append(pictures, found)
				token.Attr[at].Val = address(found.hash())
				raw = token.String()
			}
		}
		written.WriteString(raw)
	}
}

// decodePicture reads a data: URL. What the bytes are decides, not what it says: only
// pictures made of dots, which can do nothing.
func decodePicture(address string) (picture, bool) {
	head, data, _ := strings.Cut(strings.TrimSpace(address), ",")
	if head = strings.ToLower(head); !strings.HasPrefix(head, "data:image/") || !strings.HasSuffix(head, ";base64") {
		return picture{}, false
	}
	if unescaped, err := url.PathUnescape(data); err == nil {
		data = unescaped
	}
	data = strings.TrimRight(strings.Join(strings.Fields(data), ""), "=")
	content, err := base64.RawStdEncoding.DecodeString(data)
	if err != nil {
		return picture{}, false
	}
	kind := http.DetectContentType(content)
	if len(content) > 12 && string(content[4:12]) == "ftypavif" {
		kind = "image/avif"
	}
	return picture{kind, content}, slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}, kind)
}

// pictures are those of an item, by their hash.
type pictures map[string]picture

// picturesOf returns the pictures of a content.
func (f Format) picturesOf(value []byte) (pictures, int) {
	found, size := pictures{}, 0
	source, _ := f.html(value)
	_, all := cutPictures(source, func(string) string { return "" })
	for _, p := range all {
		found[p.hash()] = p
		size += len(p.content)
	}
	return found, size
}

// Picture answers with a picture that was pasted into a page or a post.
func (h *Handlers) Picture(c *gin.Context, v web.Visitor) (web.Response, error) {
	q := h.parseQuery(c)
	q.name = strings.TrimPrefix(c.Param("name"), "/")
	collection := c.Param("collection")
	own, isOwn := h.ownNamed(collection)
	if !isOwn && !slices.Contains([]string{"pages", "posts"}, collection) {
		return nil, web.ErrNotFound
	}
	found, err := cache.Derive(c.Request.Context(), h.Cache, "pictures of "+collection+"/"+q.name, q.paid(v), func(ctx context.Context, r *cache.Snapshot) (pictures, int, error) {
		q := q
		q.snapshot = r
		if isOwn {
			return entries{contentQuery: q, of: own}.pictures(ctx)
		}
		content, err := q.publicContent(ctx, collection)
		if err != nil {
			return nil, 0, err
		}
		all, size := h.Format.picturesOf(content)
		return all, size, nil
	})
	shown, has := found[c.Param("hash")]
	caching := "public, max-age=3600"
	if v.SignedIn && collection == "posts" && !has && (err == nil || errors.Is(err, web.ErrNotFound)) {
		q.snapshot = h.Cache.Snapshot()
		theirs, ownErr := h.membersRead(c, v, q)
		if ownErr != nil {
			return nil, ownErr
		}
		all, _ := h.Format.picturesOf(theirs.Content)
		shown, has = all[c.Param("hash")]
		caching = "private, no-cache"
	} else if err != nil {
		return nil, err
	}
	if !has {
		return nil, web.ErrNotFound
	}
	header := http.Header{
		"Content-Type": {shown.kind}, "Content-Length": {strconv.Itoa(len(shown.content))}, "Cache-Control": {caching},
		"Content-Security-Policy": {filePolicy}, "Etag": {web.EntityTag(c.Param("hash"), "")},
	}
	return inMemory(c, cache.File{Header: header, Content: shown.content}), nil
}

// publicContent reads the content of an item as everybody may see it.
func (q contentQuery) publicContent(ctx context.Context, collection string) ([]byte, error) {
	if collection == "pages" {
		found, err := q.page(ctx)
		return found.Content, err
	}
	found, err := q.post(ctx)
	if err != nil || found.gated() {
		return nil, err
	}
	return found.Content, nil
}

// ownNamed returns the collection of this name that everybody may read.
func (s *Source) ownNamed(name string) (of sitefolder.Collection, found bool) {
	at := slices.IndexFunc(s.Collections, func(of sitefolder.Collection) bool { return of.Name == name && of.Read == sitefolder.Everybody })
	if at < 0 {
		return sitefolder.Collection{}, false
	}
	return s.Collections[at], true
}

// pictures returns those that were pasted into the texts of the item that the address names.
func (e entries) pictures(ctx context.Context) (pictures, int, error) {
	shape, err := e.shape(ctx)
	if err != nil || !shape.couldBeAddress(e.name) {
		return nil, 0, cmp.Or(err, web.ErrNotFound)
	}
	named := directus.Filter{shape.Address: directus.Filter{"_in": e.stored(shape, []string{e.name})}}
	items, _, err := e.ask(ctx, directus.Query{Fields: []string{"*"}, Limit: 1, Filter: directus.All(append(e.source.publishedOwn(shape), named)...)}, true)
	if err != nil || len(items) == 0 {
		return nil, 0, cmp.Or(err, web.ErrNotFound)
	}
	all, size := pictures{}, 0
	if _, shown := e.view(shape, items[0]); shown && string(items[0]["members_only"]) != "true" {
		for _, value := range items[0] {
			found, more := e.source.Format.picturesOf(value)
			maps.Copy(all, found)
			size += more
		}
	}
	return all, size, nil
}
