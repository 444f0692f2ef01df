package pictures

import (
	"bytes"
	"encoding/binary"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	startOfImage = 0xd8
	endOfImage   = 0xd9
	startOfScan  = 0xda
	firstFrame   = 0xc0 // and up to lastTable: frames, tables, numbers of lines
	lastTable    = 0xdf
	firstRestart = 0xd0
	lastRestart  = 0xd7
	jfif         = 0xe0
	exif         = 0xe1
	iccProfile   = 0xe2
	adobe        = 0xee
)

// bareJPEG keeps frames, tables and scans, the profile of the colours, and what says
// how they are stored. What follows the end of the image, such as a film, is dropped.
func bareJPEG(r *rewriting) error {
	r.keep(2)
	upright := true
	for {
		for len(r.left()) > 2 && r.left()[1] == 0xff { // fill bytes
			r.drop(1)
		}
		left := r.left()
		if len(left) < 2 || left[0] != 0xff {
			return ErrBroken
		}
		marker := left[1]
		if marker == endOfImage {
			r.keep(2)
			return nil
		}
		if len(left) < 4 {
			return ErrBroken
		}
		size := 2 + int(binary.BigEndian.Uint16(left[2:]))
		if size < 4 || size > len(left) {
			return ErrBroken
		}
		data := left[4:size]
		switch {
		case marker == startOfScan:
			r.keep(size)
			r.keep(scanLength(r.left()))
			if len(r.left()) == 0 {
				return ErrBroken // cut off
			}
		case marker >= firstFrame && marker <= lastTable && marker != startOfImage && (marker < firstRestart || marker > lastRestart):
			r.keep(size)
		case marker == jfif && bytes.HasPrefix(data, []byte("JFIF\x00")) && len(data) >= 14:
			// Without its thumbnail, which may show more than the picture.
			r.drop(size)
			r.put(append([]byte("\xff\xe0\x00\x10"), append(bytes.Clone(data[:12]), 0, 0)...))
		case marker == iccProfile && bytes.HasPrefix(data, []byte("ICC_PROFILE\x00")), marker == adobe && bytes.HasPrefix(data, []byte("Adobe")) && len(data) == 12:
			r.keep(size)
		case marker == exif && bytes.HasPrefix(data, []byte(exifPrefix)) && upright:
			up := orientationOf(data)
			r.drop(size)
			if upright = up == 1; !upright {
				r.put(append([]byte("\xff\xe1\x00\x22"+exifPrefix), exifSaying(up)...))
			}
		default:
			r.drop(size)
		}
	}
}

// scanLength returns how many bytes of a scan precede the next marker.
func scanLength(data []byte) int {
	for at := 0; ; {
		next := bytes.IndexByte(data[at:], 0xff)
		if next < 0 || at+next+1 >= len(data) {
			return len(data)
		}
		at += next
		switch following := data[at+1]; {
		case following == 0xff: // a fill byte
			at++
		case following == 0, following >= firstRestart && following <= lastRestart:
			at += 2
		default:
			return at
		}
	}
}

// A camera stores pictures as its sensor has them, and says in the metadata which side
// is up (Exif 2.3, 4.6.4). That alone is kept of them.

const (
	exifPrefix     = "Exif\x00\x00"
	orientationTag = 0x0112
	shortType      = 3
	entrySize      = 12
)

// orientationOf reads the orientation from Exif data; 1, which is upright, if they do
// not say.
func orientationOf(exif []byte) uint16 {
	tiff := bytes.TrimPrefix(exif, []byte(exifPrefix))
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(tiff) < 8 {
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entrySize {
			return 1
		}
		if order.Uint16(entries) == orientationTag && order.Uint16(entries[2:]) == shortType {
			if up := order.Uint16(entries[8:]); up >= 1 && up <= 8 {
				return up
			}
			return 1
		}
		entries = entries[entrySize:]
	}
	return 1
}

// exifSaying returns Exif data, without a prefix, that say nothing but the
// orientation.
func exifSaying(orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01") // one entry follows
	tiff = binary.BigEndian.AppendUint16(tiff, orientationTag)
	tiff = binary.BigEndian.AppendUint16(tiff, shortType)
	tiff = binary.BigEndian.AppendUint32(tiff, 1) // value
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	return append(tiff, 0, 0, 0, 0, 0, 0) // the value's padding, and no further directory
}
