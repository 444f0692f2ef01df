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
	"hutch/templates"
)

// global is the one item of `global`.
type global struct {
	publication
	Title       string `json:"title"`
	Description string `json:"description"`
	Logo        string `json:"logo"`    // a file's id
	Favicon     string `json:"favicon"` // likewise
	Color       string `json:"color"`   // "#2a5f47"
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
	navigation, navigationErr := q.navigation(ctx)
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
	return templates.Site{
		Name:        cmp.Or(s.SiteName, g.Title, project.Name, web.DefaultName),
		Description: cmp.Or(g.Description, project.Description),
		Logo:        cmp.Or(g.Logo, project.Logo),
		Favicon:     cmp.Or(g.Favicon, project.Favicon),
		Stylesheet:  themeURL(cmp.Or(g.Color, project.Color)),
		Navigation:  navigation,
	}
}

// project reads the public settings of the Directus project.
func (q contentQuery) project(ctx context.Context) (directus.Project, error) {
	value, err := q.snapshot.Get(ctx, "server/info", func(ctx context.Context) (cache.Answer, error) {
		info, err := q.source.Directus.Info(ctx, directus.Visitor{}, secret.Text{})
		if err != nil {
			return cache.Answer{}, err
		}
		data, err := json.Marshal(info.Project)
		return cache.Answer{Data: data}, err
	})
	if err != nil {
		return directus.Project{}, err
	}
	var project directus.Project
	return project, json.Unmarshal(value.Data, &project)
}

// maxLinks bounds the navigation, and maxUnsorted what is read of it: a database may sort
// the links without a place first.
const (
	maxLinks    = 20
	maxUnsorted = 100
)

// navigation reads the links of the header; none: the layout has its own.
func (q contentQuery) navigation(ctx context.Context) ([]templates.NavLink, error) {
	fields, err := q.fields(ctx, "navigation")
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var order []string
	for _, name := range []string{"sort", "id"} {
		if _, has := fields[name]; has {
			order = append(order, name)
		}
	}
	type navigationItem struct {
		publication
		Label string          `json:"label"`
		URL   string          `json:"url"`
		Place json.RawMessage `json:"sort"`
	}
	var items []navigationItem
	_, err = q.list(ctx, "navigation", directus.Query{
		Fields: []string{"*"}, Filter: directus.All(q.source.published(fields)...), Sort: order, Limit: maxUnsorted,
	}, &items)
	if errors.Is(err, errHidden) {
		return nil, nil
	}
	var links []templates.NavLink
	items = behind(visible(items, q.source), func(item navigationItem) bool { return len(item.Place) == 0 || string(item.Place) == "null" })
	for _, item := range items[:min(len(items), maxLinks)] {
		address, foreign := web.LinkTarget(item.URL)
		if label := templates.PlainText(item.Label); address != "" && label != "" {
			links = append(links, templates.NavLink{Text: label, URL: address, Foreign: foreign})
		}
	}
	return links, err
}
