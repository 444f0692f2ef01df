package card

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The size of a card, in pixels: what link previews show whole. Text keeps away from the
// edges, which some of them cut.
const width, height, margin = 1200, 630, 100

// Draw draws a title, and a text below it, before hills, as a PNG. What the fonts cannot
// write is left out: they know the Latin, Greek and Cyrillic scripts.
func Draw(title, text string, ground, ink color.Color) ([]byte, error) {
	card := image.NewRGBA(image.Rect(0, 0, width, height))
	drawHills(card, ground, ink)
	below, err := write(card, title, gobold.TTF, 84, 2, 150, ink)
	if err == nil {
		_, err = write(card, text, goregular.TTF, 38, 3, below+20, ink)
	}
	if err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, card); err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	return drawn.Bytes(), nil
}

// drawHills fills the card with ground, and mixes a twelfth of the ink into it for each hill
// that stands there: the upper parts of three ellipses.
func drawHills(card *image.RGBA, ground, ink color.Color) {
	hills := []struct{ x, y, across, up float64 }{{150, 740, 520, 270}, {1050, 760, 560, 300}, {620, 800, 700, 240}}
	shades := []color.Color{ground}
	for range hills {
		shades = append(shades, mixed(shades[len(shades)-1], ink))
	}
	for y := range height {
		for x := range width {
			behind := 0
			for _, h := range hills {
				if math.Hypot((float64(x)-h.x)/h.across, (float64(y)-h.y)/h.up) < 1 {
					behind++
				}
			}
			card.Set(x, y, shades[behind])
		}
	}
}

// mixed mixes a twelfth of b into a.
func mixed(a, b color.Color) color.Color {
	r, g, bl, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	mix := func(x, y uint32) uint16 { return uint16((x*11 + y) / 12) } // #nosec G115 -- of 16 bits
	return color.RGBA64{mix(r, r2), mix(g, g2), mix(bl, b2), 0xffff}
}

// write writes a text in at most so many lines below y, and returns where the next one may
// begin.
func write(on *image.RGBA, text string, ttf []byte, size float64, lines, y int, ink color.Color) (below int, err error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return y, err
	}
	if text = strings.Join(strings.Fields(text), " "); !writes(parsed, text) {
		return y, nil
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return y, err
	}
	defer func() { _ = face.Close() }()
	pen := font.Drawer{Dst: on, Src: image.NewUniform(ink), Face: face}
	for _, line := range broken(&pen, text, lines) {
		pen.Dot = fixed.P(margin, y+int(size))
		pen.DrawString(line)
		y += int(size * 1.25)
	}
	return y, nil
}

// writes reports whether a font has all that a text needs.
func writes(f *sfnt.Font, text string) bool {
	for _, r := range text {
		if index, err := f.GlyphIndex(nil, r); err != nil || index == 0 {
			return false
		}
	}
	return true
}

// broken breaks a text between words into lines that fit, and ends the last one with an
// ellipsis if there is more.
func broken(pen *font.Drawer, text string, most int) []string {
	fits := func(line string) bool { return pen.MeasureString(line).Ceil() <= width-2*margin }
	var lines []string
	line := ""
	words := strings.Fields(text)
	for i, word := range words {
		next := strings.TrimSpace(line + " " + word)
		if fits(next) {
			line = next
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = word
		if len(lines) == most {
			line = ""
			lines[most-1] += "…"
			break
		}
		if !fits(word) { // by itself
			line = strings.Join(words[i:], " ")
			break
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i := range lines {
		letters := []rune(strings.TrimSuffix(lines[i], "…"))
		for cut := len(letters); !fits(lines[i]) && cut > 1; {
			cut--
			lines[i] = strings.TrimSpace(string(letters[:cut])) + "…"
		}
	}
	return lines
}
