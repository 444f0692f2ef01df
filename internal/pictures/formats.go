package pictures

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"

	"golang.org/x/image/webp"
)

// Format is a kind of picture that may be uploaded.
type Format struct {
	MediaType string
	Extension string // with its dot
	begins    func(content []byte) bool
	config    func(io.Reader) (image.Config, error)
	decode    func(io.Reader) (image.Image, error)
	bare      func(*rewriting) error
}

// formats are all that every browser shows and Directus transforms. Which decoders
// happen to be registered with package image does not matter.
func formats() []Format {
	return []Format{
		{"image/jpeg", ".jpg", beginsWith("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode, bareJPEG},
		{"image/png", ".png", beginsWith(pngSignature), png.DecodeConfig, png.Decode, barePNG},
		{"image/webp", ".webp", beginsWebP, webp.DecodeConfig, webp.Decode, bareWebP},
	}
}

func beginsWith(signature string) func([]byte) bool {
	return func(content []byte) bool { return bytes.HasPrefix(content, []byte(signature)) }
}

func beginsWebP(content []byte) bool {
	return len(content) >= webpHeader && string(content[:4]) == "RIFF" && string(content[8:webpHeader]) == "WEBP"
}

// Of returns the format of a file by its first bytes; ok is false if it is none of
// ours.
func Of(content []byte) (f Format, ok bool) {
	for _, f := range formats() {
		if f.begins(content) {
			return f, true
		}
	}
	return Format{}, false
}

// Size returns the size that the file claims.
func (f Format) Size(content []byte) (image.Config, error) {
	return f.config(bytes.NewReader(content))
}

// Decode decodes a picture, which should be small.
func (f Format) Decode(content []byte) (image.Image, error) {
	return f.decode(bytes.NewReader(content))
}

// ErrBroken means that a file does not have the structure of its format.
var ErrBroken = errors.New("pictures: the file is damaged")

// Bare returns the picture without what the file tells beside it. What says how it is
// shown stays: colours, transparency, and which side is up. It reuses the memory of
// content.
func (f Format) Bare(content []byte) ([]byte, error) {
	r := &rewriting{content: content}
	if err := f.bare(r); err != nil {
		return nil, err
	}
	return content[:r.written], nil
}

// rewriting copies the parts of a file that are kept towards its beginning.
type rewriting struct {
	content       []byte
	read, written int
}

// left is what has not been read yet.
func (r *rewriting) left() []byte { return r.content[r.read:] }

// keep copies the next n bytes, of which there are as many.
func (r *rewriting) keep(n int) {
	r.written += copy(r.content[r.written:], r.content[r.read:r.read+n])
	r.read += n
}

func (r *rewriting) drop(n int) { r.read += n }

// put writes something in place of what was dropped, if it is not longer.
func (r *rewriting) put(b []byte) {
	if r.written+len(b) <= r.read {
		r.written += copy(r.content[r.written:], b)
	}
}

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	chunkFrame   = 12 // length, type and checksum
)

// shownPNG are the chunks that a still picture is drawn from (PNG, third edition, 5.6).
var shownPNG = []string{"IHDR", "PLTE", "IDAT", "tRNS", "cHRM", "gAMA", "sBIT", "sRGB", "iCCP", "cICP"}

// barePNG keeps these chunks. What follows the end is dropped.
func barePNG(r *rewriting) error {
	r.keep(len(pngSignature))
	for {
		left := r.left()
		if len(left) < chunkFrame {
			return ErrBroken
		}
		length := uint64(binary.BigEndian.Uint32(left))
		if length+chunkFrame > uint64(len(left)) {
			return ErrBroken
		}
		size := int(length) + chunkFrame // #nosec G115 -- at most the length of the file
		switch kind := string(left[4:8]); {
		case kind == "IEND":
			r.keep(size)
			return nil
		case slices.Contains(shownPNG, kind):
			r.keep(size)
		case kind == "eXIf":
			up := orientationOf(left[8 : size-4])
			if r.drop(size); up != 1 {
				r.put(pngChunk("eXIf", exifSaying(up)))
			}
		default:
			r.drop(size)
		}
	}
}

func pngChunk(kind string, data []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data))) // #nosec G115 -- a few bytes
	chunk = append(append(chunk, kind...), data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

const (
	webpHeader = 12 // "RIFF", the length, "WEBP"
	riffFrame  = 8  // type and length of a chunk
	// Bits of VP8X that announce metadata.
	saysExif = 0x08
	saysXMP  = 0x04
)

// shownWebP are the chunks that a picture is drawn from (RFC 9649, 2.7).
var shownWebP = []string{"VP8 ", "VP8L", "VP8X", "ALPH", "ICCP", "ANIM", "ANMF"}

// bareWebP keeps these chunks, and corrects what the file says of itself.
func bareWebP(r *rewriting) error {
	end := riffFrame + uint64(binary.LittleEndian.Uint32(r.content[4:]))
	if end > uint64(len(r.content)) {
		return ErrBroken
	}
	r.content = r.content[:end] // what follows is not the picture's
	r.keep(webpHeader)
	var flags *byte // of VP8X, once it is written
	for len(r.left()) > 0 {
		left := r.left()
		if len(left) < riffFrame {
			return ErrBroken
		}
		length := uint64(binary.LittleEndian.Uint32(left[4:]))
		length += length % 2 // padded
		if length+riffFrame > uint64(len(left)) {
			return ErrBroken
		}
		size := int(length) + riffFrame // #nosec G115 -- at most the length of the file
		switch kind := string(left[:4]); {
		case kind == "VP8X" && length >= 10:
			flags = &r.content[r.written+riffFrame]
			r.keep(size)
			*flags &^= saysExif | saysXMP
		case slices.Contains(shownWebP, kind):
			r.keep(size)
		case kind == "EXIF":
			up := orientationOf(left[riffFrame:size])
			if r.drop(size); up != 1 && flags != nil && *flags&saysExif == 0 {
				r.put(append([]byte("EXIF\x1a\x00\x00\x00"), exifSaying(up)...))
				*flags |= saysExif
			}
		default:
			r.drop(size)
		}
	}
	binary.LittleEndian.PutUint32(r.content[4:], uint32(r.written-riffFrame)) // #nosec G115 -- not longer than it was
	return nil
}
