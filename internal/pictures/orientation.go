package pictures

import (
	"bytes"
	"encoding/binary"
)

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
