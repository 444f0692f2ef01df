package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
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

// global reads it. Where there is none, it is empty.
func (q question) global(ctx context.Context) (global, error) {
	var g global
	err := q.single(ctx, "global", directus.Query{Fields: []string{"*"}}, &g)
	if errors.Is(err, errHidden) {
		err = nil
	}
	if !g.visible(q.site.Now()) {
		g = global{}
	}
	return g, err
}

// lookTimeout bounds how long a page waits for its frame, where none is known yet.
const lookTimeout = time.Second

// defaultName is what a site is called that nobody has given a name.
const defaultName = "Hutch"

// Directus' own values, which say nothing about the site.
const (
	directusName  = "Directus"
	directusColor = "#6644FF"
)

// look is what stands around every page: the name of the site and where it leads.
// It comes from `global` and `navigation`, else from the settings of the project,
// else it is what we say ourselves. A page is not held up for it.
func (s *site) look(ctx context.Context, r *cache.Snapshot) templates.Site {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	q := question{site: s, reading: r}
	g, globalErr := q.global(ctx)
	project, projectErr := q.project(ctx)
	navigation, navigationErr := q.navigation(ctx)
	for _, err := range []error{globalErr, projectErr, navigationErr} {
		if err != nil && !errors.Is(err, directus.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
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
		Name:        cmp.Or(s.SiteName, g.Title, project.Name, defaultName),
		Description: cmp.Or(g.Description, project.Description),
		Logo:        cmp.Or(g.Logo, project.Logo),
		Favicon:     cmp.Or(g.Favicon, project.Favicon),
		Stylesheet:  themeURL(cmp.Or(g.Color, project.Color)),
		Navigation:  navigation,
	}
}

// project reads what the settings of the Directus project tell everybody.
func (q question) project(ctx context.Context) (directus.Project, error) {
	value, err := q.reading.Get(ctx, "server/info", func(ctx context.Context) ([]byte, []string, error) {
		info, err := q.site.Directus.Info(ctx, directus.Visitor{}, secret.Text{})
		if err != nil {
			return nil, nil, err
		}
		data, err := json.Marshal(info.Project)
		return data, nil, err
	})
	if err != nil {
		return directus.Project{}, err
	}
	var project directus.Project
	return project, json.Unmarshal(value.Data, &project)
}

// maxLinks bounds the navigation.
const maxLinks = 20

// navigation reads the links of the header; none: ours.
func (q question) navigation(ctx context.Context) ([]templates.NavLink, error) {
	fields, err := q.fields(ctx, "navigation")
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	order := []string{"id"}
	if _, has := fields["sort"]; has {
		order = []string{"sort", "id"}
	}
	var items []struct {
		publication
		Label string `json:"label"`
		URL   string `json:"url"`
	}
	_, err = q.list(ctx, "navigation", directus.Query{
		Fields: []string{"*"}, Filter: directus.All(published(fields)...), Sort: order, Limit: maxLinks,
	}, &items)
	if errors.Is(err, errHidden) {
		return nil, nil
	}
	var links []templates.NavLink
	for _, item := range visible(items, q.site.Now()) {
		if address, foreign := linkTarget(item.URL); address != "" && item.Label != "" {
			links = append(links, templates.NavLink{Text: item.Label, URL: address, Foreign: foreign})
		}
	}
	return links, err
}

// linkTarget is where an editor's link may lead: to a path of this site, or to
// another site by http or https; "": nowhere.
func linkTarget(typed string) (address string, foreign bool) {
	typed = strings.TrimSpace(typed)
	parsed, err := url.Parse(typed)
	if err == nil {
		if local := session.ReturnTo(parsed.String(), ""); local != "" {
			return local, false
		}
	}
	if err != nil || parsed.Host == "" || parsed.User != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", false
	}
	return parsed.String(), true
}
