package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	_ "image/png"
	"io"
	"strings"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// writesModernFormats: Go has no pure encoder for WebP and AVIF.
func (to target) writesModernFormats() bool { return to.real }

// halves returns a picture whose left half is red and whose right half is blue.
func halves(t *testing.T, width, height int) []byte {
	t.Helper()
	painted := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		c := color.RGBA{R: 255, A: 255}
		if i%width >= width/2 {
			c = color.RGBA{B: 255, A: 255}
		}
		painted.SetRGBA(i%width, i/width, c)
	}
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// publish stores a public picture.
func publish(t *testing.T, to target, content []byte) (id string) {
	t.Helper()
	id, err := to.admin.Upload(t.Context(), directus.Upload{Fields: map[string]string{"title": "Halves"}, Name: "halves.png", ContentType: "image/png", Content: content})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.admin.Delete(context.WithoutCancel(t.Context()), "/files/"+id) })
	return id
}

// open reads an asset to its end.
func open(t *testing.T, asset *directus.Asset, err error) (*directus.Asset, []byte) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer asset.Body.Close()
	content, err := io.ReadAll(asset.Body)
	if err != nil {
		t.Fatal(err)
	}
	return asset, content
}

func renditionsAreMade(t *testing.T, to target) {
	id := publish(t, to, halves(t, 600, 300))
	for _, c := range []struct {
		wanted        directus.Transform
		kind          string
		width, height int
	}{
		{directus.Transform{}, "png", 600, 300},
		{directus.Transform{Width: 320}, "png", 320, 160},
		{directus.Transform{Width: 1600}, "png", 600, 300}, // not enlarged
		{directus.Transform{Width: 320, Height: 320}, "png", 320, 320},
		{directus.Transform{Width: 480, Height: 320}, "png", 480, 320},
		{directus.Transform{Width: 1200, Height: 675}, "png", 1200, 675}, // keeps its shape
		{directus.Transform{Width: 320, Format: "auto"}, "png", 320, 160},
		{directus.Transform{Width: 320, Format: "jpg"}, "jpeg", 320, 160},
		{directus.Transform{Width: 320, Height: 213, Format: "jpg"}, "jpeg", 320, 213},
	} {
		asset, err := to.client.Asset(t.Context(), somebody(), secret.Text{}, id, c.wanted, "*/*")
		got, content := open(t, asset, err)
		size, kind, err := image.DecodeConfig(bytes.NewReader(content))
		if err != nil || size.Width != c.width || size.Height != c.height || kind != c.kind || got.Header.Get("Content-Type") != "image/"+c.kind {
			t.Errorf("%+v: %d × %d %s, sent as %s, %v", c.wanted, size.Width, size.Height, kind, got.Header.Get("Content-Type"), err)
		}
		if got.Size != int64(len(content)) || got.Partial {
			t.Errorf("%+v: %d bytes, partial %t; %d came", c.wanted, got.Size, got.Partial, len(content))
		}
		if control := got.Header.Get("Cache-Control"); control != "public, max-age=2592000" {
			t.Errorf("%+v: Cache-Control %q", c.wanted, control)
		}
	}
	if !to.writesModernFormats() {
		_, err := to.client.Asset(t.Context(), somebody(), secret.Text{}, id, directus.Transform{Width: 320, Format: "webp"}, "")
		wantCode(t, "a format that it cannot write", err, 400, directus.InvalidQuery)
		return
	}
	for accept, want := range map[string]string{
		"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8": "image/avif",
		"image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5":       "image/webp",
		"*/*": "image/png",
	} {
		asset, err := to.client.Asset(t.Context(), somebody(), secret.Text{}, id, directus.Transform{Width: 320, Format: "auto"}, accept)
		if got, _ := open(t, asset, err); got.Header.Get("Content-Type") != want || !strings.Contains(got.Header.Get("Vary"), "Accept") {
			t.Errorf("auto for %q: %s, Vary %q", accept, got.Header.Get("Content-Type"), got.Header.Get("Vary"))
		}
	}
	for format, want := range map[string]string{"webp": "image/webp", "avif": "image/avif"} {
		asset, err := to.client.Asset(t.Context(), somebody(), secret.Text{}, id, directus.Transform{Width: 320, Format: format}, "")
		if got, _ := open(t, asset, err); got.Header.Get("Content-Type") != want {
			t.Errorf("%s: %s", format, got.Header.Get("Content-Type"))
		}
	}
}

func cropsKeepTheFocalPoint(t *testing.T, to target) {
	id := publish(t, to, halves(t, 600, 300))
	ends := func() string {
		asset, err := to.client.Asset(t.Context(), somebody(), secret.Text{}, id, directus.Transform{Width: 160, Height: 160}, "")
		_, content := open(t, asset, err)
		shown, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		name := func(x, y int) string {
			r, _, b, _ := shown.At(x, y).RGBA()
			switch {
			case r > b:
				return "red"
			case b > r:
				return "blue"
			}
			return "neither"
		}
		bounds := shown.Bounds()
		return name(4, bounds.Dy()/2) + " to " + name(bounds.Dx()-5, bounds.Dy()/2)
	}
	for _, c := range []struct {
		x    any
		want string
	}{{nil, "red to blue"}, {20, "red to red"}, {580, "blue to blue"}, {300, "red to blue"}} {
		if err := to.admin.Patch(t.Context(), "/files/"+id, map[string]any{"focal_point_x": c.x, "focal_point_y": c.x}); err != nil {
			t.Fatal(err)
		}
		if got := ends(); got != c.want {
			t.Errorf("cropped around %v: %s, want %s", c.x, got, c.want)
		}
	}
}

// changesAreTold: caches learn from this that an image has changed.
func changesAreTold(t *testing.T, to target) {
	id := publish(t, to, halves(t, 60, 30))
	modified := func() time.Time {
		asset, err := to.client.Asset(t.Context(), somebody(), secret.Text{}, id, directus.Transform{Width: 160, Height: 160}, "")
		got, _ := open(t, asset, err)
		when, err := time.Parse(time.RFC1123, got.Header.Get("Last-Modified"))
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	first := modified()
	time.Sleep(1100 * time.Millisecond) // Last-Modified has a resolution of one second
	if err := to.admin.Patch(t.Context(), "/files/"+id, map[string]any{"focal_point_x": 1, "focal_point_y": 1}); err != nil {
		t.Fatal(err)
	}
	if then := modified(); !then.After(first) {
		t.Errorf("Last-Modified is %v after a change of the focal point, %v before", then, first)
	}
}

func partsAreSent(t *testing.T, to target) {
	content := halves(t, 600, 300)
	id, size := publish(t, to, content), int64(len(content))
	part := func(first, last int64) (*directus.Asset, error) {
		return to.client.AssetPart(t.Context(), somebody(), secret.Text{}, id, first, last)
	}
	for _, c := range [][2]int64{{0, 1}, {0, 9}, {10, 99}, {0, size - 1}, {size - 2, size - 1}, {10, size + 99}} {
		asset, err := part(c[0], c[1])
		got, sent := open(t, asset, err)
		last := min(c[1], size-1)
		if !got.Partial || got.Size != size || !bytes.Equal(sent, content[c[0]:last+1]) ||
			got.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", c[0], last, size) ||
			got.Header.Get("Content-Length") != fmt.Sprint(len(sent)) ||
			got.Header.Get("Content-Type") != "image/png" || got.Header.Get("Last-Modified") == "" {
			t.Errorf("%v of %d: %d bytes, of %d, partial %t, %v", c, size, len(sent), got.Size, got.Partial, got.Header)
		}
	}
	for _, c := range [][2]int64{{size, size + 9}, {0, 0}, {5, 5}} { // the last would be valid
		_, err := part(c[0], c[1])
		wantCode(t, fmt.Sprintf("%v of %d", c, size), err, 416, directus.RangeNotSatisfiable)
	}
	_, err := to.client.AssetPart(t.Context(), somebody(), secret.Text{}, "00000000-0000-4000-8000-000000000000", 0, 1)
	if !errors.Is(err, directus.Forbidden) {
		t.Errorf("a part of what is not there: %v", err)
	}
}

func assetsAnswer(t *testing.T, to target) {
	ctx := t.Context()
	var posts []struct{ Image *struct{ ID string } }
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"image.id"}, Limit: -1}, &posts); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, p := range posts {
		if p.Image != nil {
			id = p.Image.ID
		}
	}
	for _, format := range []string{"", "jpg", "png"} {
		asset, err := to.client.Asset(ctx, somebody(), secret.Text{}, id, directus.Transform{Width: 320, Format: format}, "image/*")
		if err != nil {
			t.Fatalf("asset as %q: %v", format, err)
		}
		picture, kind, err := image.DecodeConfig(asset.Body)
		_, _ = io.Copy(io.Discard, asset.Body)
		asset.Body.Close()
		if err != nil || picture.Width != 320 {
			t.Errorf("asset as %q: %d wide, %v", format, picture.Width, err)
		}
		if want := map[string]string{"": "jpeg", "jpg": "jpeg", "png": "png"}[format]; kind != want || asset.Header.Get("Content-Type") != "image/"+want {
			t.Errorf("asset as %q: %s, sent as %s", format, kind, asset.Header.Get("Content-Type"))
		}
		for _, name := range []string{"Cache-Control", "Last-Modified", "Content-Disposition"} {
			if asset.Header.Get(name) == "" {
				t.Errorf("asset as %q: no %s", format, name)
			}
		}
		if has := asset.Header.Get("Etag") != ""; has != to.assetsHaveETags() {
			t.Errorf("asset as %q has an ETag: %t", format, has)
		}
	}
	for _, unknown := range []string{"00000000-0000-4000-8000-000000000000", "../users/me", "", id + "/../../server/ping"} {
		if _, err := to.client.Asset(ctx, somebody(), secret.Text{}, unknown, directus.Transform{}, ""); !errors.Is(err, directus.Forbidden) {
			t.Errorf("asset %q: %v, want it forbidden", unknown, err)
		}
	}
}
