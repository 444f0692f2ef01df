package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"hutch/sandbox/sample"
)

// The archive is what the site has besides the sample content. All of it is older, so
// that the first page of the blog shows the sample's posts.
const (
	archivePosts   = 60_000
	archiveAuthors = 37 // who share the posts with the three of the sample
)

func archiveSlug(n int) string { return fmt.Sprintf("notebook-%05d", n) }

// archiveTitle has the number in it, to recognise the post by.
func archiveTitle(heading string, n int) string {
	return fmt.Sprintf("%s (notebook %05d)", heading, n)
}

// addArchive writes the archive into the database that Directus has open. Its API would
// take minutes, since it also records the history of every item.
func (s *stage) addArchive(ctx context.Context) (err error) {
	content, err := sample.Load()
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", filepath.Join(s.directusFolder(), "data.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	authors, err := addAuthors(ctx, tx)
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO posts (slug, title, teaser, content, publish_date, author, image) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	w := newWriter(content)
	day, left := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), 0
	for n := range archivePosts {
		p := w.post(n)
		if left == 0 {
			day, left = day.AddDate(0, 0, -1), w.postsOfOneDay()
		}
		left--
		// Directus keeps a date in SQLite in milliseconds.
		if _, err := insert.ExecContext(ctx, p.slug, p.title, p.teaser, p.html, day.UnixMilli(), authors[w.IntN(len(authors))], p.image); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// addAuthors returns the ids of all authors, the sample's included.
func addAuthors(ctx context.Context, tx *sql.Tx) (ids []int, err error) {
	for n := range archiveAuthors {
		_, err := tx.ExecContext(ctx, `INSERT INTO authors (name, slug, bio) VALUES (?, ?, 'Writes for the archive.')`, fmt.Sprintf("Reader %d", n), fmt.Sprintf("reader-%d", n))
		if err != nil {
			return nil, err
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT id FROM authors`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// writer makes posts of the paragraphs, lists, tables and headings of the sample,
// the same ones in each run.
type writer struct {
	*rand.Rand
	blocks, headings []string
	images           []sample.Image
}

func newWriter(content sample.Content) *writer {
	w := &writer{Rand: rand.New(rand.NewPCG(1, 2)), images: content.Images} //nolint:gosec // the same posts each time
	for _, p := range content.Posts {
		w.blocks = append(w.blocks, strings.Split(strings.TrimSpace(p.Content), "\n\n")...)
	}
	w.blocks = slices.DeleteFunc(w.blocks, func(block string) bool { return strings.Contains(block, "<img") })
	for _, block := range w.blocks {
		if heading, is := strings.CutPrefix(block, "<h2>"); is {
			heading, _, _ = strings.Cut(heading, "</h2>")
			w.headings = append(w.headings, heading)
		}
	}
	return w
}

// postsOfOneDay returns a dozen at most, and dozens on every tenth day.
func (w *writer) postsOfOneDay() int {
	if w.IntN(10) == 0 {
		return 24 + w.IntN(36)
	}
	return 1 + w.IntN(12)
}

// archivePost is a post of the archive.
type archivePost struct {
	slug, title, teaser, html string
	image                     *string // two of three have one
}

// post writes one of four to eight kilobytes, with links to others.
func (w *writer) post(n int) archivePost {
	heading := w.headings[w.IntN(len(w.headings))]
	p := archivePost{slug: archiveSlug(n), title: archiveTitle(heading, n), teaser: "From the archive: " + strings.ToLower(heading) + "."}
	if n%3 > 0 {
		p.image = &w.images[w.IntN(len(w.images))].ID
	}
	other := w.IntN(archivePosts)
	var html strings.Builder
	fmt.Fprintf(&html, "<p>This continues <a href=\"/blog/%s\">notebook %d</a>; for the terms see the <a href=\"https://www.example.org/glossary#%d\">glossary</a>.</p>", archiveSlug(other), other, n)
	for size := 4000 + w.IntN(3000); html.Len() < size; {
		html.WriteString("\n\n" + w.blocks[w.IntN(len(w.blocks))])
	}
	p.html = html.String()
	return p
}
