package pictures

import (
	"encoding/binary"
	"slices"
)

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
