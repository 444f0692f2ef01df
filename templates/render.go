package templates

import (
	"cmp"
	"html"
	"html/template"
	"hutch/internal/sitefolder"
	"slices"
	"strings"
	"time"
)

// shown is what a template is given.
type shown struct {
	Frame      Frame  // what is around every page
	Page       Page   // see the page's file
	Failed     bool   // the page has a form that was filled in wrong
	Named      bool   // the title has the name of the site
	Title      string // of a page whose file has no title: its first heading
	Meta       *Meta  // nil if robots should not index it
	LinkedData any    // JSON-LD; may be nil
	Item       Item   // on the page of an item of a collection in site.toml
	Items      []Item // on the page of its list
}

// Render returns the whole page, or a single block of it preceded by the page's
// title, which htmx moves into the tab. It renders completely before it returns, so
// that nobody is ever sent half a page.
func (s *Set) Render(p Page, frame Frame, block string) ([]byte, error) {
	page, err := s.page(p.file(), frame.Language)
	if err != nil {
		return nil, err
	}
	if with, has := p.(interface{ spokenBy(*voice) Page }); has {
		p = with.spokenBy(&voice{s.richText, frame.Language.Say})
	}
	withForm, hasForm := p.(interface{ failed() bool })
	withMeta, hasMeta := p.(interface{ meta() Meta })
	data := shown{Frame: frame, Page: p, Failed: hasForm && withForm.failed()}
	switch p := p.(type) {
	case Entries:
		for _, e := range p.Items {
			data.Items = append(data.Items, e.Item)
		}
	case Entry:
		data.Item = p.Item
	}
	if hasMeta {
		meta := withMeta.meta()
		data.Meta = &meta
		if meta.Data != nil {
			data.LinkedData = meta.Data(frame.Address)
		}
	}
	until := time.Now().Add(maxRender)
	if block != "notices" { // which has no title
		if page.Lookup(headingAsTitle) != nil {
			main, err := s.render(p, page, data, until, "main")
			if err != nil {
				return nil, err
			}
			data.Title = cmp.Or(firstHeading(main), frame.Site.Name)
		}
		title, err := s.render(p, page, data, until, "title")
		if err != nil {
			return nil, err
		}
		data.Named = names(html.UnescapeString(string(title)), frame.Site.Name)
	}
	parts := []string{"layout"}
	switch block {
	case "":
	case "notices": // above a page that stays as it is
		parts = []string{block}
	case "main":
		parts = []string{"tab", block, "stale"}
	default:
		parts = []string{"tab", block}
	}
	return s.render(p, page, data, until, parts...)
}

// render renders blocks of a page one after the other.
func (s *Set) render(p Page, page *template.Template, data shown, until time.Time, blocks ...string) ([]byte, error) {
	made := rendering{until: until}
	for _, block := range blocks {
		if err := page.ExecuteTemplate(&made, block, data); endless(err) {
			return nil, sitefolder.Fault{File: teamFile(p.file()), Text: err.Error()}
		} else if err != nil {
			return nil, faultOf(err)
		}
	}
	return made.html.Bytes(), nil
}

// RenderSafely renders a page also if the team's own templates fail: without them.
func (s *Set) RenderSafely(p Page, frame Frame, block string) ([]byte, error) {
	html, err := s.Render(p, frame, block)
	if err == nil || s.options.Site == nil {
		return html, err
	}
	ours, err := s.ours()
	if err != nil {
		return nil, err
	}
	return ours.Render(p, frame, block)
}

// names reports whether a title, or a part of it, is the name of the site.
func names(title, site string) bool {
	return slices.ContainsFunc(strings.Split(title, " · "), func(part string) bool {
		return strings.EqualFold(strings.TrimSpace(part), strings.TrimSpace(site))
	})
}
