package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// global is the one item of `global`.
type global struct {
	publication
	Title       string `json:"title"`
	Description string `json:"description"`
	Tagline     string `json:"tagline"`
	Logo        string `json:"logo"` // a file's id
	DarkLogo    string `json:"logo_dark_mode"`
	Favicon     string `json:"favicon"`
	Image       string `json:"og_image"` // a file's id or name
	Color       string `json:"color"`    // "#2a5f47"

	Social []struct {
		Service string `json:"service"`
		URL     string `json:"url"`
	} `json:"social_links"`
}

// global reads it; empty if there is none. Where somebody has made an ordinary
// collection of it, its first item serves.
func (q contentQuery) global(ctx context.Context) (global, error) {
	var all []global
	_, err := q.list(ctx, "global", directus.Query{Fields: []string{"*"}}, &all)
	if errors.Is(err, errHidden) {
		err = nil
	}
	if all = visible(all, q.source); err != nil || len(all) == 0 {
		return global{}, err
	}
	g := all[0]
	g.Title, g.Description = templates.PlainText(g.Title), templates.PlainText(g.Description)
	return g, nil
}

// Directus' defaults, which say nothing about the site.
const (
	directusName  = "Directus"
	directusColor = "#6644FF"
)

// SiteInfo returns what the layout of every page shows of the site.
func (s *Source) SiteInfo(ctx context.Context) templates.Site {
	return s.siteInfo(ctx, s.Cache.Snapshot())
}

// siteInfo reads the name of the site and its navigation, from `global` and
// `navigation`, else from the settings of the project, else our defaults. A page is
// not held up for it.
func (s *Source) siteInfo(ctx context.Context, r *cache.Snapshot) templates.Site {
	ctx, cancel := context.WithTimeout(ctx, s.FrameTimeout)
	defer cancel()
	q := contentQuery{source: s, snapshot: r}
	g, globalErr := q.global(ctx)
	project, projectErr := q.project(ctx)
	menus, navigationErr := q.menus(ctx)
	for _, err := range []error{globalErr, projectErr, navigationErr} {
		if err != nil && !errors.Is(err, directus.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			s.Log.Warn("a part of the site's frame could not be read", "error", err)
		}
	}
	if project.Name == directusName {
		project.Name = ""
	}
	if strings.EqualFold(project.Color, directusColor) {
		project.Color = ""
	}
	site := templates.Site{
		Name:        cmp.Or(s.SiteName, g.Title, project.Name, web.DefaultName),
		Description: cmp.Or(g.Description, project.Description),
		Logo:        cmp.Or(g.Logo, project.Logo),
		Favicon:     cmp.Or(g.Favicon, project.Favicon),
		Color:       themeColor(cmp.Or(g.Color, project.Color)),
		Navigation:  s.header(menus.header),
		Footer:      menus.footer,
		Tagline:     templates.PlainText(g.Tagline),
		Reached:     globalErr == nil || projectErr == nil || navigationErr == nil,

		SignUpClosed: project.SignUpClosed,
	}
	if g.Logo != "" {
		site.DarkLogo = g.DarkLogo
	}
	if id := fileID(g.Image); id != "" {
		site.Image = &templates.Image{ID: id, Alt: site.Name}
	}
	for _, link := range g.Social {
		if address, foreign := web.LinkTarget(link.URL); foreign && link.Service != "" {
			site.Social = append(site.Social, templates.SocialLink{Service: templates.PlainText(link.Service), URL: address})
		}
	}
	return site
}

// header returns the links of the header: the editors', else those of site.toml, else ours
// and one for each collection of the team's own that everybody may read.
func (s *Source) header(ofEditors []templates.NavLink) []templates.NavLink {
	links := ofEditors
	if len(links) == 0 {
		links = navLinks(s.Menu.Header)
	}
	if len(links) > 0 || len(s.Collections) == 0 {
		return links
	}
	links = templates.Site{}.Links()
	for _, of := range s.Collections {
		if of.Read == sitefolder.Everybody {
			links = append(links, templates.NavLink{Text: of.Heading(), URL: of.Path})
		}
	}
	return links
}

// navLinks returns links of site.toml, as far as they lead somewhere.
func navLinks(ofFile []sitefolder.Link) []templates.NavLink {
	var links []templates.NavLink
	for _, link := range ofFile {
		if address, foreign := web.LinkTarget(link.URL); address != "" && link.Text != "" {
			links = append(links, templates.NavLink{Text: link.Text, URL: address, Foreign: foreign})
		}
	}
	return links
}

// project is what everybody may know of the Directus project.
type project struct {
	directus.Project
	SignUpClosed bool // nobody can make an account; false where that is not known
}

// project reads it.
func (q contentQuery) project(ctx context.Context) (project, error) {
	value, err := q.load(ctx, "server/info", func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		info, err := q.source.Directus.Info(ctx, directus.Visitor{}, secret.Text{})
		if err != nil {
			return cache.Answer{}, err
		}
		found := project{Project: info.Project}
		if !found.PublicRegistration { // the public may still create users
			may, err := q.source.Directus.PublicCreatesUsers(ctx)
			found.SignUpClosed = err == nil && !may
		}
		data, err := json.Marshal(found)
		return cache.Answer{Data: data}, err
	})
	var found project
	if err == nil {
		err = json.Unmarshal(value.Data, &found)
	}
	return found, err
}
