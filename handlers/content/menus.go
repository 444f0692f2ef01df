package content

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/templates"
)

// maxLinks bounds a menu, and maxUnsorted what is read of it: a database may sort the
// links without a place first.
const (
	maxLinks    = 20
	maxUnsorted = 100
)

// menus are the links of the header and of the footer; none: the layout has its own.
type menus struct{ header, footer []templates.NavLink }

// menus reads them: one list of links for the header, or the menus main and footer of
// the model that Directus ships.
func (q contentQuery) menus(ctx context.Context) (all menus, err error) {
	fields, err := q.fields(ctx, "navigation")
	switch _, nested := fields["items"]; {
	case err != nil || len(fields) == 0:
	case nested:
		all, err = q.nestedMenus(ctx, fields)
	default:
		all.header, err = q.navigation(ctx, fields)
	}
	if len(all.footer) == 0 {
		all.footer = navLinks(q.source.Menu.Footer)
	}
	if (err == nil || errors.Is(err, errHidden)) && len(all.footer) == 0 {
		all.footer, err = q.legalPages(ctx, all.header)
	}
	if errors.Is(err, errHidden) {
		err = nil
	}
	return all, err
}

// legalPages are those of the pages about, conduct and privacy that there are and that the
// header does not link to: they belong to the footer.
func (q contentQuery) legalPages(ctx context.Context, header []templates.NavLink) ([]templates.NavLink, error) {
	fields, err := q.fields(ctx, "pages")
	if kind := fields["slug"]; err != nil || kind != kindText {
		return nil, err
	}
	slugs := []string{"about", "conduct", "privacy"}
	filters := slices.Concat(q.source.published(fields), notElsewhere(fields), []directus.Filter{{"slug": directus.Filter{"_in": slugs}}})
	var found []page
	_, err = q.list(ctx, "pages", directus.Query{Fields: append(publicationFields(fields), existing(fields, "slug", "title")...), Filter: directus.All(filters...)}, &found)
	found = visible(found, q.source)
	var links []templates.NavLink
	for _, slug := range slugs {
		at := slices.IndexFunc(found, func(p page) bool { return p.Slug == slug })
		path := templates.Text{Slug: slug}.Path()
		if at < 0 || slices.ContainsFunc(header, func(l templates.NavLink) bool { return l.URL == path }) {
			continue
		}
		links = append(links, templates.NavLink{Text: found[at].heading(q.source), URL: path})
	}
	return links, err
}

// navigation reads a list of links.
func (q contentQuery) navigation(ctx context.Context, fields map[string]string) ([]templates.NavLink, error) {
	type navigationItem struct {
		publication
		Label string          `json:"label"`
		URL   string          `json:"url"`
		Place json.RawMessage `json:"sort"`
	}
	var items []navigationItem
	_, err := q.list(ctx, "navigation", directus.Query{
		Fields: []string{"*"}, Filter: directus.All(q.source.published(fields)...), Sort: existing(fields, "sort", "id"), Limit: maxUnsorted,
	}, &items)
	var links []templates.NavLink
	items = behind(visible(items, q.source), func(item navigationItem) bool { return len(item.Place) == 0 || string(item.Place) == "null" })
	q.source.tellCut("navigation", "header", len(items), maxLinks)
	for _, item := range items[:min(len(items), maxLinks)] {
		address, foreign := web.LinkTarget(item.URL)
		if label := templates.PlainText(item.Label); address != "" && label != "" {
			links = append(links, templates.NavLink{Text: label, URL: address, Foreign: foreign})
		}
	}
	return links, err
}

// menuItem is a link of a nested menu, or a group of links.
type menuItem struct {
	target
	place
	Title    string     `json:"title"`
	Children []menuItem `json:"children"`
}

// nestedMenus reads the menus that have items of their own, with those below them.
func (q contentQuery) nestedMenus(ctx context.Context, fields map[string]string) (all menus, err error) {
	wanted := existing(fields, "id", "is_active")
	target, err := q.targetFields(ctx)
	if err != nil {
		return menus{}, err
	}
	item := append(target, "title", "sort")
	wanted = slices.Concat(wanted, below("items", item...), below("items", below("children", item...)...))
	var found []struct {
		ID     string     `json:"id"`
		Active *bool      `json:"is_active"` // nil: nobody says
		Items  []menuItem `json:"items"`
	}
	_, err = q.list(ctx, "navigation", directus.Query{Fields: wanted, Filter: directus.Filter{"id": directus.Filter{"_in": []string{"main", "footer"}}}, Deep: deepOf(wanted)}, &found)
	for _, menu := range found {
		switch {
		case menu.Active != nil && !*menu.Active:
		case menu.ID == "main":
			all.header = q.linksOf(menu.ID, menu.Items)
		case menu.ID == "footer":
			all.footer = q.linksOf(menu.ID, menu.Items)
		}
	}
	return all, err
}

// linksOf returns the items that lead somewhere, or have one below them that does.
func (q contentQuery) linksOf(menu string, items []menuItem) []templates.NavLink {
	q.source.tellCut("navigation", menu, len(items), maxLinks)
	var links []templates.NavLink
	for _, item := range inOrder(items)[:min(len(items), maxLinks)] {
		link := templates.NavLink{Text: templates.PlainText(item.Title), Children: q.linksOf(menu, item.Children)}
		link.URL, link.Foreign = item.address(q.source)
		if link.Text != "" && (link.URL != "" || len(link.Children) > 0) {
			links = append(links, link)
		}
	}
	return links
}
