package web

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

// Encodings is a body in each encoding in which it may be sent; without encodings,
// it is sent plain.
type Encodings struct{ Plain, Gzip, Zstd []byte }

// Size returns how much memory they take, in bytes.
func (e Encodings) Size() int { return len(e.Plain) + len(e.Gzip) + len(e.Zstd) }

// Encode encodes a body that is sent often.
func (r *Responder) Encode(plain []byte) Encodings { return r.compressor.encode(plain) }

// worthEncoding is the size from which an encoding saves a packet.
const worthEncoding = 1 << 10

// encode makes bodies that are sent often as small as possible. That takes 1 MB of
// tables, rarely, so that the pools have freed them by the next time.
func (z *compressor) encode(plain []byte) Encodings {
	if len(plain) < worthEncoding {
		return Encodings{Plain: plain}
	}
	thorough := z.thorough.Get().(*zstd.Encoder)
	defer z.thorough.Put(thorough)
	return Encodings{plain, z.toGzip(plain), toZstd(thorough, plain)}
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

// Choose returns the body in the best encoding that the browser accepts, and the
// name of the encoding; "": none.
func (e Encodings) Choose(accept string) (name string, body []byte) {
	switch {
	case e.Gzip == nil:
	case accepts(accept, "zstd"):
		return "zstd", e.Zstd
	case accepts(accept, "gzip"):
		return "gzip", e.Gzip
	}
	return "", e.Plain
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
