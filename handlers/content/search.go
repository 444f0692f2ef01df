package content

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/templates"
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

// Search answers with what a search finds on the whole site: pages, then posts, newest
// first.
func (h *Handlers) Search(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.published(c, v, h.search, "page", "q")
}

func (h *Handlers) search(ctx context.Context, q contentQuery) (templates.Page, error) {
	found := templates.Search{Search: searchWords(q.query.Get("q"))}
	number, ok := pageNumber(q.query)
	if !ok {
		return nil, web.ErrNotFound
	}
	if found.Search != "" {
		found.Words = wordsOf(found.Search)
		pages, err := q.pagesWith(ctx, found.Words)
		if err != nil {
			return nil, err
		}
		own, err := q.ownResults(ctx, found.Search)
		if err != nil {
			return nil, err
		}
		pages = append(pages, own...)
		begin, end := (number-1)*postsPerPage, number*postsPerPage
		posts, count, err := q.matches(ctx, found.Search, max(0, begin-len(pages)), max(0, end-len(pages)))
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		snippets, err := q.snippets(ctx, posts, found.Words)
		if err != nil {
			return nil, err
		}
		found.Results = pages[min(begin, len(pages)):min(end, len(pages))]
		for _, p := range summaries(posts, nil) {
			found.Results = append(found.Results, p.Result(snippets[p.Slug].or(p.Teaser, found.Words)))
		}
		count += len(pages)
		found.Pager = templates.Pager{Mixed: true, Query: url.Values{"q": {found.Search}}, Pages: pageCount(count, 0), Count: count}
	}
	if len(found.Results) == 0 && number > 1 {
		return nil, web.ErrNotFound
	}
	found.Pager.Path, found.Pager.Page = q.path, number
	return found, nil
}

// matches are the posts from begin to end, and how many there are in all.
func (q contentQuery) matches(ctx context.Context, search string, begin, end int) ([]post, int, error) {
	fields, err := q.fields(ctx, "posts")
	if err != nil {
		return nil, 0, err
	}
	words := wordsOf(search)
	filters := searched(fields, nil, words, kindText, kindOther)
	looked, count, err := q.posts(ctx, directus.Query{Limit: maxLooked}, filters...)
	if errors.Is(err, directus.InvalidQuery) {
		// A field without a value yet is of a type that cannot be searched.
		filters = searched(fields, nil, words, kindText)
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
	if count > maxLooked && len(found) == len(looked) {
		if end > len(found) {
			found, count, err = q.posts(ctx, directus.Query{Count: true, Limit: end - begin, Offset: begin}, filters...)
			return found, count, err
		}
	} else {
		count = len(found)
	}
	return found[min(begin, len(found)):min(end, len(found))], count, nil
}

// snippet is what a search shows of a text.
type snippet struct {
	Text string `json:"text"`
	Says int    `json:"says"` // how many of the words the text has
}

func snippetOf(text string, words []string) snippet {
	return snippet{templates.Snippet(text, words), len(words) - len(missingIn(text, words))}
}

// or returns what editors say that it is about, unless the text has more of the words.
func (s snippet) or(about string, words []string) string {
	if told := snippetOf(about, words); about != "" && told.Says >= s.Says {
		return told.Text
	}
	return s.Text
}

// snippets returns those of the posts' contents, by slug: none of a content that not
// everybody may read. Results without them are better than none, so they are left out if
// Directus is in trouble.
func (q contentQuery) snippets(ctx context.Context, posts []post, words []string) (map[string]snippet, error) {
	purpose := "around " + url.QueryEscape(strings.Join(words, " "))
	made, err := fromContents(ctx, q, purpose, posts, func(into map[string]snippet, p post) {
		into[p.Slug] = snippetOf(q.source.Templates.Text(p.html), words)
	})
	if errors.Is(err, directus.ErrUnavailable) || errors.Is(err, errHidden) {
		err = nil
	}
	return made, err
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

// hasWords reports whether a text has every word.
func hasWords(text string, words []string) bool { return len(missingIn(text, words)) == 0 }

// missingIn returns those of the words that a text does not have.
func missingIn(text string, words []string) []string {
	text = strings.ToLower(text)
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.Contains(text, word) })
}

// escaped writes a word as it stands in HTML.
func escaped(word string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(word)
}

// searched filters for items that may have these words, in fields of these kinds or below
// them.
// Members-only posts are found by no more than everybody sees of them: otherwise their
// content could be guessed word by word, if Directus lets the public search it.
func searched(fields map[string]string, below, words []string, kinds ...string) []directus.Filter {
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
			content := containsHTML("content", word)
			if _, gates := fields["members_only"]; gates {
				content = directus.All(content, notForMembers())
			}
			ways = append(ways, content)
		}
		for _, path := range below {
			ways = append(ways, containsHTML(path, word))
		}
		if len(ways) == 0 { // there is nothing to search
			ways = append(ways, directus.Filter{"slug": directus.Filter{"_null": true}})
		}
		all = append(all, directus.Either(ways...))
	}
	return all
}

// containsHTML filters for items that have a word in the HTML of a field, or of one below
// a field.
func containsHTML(path, word string) directus.Filter {
	names := strings.Split(path, ".")
	last := names[len(names)-1]
	filter := directus.Contains(last, word)
	if escaped(word) != word {
		filter = directus.Either(filter, directus.Contains(last, escaped(word)))
	}
	for _, name := range slices.Backward(names[:len(names)-1]) {
		filter = directus.Filter{name: filter}
	}
	return filter
}

// withWords returns those of the posts that have every word where people can read it. A
// post whose content cannot be read for that stays.
func (q contentQuery) withWords(ctx context.Context, posts []post, words []string) ([]post, error) {
	missing := func(p post, text string) bool {
		return !hasWords(p.Title+" "+q.source.Templates.Text(p.Teaser)+" "+text, words)
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
