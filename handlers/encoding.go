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
	fast     *zstd.Encoder
	thorough sync.Pool // of *zstd.Encoder
	gzips    sync.Pool // of *gzip.Writer
}

func newCompressor() (*compressor, error) {
	fast, err := newZstd(zstd.SpeedFastest)
	return &compressor{
		fast: fast,
		thorough: sync.Pool{New: func() any {
			z, _ := newZstd(zstd.SpeedBetterCompression) // the options are those above, and good
			return z
		}},
		gzips: sync.Pool{New: func() any { return gzip.NewWriter(nil) }},
	}, err
}

// newZstd makes an encoder with a window of a page's own size: these are small, and
// so is the memory.
func newZstd(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(64<<10),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
}

// encodings is a body in each encoding that it may go out in.
type encodings struct{ plain, gzip, zstd []byte }

func (e encodings) size() int { return len(e.plain) + len(e.gzip) + len(e.zstd) }

// worthEncoding is the size from which on an encoding saves a packet.
const worthEncoding = 1 << 10

// encode is for what goes out often: as small as may be. That takes 1 MB of tables,
// seldom, so that the pools have let go of them by the next time.
func (z *compressor) encode(plain []byte) encodings {
	if len(plain) < worthEncoding {
		return encodings{plain: plain}
	}
	thorough := z.thorough.Get().(*zstd.Encoder)
	defer z.thorough.Put(thorough)
	return encodings{plain, z.toGzip(plain), toZstd(thorough, plain)}
}

// encodeFor is for what goes out once: with the smallest tables, since they are out
// of the processor's cache after each wait for Directus.
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
		return weight(parameters) > 0
	}
	return false
}

// weight is the q of an offer: 1 where none is given, 0 for one that is no number.
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
