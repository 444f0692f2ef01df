package sample

// Item is a part of the content on its way into a collection, by the names of
// the collection's fields.
type Item struct {
	Collection string
	Name       string // the field by which an item is recognised; empty for a singleton
	Values     map[string]any
}

// Items are the whole content apart from the images, in the order in which they
// refer to each other. An author's id is the sample's own: a server may assign
// another.
func (c Content) Items() []Item {
	items := []Item{{Collection: "global", Values: map[string]any{"title": c.Global.Title, "description": c.Global.Description}}}
	for _, author := range c.Authors {
		values := map[string]any{"id": author.ID, "name": author.Name, "slug": author.Slug, "bio": author.Bio}
		if author.Image != "" {
			values["image"] = author.Image
		}
		items = append(items, Item{"authors", "name", values})
	}
	for _, page := range c.Pages {
		items = append(items, Item{"pages", "slug", map[string]any{
			"slug": page.Slug, "title": page.Title, "content": page.Content, "status": "published"}})
	}
	for _, post := range c.Posts {
		items = append(items, Item{"posts", "slug", post.values()})
	}
	for i, link := range c.Navigation {
		items = append(items, Item{"navigation", "url", map[string]any{"label": link.Label, "url": link.URL, "sort": i + 1}})
	}
	for _, redirect := range c.Redirects {
		items = append(items, Item{"redirects", "url_from", map[string]any{
			"url_from": redirect.From, "url_to": redirect.To, "response_code": redirect.Code}})
	}
	return items
}

// values leaves out what the post lacks.
func (p Post) values() map[string]any {
	values := map[string]any{"slug": p.Slug, "title": p.Title, "content": p.Content, "status": p.Status, "members_only": p.MembersOnly}
	if p.Teaser != "" {
		values["teaser"] = p.Teaser
	}
	if p.PublishDate != "" {
		values["publish_date"] = p.PublishDate
	}
	if p.Image != "" {
		values["image"] = p.Image
	}
	if p.Author != 0 {
		values["author"] = p.Author
	}
	return values
}
