package templates

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestImageRenditions(t *testing.T) {
	const id = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01"
	for _, c := range []struct {
		name string
		got  Rendition
		want Rendition
	}{
		{"a whole image", Image{ID: id, Width: 700, Height: 400}.Whole(), Rendition{
			Src:    "/assets/" + id + "?width=800&format=auto",
			SrcSet: "160:160w 320:320w 480:480w 600:600w 800:700w", Width: 700, Height: 400}},
		{"one as wide as a rendition", Image{ID: id, Width: 320, Height: 100}.Whole(), Rendition{
			Src: "/assets/" + id + "?width=800&format=auto", SrcSet: "160:160w 320:320w", Width: 320, Height: 100}},
		{"one wider than all", Image{ID: id, Width: 5000, Height: 100}.Whole(), Rendition{
			Src:    "/assets/" + id + "?width=800&format=auto",
			SrcSet: "160:160w 320:320w 480:480w 600:600w 800:800w 960:960w 1200:1200w 1600:1600w", Width: 5000, Height: 100}},
		{"a tiny one", Image{ID: id, Width: 16, Height: 16}.Whole(), Rendition{
			Src: "/assets/" + id + "?width=800&format=auto", Width: 16, Height: 16}},
		{"one of unknown measures", Image{ID: id}.Whole(), Rendition{Src: "/assets/" + id + "?width=800&format=auto"}},

		{"a thumbnail", Image{ID: id, Width: 1600, Height: 900}.Thumbnail(), Rendition{
			Src:    "/assets/" + id + "?width=480&height=320&format=auto",
			SrcSet: "160x107:160w 320x213:320w 480x320:480w 600x400:600w 800x533:800w 960x640:960w", Width: 480, Height: 320}},
		{"a thumbnail of a low image", Image{ID: id, Width: 1600, Height: 300}.Thumbnail(), Rendition{
			Src:    "/assets/" + id + "?width=320&height=213&format=auto",
			SrcSet: "160x107:160w 320x213:320w", Width: 320, Height: 213}},
		{"a thumbnail of a tiny one", Image{ID: id, Width: 16, Height: 16}.Thumbnail(), Rendition{
			Src: "/assets/" + id + "?width=160&height=107&format=auto", Width: 160, Height: 107}},
		{"a thumbnail of one of unknown measures", Image{ID: id}.Thumbnail(), Rendition{
			Src:    "/assets/" + id + "?width=480&height=320&format=auto",
			SrcSet: "160x107:160w 320x213:320w 480x320:480w 600x400:600w 800x533:800w 960x640:960w", Width: 480, Height: 320}},
		{"a square", Image{ID: id, Width: 1600, Height: 900}.Square(), Rendition{
			Src: "/assets/" + id + "?width=160&height=160&format=auto", SrcSet: "160x160:160w 320x320:320w", Width: 160, Height: 160}},
		{"a card", Image{ID: id, Width: 1600, Height: 900}.Card(), Rendition{
			Src: "/assets/" + id + "?width=1200&height=675&format=auto", Width: 1200, Height: 675}},
	} {
		if c.got.SrcSet = brief(c.got.SrcSet); c.got != c.want {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, c.got, c.want)
		}
	}
}

// brief returns a srcset as "160x107:160w 320:320w".
func brief(srcset string) string {
	var list []string
	for _, m := range regexp.MustCompile(`\?width=(\d+)(?:&height=(\d+))?&format=auto (\d+w)`).FindAllStringSubmatch(srcset, -1) {
		size := m[1]
		if m[2] != "" {
			size += "x" + m[2]
		}
		list = append(list, size+":"+m[3])
	}
	return strings.Join(list, " ")
}

// Whatever an image's size, its page requests only listed renditions.
func TestImagesAskForWhatIsServed(t *testing.T) {
	address := regexp.MustCompile(`^/assets/x\?width=(\d+)(?:&height=(\d+))?&format=auto$`)
	for _, width := range []int{0, 1, 159, 161, 1000, 6000} {
		for _, height := range []int{0, 1, 107, 900, 6000} {
			i := Image{ID: "x", Width: width, Height: height}
			for _, r := range []Rendition{i.Whole(), i.Thumbnail(), i.Square(), i.Card(), {Src: i.Large()}} {
				for candidate := range strings.SplitSeq(r.Src+", "+r.SrcSet, ", ") {
					asked, _, _ := strings.Cut(candidate, " ")
					if asked == "" {
						continue
					}
					m := address.FindStringSubmatch(asked)
					if m == nil {
						t.Fatalf("%d × %d asks for %q", width, height, asked)
					}
					w, _ := strconv.Atoi(m[1])
					h, _ := strconv.Atoi(m[2])
					if !HasRendition(w, h, "auto") {
						t.Errorf("%d × %d asks for %q, which is not served", width, height, asked)
					}
				}
			}
		}
	}
}

// Values that a field no longer accepts leave it unchanged, and passwords are never
// sent back.
func TestRetype(t *testing.T) {
	typed := []Typed{{Name: "a", Value: "new"}, {Name: "p", Value: "new"}, {Name: "c", Value: "new"}, {Name: "f", Value: "new"}, {Name: "s", Value: "gone"}, {Name: "s2", Value: "two"}, {Name: "t", Value: "true"}}
	options := []Option{{Value: "one"}, {Value: "two"}}
	form := Form{Fields: []Field{
		{Name: "a", Type: "text", Value: "old"}, {Name: "b", Type: "text", Value: "old"},
		{Name: "p", Type: "password"}, {Name: "c", Type: "text", Autocomplete: "one-time-code"}, {Name: "f", Type: "file"},
		{Name: "s", Type: "select", Options: options, Value: "one"}, {Name: "s2", Type: "select", Options: options, Value: "one"},
		{Name: "t", Type: "checkbox"}, {Name: "u", Type: "checkbox", Value: "true"},
	}}
	var got []string
	for i := range form.Fields {
		form.Fields[i].Retype(typed)
		got = append(got, form.Fields[i].Value)
	}
	if want := []string{"new", "old", "", "", "", "one", "two", "true", ""}; !slices.Equal(got, want) {
		t.Errorf("the fields hold %q, want %q", got, want)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
