package feeds

import (
	"encoding/xml"
	"html"
	"time"
)

// RSSType is the content type of RSS.
const RSSType = "application/rss+xml; charset=utf-8"

type rss struct {
	XMLName   xml.Name   `xml:"rss"`
	Version   string     `xml:"version,attr"`
	AtomNS    string     `xml:"xmlns:atom,attr"`
	ContentNS string     `xml:"xmlns:content,attr"`
	DublinNS  string     `xml:"xmlns:dc,attr"`
	Channel   rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title         string    `xml:"title"`
	Link          string    `xml:"link"`
	Description   string    `xml:"description"`
	Language      string    `xml:"language,omitempty"`
	LastBuildDate string    `xml:"lastBuildDate,omitempty"`
	Self          link      `xml:"atom:link"`
	Image         *rssImage `xml:"image"`
	Items         []rssItem `xml:"item"`
}

type rssImage struct {
	URL   string `xml:"url"`
	Title string `xml:"title"`
	Link  string `xml:"link"`
}

type rssItem struct {
	Title       string        `xml:"title"`
	Link        string        `xml:"link"`
	GUID        string        `xml:"guid"` // a permalink by default
	PubDate     string        `xml:"pubDate,omitempty"`
	Creator     string        `xml:"dc:creator,omitempty"` // author would have to be an email address
	Description string        `xml:"description,omitempty"`
	Content     string        `xml:"content:encoded,omitempty"`
	Categories  []string      `xml:"category"`
	Enclosure   *rssEnclosure `xml:"enclosure"`
}

type rssEnclosure struct {
	URL    string `xml:"url,attr"`
	Length int64  `xml:"length,attr"`
	Type   string `xml:"type,attr"`
}

// RSS returns feed as RSS 2.0.
func RSS(feed Feed) ([]byte, error) {
	feed, err := feed.ready()
	if err != nil {
		return nil, err
	}
	channel := rssChannel{
		Title:         feed.Title,
		Link:          feed.SiteURL,
		Description:   feed.Description,
		Language:      feed.Language,
		LastBuildDate: rssDate(feed.Updated),
		Self:          link{Rel: "self", Type: "application/rss+xml", Href: feed.SelfURL},
	}
	if feed.Icon != "" {
		channel.Image = &rssImage{URL: feed.Icon, Title: feed.Title, Link: feed.SiteURL}
	}
	for _, e := range feed.Entries {
		item := rssItem{
			Title:       e.Title,
			Link:        e.URL,
			GUID:        e.URL,
			PubDate:     rssDate(e.Published),
			Creator:     e.Author,
			Description: html.EscapeString(e.Summary), // readers parse it as HTML
			Content:     e.HTML,
			Categories:  e.Tags,
		}
		if file := e.file(); file != nil {
			item.Enclosure = &rssEnclosure{file.URL, file.Length, file.Type}
		}
		channel.Items = append(channel.Items, item)
	}
	return document(rss{
		Version:   "2.0",
		AtomNS:    "http://www.w3.org/2005/Atom",
		ContentNS: "http://purl.org/rss/1.0/modules/content/",
		DublinNS:  "http://purl.org/dc/elements/1.1/",
		Channel:   channel,
	})
}

func rssDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC1123Z)
}

func document(root any) ([]byte, error) {
	body, err := xml.Marshal(root)
	if err != nil {
		return nil, err
	}
	return append(append([]byte(xml.Header), body...), '\n'), nil
}
