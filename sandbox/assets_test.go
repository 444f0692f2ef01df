package sandbox_test

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"math"
	"net/http"
	"testing"

	"hutch/sandbox/sample"
)

func TestAssets(t *testing.T) {
	anyone := visitor{t: t, address: start(t, nil)}
	path := "/assets/" + sample.Images()[1].ID
	for query, want := range map[string]struct {
		format        string
		width, height int
	}{
		"":                                    {"jpeg", 1600, 900},
		"?width=400":                          {"jpeg", 400, 225},
		"?height=225":                         {"jpeg", 400, 225},
		"?width=300&height=300":               {"jpeg", 300, 300},
		"?width=300&height=300&fit=contain":   {"jpeg", 300, 300},
		"?width=320&height=320&fit=inside":    {"jpeg", 320, 180},
		"?width=180&height=180&fit=outside":   {"jpeg", 320, 180},
		"?width=320&format=png":               {"png", 320, 180},
		"?width=320&format=auto":              {"jpeg", 320, 180},
		"?quality=20&width=160":               {"jpeg", 160, 90},
		"?width=3200&withoutEnlargement=true": {"jpeg", 1600, 900},
		"?width=3200&height=3200&fit=inside&withoutEnlargement=true": {"jpeg", 1600, 900},
	} {
		answer := anyone.do("GET", path+query, nil).want(t, 200, "")
		got, format, err := image.DecodeConfig(bytes.NewReader(answer.body))
		if err != nil || format != want.format || got.Width != want.width || got.Height != want.height {
			t.Errorf("%q: %s %d × %d, %v", query, format, got.Width, got.Height, err)
		}
		if answer.header.Get("Content-Type") != "image/"+want.format {
			t.Errorf("%q: %s", query, answer.header.Get("Content-Type"))
		}
	}
	answer := anyone.do("GET", path, nil)
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=2592000", "Accept-Ranges": "bytes", "Content-Type": "image/jpeg",
		"Content-Disposition": `inline; filename="harvest-moon.jpg"`, "Content-Security-Policy": "default-src 'none'",
	} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if answer.header.Get("ETag") == "" || answer.header.Get("Last-Modified") == "" {
		t.Errorf("headers: %v", answer.header)
	}
	for _, query := range []string{"?width=0", "?width=x", "?fit=y", "?format=webp", "?format=avif", "?quality=101", "?key=x", "?transforms=[]"} {
		anyone.do("GET", path+query, nil).want(t, 400, "INVALID_QUERY")
	}
	anyone.do("GET", path+"?width=99999", nil).want(t, 400, "ILLEGAL_ASSET_TRANSFORMATION")
	anyone.do("GET", "/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99", nil).want(t, 403, "FORBIDDEN")
	anyone.do("GET", "/assets/x", nil).want(t, 403, "FORBIDDEN")
	signedIn(t, anyone.address).do("GET", path, nil).want(t, 200, "")
	if head := anyone.do("HEAD", path, nil).want(t, 200, ""); len(head.body) != 0 || head.header.Get("Content-Length") != answer.header.Get("Content-Length") {
		t.Errorf("HEAD: %v", head.header)
	}
	if got := anyone.do("GET", "/files/"+sample.Images()[1].ID+"?fields=filesize", nil).at("filesize"); got != float64(len(answer.body)) {
		t.Errorf("filesize: %v", got)
	}
}

func TestAssetRanges(t *testing.T) {
	anyone := visitor{t: t, address: start(t, nil)}
	path := "/assets/" + sample.Images()[0].ID
	whole := anyone.do("GET", path, nil).want(t, 200, "").body
	for header, want := range map[string]struct {
		status int
		body   []byte
	}{
		"bytes=0-99":       {206, whole[:100]},
		"bytes=100-":       {206, whole[100:]},
		"bytes=-50":        {206, whole[len(whole)-50:]},
		"lines=1-2":        {200, whole},
		"bytes=99999999-":  {416, nil},
		"bytes=50-10":      {416, nil},
		"bytes=-":          {416, nil},
		"bytes=-999999999": {206, whole},
	} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", anyone.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Range", header)
		got := anyone.send(request)
		if got.status != want.status || want.body != nil && !bytes.Equal(got.body, want.body) {
			t.Errorf("%s: %d, %d bytes", header, got.status, len(got.body))
		}
	}
}

// A crop is around the point that an editor has chosen, as far as the picture
// goes, and keeps its shape.
func TestCropsAreAroundTheFocalPoint(t *testing.T) {
	address := start(t, nil)
	anyone, admin := visitor{t: t, address: address}, visitor{t: t, address: address, bearer: adminToken}
	painted := image.NewRGBA(image.Rect(0, 0, 400, 100)) // as red as it is far to the right
	for i := range 400 * 100 {
		painted.SetRGBA(i%400, i/400, color.RGBA{R: uint8(i % 400 / 2), A: 255})
	}
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		t.Fatal(err)
	}
	id := admin.upload(part{name: "wide.png", mediaType: "image/png", content: content.Bytes()}).want(t, 200, "").at("id").(string)
	for _, c := range []struct {
		x, middle int
	}{{0, 50}, {50, 50}, {150, 150}, {333, 333}, {390, 350}, {9999, 350}} {
		admin.do("PATCH", "/files/"+id, map[string]any{"focal_point_x": c.x, "focal_point_y": 9999}).want(t, 200, "")
		got := anyone.do("GET", "/assets/"+id+"?width=100&height=100", nil).want(t, 200, "")
		shown, err := png.Decode(bytes.NewReader(got.body))
		if err != nil || shown.Bounds().Size() != image.Pt(100, 100) {
			t.Fatalf("%v, %v", shown, err)
		}
		if red, _, _, _ := shown.At(50, 50).RGBA(); math.Abs(float64(red>>8)-float64(c.middle)/2) > 2 {
			t.Errorf("around %d: the middle is at %d, want %d", c.x, red>>8*2, c.middle)
		}
	}
	// One side alone crops nothing.
	whole := anyone.do("GET", "/assets/"+id+"?width=200", nil).want(t, 200, "")
	if size, _, err := image.DecodeConfig(bytes.NewReader(whole.body)); err != nil || size.Width != 200 || size.Height != 50 {
		t.Errorf("%+v, %v", size, err)
	}
}
