package web

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressor makes bodies smaller. It is safe for concurrent use.
type compressor struct {
	fast     *zstd.Encoder
	thorough sync.Pool // of *zstd.Encoder
	gzips    sync.Pool // of *gzip.Writer
}

func newCompressor() (*compressor, error) {
	fast, err := newZstd(zstd.SpeedFastest)
	return &compressor{
		fast: fast,
		thorough: sync.Pool{New: func() any {
			z, _ := newZstd(zstd.SpeedBetterCompression) // these options are valid, as above
			return z
		}},
		gzips: sync.Pool{New: func() any { return gzip.NewWriter(nil) }},
	}, err
}

// newZstd returns an encoder whose window is as large as a page: pages are small, so
// it needs little memory.
func newZstd(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(64<<10),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
}

// Body is a body that is sent often: in each encoding in which it may be sent, with
// the headers that describe it.
type Body struct{ plain, gzip, zstd representation }

// representation is a body in one encoding. Each has an entity tag of its own (RFC
// 9110, 8.8.3).
type representation struct {
	bytes  []byte
	etag   string
	header http.Header // Content-Type, -Encoding and -Length, ETag
}

func newRepresentation(contentType, hash, encoding string, bytes []byte) representation {
	etag := EntityTag(hash, encoding)
	header := http.Header{"Content-Type": {contentType}, "Content-Length": {strconv.Itoa(len(bytes))}, "Etag": {etag}}
	if encoding != "" {
		header["Content-Encoding"] = []string{encoding}
	}
	return representation{bytes, etag, header}
}

// headerSize approximates what the headers of a representation take, in bytes.
const headerSize = 1 << 10

// Size returns how much memory the body takes, in bytes.
func (b Body) Size() int {
	size := len(b.plain.bytes) + headerSize
	if b.gzip.bytes != nil {
		size += len(b.gzip.bytes) + len(b.zstd.bytes) + 2*headerSize
	}
	return size
}

// Plain is a body that no encoding makes smaller.
func Plain(contentType string, plain []byte) Body {
	return Body{plain: newRepresentation(contentType, HashOf(plain), "", plain)}
}

// worthEncoding is the size from which an encoding saves a packet.
const worthEncoding = 1 << 10

// Encode makes a body that is sent often as small as possible. That takes 1 MB of
// tables, rarely, so that the pools have freed them by the next time.
func (r *Responder) Encode(contentType string, plain []byte) Body {
	if len(plain) < worthEncoding {
		return Plain(contentType, plain)
	}
	hash, z := HashOf(plain), r.compressor
	thorough := z.thorough.Get().(*zstd.Encoder)
	defer z.thorough.Put(thorough)
	return Body{
		newRepresentation(contentType, hash, "", plain),
		newRepresentation(contentType, hash, "gzip", z.toGzip(plain)),
		newRepresentation(contentType, hash, "zstd", toZstd(thorough, plain)),
	}
}

// encodeFor encodes a body that is sent once: with the smallest tables, since they
// leave the processor's cache during each wait for Directus.
func (z *compressor) encodeFor(accept string, plain []byte) (name string, body []byte) {
	switch {
	case len(plain) < worthEncoding:
	case accepts(accept, "zstd"):
		return "zstd", toZstd(z.fast, plain)
	case accepts(accept, "gzip"):
		return "gzip", z.toGzip(plain)
	}
	return "", plain
}

func toZstd(z *zstd.Encoder, plain []byte) []byte {
	return z.EncodeAll(plain, make([]byte, 0, len(plain)/3))
}

func (z *compressor) toGzip(plain []byte) []byte {
	var out bytes.Buffer
	w := z.gzips.Get().(*gzip.Writer)
	defer z.gzips.Put(w)
	w.Reset(&out)
	_, _ = w.Write(plain) // a buffer does not fail
	_ = w.Close()
	return out.Bytes()
}

// write sends the body in the best encoding that the browser accepts, or 304 if the
// browser has it already.
func (b Body) write(c *gin.Context) {
	noteIfLeft(c)
	chosen := b.choose(c.GetHeader("Accept-Encoding"))
	if HasRepresentation(c.Request, chosen.etag) {
		c.Writer.Header()["Etag"] = chosen.header["Etag"]
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	maps.Copy(c.Writer.Header(), chosen.header)
	c.Status(http.StatusOK)
	_, _ = c.Writer.Write(chosen.bytes) // fails for visitors who have left
}

func (b Body) choose(accept string) *representation {
	switch {
	case b.gzip.bytes == nil:
	case accepts(accept, "zstd"):
		return &b.zstd
	case accepts(accept, "gzip"):
		return &b.gzip
	}
	return &b.plain
}

// accepts reports whether an Accept-Encoding names the encoding and does not exclude
// it (RFC 9110, 12.5.3). "*" does not count.
func accepts(header, encoding string) bool {
	for offer := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(offer, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		return weight(parameters) > 0
	}
	return false
}

// weight returns the q of an offer: 1 if it has none, 0 if it is not a number.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0
			}
			return q
		}
	}
	return 1
}
