package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// blog, post and profile are the measured pages. What they must contain comes from
// the sample content and the member's row.

func (s *stage) blog(at *process) target {
	return target{address: at.address, path: "/blog", header: fromBrowser(), shows: []string{"</html>", "Hay by numbers", "Introducing two strangers"}}
}

func (s *stage) post(at *process) target {
	return target{address: at.address, path: "/blog/hay-by-numbers", header: fromBrowser(), shows: []string{"</html>", "Hay by numbers", "I weighed everything that went into our hutches"}}
}

// postsPerPage is how many posts a page of the blog shows.
const postsPerPage = 12

// archived is a post of the archive as its reader asks for it.
func (s *stage) archived(at *process, n int) target {
	return target{address: at.address, path: "/blog/" + archiveSlug(n), header: fromBrowser(reader(n)), shows: []string{"</html>", archiveTitle("", n), "This continues"}}
}

// listPage is an older page of the blog, all of the archive.
func (s *stage) listPage(at *process, number int) target {
	return target{address: at.address, path: fmt.Sprintf("/blog?page=%d", number), header: fromBrowser(), shows: []string{"</html>", "(notebook "}}
}

func (s *stage) profile(at *process) target {
	return s.signedIn(target{address: at.address, path: "/profile", header: fromBrowser(), shows: []string{"</html>", memberEmail, "Thistle"}})
}

// anonymous requires that the page shows nobody signed in.
func anonymous(page target) target {
	page.shows = append([]string{`"/signin`}, page.shows...)
	return page
}

// signedIn returns the page as the member sees it.
func (s *stage) signedIn(page target) target {
	page = page.with("Cookie: " + s.cookie)
	page.shows = append([]string{`"/logout`}, page.shows...)
	return page
}

// me is Directus' own answer for the same member.
func (s *stage) me() target {
	return target{
		address: s.directusAddress(), path: "/users/me", shows: []string{`"id":`},
		header: []string{"Accept: application/json", "Authorization: Bearer " + s.memberToken},
	}
}

func (s *stage) directusAddress() string { return strings.TrimPrefix(s.directus.URL, "http://") }

// raw returns, of the queries that Hutch has sent, one whose answer contains all of
// this content, to be sent to Directus directly. If there are several it takes the
// one with the smallest answer, which Directus gives fastest.
func (s *stage) raw(ctx context.Context, questions map[string]int, shows ...string) (target, error) {
	var best target
	smallest := 0
	for question := range questions {
		path, is := strings.CutPrefix(question, "GET ")
		if !is {
			continue
		}
		t := target{address: s.directusAddress(), path: path, header: []string{"Accept: application/json"}, shows: shows}
		a, err := fetchRight(ctx, t)
		if err == nil && (smallest == 0 || len(a.body) < smallest) {
			best, smallest = t, len(a.body)
		}
	}
	if smallest == 0 {
		return target{}, fmt.Errorf("none of Hutch's queries is for %q: %v", shows, questions)
	}
	return best, nil
}

// measureFirstVisit adds up what a browser with an empty cache downloads for a post
// without an image: the page, and each file that it links.
func measureFirstVisit(ctx context.Context, s *stage, r *report) error {
	page := target{address: s.hutch.address, path: "/blog/names-we-have-given", header: fromBrowser(), shows: []string{"</html>", "Names we have given rabbits"}}
	a, err := fetchRight(ctx, page)
	if err != nil {
		return err
	}
	html, err := a.decoded()
	if err != nil {
		return err
	}
	files, err := filesOf(html)
	if err != nil {
		return err
	}
	if len(files) < 3 {
		return errors.New("the page lacks a stylesheet, a script or an icon")
	}
	bodies, wire := len(a.body), a.wire
	sizes := []string{fmt.Sprintf("HTML %d", len(a.body))}
	for _, path := range files {
		a, err := fetchRight(ctx, target{address: s.hutch.address, path: path, header: fromBrowser()})
		if err != nil {
			return err
		}
		bodies, wire = bodies+len(a.body), wire+a.wire
		name := strings.Split(path[strings.LastIndex(path, "/")+1:], ".")
		sizes = append(sizes, fmt.Sprintf("%s.%s %d", name[0], name[len(name)-1], len(a.body)))
	}
	r.atMost("bodies of a first visit to a post, without images (1 KB = 1,000 bytes)", 40, spread{float64(bodies) / 1000}, "%.1f KB")
	r.absolute("the first visit with headers and framing", spread{float64(wire) / 1000}, "%.1f KB")
	r.note("First visit, bytes as transferred: " + strings.Join(sizes, ", ") + ".")
	return nil
}

// filesOf returns the files that a browser downloads for a page, each once.
func filesOf(html []byte) ([]string, error) {
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		return nil, err
	}
	var files []string
	document.Find("link[href], script[src], img[src]").Each(func(_ int, e *goquery.Selection) {
		path := e.AttrOr("src", e.AttrOr("href", ""))
		rel := strings.Fields(e.AttrOr("rel", ""))
		fetched := !e.Is("link") || slices.ContainsFunc(rel, func(r string) bool {
			return slices.Contains([]string{"stylesheet", "icon", "preload", "modulepreload", "manifest"}, r)
		})
		if fetched && strings.HasPrefix(path, "/") && !slices.Contains(files, path) {
			files = append(files, path)
		}
	})
	return files, nil
}
