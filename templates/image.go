package templates

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Image is a file of Directus, shown in the renditions that its methods name.
// Its measures are those of the original, and let the browser keep its place
// free while it loads; 0: not known.
type Image struct {
	ID            string // "": there is none
	Alt           string
	Width, Height int // pixels
}

// Rendition is what an <img> needs. Its addresses are ones that Hutch serves.
type Rendition struct {
	Src    string
	SrcSet string // with the width of each, for sizes; "": there is only one
	// Width and Height are the measures of Src, in pixels; 0: not known.
	Width, Height int
}

// ImageWidths are the widths that images are served in, in pixels: the fewer
// there are, the less Directus has to make and to keep. Where these and the
// ratios change, so does what browsers may ask for.
func ImageWidths() []int { return []int{160, 320, 480, 600, 800, 960, 1200, 1600} }

// Ratio is a shape that images are cropped to: width by height. Directus crops
// around the point that an editor has chosen, else around the middle.
type Ratio float64

const (
	Square    Ratio = 1
	Landscape Ratio = 3.0 / 2 // thumbnails
	Wide      Ratio = 16.0 / 9
)

// ImageRatios are all that there are.
func ImageRatios() []Ratio { return []Ratio{Square, Landscape, Wide} }

// Height is that of a crop of this width, in pixels.
func (r Ratio) Height(width int) int { return int(math.Round(float64(width) / float64(r))) }

// Whole is the image as it is, for the text's column: 800 pixels where nothing
// is said about widths, else whatever fits.
func (i Image) Whole() Rendition {
	const usual = 800
	r := Rendition{Src: i.address(usual, 0), Width: i.Width, Height: i.Height}
	if i.Width > 0 {
		r.SrcSet = i.candidates(ImageWidths(), i.Width, 0)
	}
	return r
}

// Thumbnail is a crop for lists, from 160 to 960 pixels wide.
func (i Image) Thumbnail() Rendition {
	return i.crop(Landscape, 480, []int{160, 320, 480, 600, 800, 960})
}

// Square is a crop of 160 pixels, twice as fine for screens that are: of a face,
// or a sign.
func (i Image) Square() Rendition { return i.crop(Square, 160, []int{160, 320}) }

// Card is a crop for those who show a link to the page.
func (i Image) Card() Rendition { return i.crop(Wide, 1200, []int{1200}) }

// crop offers those widths that the original has enough pixels for, and src in
// any case.
func (i Image) crop(ratio Ratio, src int, widths []int) Rendition {
	most := slices.Max(widths)
	if i.Width > 0 && i.Height > 0 {
		most = min(i.Width, int(float64(i.Height)*float64(ratio)))
	}
	enough := slices.DeleteFunc(slices.Clone(widths), func(width int) bool { return width > most })
	if len(enough) > 0 {
		src = min(src, slices.Max(enough))
	} else {
		src = slices.Min(widths)
	}
	return Rendition{
		Src:    i.address(src, ratio.Height(src)),
		SrcSet: i.candidates(enough, most, ratio),
		Width:  src,
		Height: ratio.Height(src),
	}
}

// candidates is a srcset of these widths, up to the first that is as wide as
// the image: no rendition of a whole image is wider than the original. Ratio 0:
// the whole image.
func (i Image) candidates(widths []int, widest int, ratio Ratio) string {
	var set []string
	for _, width := range widths {
		height := 0
		if ratio > 0 {
			height = ratio.Height(width)
		}
		set = append(set, fmt.Sprintf("%s %dw", i.address(width, height), min(width, widest)))
		if width >= widest {
			break
		}
	}
	if len(set) < 2 {
		return ""
	}
	return strings.Join(set, ", ")
}

// address is where Hutch serves the rendition, in the best format that the
// browser knows. Height 0: the whole image.
func (i Image) address(width, height int) string {
	query := fmt.Sprintf("?width=%d", width)
	if height > 0 {
		query += fmt.Sprintf("&height=%d", height)
	}
	return "/assets/" + i.ID + query + "&format=auto"
}
