package harness

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"hutch/internal/directus"
)

// officialFile is a small PNG of the sample; its id is that of "files/" and its name.
type officialFile struct {
	name, description string
	width, height     int
	folder            string // "" for public
}

var officialFiles = []officialFile{
	{name: "logo", description: "Two long ears over the words Long Ears Club", width: 240, height: 60},
	{name: "logo-dark", description: "The same in white", width: 240, height: 60},
	{name: "favicon", width: 64, height: 64},
	{name: "share", description: "A row of hutches in the morning sun", width: 1200, height: 630},
	{name: "meadow", description: "A rabbit in a meadow, ears up", width: 800, height: 450},
	{name: "hay", description: "Hay in a rack", width: 800, height: 450},
	{name: "tall", description: "A rabbit on its hind legs", width: 300, height: 600},
	{name: "undescribed", width: 400, height: 300},
	{name: "judge", description: "Ada Brook with a grey rabbit", width: 200, height: 200},
	{name: "sent", description: "What a visitor sent: not for everybody", width: 100, height: 100, folder: "uploads"},
}

type officialItem = map[string]any

// makeOfficialSample fills the model with the site of a club of rabbit keepers: each kind
// of block, link and field, and what editors leave empty, hide, or have not published.
// What refers to something comes after it.
func makeOfficialSample(ctx context.Context, admin *directus.Admin) error {
	for _, name := range []string{"Public", "Uploads"} {
		folder := officialItem{"id": OfficialID("folders/" + map[string]string{"Public": "public", "Uploads": "uploads"}[name]), "name": name}
		if err := admin.Post(ctx, "/folders", folder, nil); err != nil {
			return err
		}
	}
	if err := admin.Patch(ctx, "/settings", officialItem{"storage_default_folder": OfficialID("folders/public")}); err != nil {
		return err
	}
	for i, f := range officialFiles {
		if err := f.upload(ctx, admin, uint8(i*25)); err != nil {
			return err
		}
	}
	for _, made := range []struct {
		path  string
		items []officialItem
	}{
		{"/users", officialUsers()},
		{"/items/forms", officialForms()},
		{"/items/posts", officialPosts()},
		{"/items/pages", officialPages()},
		{"/items/navigation", officialMenus()},
		{"/items/redirects", officialRedirects()},
	} {
		for _, item := range made.items {
			if err := admin.Post(ctx, made.path, item, nil); err != nil {
				return fmt.Errorf("%s, %v: %w", made.path, item["title"], err)
			}
		}
	}
	for _, block := range officialOddBlocks() {
		if err := admin.Post(ctx, "/items/page_blocks", block, nil); err != nil {
			return err
		}
	}
	return admin.Patch(ctx, "/items/globals", officialItem{
		"title": "Long Ears Club", "tagline": "Rabbits, kept well", "description": "The club of the valley's rabbit keepers, since 1931.",
		"url": PublicURL, "directus_url": "https://directus.example.com",
		"logo": OfficialID("files/logo"), "logo_dark_mode": OfficialID("files/logo-dark"), "favicon": OfficialID("files/favicon"),
		"accent_color": "#0F766E",
		"social_links": []officialItem{
			{"service": "github", "url": "https://github.com/long-ears-club"},
			{"service": "youtube", "url": "https://www.youtube.com/@long-ears-club"},
			{"service": "carrier-pigeon", "url": "javascript:alert(1)"}, // neither known nor safe
		},
	})
}

func (f officialFile) upload(ctx context.Context, admin *directus.Admin, shade uint8) error {
	painted := image.NewRGBA(image.Rect(0, 0, f.width, f.height))
	for y := range f.height {
		for x := range f.width {
			painted.Set(x, y, color.RGBA{shade, uint8(255 * y / f.height), 128, 255})
		}
	}
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		return err
	}
	folder := "public"
	if f.folder != "" {
		folder = f.folder
	}
	fields := map[string]string{"id": OfficialID("files/" + f.name), "title": f.name, "folder": OfficialID("folders/" + folder)}
	if f.description != "" {
		fields["description"] = f.description
	}
	_, err := admin.Upload(ctx, directus.Upload{Fields: fields, Name: f.name + ".png", ContentType: "image/png", Content: content.Bytes()})
	return err
}

// officialUsers are the authors: without a role or policy, they take no seat.
func officialUsers() []officialItem {
	return []officialItem{
		{"id": OfficialID("users/ada"), "email": "ada@example.com", "first_name": "Ada", "last_name": "Brook", "title": "Judge", "avatar": OfficialID("files/judge"), "description": "Judges at shows."},
		{"id": OfficialID("users/tom"), "email": "tom@example.com", "first_name": "Tom"},          // no last name, picture, title
		{"id": OfficialID("users/idle"), "email": "idle@example.com", "first_name": "Writes Not"}, // no posts: unreadable where there are rules
	}
}

const officialFuture = "2099-05-01T08:00:00Z"

func officialPosts() []officialItem {
	ada, tom := OfficialID("users/ada"), OfficialID("users/tom")
	meadow, hay := OfficialID("files/meadow"), OfficialID("files/hay")
	return []officialItem{
		{"id": OfficialID("posts/hay"), "slug": "hay", "title": "Hay, and how much of it", "status": "published", "published_at": "2026-03-01T09:30:00Z", "author": ada, "image": hay,
			"description": "A rabbit eats its own size in hay, every day.", "content": "<p>Hay first, <strong>then</strong> greens.</p><script>alert(1)</script>",
			"seo": officialItem{"title": "How much hay a rabbit eats", "meta_description": "A rule of thumb.", "og_image": OfficialID("files/share") + ".png", "no_index": false}},
		{"id": OfficialID("posts/moult"), "slug": "moult", "title": "The spring moult", "status": "published", "published_at": "2026-02-01T09:30:00Z", "author": ada, "image": meadow,
			"description": "Brush daily, for three weeks.", "content": "<p>Brush daily.</p>"},
		{"id": OfficialID("posts/hutch"), "slug": "hutch", "title": "A dry hutch", "status": "published", "published_at": "2026-01-01T09:30:00Z", "author": tom, "image": OfficialID("files/undescribed"),
			"content": "<p>A roof that overhangs.</p>"}, // no description, nor has its image
		{"id": OfficialID("posts/minutes"), "slug": "minutes", "title": "Minutes of the assembly", "status": "published", "published_at": "2025-12-01T09:30:00Z",
			"description": "Nobody signed them.", "content": "<p>Decided: a new scale.</p>"}, // neither author nor image
		{"id": OfficialID("posts/scale"), "slug": "scale", "title": "A new scale", "status": "published", "published_at": "2025-11-01T09:30:00Z", "author": tom, "image": OfficialID("files/sent"),
			"description": "Accurate to a gram.", "content": "<p>Accurate.</p>", "seo": officialItem{"no_index": true}}, // its image is not for everybody
		{"id": OfficialID("posts/names"), "slug": "names", "title": "Names we have given", "status": "published", "published_at": "2025-10-01T09:30:00Z", "author": ada, "image": hay,
			"description": "Biscuit, again.", "content": "<p>Biscuit.</p>"},
		{"id": OfficialID("posts/undated"), "slug": "undated", "title": "Published without a date", "status": "published", "content": "<p>When?</p>"}, // unreadable where there are rules
		{"id": OfficialID("posts/draft"), "slug": "draft", "title": "A draft of a post", "status": "draft", "author": tom, "content": "<p>Not yet: pipkin.</p>"},
		{"id": OfficialID("posts/review"), "slug": "review", "title": "A post in review", "status": "in_review", "published_at": "2026-03-02T09:30:00Z", "content": "<p>Is it?</p>"},
		{"id": OfficialID("posts/future"), "slug": "future", "title": "A post of the future", "status": "published", "published_at": officialFuture, "author": ada, "content": "<p>Patience.</p>"},
	}
}

// block is a row of page_blocks, with its item.
func block(kind string, item officialItem, more ...any) officialItem {
	row := officialItem{"collection": "block_" + kind, "item": item}
	for i := 0; i+1 < len(more); i += 2 {
		row[more[i].(string)] = more[i+1]
	}
	return row
}

// officialPage gives its blocks their order.
func officialPage(name, permalink, title string, more officialItem, blocks ...officialItem) officialItem {
	for i := range blocks {
		if blocks[i]["id"] == nil {
			blocks[i]["id"] = OfficialID(fmt.Sprintf("page_blocks/%s/%d", name, i+1))
		}
		blocks[i]["sort"] = i + 1
	}
	page := officialItem{"id": OfficialID("pages/" + name), "permalink": permalink, "title": title, "status": "published", "published_at": "2026-01-01T00:00:00Z", "blocks": blocks}
	for field, value := range more {
		page[field] = value
	}
	return page
}

func officialPages() []officialItem {
	page := func(name string) string { return OfficialID("pages/" + name) }
	file := func(name string) string { return OfficialID("files/" + name) }
	return []officialItem{
		officialPage("draft", "/draft", "A draft of a page", officialItem{"status": "draft", "published_at": nil},
			block("richtext", officialItem{"headline": "Not yet", "content": "<p>Not yet: pipkin.</p>"})),
		officialPage("scheduled", "/scheduled", "A page of the future", officialItem{"published_at": officialFuture},
			block("richtext", officialItem{"headline": "Patience", "content": "<p>Patience: pipkin.</p>"})),
		officialPage("empty", "/empty", "A page without blocks", officialItem{"seo": officialItem{"title": nil, "og_image": nil}}),
		officialPage("about", "/about", "About the club", officialItem{"seo": officialItem{
			"title": "About us: Long Ears Club", "meta_description": "Who we are.", "og_image": file("share") + ".png", "no_index": true, "no_follow": false, "additional_fields": officialItem{"topic": "rabbits"}}},
			block("richtext", officialItem{"tagline": "Since 1931", "headline": "Who we are", "alignment": "left", "content": `<p>Keepers of rabbits. <a href="/about/team">The team</a> meets on Mondays.</p>`}),
			block("hero", officialItem{"headline": "Come by", "description": "Two lines,\nas typed.", "image": file("tall"), "layout": "image_right"}, "background", "dark"),
			block("richtext", officialItem{"headline": "Hidden", "content": "<p>Hidden: pipkin.</p>"}, "hide_block", true),
			block("richtext", officialItem{"headline": "Neither hidden nor shown", "content": "<p>As imported.</p>"}, "hide_block", nil, "background", nil)),
		officialPage("team", "/about/team", "The team", nil, // its second and third block: officialOddBlocks
			block("richtext", officialItem{"headline": "Three people", "alignment": "right", "content": "<p>And nine rabbits, Tunnicliffe among them.</p>"})),
		officialPage("blog", "/blog", "Notes from the club", nil,
			block("richtext", officialItem{"headline": "Before the list", "content": "<p>Read on.</p>"}),
			block("posts", officialItem{"headline": "All notes", "collection": "posts", "limit": 3}),
			block("form", officialItem{"headline": "After the list", "form": OfficialID("forms/old")})), // a form that is not active
		officialPage("home", "/", "Long Ears Club", nil,
			block("hero", officialItem{"tagline": "Welcome", "headline": "Rabbits, kept well", "description": "Advice, shows and company.", "image": file("meadow"), "layout": "image_left",
				"button_group": officialItem{"id": OfficialID("block_button_group/home"), "buttons": []officialItem{
					{"sort": 2, "type": "post", "post": OfficialID("posts/hay"), "label": "Read about hay", "variant": "outline"},
					{"sort": 1, "type": "page", "page": page("about"), "label": "About us", "variant": "default"},
					{"sort": 3, "type": "url", "url": "https://example.com/shows", "label": "Shows", "variant": "link"},
					{"sort": 4, "type": "page", "page": page("draft"), "label": "To a draft", "variant": "ghost"},
					{"sort": 5, "type": "post", "post": OfficialID("posts/future"), "label": "To the future", "variant": "soft"},
					{"sort": 6, "type": "page", "label": "To nothing", "variant": "solid"},
				}}}),
			block("richtext", officialItem{"tagline": "Why", "headline": "A rabbit is company", "alignment": "center", "content": "<p>It is <em>not</em> a toy.</p>"}, "background", "dark"),
			block("gallery", officialItem{"tagline": "Seen", "headline": "At the last show", "items": []officialItem{
				{"sort": 2, "directus_file": file("tall")}, {"sort": 1, "directus_file": file("meadow")}, {"sort": 3, "directus_file": file("undescribed")}, {"sort": 4, "directus_file": file("sent")},
			}}),
			block("pricing", officialItem{"tagline": "Join", "headline": "What it costs", "pricing_cards": []officialItem{
				{"sort": 2, "title": "Keeper", "price": "€30 a year", "badge": "Usual", "is_highlighted": true, "features": []string{"Shows", "The scale"}, "description": "For who has rabbits.",
					"button": officialItem{"type": "page", "page": page("about"), "label": "Join as a keeper"}},
				{"sort": 1, "title": "Friend", "price": "Free", "features": []string{"The notes"}},
			}}),
			block("posts", officialItem{"tagline": "News", "headline": "Notes", "limit": 2}),
			block("form", officialItem{"tagline": "Ask", "headline": "Write to us", "form": OfficialID("forms/contact")}),
			block("hero", officialItem{"headline": "Nothing but a headline", "layout": "image_center"})),
	}
}

// officialOddBlocks are what a page of a real project may have: a block whose item is
// deleted, and one of a kind that the relation does not name.
func officialOddBlocks() []officialItem {
	team := OfficialID("pages/team")
	return []officialItem{
		{"id": OfficialID("page_blocks/team/2"), "page": team, "sort": 2, "collection": "block_richtext", "item": OfficialID("block_richtext/deleted")},
		{"id": OfficialID("page_blocks/team/3"), "page": team, "sort": 3, "collection": "block_video", "item": OfficialID("block_video/any")},
	}
}

func officialForms() []officialItem {
	choices := []officialItem{{"text": "Joining", "value": "join"}, {"text": "A rabbit's health", "value": "health"}}
	field := func(name, kind, label string, more officialItem) officialItem {
		f := officialItem{"id": OfficialID("form_fields/contact/" + name), "name": name, "type": kind, "label": label, "width": "100"}
		for key, value := range more {
			f[key] = value
		}
		return f
	}
	contact := []officialItem{
		field("first-name", "text", "First name", officialItem{"required": true, "validation": "min:2|max:40", "width": "50", "placeholder": "Ada"}),
		field("email", "text", "Email", officialItem{"required": true, "validation": "email|max:255", "width": "50", "help": "Only to answer you."}),
		field("website", "text", "Website", officialItem{"validation": "url"}),
		field("postcode", "text", "Postcode", officialItem{"validation": "length:5|shiny", "width": "33"}), // an unknown rule
		field("message", "textarea", "Message", officialItem{"required": true, "validation": "max:2000"}),
		field("subject", "select", "Subject", officialItem{"choices": choices, "width": "67"}),
		field("how", "radio", "How did you find us?", officialItem{"choices": choices}),
		field("topics", "checkbox_group", "Topics", officialItem{"choices": choices, "required": true}),
		field("picture", "file", "A picture", nil),
		field("consent", "checkbox", "You may write to me", officialItem{"required": true}),
		field("campaign", "hidden", "Campaign", nil),
		field("rating", "stars", "Of a type that nobody knows", nil),
	}
	for i := range contact {
		contact[i]["sort"] = i + 1
	}
	return []officialItem{
		{"id": OfficialID("forms/contact"), "title": "Contact", "is_active": true, "submit_label": "Send", "on_success": "message", "success_message": "Thank you. We answer within a week.",
			"emails": []officialItem{{"to": []string{"secretary@example.com"}, "subject": "From the site", "message": "<p>{{ email }}</p>"}},
			// Stored in another order than they are shown in.
			"fields": append(append([]officialItem{}, contact[6:]...), contact[:6]...)},
		{"id": OfficialID("forms/newsletter"), "title": "Newsletter", "is_active": true, "on_success": "redirect", "success_redirect_url": "/about",
			"fields": []officialItem{{"id": OfficialID("form_fields/newsletter/email"), "name": "email", "type": "text", "label": "Email", "validation": "email", "required": true, "sort": 1}}},
		{"id": OfficialID("forms/old"), "title": "Closed", "is_active": false,
			"fields": []officialItem{{"id": OfficialID("form_fields/old/name"), "name": "name", "type": "text", "label": "Name", "sort": 1}}},
	}
}

func officialMenus() []officialItem {
	link := func(sort int, title, kind string, to any, children ...officialItem) officialItem {
		item := officialItem{"sort": sort, "title": title, "type": kind, "children": children}
		if kind != "group" {
			item[kind] = to
		}
		return item
	}
	about, team, draft := OfficialID("pages/about"), OfficialID("pages/team"), OfficialID("pages/draft")
	return []officialItem{
		{"id": "main", "title": "Main menu", "is_active": true, "items": []officialItem{
			link(2, "Notes", "page", OfficialID("pages/blog")),
			link(1, "Home", "page", OfficialID("pages/home")),
			link(3, "The club", "group", nil,
				link(2, "The team", "page", team),
				link(1, "About", "page", about),
				link(3, "Shows", "url", "https://example.com/shows")),
			link(4, "Hay", "post", OfficialID("posts/hay")),
			link(5, "A draft", "page", draft),
			link(6, "Nowhere", "page", nil),
			link(7, "Empty group", "group", nil),
			link(8, "Script", "url", "javascript:alert(1)"),
		}},
		{"id": "footer", "title": "Footer", "is_active": true, "items": []officialItem{link(1, "About", "page", about), link(2, "Contact", "url", "/#contact")}},
		{"id": "summer", "title": "Put away", "is_active": false, "items": []officialItem{link(1, "Summer show", "url", "/summer")}},
	}
}

func officialRedirects() []officialItem {
	redirect := func(from, to, code string) officialItem {
		return officialItem{"url_from": from, "url_to": to, "response_code": code}
	}
	return []officialItem{
		redirect("/who-we-are", "/about", "301"),
		redirect("/shows/", "https://example.com/shows", "302"), // a slash at its end
		redirect("/round", "/round", "301"),                     // leads to itself
		{"url_from": "/no-code", "url_to": "/about", "note": "Nobody chose a code."},
		{"url_from": "/unfinished", "response_code": "301"},
	}
}
