package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/directus"
	"hutch/sandbox/sample"
)

// content is the sample content, and which of it is there already.
type content struct {
	wanted sample.Content
	global map[string]any // field: its value, where there is one

	images     []string // ids
	authors    []string // names
	pages      []string // slugs
	posts      []string // slugs
	navigation []string // urls
	redirects  []string // from where
}

func (s *server) lookContent(ctx context.Context) (err error) {
	c := &s.content
	if c.wanted, err = sample.Load(); err != nil {
		return err
	}
	for _, field := range []string{"title", "description"} {
		if !s.hasField("global", field) || !s.schema.collections["global"].singleton {
			continue
		}
		if err := s.admin.Get(ctx, "/items/global", url.Values{"fields": {field}}, &c.global); err != nil {
			return err
		}
	}
	if c.images, err = s.which(ctx, "/files", "id", imageIDs(c.wanted.Images)); err != nil {
		return err
	}
	if s.hasField("authors", "name") {
		if c.authors, err = s.which(ctx, "/items/authors", "name", authorNames(c.wanted.Authors)); err != nil {
			return err
		}
	}
	if s.hasField("pages", "slug") {
		if c.pages, err = s.which(ctx, "/items/pages", "slug", pageSlugs(c.wanted.Pages)); err != nil {
			return err
		}
	}
	// A draft that cannot be one, or what is for members where nothing can be,
	// would be seen by all.
	c.wanted.Posts = slices.DeleteFunc(c.wanted.Posts, func(post sample.Post) bool {
		return post.Status != "published" && !s.willHave("posts", "status") || post.MembersOnly && !s.willHave("posts", "members_only")
	})
	if s.hasField("posts", "slug") {
		if c.posts, err = s.which(ctx, "/items/posts", "slug", postSlugs(c.wanted.Posts)); err != nil {
			return err
		}
	}
	if s.hasField("navigation", "url") {
		if c.navigation, err = s.which(ctx, "/items/navigation", "url", linkURLs(c.wanted.Navigation)); err != nil {
			return err
		}
	}
	if s.hasField("redirects", "url_from") {
		c.redirects, err = s.which(ctx, "/items/redirects", "url_from", redirectSources(c.wanted.Redirects))
	}
	return err
}

func (s *server) hasField(collection, field string) bool {
	_, has := s.schema.collections[collection].fields[field]
	return has
}

// which of the values there are items with.
func (s *server) which(ctx context.Context, path, field string, values []string) ([]string, error) {
	rule, err := json.Marshal(map[string]any{field: map[string]any{"_in": values}})
	if err != nil {
		return nil, err
	}
	rows, err := list[map[string]any](ctx, s, path, url.Values{"filter": {string(rule)}, "fields": {field}})
	var found []string
	for _, row := range rows {
		found = append(found, fmt.Sprint(row[field]))
	}
	return found, err
}

func imageIDs(images []sample.Image) (ids []string) {
	for _, image := range images {
		ids = append(ids, image.ID)
	}
	return ids
}

func authorNames(authors []sample.Author) (names []string) {
	for _, author := range authors {
		names = append(names, author.Name)
	}
	return names
}

func pageSlugs(pages []sample.Page) (slugs []string) {
	for _, page := range pages {
		slugs = append(slugs, page.Slug)
	}
	return slugs
}

func postSlugs(posts []sample.Post) (slugs []string) {
	for _, post := range posts {
		slugs = append(slugs, post.Slug)
	}
	return slugs
}

func linkURLs(links []sample.Link) (urls []string) {
	for _, link := range links {
		urls = append(urls, link.URL)
	}
	return urls
}

func redirectSources(redirects []sample.Redirect) (sources []string) {
	for _, redirect := range redirects {
		sources = append(sources, redirect.From)
	}
	return sources
}

// sample plans the sample content. What is there, also if somebody has edited
// it, stays.
func (p *plan) sample() {
	c := p.server.content
	p.sampleGlobal()
	images := p.sampleItems("images", imageIDs(c.wanted.Images), c.images, nil, p.uploadImages)
	authors := p.sampleItems("authors", authorNames(c.wanted.Authors), c.authors, slices.Concat(p.parts["authors"], []*step{images}), p.createAuthors)
	p.sampleItems("pages", pageSlugs(c.wanted.Pages), c.pages, p.parts["pages"], p.createPages)
	p.sampleItems("posts", postSlugs(c.wanted.Posts), c.posts, slices.Concat(p.parts["posts"], []*step{images, authors}), p.createPosts)
	p.sampleItems("links of the navigation", linkURLs(c.wanted.Navigation), c.navigation, p.parts["navigation"], p.createLinks)
	p.sampleItems("redirect", redirectSources(c.wanted.Redirects), c.redirects, p.parts["redirects"], p.createRedirects)
}

func (p *plan) sampleGlobal() {
	c := p.server.content
	change := map[string]string{}
	if isEmpty(c.global["title"]) {
		change["title"] = c.wanted.Global.Title
	}
	if isEmpty(c.global["description"]) {
		change["description"] = c.wanted.Global.Description
	}
	s := step{what: "sample content: title and description of the site", state: there}
	if len(change) > 0 {
		s.state = toDo
		s.needs = p.parts["global"]
		s.do = func(ctx context.Context) error { return p.server.admin.Patch(ctx, "/items/global", change) }
	}
	p.add(s)
}

func isEmpty(value any) bool { return value == nil || value == "" }

// sampleItems plans the items of one kind that are not there, by their keys.
func (p *plan) sampleItems(kind string, wanted, found []string, needs []*step, create func(ctx context.Context, missing []string) error) *step {
	var missing []string
	for _, key := range wanted {
		if !slices.Contains(found, key) {
			missing = append(missing, key)
		}
	}
	s := step{what: fmt.Sprintf("sample content: %d %s", len(wanted), kind), state: there}
	if len(missing) > 0 {
		s.state = toDo
		s.needs = needs
		s.do = func(ctx context.Context) error { return create(ctx, missing) }
		if len(missing) < len(wanted) {
			s.note("Missing: %s.", strings.Join(missing, ", "))
		}
	}
	return p.add(s)
}

// uploadImages stores pictures under their own ids, by which the next run
// recognises them.
func (p *plan) uploadImages(ctx context.Context, missing []string) error {
	for _, image := range p.server.content.wanted.Images {
		if !slices.Contains(missing, image.ID) {
			continue
		}
		jpeg, err := image.JPEG()
		if err != nil {
			return err
		}
		fields := map[string]string{"id": image.ID, "title": image.Title, "description": image.Description}
		if _, err := p.server.admin.Upload(ctx, directus.Upload{Fields: fields, Name: image.FileName, ContentType: "image/jpeg", Content: jpeg}); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) createAuthors(ctx context.Context, missing []string) error {
	for _, author := range p.server.content.wanted.Authors {
		if !slices.Contains(missing, author.Name) {
			continue
		}
		item := map[string]any{"name": author.Name, "slug": author.Slug, "bio": author.Bio}
		if author.Image != "" {
			item["image"] = author.Image
		}
		if err := p.server.admin.Post(ctx, "/items/authors", item, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) createLinks(ctx context.Context, missing []string) error {
	for i, link := range p.server.content.wanted.Navigation {
		if !slices.Contains(missing, link.URL) {
			continue
		}
		item := map[string]any{"label": link.Label, "url": link.URL, "sort": i + 1}
		if err := p.server.admin.Post(ctx, "/items/navigation", item, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) createRedirects(ctx context.Context, missing []string) error {
	for _, redirect := range p.server.content.wanted.Redirects {
		if !slices.Contains(missing, redirect.From) {
			continue
		}
		item := map[string]any{"url_from": redirect.From, "url_to": redirect.To, "response_code": redirect.Code}
		if err := p.server.admin.Post(ctx, "/items/redirects", item, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) createPages(ctx context.Context, missing []string) error {
	for _, page := range p.server.content.wanted.Pages {
		if !slices.Contains(missing, page.Slug) {
			continue
		}
		item := map[string]any{"slug": page.Slug, "title": page.Title, "content": page.Content}
		if p.server.willHave("pages", "status") {
			item["status"] = "published"
		}
		if err := p.server.admin.Post(ctx, "/items/pages", item, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) createPosts(ctx context.Context, missing []string) error {
	authors, err := p.authorKeys(ctx)
	if err != nil {
		return err
	}
	for _, post := range p.server.content.wanted.Posts {
		if !slices.Contains(missing, post.Slug) {
			continue
		}
		item := map[string]any{"slug": post.Slug, "title": post.Title, "content": post.Content}
		if post.Teaser != "" {
			item["teaser"] = post.Teaser
		}
		if p.server.willHave("posts", "status") {
			item["status"] = post.Status
		}
		if p.server.willHave("posts", "members_only") {
			item["members_only"] = post.MembersOnly
		}
		if post.PublishDate != "" {
			item["publish_date"] = post.PublishDate
		}
		if post.Image != "" {
			item["image"] = post.Image
		}
		if post.Author != 0 {
			item["author"] = authors[post.Author]
		}
		if err := p.server.admin.Post(ctx, "/items/posts", item, nil); err != nil {
			return err
		}
	}
	return nil
}

// authorKeys are the keys that Directus gave the sample authors, by ours.
func (p *plan) authorKeys(ctx context.Context) (map[int]json.RawMessage, error) {
	key := p.server.keyName("authors")
	rows, err := list[map[string]json.RawMessage](ctx, p.server, "/items/authors", url.Values{"fields": {key + ",name"}})
	if err != nil {
		return nil, err
	}
	keys := map[int]json.RawMessage{}
	for _, author := range p.server.content.wanted.Authors {
		for _, row := range rows {
			var name string
			if json.Unmarshal(row["name"], &name) == nil && name == author.Name {
				keys[author.ID] = row[key]
			}
		}
	}
	return keys, nil
}
