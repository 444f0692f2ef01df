package realdirectus

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// Mail is what a person sees of an email.
type Mail struct {
	To      string
	Subject string
	Text    string // the plain text, or the text of the HTML
	Link    string // the first http or https URL in it; empty for none
}

// readMail parses a mail. Its recipient is the envelope's.
func readMail(r io.Reader) (Mail, error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return Mail{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return Mail{}, fmt.Errorf("subject: %w", err)
	}
	var body parts
	if err := body.read(message.Header.Get, message.Body); err != nil {
		return Mail{}, err
	}
	text, link, err := body.say()
	return Mail{Subject: subject, Text: text, Link: link}, err
}

// parts are the two versions of a mail's text; either may be missing.
type parts struct {
	plain, html string
}

// read keeps the first of each version at any depth; attachments are skipped.
func (p *parts) read(header func(string) string, body io.Reader) error {
	kind, params := "text/plain", map[string]string{}
	if has := header("Content-Type"); has != "" {
		var err error
		if kind, params, err = mime.ParseMediaType(has); err != nil {
			return fmt.Errorf("content type: %w", err)
		}
	}
	if strings.HasPrefix(kind, "multipart/") {
		return p.readAll(multipart.NewReader(body, params["boundary"]))
	}
	var keep *string
	switch {
	case strings.HasPrefix(header("Content-Disposition"), "attachment"):
		return nil
	case kind == "text/plain" && p.plain == "":
		keep = &p.plain
	case kind == "text/html" && p.html == "":
		keep = &p.html
	default:
		return nil
	}
	if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "us-ascii" {
		return fmt.Errorf("unknown charset %q", charset)
	}
	switch strings.ToLower(header("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	*keep = string(text)
	return err
}

func (p *parts) readAll(r *multipart.Reader) error {
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = p.read(part.Header.Get, part)
		}
		if err != nil {
			return err
		}
	}
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+`)

// say prefers the plain text. In HTML it adds the URLs of links, which their text
// does not show.
func (p *parts) say() (text, link string, err error) {
	if p.html == "" {
		return p.plain, webAddress.FindString(p.plain), nil
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.html))
	if err != nil {
		return "", "", err
	}
	doc.Find("head, style, script").Remove()
	link = doc.Find(`a[href^="http://"], a[href^="https://"]`).First().AttrOr("href", "")
	if text = p.plain; text == "" {
		text = words(doc.Nodes[0])
	}
	if link == "" {
		link = webAddress.FindString(text)
	}
	return text, link, nil
}

// words returns the text of a document, separated by single spaces.
func words(doc *html.Node) string {
	var words []string
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words, " ")
}
