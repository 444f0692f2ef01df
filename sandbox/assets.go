package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hutch/sandbox/sample"
)

const (
	assetAge      = 30 * 24 * time.Hour // Directus' ASSETS_CACHE_TTL
	maxDimension  = 6000                // pixels, Directus' limit for a picture's side
	defaultLoss   = 80                  // JPEG quality, sharp's default
	assetPolicy   = "default-src 'none'"
	assetVariants = "width, height, fit, format, quality and withoutEnlargement"
)

// asset is GET or HEAD /assets/:id, with the image transformed if requested.
func (s *Sandbox) asset(c *call) error {
	ctx := c.r.Context()
	key, _, _ := strings.Cut(c.r.PathValue("key"), ".") // it may be the name of a file
	wanted, err := parseTransformation(c.r.URL.Query())
	if err != nil {
		return err
	}
	file, err := s.assetFile(ctx, c.who, key)
	if err != nil {
		return err
	}
	wanted.cropAround(file)
	content, mediaType := []byte(nil), asText(file["type"])
	asItIs := wanted.width == 0 && wanted.height == 0 && wanted.format == "" && wanted.quality == 0
	if asItIs || !transformable(mediaType) {
		content, err = s.fileBytes(ctx, key)
	} else {
		content, mediaType, err = s.transformed(ctx, key, mediaType, wanted)
	}
	if err != nil {
		return err
	}
	return s.writeAsset(c, file, wanted, mediaType, content)
}

// transformable reports whether a file is an image that can be transformed. Like
// Directus, it serves others, including GIF, unchanged.
func transformable(mediaType string) bool {
	return mediaType == "image/jpeg" || mediaType == "image/png" || mediaType == "image/webp"
}

// assetFile returns the file's row if the caller may read it. A file that does
// not exist is FORBIDDEN, too.
func (s *Sandbox) assetFile(ctx context.Context, who caller, key string) (item, error) {
	col := s.schema.collection("directus_files")
	if !keyFits(col, key) {
		return nil, forbidden()
	}
	_, err := s.readOne(ctx, s.db, who, col, key, query{fields: []string{"*"}})
	if isForbidden(err) {
		return nil, forbiddenAction("read", col.name)
	}
	if err != nil {
		return nil, err
	}
	return s.readOne(ctx, s.db, caller{admin: true}, col, key, query{fields: []string{"*"}})
}

// transformation is what the query asks for. The zero value leaves the image as
// it is.
type transformation struct {
	width, height  int
	fit            string // "cover" if empty
	format         string // "jpg", "png", "auto" or "": as it is
	quality        int
	keepFromGrowth bool
	focus          focus // of the file; only where it is cropped to both sides
}

// focus is the point of the original that a crop is centred on, in pixels.
type focus struct {
	chosen bool // otherwise the middle
	x, y   float64
}

// cropAround applies the focal point that an editor has chosen, if it matters
// here.
func (t *transformation) cropAround(file item) {
	x, hasX := asNumber(file["focal_point_x"])
	y, hasY := asNumber(file["focal_point_y"])
	if t.width > 0 && t.height > 0 && (t.fit == "" || t.fit == "cover") && hasX && hasY {
		t.focus = focus{true, x, y}
	}
}

func asNumber(value any) (float64, bool) {
	number, err := strconv.ParseFloat(asText(value), 64)
	return number, err == nil
}

func parseTransformation(values url.Values) (transformation, error) {
	t := transformation{
		fit:            values.Get("fit"),
		format:         values.Get("format"),
		keepFromGrowth: values.Has("withoutEnlargement") && values.Get("withoutEnlargement") != "",
	}
	for _, name := range []string{"key", "transforms", "focal_point_x", "focal_point_y"} {
		if values.Has(name) {
			return t, invalidQuery(`"%s" is not part of the sandbox, which knows %s`, name, assetVariants)
		}
	}
	for name, target := range map[string]*int{"width": &t.width, "height": &t.height, "quality": &t.quality} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 {
			return t, invalidQuery("Expected positive integer for %s but received %s of type number", name, text)
		}
		*target = number
	}
	if t.width > maxDimension || t.height > maxDimension {
		return t, illegalTransformation()
	}
	if t.quality > 100 {
		return t, invalidQuery("Expected integer between 1 and 100 for quality but received %d of type number", t.quality)
	}
	switch t.fit {
	case "", "cover", "contain", "inside", "outside":
	default:
		return t, invalidQuery(`Expected valid fit for fit but received %s of type string`, t.fit)
	}
	switch t.format {
	case "", "auto", "jpg", "png":
	case "jpeg":
		t.format = "jpg"
	default: // nothing in pure Go can write webp, avif or tiff
		return t, invalidQuery(`The sandbox can't write the format "%s", only jpg and png`, t.format)
	}
	return t, nil
}

// fileBytes returns the stored bytes of a file. A sample image is painted when it
// is first requested, and then stored.
func (s *Sandbox) fileBytes(ctx context.Context, key string) ([]byte, error) {
	content, err := s.storedBytes(ctx, key)
	if !errors.Is(err, sql.ErrNoRows) {
		return content, err
	}
	if err := s.pictures.begin(ctx); err != nil {
		return nil, err
	}
	defer s.pictures.end()
	content, err = s.storedBytes(ctx, key) // by another request, meanwhile
	if !errors.Is(err, sql.ErrNoRows) {
		return content, err
	}
	for _, image := range sample.Images() {
		if image.ID != strings.ToLower(key) {
			continue
		}
		if content, err = image.JPEG(); err != nil {
			return nil, err
		}
		return content, s.inTransaction(ctx, func(tx querier) error {
			if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO file_bytes VALUES (?, ?)`, key, content); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE directus_files SET filesize = ? WHERE id = ?`, len(content), key)
			return err
		})
	}
	return nil, forbidden() // a row without bytes: the file is missing
}

func (s *Sandbox) storedBytes(ctx context.Context, key string) (content []byte, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT bytes FROM file_bytes WHERE file = ?`, key).Scan(&content)
	return content, err
}

// writeAsset answers with the bytes. Like Directus by default, it ignores
// conditional requests. It serves ranges of stored files.
func (s *Sandbox) writeAsset(c *call, file item, wanted transformation, mediaType string, content []byte) error {
	header := c.w.Header()
	header.Set("Content-Security-Policy", assetPolicy)
	header.Set("Content-Type", mediaType)
	header.Set("Accept-Ranges", "bytes")
	audience := "public"
	if c.who.role != "" {
		audience = "private"
	}
	header.Set("Cache-Control", fmt.Sprintf("%s, max-age=%d", audience, int(assetAge.Seconds())))
	header.Set("Vary", "Origin, Cache-Control")
	if wanted.format == "auto" {
		header.Set("Vary", "Origin, Cache-Control, Accept")
	}
	if modified, err := time.Parse(time.RFC3339, asText(file["modified_on"])); err == nil {
		header.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
		header.Set("ETag", fmt.Sprintf(`"%d"`, modified.Unix()))
	}
	disposition := "inline"
	if c.r.URL.Query().Has("download") {
		disposition = "attachment"
	}
	name := c.r.PathValue("name")
	if name == "" {
		name = asText(file["filename_download"])
	}
	header.Set("Content-Disposition", disposition+`; filename="`+strings.Map(plainRune, name)+`"`)

	status, first, last := http.StatusOK, 0, len(content)-1
	if asked := c.r.Header.Get("Range"); asked != "" && wanted == (transformation{}) {
		var partial bool
		var err error
		if first, last, partial, err = byteRange(asked, len(content)); err != nil {
			return err
		}
		if partial {
			status = http.StatusPartialContent
			header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(content)))
		}
	}
	header.Set("Content-Length", strconv.Itoa(last-first+1))
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(content[first : last+1]) // the client may have gone
	}
	return nil
}

// plainRune replaces runes that are not allowed in a quoted header value.
func plainRune(r rune) rune {
	if r < ' ' || r > '~' || r == '"' || r == '\\' {
		return '?'
	}
	return r
}

// byteRange parses "bytes=0-99", "bytes=100-" and "bytes=-50". Anything else
// means the whole file.
func byteRange(header string, size int) (first, last int, partial bool, err error) {
	parts := regexp.MustCompile(`bytes=([0-9]{0,9})-([0-9]{0,9})`).FindStringSubmatch(header)
	if parts == nil {
		return 0, size - 1, false, nil
	}
	first, firstErr := strconv.Atoi(parts[1])
	last, lastErr := strconv.Atoi(parts[2])
	switch {
	case firstErr != nil && lastErr == nil: // the end of the file
		first, last = max(0, size-last), size-1
	case lastErr != nil || last >= size:
		last = size - 1
	}
	single := firstErr == nil && lastErr == nil && first == last // one byte: Directus takes it for a mistake
	if firstErr != nil && lastErr != nil || first > last || single {
		return 0, 0, false, &problem{http.StatusRequestedRangeNotSatisfiable, "RANGE_NOT_SATISFIABLE",
			fmt.Sprintf(`Range "%s-%s" is invalid or the file's size doesn't match the requested range.`, parts[1], parts[2]), nil}
	}
	return first, last, true, nil
}
