package feeds

import (
	"encoding/json"
	"html"
	"time"
)

// JSONType is the content type of JSON Feed.
const JSONType = "application/feed+json; charset=utf-8"

type jsonFeed struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	HomePageURL string       `json:"home_page_url"`
	FeedURL     string       `json:"feed_url"`
	Description string       `json:"description,omitempty"`
	Icon        string       `json:"icon,omitempty"`
	Authors     []jsonAuthor `json:"authors"`
	Language    string       `json:"language,omitempty"`
	Items       []jsonItem   `json:"items"`
}

type jsonItem struct {
	ID            string       `json:"id"`
	URL           string       `json:"url"`
	Title         string       `json:"title"`
	ContentHTML   string       `json:"content_html"`
	Summary       string       `json:"summary,omitempty"`
	Image         string       `json:"image,omitempty"`
	DatePublished time.Time    `json:"date_published,omitzero"`
	DateModified  time.Time    `json:"date_modified,omitzero"`
	Authors       []jsonAuthor `json:"authors,omitempty"`
	Tags          []string     `json:"tags,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// JSON returns feed as JSON Feed 1.1.
func JSON(feed Feed) ([]byte, error) {
	feed, err := feed.ready()
	if err != nil {
		return nil, err
	}
	doc := jsonFeed{
		Version:     "https://jsonfeed.org/version/1.1",
		Title:       feed.Title,
		HomePageURL: feed.SiteURL,
		FeedURL:     feed.SelfURL,
		Description: feed.Description,
		Icon:        feed.Icon,
		Authors:     []jsonAuthor{{feed.Title, feed.SiteURL}},
		Language:    feed.Language,
		Items:       []jsonItem{},
	}
	for _, e := range feed.Entries {
		item := jsonItem{
			ID:            e.URL,
			URL:           e.URL,
			Tags:          e.Tags,
			Title:         e.Title,
			ContentHTML:   e.HTML,
			Summary:       e.Summary,
			DatePublished: e.Published.UTC(),
			DateModified:  e.Modified.UTC(),
		}
		if e.HTML == "" && e.Summary != "" { // the format requires content
			item.ContentHTML = "<p>" + html.EscapeString(e.Summary) + "</p>"
		}
		if e.Image != nil {
			item.Image = e.Image.URL
		}
		if e.Author != "" {
			item.Authors = []jsonAuthor{{e.Author, e.AuthorURL}}
		}
		doc.Items = append(doc.Items, item)
	}
	return json.Marshal(doc)
}
