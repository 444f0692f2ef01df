package pictures

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

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
