package content

import (
	"bytes"
	"fmt"
	"hutch/static"
	"math"
	"testing"

	"github.com/lucasb-eyer/go-colorful"
)

// Whatever colour editors choose, links and buttons can be read (WCAG 2.2, 1.4.3).
func TestEveryColourBecomesReadable(t *testing.T) {
	paper := map[string]colorful.Color{"by day": paperByDay, "by night": paperByNight, "on white": white}
	for r := 0; r <= 255; r += 17 {
		for g := 0; g <= 255; g += 17 {
			for b := 0; b <= 255; b += 17 {
				chosen, err := colorful.Hex(fmt.Sprintf("#%02x%02x%02x", r, g, b))
				if err != nil {
					t.Fatal(err)
				}
				for when, on := range paper {
					shown := readable(chosen, on)
					if got := contrast(shown, on); got < 4.5 {
						t.Errorf("%s becomes %s, with a contrast of %.2f %s", chosen.Hex(), shown.Hex(), got, when)
					}
					if got := contrast(textOn(shown), shown); got < 4.5 {
						t.Errorf("text on %s has a contrast of %.2f", shown.Hex(), got)
					}
					if contrast(chosen, on) >= enough && shown != chosen {
						t.Errorf("%s can be read %s, and becomes %s", chosen.Hex(), when, shown.Hex())
					}
				}
			}
		}
	}
}

func TestTheHueStays(t *testing.T) {
	for _, hex := range []string{"#ffcc00", "#ff0000", "#6644ff", "#00ffcc", "#ff99cc"} {
		chosen, _ := colorful.Hex(hex)
		_, _, before := chosen.OkLch()
		for _, paper := range []colorful.Color{paperByDay, paperByNight} {
			_, _, after := readable(chosen, paper).OkLch()
			if turned := math.Abs(math.Mod(after-before+540, 360) - 180); turned > 25 {
				t.Errorf("%s turns by %.0f degrees", hex, turned)
			}
		}
	}
}

func TestThemeColor(t *testing.T) {
	for color, want := range map[string]string{
		"#2A5F47": "2a5f47", "": "", "red": "", "#fff": "", "#12345g": "", "#123456; x": "", "2a5f47": "",
	} {
		if got := themeColor(color); got != want {
			t.Errorf("%q: %q, want %q", color, got, want)
		}
	}
}

// The colour of a site that has none of its own is that of its pages.
func TestOurColourIsTheStylesheets(t *testing.T) {
	files, err := static.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if css, _ := files.Named("hutch.css"); !bytes.Contains(css.Content, []byte("--accent: light-dark(#"+ourColor+",")) {
		t.Errorf("hutch.css has another accent than #%s", ourColor)
	}
}
