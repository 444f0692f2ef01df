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

// Mail is one that Directus would have sent. The sandbox only keeps it.
type Mail struct {
	To, Subject, Text string
	Link              string // the one address in the text
	At                time.Time
}

// Mails gives the newest mails, the newest first.
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

// errNobody undoes the writing of a mail that nobody is to get.
var errNobody = errors.New("nobody to write to")

// writeMail keeps a mail, and forgets the oldest when there are many.
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

// pageFor gives the address of the page that a mail leads to: the one that the
// request names, if it is allowed, or else one of the sandbox' own. use ends
// the sentence that refuses it.
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

// mayLeadTo looks for an address among the allowed ones: the very same, or one
// of the same origin and path. What stands in its query does not matter.
func (s *Sandbox) mayLeadTo(address string, page *url.URL) bool {
	return slices.ContainsFunc(s.options.AllowedURLs, func(allowed string) bool {
		if address == allowed {
			return true
		}
		known, err := url.Parse(allowed)
		return err == nil && page.Host != "" && page.User == nil && originAndPath(page) == originAndPath(known)
	})
}

// originAndPath writes an address without its query, as browsers understand it:
// neither the case of the host nor the scheme's usual port makes a difference.
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
