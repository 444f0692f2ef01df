package handlers

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressor makes bodies smaller. It is safe for concurrent use.
type compressor struct {
	zstd  *zstd.Encoder
	gzips sync.Pool // of *gzip.Writer: each is 800 KB
}

func newCompressor() (*compressor, error) {
	// A window of a page's own size, and the level with the smallest tables: pages
	// are small, and are some 2 % larger for it, but what is made between two
	// answers of Directus finds the tables out of the processor's cache each time.
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(64<<10),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	return &compressor{zstd: z, gzips: sync.Pool{New: func() any { return gzip.NewWriter(nil) }}}, err
}

// encodings is a body in each encoding that it may go out in.
type encodings struct{ plain, gzip, zstd []byte }

func (e encodings) size() int { return len(e.plain) + len(e.gzip) + len(e.zstd) }

// worthEncoding is the size from which on an encoding saves a packet.
const worthEncoding = 1 << 10

// encode is for what goes out often.
func (z *compressor) encode(plain []byte) encodings {
	if len(plain) < worthEncoding {
		return encodings{plain: plain}
	}
	return encodings{plain, z.toGzip(plain), z.toZstd(plain)}
}

// encodeFor is for what goes out once.
func (z *compressor) encodeFor(accept string, plain []byte) (name string, body []byte) {
	switch {
	case len(plain) < worthEncoding:
	case accepts(accept, "zstd"):
		return "zstd", z.toZstd(plain)
	case accepts(accept, "gzip"):
		return "gzip", z.toGzip(plain)
	}
	return "", plain
}

func (z *compressor) toZstd(plain []byte) []byte {
	return z.zstd.EncodeAll(plain, make([]byte, 0, len(plain)/3))
}

func (z *compressor) toGzip(plain []byte) []byte {
	var out bytes.Buffer
	w := z.gzips.Get().(*gzip.Writer)
	defer z.gzips.Put(w)
	w.Reset(&out)
	_, _ = w.Write(plain) // a buffer takes all
	_ = w.Close()
	return out.Bytes()
}

// choose gives the body in the best encoding that the browser takes, and the name
// of that; "": none.
func (e encodings) choose(accept string) (name string, body []byte) {
	switch {
	case e.gzip == nil:
	case accepts(accept, "zstd"):
		return "zstd", e.zstd
	case accepts(accept, "gzip"):
		return "gzip", e.gzip
	}
	return "", e.plain
}

// accepts reports whether an Accept-Encoding names the encoding and does not rule
// it out (RFC 9110, 12.5.3). "*" is not taken for what nobody has named.
func accepts(header, encoding string) bool {
	for offer := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(offer, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		weight, has := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
		if !has {
			return true
		}
		q, err := strconv.ParseFloat(weight, 64)
		return err == nil && q > 0
	}
	return false
}
