// Package content answers requests for what is published: pages, posts, authors,
// search, feeds, the sitemap, images, redirects, and the name and colours of the
// site.
//
//	a handler ─▶ contentQuery ─▶ cache ─▶ Directus, asked as the public
//	    │             fields that exist,        │
//	    │             what is published         ▼
//	    ▼                                    tags: what a change there purges (hook.go)
//	web.Rendered: rendered and compressed once, sent to everybody until the content
//	changes
//
// Content is read as the public, so that one answer serves all visitors. What a
// member may see beyond that is read with the token of the [web.Visitor] who was
// handed to the handler, and stored nowhere.
//
// It owns the queries for published content, the cached pages made of them, and
// the tags by which they are purged.
//
// It never opens a session and changes nothing in Directus, but that it stores the forms
// that visitors send. What it has to ask for a visitor, that visitor pays for ([web.Visitor]); it does not learn how much they have.
package content
