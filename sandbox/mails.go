package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

const keptMails = 50

// Mail is an email that Directus would have sent. The sandbox only stores it.
type Mail struct {
	To, Subject, Text string
	Link              string // the one address in the text
	At                time.Time
}

// Mails returns the latest mails, newest first.
func (s *Sandbox) Mails(ctx context.Context) ([]Mail, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT recipient, subject, text, link, at FROM mails ORDER BY number DESC`)
	if err != nil {
		return nil, fmt.Errorf("sandbox: mails: %w", err)
	}
	defer rows.Close()
	var mails []Mail
	for rows.Next() {
		var m Mail
		var at int64
		if err := rows.Scan(&m.To, &m.Subject, &m.Text, &m.Link, &at); err != nil {
			return nil, fmt.Errorf("sandbox: mails: %w", err)
		}
		m.At = time.UnixMilli(at).UTC()
		mails = append(mails, m)
	}
	return mails, rows.Err()
}

// errNobody rolls back a mail that has no recipient.
var errNobody = errors.New("nobody to write to")

// writeMail stores a mail, and drops the oldest if there are many.
func (s *Sandbox) writeMail(ctx context.Context, db querier, m Mail) error {
	if _, err := db.ExecContext(ctx, `INSERT INTO mails (recipient, subject, text, link, at) VALUES (?, ?, ?, ?, ?)`,
		m.To, m.Subject, m.Text, m.Link, s.now().UnixMilli()); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `DELETE FROM mails WHERE number <= (SELECT max(number) FROM mails) - ?`, keptMails)
	return err
}

func verificationMail(to, link string) Mail {
	return Mail{To: to, Subject: "Verify your email address", Link: link, Text: text(
		"Someone signed up with this email address. If that was you, confirm the address here:", link,
		"The link works for seven days. If it wasn't you, ignore this email.")}
}

func resetMail(to, link string) Mail {
	return Mail{To: to, Subject: "Password Reset Request", Link: link, Text: text(
		"Someone asked to reset the password of your account. If that was you, choose a new one here:", link,
		"The link works once, and only for one day. If it wasn't you, ignore this email.")}
}

func invitationMail(to, link string) Mail {
	return Mail{To: to, Subject: "You've been invited", Link: link, Text: text(
		"You've been invited. To accept, choose a password here:", link,
		"The link works for seven days.")}
}

func text(paragraphs ...string) string { return strings.Join(paragraphs, "\n\n") + "\n" }

// pageFor returns the address of the page that a mail links to: the requested
// one, if it is allowed, or else the sandbox' own. use is the end of the sentence
// in the error.
func (s *Sandbox) pageFor(named any, ownPath, use string) (*url.URL, error) {
	if named == nil || named == "" {
		return url.Parse(s.address() + ownPath)
	}
	address, _ := named.(string)
	page, err := url.Parse(address)
	if err != nil || !s.mayLeadTo(address, page) {
		return nil, invalidPayload(`URL "%v" can't be used to %s`, named, use)
	}
	return page, nil
}

// mayLeadTo reports whether an address is allowed: the same one, or one with the
// same origin and path. Its query does not matter.
func (s *Sandbox) mayLeadTo(address string, page *url.URL) bool {
	return slices.ContainsFunc(s.options.AllowedURLs, func(allowed string) bool {
		if address == allowed {
			return true
		}
		known, err := url.Parse(allowed)
		return err == nil && page.Host != "" && page.User == nil && originAndPath(page) == originAndPath(known)
	})
}

// originAndPath normalises an address without its query, as browsers do: the case
// of the host and the scheme's default port make no difference.
func originAndPath(u *url.URL) string {
	port := u.Port()
	if port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		port = ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port + "/" + strings.TrimPrefix(u.EscapedPath(), "/")
}

// linkTo adds a token to a page's address.
func linkTo(page *url.URL, token string) string {
	values := page.Query()
	values.Set("token", token)
	link := *page
	link.RawQuery = values.Encode()
	return link.String()
}
