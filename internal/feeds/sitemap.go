package feeds

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// SitemapType is the content type of a sitemap.
const SitemapType = "application/xml; charset=utf-8"

// MaxPages is how many pages a sitemap may list.
const MaxPages = 50_000

// maxLoc is how long a URL in it may be.
const maxLoc = 2048

// Page is a page to list for search engines.
type Page struct {
	URL      string    // may be a path of the site
	Modified time.Time // may be zero
}

type urlset struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapIndex struct {
	XMLName  xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Sitemaps []sitemapURL `xml:"sitemap"`
}

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// Sitemap returns a sitemap (sitemaps.org 0.9) of the first [MaxPages] pages. It needs at
// least one page. Pages whose URL is too long are skipped, and a URL on another host is
// an error.
func Sitemap(siteURL string, pages []Page) ([]byte, error) {
	listed, err := located(siteURL, pages)
	if err != nil {
		return nil, err
	}
	return document(urlset{URLs: listed})
}

// SitemapIndex returns a document that lists sitemaps as [Sitemap] lists pages.
func SitemapIndex(siteURL string, sitemaps []Page) ([]byte, error) {
	listed, err := located(siteURL, sitemaps)
	if err != nil {
		return nil, err
	}
	return document(sitemapIndex{Sitemaps: listed})
}

func located(siteURL string, pages []Page) ([]sitemapURL, error) {
	site, err := parseSite(siteURL)
	if err != nil {
		return nil, err
	}
	var listed []sitemapURL
	for _, page := range pages {
		loc := address(site, page.URL)
		if u, err := url.Parse(loc); err != nil || u.Host != site.Host {
			return nil, fmt.Errorf("the page %q is not on %s", page.URL, siteURL)
		}
		if len(loc) > maxLoc {
			continue
		}
		if len(listed) == MaxPages {
			break
		}
		listed = append(listed, sitemapURL{loc, lastMod(page.Modified)})
	}
	if len(listed) == 0 {
		return nil, errors.New("the sitemap has no pages")
	}
	return listed, nil
}

// lastMod omits the time of day if it is midnight, where the time is of: probably only
// the day is known.
func lastMod(t time.Time) string {
	switch hour, minute, second := t.Clock(); {
	case t.IsZero():
		return ""
	case hour == 0 && minute == 0 && second == 0:
		return t.Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339)
}

// RobotsType is the content type of robots.txt.
const RobotsType = "text/plain; charset=utf-8"

// Robots returns a robots.txt that disallows every path with one of these prefixes
// and names the sitemap by its absolute URL.
func Robots(sitemapURL string, disallowed []string) []byte {
	var out strings.Builder
	out.WriteString("User-agent: *\n")
	for _, path := range disallowed {
		out.WriteString("Disallow: " + path + "\n")
	}
	if len(disallowed) == 0 {
		out.WriteString("Disallow:\n")
	}
	out.WriteString("\nSitemap: " + sitemapURL + "\n")
	return []byte(out.String())
}
