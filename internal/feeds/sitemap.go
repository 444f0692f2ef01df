package feeds

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// SitemapType is what a sitemap is served as.
const SitemapType = "application/xml; charset=utf-8"

// MaxPages is how many pages a sitemap may have.
const MaxPages = 50_000

// maxLoc is how long an address in it may be.
const maxLoc = 2048

// Page is one that search engines should know.
type Page struct {
	URL      string    // may be a path of the site
	Modified time.Time // may be zero
}

type urlset struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// Sitemap writes a sitemap (sitemaps.org 0.9) of the first [MaxPages] pages;
// search engines find the others by the links between them. At least one page
// must be there. What has too long an address is left out, and an address on
// another host than the site's is an error.
func Sitemap(siteURL string, pages []Page) ([]byte, error) {
	site, err := parseSite(siteURL)
	if err != nil {
		return nil, err
	}
	var set urlset
	for _, page := range pages {
		loc := address(site, page.URL)
		if u, err := url.Parse(loc); err != nil || u.Host != site.Host {
			return nil, fmt.Errorf("the page %q is not on %s", page.URL, siteURL)
		}
		if len(loc) > maxLoc {
			continue
		}
		if len(set.URLs) == MaxPages {
			break
		}
		set.URLs = append(set.URLs, sitemapURL{loc, lastMod(page.Modified)})
	}
	if len(set.URLs) == 0 {
		return nil, errors.New("a sitemap without a page")
	}
	return document(set)
}

// lastMod claims no more than is known: of a day's midnight, only the day.
func lastMod(t time.Time) string {
	t = t.UTC()
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}
