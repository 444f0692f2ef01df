package content

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/directus"
)

// A search finds the posts that have every word, in any order, in their title, teaser
// or text. Directus compares with the text as it is stored, so that some of what it
// finds has a word in its markup only. The newest of these are looked through here:
//
//	Directus ─▶ the newest that may match ─▶ those that do ─▶ a page of them
//
// If none had to be dropped, the words are not of markup, and what Directus finds
// beyond these is trusted as well. Otherwise the search ends there.

const (
	// maxLooked is how many are looked through: five pages.
	maxLooked = 60
	// maxAsked is how many words Directus is asked for, the longest ones.
	maxAsked = 8
)

// matches are the posts of one page, and how many there are in all.
func (q contentQuery) matches(ctx context.Context, search string, page int) ([]post, int, error) {
	fields, err := q.fields(ctx, "posts")
	if err != nil {
		return nil, 0, err
	}
	words := wordsOf(search)
	filters := searched(fields, words, kindText, kindOther)
	looked, count, err := q.posts(ctx, directus.Query{Limit: maxLooked}, filters...)
	if errors.Is(err, directus.InvalidQuery) {
		// A field without a value yet is of a type that cannot be searched.
		filters = searched(fields, words, kindText)
		looked, count, err = q.posts(ctx, directus.Query{Limit: maxLooked}, filters...)
	}
	if err == nil && len(looked) > maxLooked/2 { // else these are all, and counting takes as long as searching
		looked, count, err = q.posts(ctx, directus.Query{Count: true, Limit: maxLooked}, filters...)
	}
	if errors.Is(err, directus.InvalidQuery) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	found, err := q.withWords(ctx, looked, words)
	if err != nil {
		return nil, 0, err
	}
	begin, end := (page-1)*postsPerPage, page*postsPerPage
	if count > maxLooked && len(found) == len(looked) {
		if end > len(found) {
			found, count, err = q.posts(ctx, directus.Query{Count: true, Limit: postsPerPage, Offset: begin}, filters...)
			return found, count, err
		}
	} else {
		count = len(found)
	}
	return found[min(begin, len(found)):min(end, len(found))], count, nil
}

// wordsOf returns the words of a search in lower case, the longest first. A word within
// another says nothing more.
func wordsOf(search string) []string {
	all := strings.Fields(strings.ToLower(search))
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var words []string
	for _, word := range all {
		if !slices.ContainsFunc(words, func(longer string) bool { return strings.Contains(longer, word) }) {
			words = append(words, word)
		}
	}
	return words
}

// escaped writes a word as it stands in HTML.
func escaped(word string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(word)
}

// searched filters for posts that may have these words, in fields of these kinds.
// Members-only posts are found by no more than everybody sees of them: otherwise their
// content could be guessed word by word, if Directus lets the public search it.
func searched(fields map[string]string, words []string, kinds ...string) []directus.Filter {
	has := func(field string) bool {
		kind, is := fields[field]
		return is && slices.Contains(kinds, kind)
	}
	var all []directus.Filter
	for _, word := range words[:min(len(words), maxAsked)] {
		var ways []directus.Filter
		for _, seen := range []string{"title", "teaser"} {
			if has(seen) {
				ways = append(ways, directus.Contains(seen, word))
			}
		}
		if has("content") {
			content := directus.Contains("content", word)
			if escaped(word) != word {
				content = directus.Either(content, directus.Contains("content", escaped(word)))
			}
			if _, gates := fields["members_only"]; gates {
				content = directus.All(content, notForMembers())
			}
			ways = append(ways, content)
		}
		if len(ways) == 0 { // there is nothing to search
			ways = append(ways, directus.Filter{"slug": directus.Filter{"_null": true}})
		}
		all = append(all, directus.Either(ways...))
	}
	return all
}

// withWords returns those of the posts that have every word where people can read it. A
// post whose content cannot be read for that stays.
func (q contentQuery) withWords(ctx context.Context, posts []post, words []string) ([]post, error) {
	missing := func(p post, text string) bool {
		text = strings.ToLower(p.Title + " " + q.source.Templates.Text(p.Teaser) + " " + text)
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	}
	var doubtful []post
	for _, p := range posts {
		if missing(p, "") && !p.gated() {
			doubtful = append(doubtful, p)
		}
	}
	purpose := "without " + url.QueryEscape(strings.Join(words, " "))
	without, err := fromContents(ctx, q, purpose, doubtful, func(into map[string]bool, p post) {
		for _, seen := range doubtful {
			if seen.Slug == p.Slug && missing(seen, q.source.Templates.Text(p.html)) {
				into[p.Slug] = true
			}
		}
	})
	if err != nil && !errors.Is(err, errHidden) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(posts), func(p post) bool {
		return missing(p, "") && (p.gated() || without[p.Slug])
	}), nil
}
