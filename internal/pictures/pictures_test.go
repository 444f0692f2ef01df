package pictures

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"reflect"
	"strings"
	"testing"
)

// secrets are what cameras and editors write into files.
var secrets = []string{"GPS 52.5163 13.3777", "SN-0042", "Hazel Burrow", "thumbnail", "a film"}

func painting() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 24, 16))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 7)
	}
	for x := range 24 {
		m.Set(x, 0, color.NRGBA{200, 20, 20, 255})
	}
	return m
}

// exifOf is what a camera writes: which side is up among much else.
func exifOf(order binary.AppendByteOrder, orientation uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = order.AppendUint16(tiff, 0x010f) // the maker
	tiff = order.AppendUint16(tiff, 2)
	tiff = order.AppendUint32(tiff, uint32(len(secrets[0])))
	tiff = order.AppendUint32(tiff, 38)
	tiff = order.AppendUint16(tiff, orientationTag)
	tiff = order.AppendUint16(tiff, shortType)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, orientation)
	tiff = order.AppendUint16(tiff, 0)
	tiff = order.AppendUint32(tiff, 0)
	return append(tiff, strings.Join(secrets, " ")...)
}

func segment(marker byte, data string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2))) + data
}

func chunk(kind, data string) string { return string(pngChunk(kind, []byte(data))) }

func riff(kind, data string) string {
	padded := string(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(data)))) + data
	if len(data)%2 == 1 {
		padded += "\x00"
	}
	return padded
}

// asTaken are pictures with secrets in every place that a format has for them.
func asTaken(t testing.TB, orientation uint16) map[string]string {
	t.Helper()
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, painting(), nil); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(secrets, " ")
	jpg := plain.String()[:2] +
		segment(jfif, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x01\x01"+"thumbnail"[:3]) + segment(jfif, "JFXX\x00"+all) +
		"\xff" + segment(exif, exifPrefix+string(exifOf(binary.LittleEndian, orientation))) +
		segment(exif, "http://ns.adobe.com/xap/1.0/\x00<x>"+all+"</x>") + segment(iccProfile, "ICC_PROFILE\x00\x01\x01colours") +
		segment(iccProfile, "MPF\x00"+all) + segment(0xed, "Photoshop 3.0\x00"+all) + segment(0xe5, all) + segment(0xef, all) + segment(0xfe, all) +
		plain.String()[2:] + all

	plain.Reset()
	if err := png.Encode(&plain, painting()); err != nil {
		t.Fatal(err)
	}
	const header = len(pngSignature) + 25
	pn := plain.String()[:header] +
		chunk("gAMA", "\x00\x00\xb1\x8f") + chunk("eXIf", string(exifOf(binary.BigEndian, orientation))) + chunk("tEXt", "Author\x00"+all) +
		chunk("zTXt", all) + chunk("iTXt", "XML:com.adobe.xmp\x00"+all) + chunk("tIME", "1234567") + chunk("prVt", all) + chunk("acTL", "12345678") +
		plain.String()[header:] + all

	// One pixel, as any encoder makes it.
	lossy, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	if err != nil {
		t.Fatal(err)
	}
	chunks := riff("VP8X", "\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00") + riff("ICCP", "colours") + string(lossy[webpHeader:]) +
		riff("EXIF", exifPrefix+string(exifOf(binary.LittleEndian, orientation))) + riff("XMP ", all) + riff("ABCD", all)
	web := "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(4+len(chunks)))) + "WEBP" + chunks + all
	return map[string]string{"image/jpeg": jpg, "image/png": pn, "image/webp": web}
}

// What a file tells beside the picture is dropped; the picture, its colours and which
// side is up stay.
func TestBare(t *testing.T) {
	for _, orientation := range []uint16{0, 1, 2, 6, 8, 9} {
		for kind, taken := range asTaken(t, orientation) {
			f, ok := Of([]byte(taken))
			if !ok || f.MediaType != kind {
				t.Fatalf("%s is taken for %q", kind, f.MediaType)
			}
			wanted, err := f.Decode([]byte(taken))
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			bare, err := f.Bare([]byte(taken))
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			for _, secret := range append(secrets, "Photoshop", "adobe", "1234567") {
				if strings.Contains(string(bare), secret) {
					t.Errorf("%s still tells %q", kind, secret)
				}
			}
			if kind != "image/png" && !strings.Contains(string(bare), "colours") {
				t.Errorf("%s has lost its colours", kind)
			}
			got, err := f.Decode(bare)
			if err != nil || !reflect.DeepEqual(got, wanted) {
				t.Errorf("%s is another picture: %v", kind, err)
			}
			up := uint16(1)
			if orientation >= 1 && orientation <= 8 {
				up = orientation
			}
			if is := orientationIn(t, bare); is != up {
				t.Errorf("%s with orientation %d has %d", kind, orientation, is)
			}
			again, err := f.Bare(bytes.Clone(bare))
			if err != nil || !bytes.Equal(again, bare) {
				t.Errorf("%s changes the second time: %v", kind, err)
			}
		}
	}
}

// orientationIn finds the Exif data wherever they are.
func orientationIn(t *testing.T, content []byte) uint16 {
	t.Helper()
	at := bytes.Index(content, []byte("MM\x00*"))
	if at < 0 {
		return 1
	}
	return orientationOf(content[at:])
}

// The formats are a list: that something else registers a decoder adds none.
func TestFormatsAreAList(t *testing.T) {
	var animated bytes.Buffer
	if err := gif.Encode(&animated, painting(), nil); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"GIF": animated.String(), "BMP": "BM\x00\x00", "TIFF": "II*\x00\x08\x00\x00\x00", "SVG": "<svg/>", "AVIF": "\x00\x00\x00\x20ftypavif",
		"HEIC": "\x00\x00\x00\x18ftypheic", "RIFF without WebP": "RIFF\x00\x00\x00\x00WAVE", "nothing": "", "the beginning of a JPEG's beginning": "\xff\xd8",
	} {
		if f, ok := Of([]byte(content)); ok {
			t.Errorf("%s is taken for %s", name, f.MediaType)
		}
	}
}

// A damaged file is an error and nothing worse, and never grows.
func FuzzBare(f *testing.F) {
	for _, taken := range asTaken(f, 6) {
		f.Add([]byte(taken))
		f.Add([]byte(taken[:len(taken)/2]))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		format, ok := Of(content)
		if !ok {
			return
		}
		size, wasPicture := format.Size(content)
		bare, err := format.Bare(bytes.Clone(content))
		if err != nil {
			return
		}
		if len(bare) > len(content) {
			t.Errorf("%d bytes became %d", len(content), len(bare))
		}
		if _, ok := Of(bare); !ok {
			t.Error("the format is lost")
		}
		if again, err := format.Size(bare); wasPicture == nil && err == nil && again != size {
			t.Errorf("the size was %v and is %v", size, again)
		}
	})
}
