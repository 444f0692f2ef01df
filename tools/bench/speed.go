package main

import (
	"context"
	"slices"
	"time"
)

// contender is one of the servers that are compared.
type contender struct {
	name string
	target
	perSecond spread // one value per round
}

// measureSpeed compares cached pages with the same bytes from a bare Gin, and with
// Directus.
func measureSpeed(ctx context.Context, s *stage, r *report) error {
	var err error
	if s.cookie, err = s.signIn(ctx, s.hutch); err != nil {
		return err
	}
	blog, post := anonymous(s.blog(s.hutch)), anonymous(s.post(s.hutch))
	bare, err := s.startBare(ctx, blog, post)
	if err != nil {
		return err
	}
	at := func(p *process, t target) target { t.address = p.address; return t }

	bareBlog := &contender{name: "`/blog`, bare Gin", target: at(bare, blog)}
	hutchBlog := &contender{name: "`/blog`, anonymous", target: blog}
	memberBlog := &contender{name: "`/blog`, signed in", target: s.signedIn(s.blog(s.hutch))}
	directusBlog := &contender{name: "its posts, Directus", target: s.rawBlog}
	barePost := &contender{name: "`/blog/:slug`, bare Gin", target: at(bare, post)}
	hutchPost := &contender{name: "`/blog/:slug`, anonymous", target: post}
	memberPost := &contender{name: "`/blog/:slug`, signed in", target: s.signedIn(s.post(s.hutch))}
	directusPost := &contender{name: "its post, Directus", target: s.rawPost}

	err = askInTurn(ctx, s, r, bareBlog, hutchBlog, memberBlog, directusBlog, barePost, hutchPost, memberPost, directusPost)
	if err != nil {
		return err
	}

	r.atLeast("`/blog`, anonymous ÷ bare Gin", 0.6, hutchBlog.perSecond.over(bareBlog.perSecond), "%.2f")
	r.atLeast("`/blog/:slug`, anonymous ÷ bare Gin", 0.6, hutchPost.perSecond.over(barePost.perSecond), "%.2f")
	r.atLeast("`/blog`, anonymous ÷ Directus", 60, hutchBlog.perSecond.over(directusBlog.perSecond), "%.0f")
	r.atLeast("`/blog/:slug`, anonymous ÷ Directus", 60, hutchPost.perSecond.over(directusPost.perSecond), "%.0f")
	r.atLeast("`/blog`, signed in ÷ anonymous", 0.5, memberBlog.perSecond.over(hutchBlog.perSecond), "%.2f")
	r.atLeast("`/blog/:slug`, signed in ÷ anonymous", 0.5, memberPost.perSecond.over(hutchPost.perSecond), "%.2f")
	for _, c := range []*contender{hutchBlog, memberBlog, bareBlog, directusBlog, hutchPost, memberPost, barePost, directusPost} {
		r.absolute(c.name, c.perSecond, "%.0f requests/s")
	}
	return nil
}

// askInTurn runs wrk against each contender in each round. Every second round is
// reversed, so that drift within a round favours nobody.
func askInTurn(ctx context.Context, s *stage, r *report, all ...*contender) error {
	for _, c := range all { // the warm-up
		if _, err := load(ctx, s.dir, c.target, time.Second); err != nil {
			return err
		}
	}
	for range r.rounds {
		for _, c := range all {
			perSecond, err := load(ctx, s.dir, c.target, r.duration)
			if err != nil {
				return err
			}
			c.perSecond = append(c.perSecond, perSecond)
		}
		slices.Reverse(all)
	}
	return nil
}
