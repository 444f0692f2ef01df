package templates

import (
	"net/url"
	"strconv"
)

// Pager links to the neighbouring pages of a list. The partial "pager" shows it,
// and nothing if the list has only one page.
type Pager struct {
	Path  string     // of the list
	Query url.Values // of the list, without the page number
	Page  int        // from 1
	Pages int        // total number of pages
	Count int        // of items on all pages
	Mixed bool       // the list is not by date: its pages are neither newer nor older
}

// Needed reports whether there is more than one page.
func (p Pager) Needed() bool { return p.Page > 1 || p.Page < p.Pages }

// Newer returns the URL of the previous page; "" on the first.
func (p Pager) Newer() string {
	if p.Page <= 1 {
		return ""
	}
	return p.At(p.Page - 1)
}

// Older returns the URL of the next page; "" on the last.
func (p Pager) Older() string {
	if p.Page >= p.Pages {
		return ""
	}
	return p.At(p.Page + 1)
}

// At returns the URL of a page. The first page's is the list's own.
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

// Here returns the URL of this page.
func (p Pager) Here() string { return p.At(p.Page) }
