package main

import (
	"context"
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
	answered := make([]map[int]int, connections)
	for i := range connections {
		answered[i] = map[int]int{}
		all.Go(func() { beRude(rudely, p.address, images, answered[i]) })
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
	r.atLeast("beside a rude visitor: another one's uncached pages answered within 2 s", 99, spread{100 * float64(len(inTime)) / float64(asked)}, "%.1f %")
	for name, o := range map[string]outcome{"posts": posts, "`/blog?page=`": lists} {
		r.absolute("beside a rude visitor: "+name+" in time", spread{100 * float64(len(o.inTime)) / float64(max(1, o.asked))}, "%.1f %")
	}
	if len(inTime) > 0 {
		r.absolute("beside a rude visitor: those pages took", inTime, "%.0f ms")
	}
	r.note(fmt.Sprintf("Beside a rude visitor, %d pages missed: %s. The rude visitor got: %s.", asked-len(inTime), orNone(append(posts.missed, lists.missed...)), tally(answered)))
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
		return nil, fmt.Errorf("the blog shows no image")
	}
	return ids, nil
}

// beRude asks for one thing after the other that is not in the cache, and counts the
// statuses; 0 is for no response.
func beRude(ctx context.Context, address string, images []string, answered map[int]int) {
	var c *connection
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	for ctx.Err() == nil {
		if c == nil {
			var err error
			if c, err = dial(ctx, address); err != nil {
				answered[0]++
				continue
			}
		}
		a, err := c.ask(target{address: address, path: rudePath(images), header: fromBrowser(rudeAddress)}.request())
		answered[a.status]++
		if err != nil || a.header.Get("Connection") == "close" {
			c.close()
			c = nil
		}
	}
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
	ctx, cancel := context.WithTimeout(ctx, politePatience)
	defer cancel()
	began := time.Now()
	a, err := fetch(ctx, page)
	switch took = milliseconds(time.Since(began)); {
	case err != nil || time.Since(began) > politePatience:
		return took, "late"
	case a.status != http.StatusOK:
		return took, fmt.Sprint(a.status)
	case page.check(a) != nil:
		return took, "wrong page"
	}
	return took, ""
}

// tally adds up how often each status was answered.
func tally(answered []map[int]int) string {
	sum := map[int]int{}
	for _, one := range answered {
		for status, times := range one {
			sum[status] += times
		}
	}
	var list []string
	for _, status := range slices.Sorted(maps.Keys(sum)) {
		list = append(list, fmt.Sprintf("%d × %d", sum[status], status))
	}
	return strings.Join(list, ", ")
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
