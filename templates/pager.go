package templates

import "strconv"

// Pager leads from one page of a list to the next. The partial "pager" shows
// it, and nothing where the list has one page only.
type Pager struct {
	Path string // of the list
	Page int    // from 1
	More bool   // there is a page after this one
}

// Needed reports whether there is anywhere to go.
func (p Pager) Needed() bool { return p.Page > 1 || p.More }

// Newer is the address of the page before; "" on the first one.
func (p Pager) Newer() string {
	switch {
	case p.Page <= 1:
		return ""
	case p.Page == 2:
		return p.Path
	}
	return p.Path + "?page=" + strconv.Itoa(p.Page-1)
}

// Older is the address of the page after; "" on the last one.
func (p Pager) Older() string {
	if !p.More {
		return ""
	}
	return p.Path + "?page=" + strconv.Itoa(p.Page+1)
}
