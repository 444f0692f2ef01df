package harness

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"
)

// Picture is what a camera makes.
func Picture() string {
	camera := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			camera.Set(x, y, color.RGBA{uint8(90 + x/8), uint8(150 + y/8), uint8(110 + (x+y)/16), 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, camera); err != nil {
		panic(err)
	}
	return file.String()
}

// Painting is a picture of these measures, with noise so that it cannot be packed.
func Painting(width, height int) image.Image {
	painted := image.NewRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			painted.Set(x, y, color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), 128, 255})
		}
	}
	return painted
}

func AsPNG(t *testing.T, painted image.Image) string {
	t.Helper()
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// AvatarOf is the id of a member's picture; "": there is none.
func (up Upstream) AvatarOf(t *testing.T, who Account) string {
	t.Helper()
	id, _ := up.User(t, who)["avatar"].(string)
	return id
}
