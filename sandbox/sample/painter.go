package sample

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// scene describes an evening in layers. Positions are fractions of the image,
// sizes are pixels.
type scene struct {
	seed           uint64
	zenith         color.RGBA // sky, above
	horizon        color.RGBA // sky, below
	far, near      color.RGBA // hills, from the most distant to the nearest
	light          color.RGBA // sun or moon
	lightX, lightY float64
	lightSize      float64
	crescent       bool
	stars          int
	rabbits        []rabbit
}

// rabbit sits on the nearest hill, in silhouette.
type rabbit struct {
	x         float64
	size      float64 // 1 is about a sixth of the picture's height
	facesLeft bool
}

// hillLayers is the number of ridges behind one another.
const hillLayers = 5

// Paint draws the image, Width by Height. The result is always the same.
func (i Image) Paint() *image.RGBA {
	s := i.scene
	random := rand.New(rand.NewPCG(s.seed, s.seed)) // #nosec G404 -- the same picture each time
	picture := image.NewRGBA(image.Rect(0, 0, Width, Height))
	s.paintSky(picture, random)
	ridges := s.ridges(random)
	for layer, ridge := range ridges {
		s.paintHill(picture, layer, ridge)
	}
	for _, r := range s.rabbits {
		s.paintRabbit(picture, r, ridges[hillLayers-1])
	}
	return picture
}

// JPEG draws and encodes the image, which takes about a fifth of a second.
func (i Image) JPEG() ([]byte, error) {
	var buffer bytes.Buffer
	if err := jpeg.Encode(&buffer, i.Paint(), &jpeg.Options{Quality: 88}); err != nil {
		return nil, fmt.Errorf("sample: encoding %s: %w", i.FileName, err)
	}
	return buffer.Bytes(), nil
}

// paintSky draws the gradient, the glow and disc of the sun or moon, and stars.
func (s scene) paintSky(picture *image.RGBA, random *rand.Rand) {
	cx, cy := s.lightX*Width, s.lightY*Height
	for y := range Height {
		sky := mix(s.zenith, s.horizon, math.Pow(math.Min(1, float64(y)/(0.72*Height)), 1.3))
		for x := range Width {
			dx, dy := float64(x)-cx, float64(y)-cy
			distance := math.Sqrt(dx*dx + dy*dy)
			glow := 0.55 * math.Exp(-(distance-s.lightSize)/(2.6*s.lightSize))
			c := mix(sky, s.light, math.Min(0.75, math.Max(0, glow)))
			disc := edge(s.lightSize - distance)
			if s.crescent { // the dark of the moon bites off most of the disc
				bx, by := dx+0.42*s.lightSize, dy+0.16*s.lightSize
				disc *= 1 - edge(0.92*s.lightSize-math.Sqrt(bx*bx+by*by))
			}
			picture.SetRGBA(x, y, dither(mix(c, s.light, disc), x, y))
		}
	}
	for range s.stars {
		x, y := random.Float64()*Width, math.Pow(random.Float64(), 1.4)*0.55*Height
		if math.Hypot(x-cx, y-cy) < 2*s.lightSize {
			continue
		}
		paintDot(picture, x, y, 0.8+1.3*random.Float64(), color.RGBA{0xff, 0xff, 0xff, 0xff}, 0.35+0.6*random.Float64())
	}
}

// ridges returns the outline of each hill: the y of its upper edge for each x.
func (s scene) ridges(random *rand.Rand) [hillLayers][Width]float64 {
	var ridges [hillLayers][Width]float64
	for layer := range hillLayers {
		depth := float64(layer) / (hillLayers - 1)
		base := (0.52 + 0.29*depth) * Height
		var phase, wave, swing [4]float64
		for i := range wave {
			phase[i] = random.Float64() * 2 * math.Pi
			wave[i] = (0.7 + 0.6*random.Float64()) * math.Pow(2.1, float64(i)) * (1.5 - 0.6*depth)
			swing[i] = (0.055 - 0.015*depth) * Height / math.Pow(2.3, float64(i))
		}
		for x := range Width {
			y := base
			for i := range wave {
				y += swing[i] * math.Sin(phase[i]+wave[i]*2*math.Pi*float64(x)/Width)
			}
			ridges[layer][x] = y
		}
	}
	return ridges
}

// paintHill fills one layer; distant hills are hazy towards their feet.
func (s scene) paintHill(picture *image.RGBA, layer int, ridge [Width]float64) {
	depth := float64(layer) / (hillLayers - 1)
	top := mix(s.far, s.near, math.Pow(depth, 0.85))
	foot := mix(mix(s.far, s.horizon, 0.45), s.near, math.Pow(depth, 0.7))
	for x := range Width {
		for y := max(0, int(ridge[x])); y < Height; y++ {
			below := float64(y) - ridge[x]
			c := mix(top, foot, math.Min(1, below/260))
			c = mix(picture.RGBAAt(x, y), c, edge(below))
			picture.SetRGBA(x, y, dither(c, x, y))
		}
	}
}

// ellipse is one part of a rabbit, in units of the rabbit's size. The origin is
// where it sits; up is negative.
type ellipse struct {
	x, y, halfWidth, halfHeight, tilt float64
}

// paintRabbit draws the outline of a sitting rabbit from overlapping ellipses.
func (s scene) paintRabbit(picture *image.RGBA, r rabbit, ground [Width]float64) {
	parts := [...]ellipse{
		{0.00, -0.30, 0.42, 0.32, -0.35},  // body
		{-0.20, -0.19, 0.27, 0.23, 0},     // haunch
		{-0.46, -0.13, 0.09, 0.09, 0},     // tail
		{0.22, -0.20, 0.13, 0.24, -0.10},  // chest and foreleg
		{0.33, -0.66, 0.19, 0.15, 0.22},   // head
		{0.21, -0.98, 0.062, 0.25, -0.28}, // ear
		{0.33, -1.00, 0.062, 0.25, 0.02},  // ear
	}
	scale := 150 * r.size
	facing := 1.0
	if r.facesLeft {
		facing = -1
	}
	cx := r.x * Width
	cy := ground[int(cx)] + 0.06*scale
	left, right := max(0, int(cx-0.7*scale)), min(Width-1, int(cx+0.7*scale))
	for y := max(0, int(cy-1.35*scale)); y < min(Height, int(cy)+8); y++ {
		for x := left; x <= right; x++ {
			u, v := facing*(float64(x)-cx)/scale, (float64(y)-cy)/scale
			cover := 0.0
			for _, part := range parts {
				cover = math.Max(cover, edge(part.inside(u, v)*scale))
			}
			if cover > 0 {
				picture.SetRGBA(x, y, mix(picture.RGBAAt(x, y), s.near, cover))
			}
		}
	}
}

// inside is roughly how far a point is inside the ellipse; negative is outside.
func (e ellipse) inside(x, y float64) float64 {
	sin, cos := math.Sincos(e.tilt)
	dx, dy := x-e.x, y-e.y
	u, v := (dx*cos+dy*sin)/e.halfWidth, (dy*cos-dx*sin)/e.halfHeight
	return (1 - math.Sqrt(u*u+v*v)) * math.Min(e.halfWidth, e.halfHeight)
}

func paintDot(picture *image.RGBA, cx, cy, radius float64, c color.RGBA, strength float64) {
	for y := int(cy - radius - 1); y <= int(cy+radius+1); y++ {
		for x := int(cx - radius - 1); x <= int(cx+radius+1); x++ {
			if !(image.Point{X: x, Y: y}).In(picture.Rect) {
				continue
			}
			cover := edge(radius - math.Hypot(float64(x)-cx, float64(y)-cy))
			picture.SetRGBA(x, y, mix(picture.RGBAAt(x, y), c, strength*cover))
		}
	}
}

// edge converts a distance in pixels to coverage, for smooth outlines.
func edge(inside float64) float64 {
	return math.Max(0, math.Min(1, inside+0.5))
}

func mix(a, b color.RGBA, share float64) color.RGBA {
	channel := func(from, to uint8) uint8 {
		return uint8(float64(from) + (float64(to)-float64(from))*share + 0.5)
	}
	return color.RGBA{channel(a.R, b.R), channel(a.G, b.G), channel(a.B, b.B), 0xff}
}

// dither adds a little fixed noise to keep gradients from banding.
func dither(c color.RGBA, x, y int) color.RGBA {
	noise := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca6b // #nosec G115 -- places in a picture
	noise ^= noise >> 15
	noise *= 0x2c1b3c6d
	shift := int(noise>>30) - 1 // -1 to 2
	nudge := func(v uint8) uint8 { return uint8(max(0, min(255, int(v)+shift))) }
	return color.RGBA{nudge(c.R), nudge(c.G), nudge(c.B), 0xff}
}
