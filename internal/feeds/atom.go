package feeds

import (
	"encoding/xml"
	"time"
)

// AtomType is the content type of Atom.
const AtomType = "application/atom+xml; charset=utf-8"

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Language string      `xml:"xml:lang,attr,omitempty"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle,omitempty"`
	Updated  string      `xml:"updated"`
	Links    []link      `xml:"link"`
	Icon     string      `xml:"icon,omitempty"`
	Author   *person     `xml:"author"`
	Entries  []atomEntry `xml:"entry"`
}

type atomEntry struct {
	ID        string       `xml:"id"`
	Title     string       `xml:"title"`
	Updated   string       `xml:"updated"`
	Published string       `xml:"published,omitempty"`
	Links     []link       `xml:"link"`
	Author    *person      `xml:"author"`
	Tags      []atomTag    `xml:"category"`
	Summary   string       `xml:"summary,omitempty"`
	Content   *atomContent `xml:"content"`
}

type link struct {
	Rel    string `xml:"rel,attr"`
	Type   string `xml:"type,attr"`
	Href   string `xml:"href,attr"`
	Length int64  `xml:"length,attr,omitempty"`
}

type person struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomTag struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	HTML string `xml:",chardata"`
}

// Atom returns feed as Atom 1.0 (RFC 4287).
func Atom(feed Feed) ([]byte, error) {
	feed, err := feed.ready()
	if err != nil {
		return nil, err
	}
	doc := atomFeed{
		Language: feed.Language,
		ID:       feed.SelfURL,
		Title:    feed.Title,
		Subtitle: feed.Description,
		Updated:  atomDate(feed.Updated),
		Links: []link{
			{Rel: "self", Type: "application/atom+xml", Href: feed.SelfURL},
			{Rel: "alternate", Type: "text/html", Href: feed.SiteURL},
		},
		Icon: feed.Icon,
		// Atom requires an author for every entry; unsigned entries are attributed
		// to the site.
		Author: &person{Name: feed.Title, URI: feed.SiteURL},
	}
	for _, e := range feed.Entries {
		entry := atomEntry{
			ID:      e.URL,
			Title:   e.Title,
			Updated: atomDate(e.changed()),
			Links:   []link{{Rel: "alternate", Type: "text/html", Href: e.URL}},
			Summary: e.Summary,
		}
		if !e.Published.IsZero() {
			entry.Published = atomDate(e.Published)
		}
		if e.Author != "" {
			entry.Author = &person{Name: e.Author, URI: e.AuthorURL}
		}
		for _, tag := range e.Tags {
			entry.Tags = append(entry.Tags, atomTag{tag})
		}
		if e.HTML != "" {
			entry.Content = &atomContent{Type: "html", HTML: e.HTML}
		}
		if file := e.file(); file != nil {
			entry.Links = append(entry.Links, link{Rel: "enclosure", Type: file.Type, Href: file.URL, Length: file.Length})
		}
		doc.Entries = append(doc.Entries, entry)
	}
	return document(doc)
}

// atomDate never returns "", since Atom requires a date. An undated entry gets a
// fixed one in the past: a moving date would bring it up as new.
func atomDate(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format(time.RFC3339)
}
