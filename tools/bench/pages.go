package main

import (
	"context"
	"fmt"
	"strings"
)

// blog, post and profile are the measured pages. What they must contain comes from
// the sample content and the member's row.

func (s *stage) blog(at *process) target {
	return target{address: at.address, path: "/blog", header: fromBrowser(), shows: []string{"</html>", "Hay by numbers", "Introducing two strangers"}}
}

func (s *stage) post(at *process) target {
	return target{address: at.address, path: "/blog/hay-by-numbers", header: fromBrowser(), shows: []string{"</html>", "Hay by numbers", "I weighed everything that went into our hutches"}}
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
