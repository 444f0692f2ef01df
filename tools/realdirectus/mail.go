package realdirectus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/html"
)

// mailTimeout bounds the wait for one mail, which takes milliseconds. Directus
// sends mails only after its response.
const mailTimeout = 10 * time.Second

// Mailbox is a mail server on 127.0.0.1 that stores every mail and forwards none.
type Mailbox struct {
	server   *smtp.Server
	listener net.Listener
	address  *net.TCPAddr

	mu      sync.Mutex
	mails   []Mail
	arrived chan struct{} // closed and replaced with each mail
}

// StartMail opens a mailbox. The caller closes it.
func StartMail() (*Mailbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mailbox{listener: listener, address: listener.Addr().(*net.TCPAddr), arrived: make(chan struct{})}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &delivery{to: m}, nil
	}))
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = 1 << 20
	m.server.MaxRecipients = 50
	m.server.ReadTimeout = time.Minute
	m.server.WriteTimeout = time.Minute
	go m.server.Serve(listener)
	return m, nil
}

// MailForTest opens a mailbox for one test.
func MailForTest(t testing.TB) *Mailbox {
	t.Helper()
	m, err := StartMail()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// Env returns the variables that make a Directus send its mail here, for
// Options.Env.
func (m *Mailbox) Env() map[string]string {
	return map[string]string{
		"EMAIL_TRANSPORT":       "smtp",
		"EMAIL_FROM":            "directus@example.com",
		"EMAIL_SMTP_HOST":       m.address.IP.String(),
		"EMAIL_SMTP_PORT":       strconv.Itoa(m.address.Port),
		"EMAIL_SMTP_SECURE":     "false",
		"EMAIL_SMTP_IGNORE_TLS": "true",
	}
}

// Mails returns all mails so far, oldest first.
func (m *Mailbox) Mails() []Mail {
	mails, _ := m.look()
	return mails
}

// Await returns the n-th mail to an address, counted from 1. It waits for it, but
// not for long.
func (m *Mailbox) Await(ctx context.Context, address string, n int) (Mail, error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	for {
		mails, arrived := m.look()
		count := 0
		for _, mail := range mails {
			if strings.EqualFold(mail.To, address) {
				count++
			}
			if count == n {
				return mail, nil
			}
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("mail %d to %s did not arrive, only %d did: %w", n, address, count, ctx.Err())
		}
	}
}

// Watch reports each mail, beginning with the first, until the context ends.
func (m *Mailbox) Watch(ctx context.Context, tell func(Mail)) {
	for told := 0; ; {
		mails, arrived := m.look()
		for ; told < len(mails); told++ {
			tell(mails[told])
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return
		}
	}
}

// look returns the mails so far, and a channel that is closed when there are more.
func (m *Mailbox) look() ([]Mail, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mails[:len(m.mails):len(m.mails)], m.arrived
}

func (m *Mailbox) keep(mails []Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, mails...)
	close(m.arrived)
	m.arrived = make(chan struct{})
}

// Close closes the mailbox. Its mails stay readable.
func (m *Mailbox) Close() error {
	// The server closes it too, once it has begun to serve.
	defer m.listener.Close()
	return m.server.Close()
}

// delivery is one connection of a sender, as go-smtp calls it.
type delivery struct {
	to         *Mailbox
	recipients []string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.recipients = append(d.recipients, to)
	return nil
}

// Data rejects mails that cannot be parsed, so that the sender logs it.
func (d *delivery) Data(r io.Reader) error {
	mail, err := readMail(r)
	if err != nil {
		return err
	}
	var mails []Mail
	for _, to := range d.recipients {
		mail.To = to
		mails = append(mails, mail)
	}
	d.to.keep(mails)
	return nil
}

func (d *delivery) Reset() { d.recipients = nil }

func (d *delivery) Logout() error { return nil }

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
