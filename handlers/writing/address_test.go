package writing

import (
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"hutch/internal/collections"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An address is made of what a title says.
func TestAddressesOfTitles(t *testing.T) {
	for title, want := range map[string]string{
		"Hutch for two lops": "hutch-for-two-lops", "  Größe & Maße, 2. Wahl! ": "grosse-masse-2-wahl", "Kids' bikes": "kids-bikes",
		"Déjà vu": "deja-vu", "日本語 の 本": "日本語-の-本", "../../etc/passwd": "etc-passwd", "<b>": "b", "---": "", "": "", "🐇": "",
	} {
		if got := slugOf(title); got != want {
			t.Errorf("%q becomes %q, want %q", title, got, want)
		}
	}
}

func FuzzAddressesOfTitles(f *testing.F) {
	for _, title := range []string{"A hutch", "ﬁ", "\xff", "İ", "a/b?c#d", strings.Repeat("é", 200)} {
		f.Add(title)
	}
	f.Fuzz(func(t *testing.T, title string) {
		slug := slugOf(title)
		if slug == "" {
			return
		}
		if !utf8.ValidString(slug) || len(slug) > 100 || !collections.Addressable(slug) || strings.ContainsAny(slug, "/?#% .") || strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") {
			t.Fatalf("%q becomes %q", title, slug)
		}
	})
}
