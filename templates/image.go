package templates

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Image is a file in Directus, shown in the renditions that its methods return.
// Width and height are the original's and reserve space while it loads; 0 if
// unknown.
type Image struct {
	ID            string // "" for none
	Alt           string
	Width, Height int // in pixels
	// FocalX and FocalY are the point that stays visible where the page crops the
	// image, in pixels of the original; 0 and 0 for the centre. Directus crops its
	// renditions around it by itself.
	FocalX, FocalY int
}

// Rendition holds the attributes of an <img>. Its URLs are served by Hutch.
type Rendition struct {
	Src    string
	SrcSet string // with widths, for sizes; "" if there is only one
	// Width and Height are the size of Src in pixels; 0 if unknown.
	Width, Height int
}

// The renditions of an image, by their widths in pixels. Each costs Directus work and
// space, so that there are few, and visitors get no others ([HasRendition]).

// wholeWidths are those of images that are not cropped.
func wholeWidths() []int { return []int{160, 320, 480, 600, 800, 960, 1200, 1600} }

// cropWidths are those of each shape.
func cropWidths() map[Ratio][]int {
	return map[Ratio][]int{
		Square:    {160, 320},
		Landscape: {160, 320, 480, 600, 800, 960},
		Wide:      {1200},
	}
}

// HasRendition reports whether images have a rendition of this size and format: an
// uncropped one if height is 0. The format is "auto" or the file's own, "".
func HasRendition(width, height int, format string) bool {
	if format != "" && format != "auto" {
		return false
	}
	if height == 0 {
		return slices.Contains(wholeWidths(), width)
	}
	for ratio, widths := range cropWidths() {
		if slices.Contains(widths, width) && height == ratio.Height(width) {
			return true
		}
	}
	return false
}

// Ratio is the shape of a crop, width by height. Directus crops around the focal
// point, or the centre by default.
type Ratio float64

const (
	Square    Ratio = 1
	Landscape Ratio = 3.0 / 2 // thumbnails
	Wide      Ratio = 16.0 / 9
)

// Height returns the height of a crop of this width, in pixels.
func (r Ratio) Height(width int) int { return int(math.Round(float64(width) / float64(r))) }

// Whole returns the uncropped image for the text column: 800 pixels for browsers
// without srcset.
func (i Image) Whole() Rendition {
	const usual = 800
	r := Rendition{Src: i.address(usual, 0), Width: i.Width, Height: i.Height}
	if i.Width > 0 {
		r.SrcSet = i.candidates(wholeWidths(), i.Width, 0)
	}
	return r
}

// Thumbnail returns a crop for lists, 160 to 960 pixels wide.
func (i Image) Thumbnail() Rendition {
	return i.crop(Landscape, 480)
}

// Square returns a crop of 160 pixels, and one of twice that for dense screens, for
// a face or a logo.
func (i Image) Square() Rendition { return i.crop(Square, 160) }

// Large returns the address of the largest rendition.
func (i Image) Large() string { return i.address(slices.Max(wholeWidths()), 0) }

// Focus returns the classes for the third of the image that the focal point is in.
func (i Image) Focus() string {
	if i.FocalX <= 0 && i.FocalY <= 0 {
		return "focus"
	}
	classes := "focus"
	switch {
	case 3*i.FocalX < i.Width:
		classes += " focus-left"
	case 3*i.FocalX > 2*i.Width:
		classes += " focus-right"
	}
	switch {
	case 3*i.FocalY < i.Height:
		classes += " focus-top"
	case 3*i.FocalY > 2*i.Height:
		classes += " focus-bottom"
	}
	return classes
}

// Card returns a crop for link previews.
func (i Image) Card() Rendition { return i.crop(Wide, 1200) }

// crop offers the widths that the original has enough pixels for, and src in any
// case.
func (i Image) crop(ratio Ratio, src int) Rendition {
	widths := cropWidths()[ratio]
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

// candidates returns a srcset of these widths, up to the first that covers the
// image: an uncropped rendition is never wider than the original. Ratio 0 means
// uncropped.
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

// address returns the URL of the rendition, in the best format the browser
// supports. Height 0 means uncropped.
func (i Image) address(width, height int) string {
	query := fmt.Sprintf("?width=%d", width)
	if height > 0 {
		query += fmt.Sprintf("&height=%d", height)
	}
	return "/assets/" + i.ID + query + "&format=auto"
}
