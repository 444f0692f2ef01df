package sample

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
)

// The same site on the content model that Directus ships, where pages are made of blocks:
// either alone, or beside the texts of the guide's model, as in the sandbox.

// values are those of an item, by the names of its fields.
type values = map[string]any

// model is what differs between the two.
type model struct {
	pages map[string]any // the key of each page, by its name
	posts map[string]any // of each post, by its slug
	texts map[string]string
}

// ID returns the key of a named item, such as "pages/contact". It never changes.
func ID(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8, whose other bits are ours
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// WithBlocks are the items of a project that has both models: [Content.Items], and pages,
// forms and menus of the other one.
func (c Content) WithBlocks() []Item {
	m := model{pages: map[string]any{}, posts: map[string]any{}, texts: map[string]string{}}
	for _, page := range c.Pages {
		m.texts[page.Slug] = "/pages/" + page.Slug
	}
	for _, post := range c.Posts {
		m.posts[post.Slug] = post.Slug
	}
	var items []Item
	for _, item := range c.Items() {
		if item.Collection != "navigation" {
			items = append(items, item)
		}
	}
	items = append(items, forms()...)
	for _, page := range blockPages() {
		m.pages[page.name] = page.name
		items = append(items, page.item(m, values{"slug": page.name}))
	}
	return append(items, m.menus()...)
}

// Blocks are the items of a project that has nothing but that model.
func (c Content) Blocks() []Item {
	m := model{pages: map[string]any{}, posts: map[string]any{}}
	items := []Item{{Collection: "globals", Values: values{"title": c.Global.Title, "description": c.Global.Description}}}
	items = append(items, forms()...)
	for _, post := range c.Posts {
		if post.MembersOnly { // which this model does not know
			continue
		}
		id := ID("posts/" + post.Slug)
		m.posts[post.Slug] = id
		v := values{"id": id, "slug": post.Slug, "title": post.Title, "content": post.Content, "status": post.Status, "published_at": "2026-06-20T08:00:00Z"}
		for field, text := range map[string]string{"description": post.Teaser, "image": post.Image} {
			if text != "" {
				v[field] = text
			}
		}
		if post.PublishDate != "" {
			v["published_at"] = post.PublishDate + "T08:00:00Z"
		}
		items = append(items, Item{"posts", "slug", v})
	}
	pages := blockPages()
	for _, text := range c.Pages {
		pages = append([]blockPage{{text.Slug, "/" + text.Slug, text.Title, func(model) []values {
			return []values{block("richtext", values{"headline": text.Title, "alignment": "left", "content": text.Content})}
		}}}, pages...)
	}
	for _, page := range pages {
		m.pages[page.name] = ID("pages/" + page.name)
		items = append(items, page.item(m, values{"id": m.pages[page.name]}))
	}
	items = append(items, m.menus()...)
	for _, redirect := range c.Redirects {
		items = append(items, Item{"redirects", "url_from", values{"url_from": redirect.From, "url_to": redirect.To, "response_code": fmt.Sprint(redirect.Code)}})
	}
	return items
}

// blockPage is a page made of blocks. Those that it links to come before it.
type blockPage struct {
	name, permalink, title string
	blocks                 func(model) []values
}

func (p blockPage) item(m model, key values) Item {
	blocks := p.blocks(m)
	inOrder(blocks)
	v := values{"permalink": p.permalink, "title": p.title, "status": "published", "published_at": "2026-06-01T08:00:00Z", "blocks": blocks}
	maps.Copy(v, key)
	return Item{"pages", "permalink", v}
}

func block(kind string, item values) values {
	return values{"collection": "block_" + kind, "item": item}
}

// dark puts a block on a darker ground.
func dark(b values) values {
	b["background"] = "dark"
	return b
}

// buttons are a group of them, in this order.
func buttons(all ...values) values {
	inOrder(all)
	return values{"buttons": all}
}

func (m model) toPage(label, name, variant string) values {
	return values{"type": "page", "page": m.pages[name], "label": label, "variant": variant}
}

func (m model) toPost(label, slug, variant string) values {
	return values{"type": "post", "post": m.posts[slug], "label": label, "variant": variant}
}

func toURL(label, url, variant string) values {
	return values{"type": "url", "url": url, "label": label, "variant": variant}
}

// menus are those of header and footer.
func (m model) menus() []Item {
	page := func(title, name string) values {
		if path := m.texts[name]; path != "" {
			return values{"title": title, "type": "url", "url": path}
		}
		return values{"title": title, "type": "page", "page": m.pages[name]}
	}
	menu := func(id, title string, items ...values) Item {
		inOrder(items)
		return Item{"navigation", "id", values{"id": id, "title": title, "is_active": true, "items": items}}
	}
	society := []values{page("About", "about"), page("Meetings", "meetings"), page("Membership", "membership"), page("Code of Conduct", "conduct")}
	inOrder(society)
	return []Item{
		menu("main", "Main menu",
			page("Home", "home"),
			values{"title": "Blog", "type": "url", "url": "/blog"},
			values{"title": "The society", "type": "group", "children": society},
			page("Contact", "contact")),
		menu("footer", "Footer", page("Contact", "contact"), page("Membership", "membership"), page("Code of Conduct", "conduct"), page("Privacy Policy", "privacy")),
	}
}

func inOrder(items []values) {
	for i, item := range items {
		item["sort"] = i + 1
	}
}

func forms() []Item {
	field := func(form, name, kind, label string, more values) values {
		f := values{"id": ID("form_fields/" + form + "/" + name), "name": name, "type": kind, "label": label, "width": "100"}
		maps.Copy(f, more)
		return f
	}
	choices := func(texts ...string) []values {
		var all []values
		for _, text := range texts {
			all = append(all, values{"text": text, "value": strings.ReplaceAll(strings.ToLower(text), " ", "-")})
		}
		return all
	}
	contact := []values{
		field("contact", "name", "text", "Your name", values{"required": true, "validation": "max:80", "width": "50"}),
		field("contact", "email", "text", "Email", values{"required": true, "validation": "email|max:255", "width": "50", "help": "Only to answer you."}),
		field("contact", "subject", "select", "What is it about?", values{"choices": choices("A rabbit I have", "A rabbit I would like", "Hay", "Something else"), "width": "50"}),
		field("contact", "rabbits", "text", "Names of your rabbits", values{"placeholder": "Biscuit, Comma", "width": "50"}),
		field("contact", "message", "textarea", "Your letter", values{"required": true, "validation": "max:2000"}),
		field("contact", "picture", "file", "A picture", values{"help": "Of the rabbit, if there is one."}),
		field("contact", "print", "radio", "May we print it?", values{"choices": choices("Yes", "Without my name", "No")}),
	}
	journal := []values{
		field("journal", "email", "text", "Email", values{"required": true, "validation": "email|max:255"}),
		field("journal", "about", "checkbox_group", "What would you like to read about?", values{"choices": choices("Hay", "Hutches", "Health", "Marjorie’s opinions")}),
		field("journal", "consent", "checkbox", "Send me the journal once a month", values{"required": true}),
	}
	form := func(name, title, submit string, fields []values, more values) Item {
		inOrder(fields)
		v := values{"id": ID("forms/" + name), "title": title, "is_active": true, "submit_label": submit, "fields": fields}
		maps.Copy(v, more)
		return Item{"forms", "title", v}
	}
	return []Item{
		form("contact", "Letters to the editor", "Send the letter", contact, values{"on_success": "message",
			"success_message": "Thank you. Adaeze reads every letter, and answers on Sundays."}),
		form("journal", "The journal by email", "Subscribe", journal, values{"on_success": "message",
			"success_message": "Thank you. The next issue goes out on the first Saturday of the month."}),
	}
}
