// Package card draws the picture that link previews show of pages without one: name and
// description of the site, in its colour.
//
// It owns the size and the look of that picture. The fonts are those of the Go project,
// which come with golang.org/x/image.
package card
