package templates

import (
	"net/url"
	"strconv"
)

// Pager leads from one page of a list to the next. The partial "pager" shows
// it, and nothing where the list has one page only.
type Pager struct {
	Path  string     // of the list
	Query url.Values // of the list, without the page
	Page  int        // from 1
	Pages int        // how many there are
	Count int        // of what is listed, on all pages
}

// Needed reports whether there is anywhere to go.
func (p Pager) Needed() bool { return p.Page > 1 || p.Page < p.Pages }

// Newer is the address of the page before; "" on the first one.
func (p Pager) Newer() string {
	if p.Page <= 1 {
		return ""
	}
	return p.At(p.Page - 1)
}

// Older is the address of the page after; "" on the last one.
func (p Pager) Older() string {
	if p.Page >= p.Pages {
		return ""
	}
	return p.At(p.Page + 1)
}

// At is the address of a page. The first has none of its own beside the list's.
func (p Pager) At(number int) string {
	query := url.Values{}
	for name, values := range p.Query {
		query[name] = values
	}
	if number > 1 {
		query.Set("page", strconv.Itoa(number))
	}
	if len(query) == 0 {
		return p.Path
	}
	return p.Path + "?" + query.Encode()
}

// Here is the address of this page.
func (p Pager) Here() string { return p.At(p.Page) }
