package templates

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// OwnPage is a page of a team's own that is a file and nothing else: pages/ABOUT/US.html
// answers at /about/us.
type OwnPage struct{ Path string }

func (p OwnPage) file() string { return pagesFolder + p.Path + ".html" }

func (p OwnPage) meta() Meta { return Meta{Path: p.Path, Type: "website"} }

// HasOwnPage reports whether a page of the team's own has this path.
func (s *Set) HasOwnPage(path string) (bool, error) {
	if err := s.dropEdited(); err != nil {
		return false, err
	}
	return s.parsed.Load().blocks[OwnPage{path}.file()] != nil, nil
}

// OwnPages returns those of the team.
func (s *Set) OwnPages() []OwnPage {
	var own []OwnPage
	for file := range s.parsed.Load().blocks {
		if below, is := strings.CutPrefix(file, pagesFolder+"/"); is {
			own = append(own, OwnPage{"/" + strings.TrimSuffix(below, ".html")})
		}
	}
	slices.SortFunc(own, func(a, b OwnPage) int { return strings.Compare(a.Path, b.Path) })
	return own
}

// firstHeading returns the text of the first <h1>; "" if there is none.
func firstHeading(page []byte) string {
	var text strings.Builder
	tokens, within := html.NewTokenizer(strings.NewReader(string(page))), false
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			name, _ := tokens.TagName()
			within = within || atom.Lookup(name) == atom.H1
		case html.EndTagToken:
			if name, _ := tokens.TagName(); within && atom.Lookup(name) == atom.H1 {
				return strings.Join(strings.Fields(text.String()), " ")
			}
		case html.TextToken:
			if within {
				text.Write(tokens.Text())
			}
		}
	}
}
