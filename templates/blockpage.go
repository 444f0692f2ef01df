package templates

import (
	"slices"
	"strconv"
	"strings"

	"hutch/internal/i18n"
)

// BlockPage is a page that editors compose of blocks.
type BlockPage struct {
	Path    string // canonical, such as / or /about/team
	Heading string
	Blocks  []Block
	SEO     SEO
	Answer  *Form // that was sent from here, and has to be sent again; nil: none

	voice *voice // of the visitor, while it is rendered
}

func (BlockPage) file() string { return "blockpage.html" }

func (p BlockPage) spokenBy(v *voice) Page {
	p.voice = v
	return p
}

func (p BlockPage) meta() Meta {
	meta := Meta{Path: p.Path, Type: "website"}
	for _, block := range p.Blocks {
		if image := block.image(); image.ID != "" {
			meta.Image = &image
			break
		}
	}
	return p.SEO.apply(meta)
}

// Answering returns the page with a form as it was sent in place of its own; ok is false if
// it has none like it. id is that of the form in the page, or empty.
func (p BlockPage) Answering(sent Form, id string) (answer BlockPage, ok bool) {
	for i, s := range p.Sections() {
		form, is := s.Block.(FormBlock)
		if !is || form.Form.Action != sent.Action || id != "" && form.Form.ID != id {
			continue
		}
		sent.ID, sent.Page = form.Form.ID, p.Path
		form.Form = sent
		p.Blocks, p.Answer = slices.Clone(p.Blocks), &sent
		p.Blocks[i] = form
		return p, true
	}
	return p, false
}

func (p BlockPage) failed() bool { return p.Answer != nil && p.Answer.Failed() }

// Trouble returns why the form that was sent could not be handled.
func (p BlockPage) Trouble() i18n.Message {
	if p.Answer == nil {
		return ""
	}
	return p.Answer.Problem
}

// Text returns the first text of the page, as HTML, for its description.
func (p BlockPage) Text() string {
	for _, block := range p.Blocks {
		if text := block.text(); text != "" {
			return text
		}
	}
	return ""
}

// Tagline returns that of the page's first hero with one, which describes a page without a
// text.
func (p BlockPage) Tagline() string {
	for _, block := range p.Blocks {
		if hero, is := block.(Hero); is && hero.BlockHead.Tagline != "" {
			return hero.BlockHead.Tagline
		}
	}
	return ""
}

// TextOf returns the text of a page, as far as its blocks have any.
func (s *Set) TextOf(p BlockPage) string {
	said := []string{p.Heading}
	for _, block := range p.Blocks {
		head := block.head()
		said = append(said, head.Tagline, head.Headline, s.Text(block.text()))
		said = append(said, block.words()...)
	}
	return strings.Join(said, " ")
}

// Titled reports whether the headline of a block is the page's title.
func (p BlockPage) Titled() bool {
	for _, block := range p.Blocks {
		if block.head().Headline != "" {
			return true
		}
	}
	return false
}

// Pictured reports whether the page begins with a hero, which is its title to those
// who see it even without a headline.
func (p BlockPage) Pictured() bool {
	return len(p.Blocks) > 0 && p.Blocks[0].Kind() == Hero{}.Kind()
}

// Section is a block in its place on a page.
type Section struct {
	Block Block
	ID    string // unique on the page; its headline has it with -title
	// Main means that its headline is the page's only h1. All others are h2.
	Main bool
	// Level is that of the heading above what is in the block: 1 or 2.
	Level    int
	First    bool // its image loads at once
	Landmark bool // has a name that no section before it has

	ids   map[string]bool // those of texts, which all sections of a page share
	voice *voice
}

// Class returns the classes of the element around the block.
func (s Section) Class() string {
	class := "block block-" + strings.ReplaceAll(strings.TrimPrefix(s.Block.Kind(), "block_"), "_", "-")
	if s.Block.head().Tinted() {
		class += " tinted"
	}
	return class
}

// Sections returns the blocks in their places.
func (p BlockPage) Sections() []Section {
	sections := make([]Section, len(p.Blocks))
	titled, ids, names := false, map[string]bool{}, map[string]bool{}
	for i, block := range p.Blocks {
		s := Section{Block: block, ID: "block-" + strconv.Itoa(i+1), Level: 1, First: i == 0, ids: ids, voice: p.voice}
		if name := block.head().Headline; name != "" {
			if s.Main = !titled; !s.Main {
				s.Level = 2
			}
			s.Landmark = !names[name]
			titled, names[name] = true, true
		}
		if form, is := block.(FormBlock); is {
			form.Form.ID = VisitorsFormID + "-" + strconv.Itoa(i+1)
			s.Block = form
		}
		sections[i] = s
	}
	return sections
}

// Cards returns the posts of a [PostList], whose headings are below its headline.
func (s Section) Cards() []PostSummary {
	list, _ := s.Block.(PostList)
	cards := s.nest(list.Posts)
	for i := range cards {
		cards[i].Newest = false
	}
	return cards
}

// nest puts the headings of posts below that of the section.
func (s Section) nest(posts []PostSummary) []PostSummary {
	nested := slices.Clone(posts)
	for i := range nested {
		nested[i].Nested = s.Level > 1
	}
	return nested
}
