package content

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/lucasb-eyer/go-colorful"

	"hutch/handlers/web"
)

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// themeColor returns the colour that editors chose, "#2a5f47", without its sign; "" if it
// is not a colour.
func themeColor(color string) string {
	if !hexColor.MatchString(color) {
		return ""
	}
	return strings.ToLower(color[1:])
}

// Theme answers with the stylesheet for such a colour, which is its name, so that it never
// changes.
func (h *Handlers) Theme(c *gin.Context, _ web.Visitor) (web.Response, error) {
	hex, isCSS := strings.CutSuffix(c.Param("file"), ".css")
	if !isCSS || !hexColor.MatchString("#"+hex) {
		return nil, web.ErrNotFound
	}
	color, err := colorful.Hex("#" + hex)
	if err != nil {
		return nil, web.ErrNotFound
	}
	day, night := readable(color, paperByDay), readable(color, paperByNight)
	css := fmt.Sprintf(":root {\n  --accent: light-dark(%s, %s);\n  --on-accent: light-dark(%s, %s);\n}\n",
		day.Hex(), night.Hex(), textOn(day).Hex(), textOn(night).Hex())
	return web.Document{CacheControl: immutable, Body: web.Plain("text/css; charset=utf-8", []byte(css))}, nil
}

// The backgrounds of the accent: the lightest and the darkest of hutch.css.
var (
	paperByDay   = colorful.Color{R: 0.984, G: 0.980, B: 0.957} // --paper
	paperByNight = colorful.Color{R: 0.110, G: 0.141, B: 0.125} // --panel
	white        = colorful.Color{R: 1, G: 1, B: 1}
	nearBlack    = colorful.Color{R: 0.05, G: 0.06, B: 0.055}
)

// ourColor is the accent of hutch.css.
const ourColor = "2a5f47"

// enough is the contrast of text that WCAG 2.2 requires (1.4.3), and a little more:
// links also stand on tints of the accent.
const enough = 5.2

// readable makes the colour darker or lighter until it can be read on paper, by as
// little as possible, and keeps its hue and strength.
func readable(color, paper colorful.Color) colorful.Color {
	l, c, h := color.OkLch()
	step := -0.01
	if luminance(paper) < 0.5 {
		step = 0.01
	}
	for contrast(color, paper) < enough && l >= 0 && l <= 1 {
		l += step
		color = colorful.OkLch(l, c, h).Clamped()
	}
	return color
}

// textOn returns the colour of text on an accent.
func textOn(accent colorful.Color) colorful.Color {
	if contrast(white, accent) >= contrast(nearBlack, accent) {
		return white
	}
	return nearBlack
}

// contrast returns WCAG's ratio between two colours, from 1 to 21.
func contrast(a, b colorful.Color) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return math.Max(x, y) / math.Min(x, y)
}

func luminance(color colorful.Color) float64 {
	r, g, b := color.LinearRgb()
	return 0.2126*r + 0.7152*g + 0.0722*b
}
