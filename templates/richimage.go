package templates

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Images within the text get these renditions, in pixels; the middle one is for
// browsers without srcset.
var contentImageWidths = []int{480, 800, 1200}

// textWidth is the maximum width of the text: --measure in hutch.css.
const textWidth, textWidthPixels = "43rem", 688

// PicturePath begins the addresses of pictures that editors pasted: the collection, a
// hash of the picture and the item follow.
const PicturePath = "/pictures/"

var picturePath = regexp.MustCompile(`^` + PicturePath + `[A-Za-z_][A-Za-z0-9_]*/[0-9a-f]{32}/[^?#]+$`)

// translateImage points images of Directus to Hutch, whatever their host: the
// editors may use another address of Directus. Directus' editor puts the size into
// the query, along with an access token. The content security policy would block an
// image of another site and leave a hole: it becomes a link with its description. done
// reports that node was replaced.
func translateImage(node *html.Node, say say) (done bool, err error) {
	src := strings.TrimSpace(attribute(node, "src"))
	if picturePath.MatchString(src) {
		setAttribute(node, "src", src)
		return false, nil
	}
	address, err := url.Parse(src)
	if err != nil || assetID(address) == "" {
		alt := strings.TrimSpace(attribute(node, "alt"))
		site := siteOf(src)
		if site == "" {
			return true, replace(node, alt, say)
		}
		if alt == "" {
			if alt, err = say("content.image", "Name", site); err != nil {
				return true, err
			}
		}
		replaceWith(node, linkFrom(node, src, alt))
		return true, nil
	}
	setAttribute(node, "src", "/assets/"+assetID(address))
	if query := address.Query(); attribute(node, "width") == "" && attribute(node, "height") == "" && query.Has("width") && query.Has("height") {
		setAttribute(node, "width", query.Get("width"))
		setAttribute(node, "height", query.Get("height"))
	}
	return false, nil
}

// fitImage offers an image in the widths that Hutch serves.
func fitImage(node *html.Node) {
	src := attribute(node, "src")
	address, err := url.Parse(src)
	switch ours := err == nil && strings.HasPrefix(src, "/assets/") && assetID(address) != ""; {
	case ours:
	case picturePath.MatchString(src): // in one size
		setAttribute(node, "loading", "lazy")
		setAttribute(node, "decoding", "async")
		describe(node)
		return
	default: // what the policy has left of another
		node.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: attribute(node, "alt")}, node)
		node.Parent.RemoveChild(node)
		return
	}
	shown, sizes := textWidthPixels, "(max-width: "+textWidth+") 100vw, "+textWidth
	if width, err := strconv.Atoi(attribute(node, "width")); err == nil && width < shown {
		shown, sizes = width, fmt.Sprintf("(max-width: %dpx) 100vw, %dpx", width, width)
	}
	var srcset []string
	for _, width := range contentImageWidths {
		srcset = append(srcset, fmt.Sprintf("%s?width=%d %dw", src, width, width))
		if width >= 2*shown { // enough for screens with two dots per pixel
			break
		}
	}
	// The order matters: Safari starts loading at src, lazy or not.
	alt, width, height, class := attribute(node, "alt"), attribute(node, "width"), attribute(node, "height"), attribute(node, "class")
	others := slices.DeleteFunc(slices.Clone(node.Attr), func(a html.Attribute) bool {
		return slices.Contains([]string{"src", "alt", "width", "height", "class"}, a.Key)
	})
	node.Attr = nil
	setAttribute(node, "loading", "lazy")
	setAttribute(node, "decoding", "async")
	setAttribute(node, "srcset", strings.Join(srcset, ", "))
	setAttribute(node, "sizes", sizes)
	setAttribute(node, "src", fmt.Sprintf("%s?width=%d", src, contentImageWidths[min(1, len(srcset)-1)]))
	node.Attr = append(node.Attr, html.Attribute{Key: "alt", Val: alt}) // even if empty
	setAttribute(node, "width", width)
	setAttribute(node, "height", height)
	setAttribute(node, "class", class)
	node.Attr = append(node.Attr, others...)
}

// describe sees to it that an image has a description, and puts the attributes into the
// order of all images.
func describe(node *html.Node) {
	if !slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == "alt" }) {
		node.Attr = append(node.Attr, html.Attribute{Key: "alt", Val: ""}) // even if empty
	}
	slices.SortFunc(node.Attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
}
