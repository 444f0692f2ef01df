// Package templates turns typed pages into HTML.
//
//	Page ─▶ Set.Render ─▶ its .html file in layout.html, in one language ─▶ bytes
//	          editors' HTML ─▶ richtext.go: the only way to trusted HTML
//
// Every page is a Go type and an .html file of the same name, side by side: signin.go
// and signin.html. The file defines the blocks "title", "main" and, if the site's own
// does not fit, "description"; and for each part that htmx swaps separately, a block
// named like the id of the element that it replaces. layout.html wraps "main";
// partials.html holds what pages share: form, field, notice, pager; blocks/ has a file for
// each kind of block that a BlockPage is composed of, blocks.html what they share.
//
// The package owns the markup, the forms' fields and their attributes, and the only
// place where foreign HTML becomes trusted. Its messages come from package i18n. It
// never sees a token, a request or a Gin context, and makes no decisions.
package templates
