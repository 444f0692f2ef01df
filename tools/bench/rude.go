package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	politePace     = 500 * time.Millisecond // Hutch allows a visitor two uncached pages a second
	politePatience = 2 * time.Second
	politePerRound = 15

	rudeAddress   = "X-Forwarded-For: 203.0.113.1"
	politeAddress = "X-Forwarded-For: 203.0.113.2"
)

// measureRude lets a visitor open uncached pages while another one keeps Directus as busy
// as Hutch permits, over as many connections as wrk uses.
func measureRude(ctx context.Context, s *stage, r *report) error {
	p, err := s.startHutch(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = p.stop() }()
	images, err := s.imagesOf(ctx, p)
	if err != nil {
		return err
	}
	rudely, enough := context.WithCancel(ctx)
	defer enough()
	var all sync.WaitGroup
	answered := make([][]string, connections)
	for i := range connections {
		all.Go(func() { answered[i] = beRude(rudely, p.address, images) })
	}
	if err := settle(ctx, time.Second); err != nil {
		return err
	}
	posts, lists := s.bePolite(ctx, p, politePerRound*r.rounds)
	enough()
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	inTime := append(slices.Clone(posts.inTime), lists.inTime...)
	asked := posts.asked + lists.asked
	r.atLeast("beside a rude visitor: another one's uncached pages answered within 2 s", 99, outcome{asked: asked, inTime: inTime}.share(), "%.1f %")
	r.absolute("beside a rude visitor: posts in time", posts.share(), "%.1f %")
	r.absolute("beside a rude visitor: `/blog?page=` in time", lists.share(), "%.1f %")
	if len(inTime) > 0 {
		r.absolute("beside a rude visitor: those pages took", inTime, "%.0f ms")
	}
	r.note(fmt.Sprintf("Beside a rude visitor, %d pages missed (%s). The rude visitor got: %s.", asked-len(inTime), tally(posts.missed, lists.missed), tally(answered...)))
	return nil
}

var imageID = regexp.MustCompile(`/assets/([0-9a-f-]{36})\?`)

// imagesOf returns the ids of the images on the blog.
func (s *stage) imagesOf(ctx context.Context, p *process) (ids []string, err error) {
	a, err := fetchRight(ctx, s.blog(p))
	if err != nil {
		return nil, err
	}
	html, err := a.decoded()
	if err != nil {
		return nil, err
	}
	for _, found := range imageID.FindAllSubmatch(html, -1) {
		ids = append(ids, string(found[1]))
	}
	if len(ids) == 0 {
		return nil, errors.New("the blog shows no image")
	}
	return ids, nil
}

// beRude asks for one thing after the other that is not in the cache, and returns the
// statuses.
func beRude(ctx context.Context, address string, images []string) (answered []string) {
	for ctx.Err() == nil {
		c, err := dial(ctx, address)
		for err == nil && ctx.Err() == nil {
			var a answer
			if a, err = c.ask(target{address: address, path: rudePath(images), header: fromBrowser(rudeAddress)}.request()); err == nil {
				answered = append(answered, fmt.Sprint(a.status))
			}
		}
		if c != nil {
			c.close()
		}
	}
	return answered
}

func rudePath(images []string) string {
	n := rand.IntN(1_000_000) //nolint:gosec // any will do
	switch n % 4 {
	case 0:
		return fmt.Sprintf("/blog?q=hay+%d", n)
	case 1:
		return fmt.Sprintf("/blog?page=%d", 2+n%(archivePosts/12))
	case 2:
		return fmt.Sprintf("/blog/nothing-%d", n)
	}
	widths := []int{160, 320, 480, 600, 800, 960, 1200, 1600} // what Hutch's pages use
	return fmt.Sprintf("/assets/%s?width=%d", images[n/4%len(images)], widths[n/64%len(widths)])
}

// outcome is how a visitor was served.
type outcome struct {
	asked  int
	inTime spread // how long those took, in milliseconds
	missed []string
}

// share is how many of a hundred came in time.
func (o outcome) share() spread {
	return spread{100 * float64(len(o.inTime)) / float64(max(1, o.asked))}
}

// bePolite opens posts, and every fourth time a page of the list, each on its own
// connection. It never waits for one before it opens the next, since late is missed.
func (s *stage) bePolite(ctx context.Context, p *process, times int) (posts, lists outcome) {
	var mu sync.Mutex
	var all sync.WaitGroup
	tick := time.NewTicker(politePace)
	defer tick.Stop()
	for i := range times {
		page, of := s.archived(p, spreadOut(i, besideTheRude)), &posts
		if i%4 == 3 {
			page, of = s.listPage(p, 2+spreadOut(i, besideTheRude)/postsPerPage), &lists
		}
		page.header = fromBrowser(politeAddress)
		all.Go(func() {
			took, why := politely(ctx, page)
			mu.Lock()
			defer mu.Unlock()
			of.asked++
			if why != "" {
				of.missed = append(of.missed, why)
			} else {
				of.inTime = append(of.inTime, took)
			}
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	return posts, lists
}

// politely returns in how many milliseconds the right page came, or why it did not.
func politely(ctx context.Context, page target) (took float64, why string) {
	began := time.Now()
	a, err := fetch(ctx, page)
	switch took = milliseconds(time.Since(began)); {
	case err != nil:
		return took, "no response"
	case took > milliseconds(politePatience):
		return took, fmt.Sprintf("late with %d", a.status)
	case a.status != http.StatusOK:
		return took, fmt.Sprint(a.status)
	case page.check(a) != nil:
		return took, "wrong page"
	}
	return took, ""
}

// tally says how often each of them occurs.
func tally(lists ...[]string) string {
	times := map[string]int{}
	for _, one := range slices.Concat(lists...) {
		times[one]++
	}
	var said []string
	for _, one := range slices.Sorted(maps.Keys(times)) {
		said = append(said, fmt.Sprintf("%d × %s", times[one], one))
	}
	return cmp.Or(strings.Join(said, ", "), "none")
}
