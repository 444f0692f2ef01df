package handlers

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/lucasb-eyer/go-colorful"
)

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// themeURL is the stylesheet for a colour of editors, "#2a5f47"; "" where that is
// none. The colour is its name, so that it never changes.
func themeURL(color string) string {
	if !hexColor.MatchString(color) {
		return ""
	}
	return "/theme/" + strings.ToLower(color[1:]) + ".css"
}

// theme answers with that stylesheet.
func (s *site) theme(c *gin.Context) (reply, error) {
	hex, isCSS := strings.CutSuffix(c.Param("file"), ".css")
	if !isCSS || !hexColor.MatchString("#"+hex) {
		return nil, errNotFound
	}
	color, err := colorful.Hex("#" + hex)
	if err != nil {
		return nil, errNotFound
	}
	day, night := readable(color, paperByDay), readable(color, paperByNight)
	css := fmt.Sprintf(":root {\n  --accent: light-dark(%s, %s);\n  --on-accent: light-dark(%s, %s);\n}\n",
		day.Hex(), night.Hex(), textOn(day).Hex(), textOn(night).Hex())
	return stylesheet{css}, nil
}

// What the accent stands on: the palest and the darkest of hutch.css, which no
// accent may come too close to.
var (
	paperByDay   = colorful.Color{R: 0.984, G: 0.980, B: 0.957} // --paper
	paperByNight = colorful.Color{R: 0.110, G: 0.141, B: 0.125} // --panel
	white        = colorful.Color{R: 1, G: 1, B: 1}
	nearBlack    = colorful.Color{R: 0.05, G: 0.06, B: 0.055}
)

// enough is the contrast of text that WCAG 2.2 asks for (1.4.3), and a little
// more: links also stand on tints of the accent.
const enough = 5.2

// readable is the colour, made darker or lighter until it can be read on paper:
// as little as that takes, its hue and strength kept.
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

// textOn is the colour of text on an accent.
func textOn(accent colorful.Color) colorful.Color {
	if contrast(white, accent) >= contrast(nearBlack, accent) {
		return white
	}
	return nearBlack
}

// contrast is WCAG's ratio between two colours, from 1 to 21.
func contrast(a, b colorful.Color) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return math.Max(x, y) / math.Min(x, y)
}

func luminance(color colorful.Color) float64 {
	r, g, b := color.LinearRgb()
	return 0.2126*r + 0.7152*g + 0.0722*b
}

// stylesheet is one that never changes.
type stylesheet struct{ css string }

func (stylesheet) reply() {}

func (s *site) respondStylesheet(c *gin.Context, r stylesheet) {
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	send(c, http.StatusOK, "text/css; charset=utf-8", "", []byte(r.css))
}
