// Package templates turns typed pages into HTML.
//
// Every page is a Go type and an .html file of the same name, side by side:
// signin.go and signin.html. The file defines the blocks "title", "main" and,
// where the site's own will not do, "description"; and for each part that htmx
// swaps alone, a block named like the id of the element that it replaces.
// layout.html puts a frame around "main"; partials.html holds what pages share:
// form, field, notice, pager.
//
// It owns markup, the forms' fields with their attributes, and the one place
// where foreign HTML becomes trusted (richtext.go). Its words come from the
// room of that name. It never sees a token, a request or a Gin context, and
// decides nothing.
package templates
