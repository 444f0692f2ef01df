package pictures

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"

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
