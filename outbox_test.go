package main

import (
	"net/http"
	"strings"
	"testing"

	"hutch/sandbox"
)

// With the sandbox, in development, what was not sent can be read: every journey
// can be walked without a mail server.
func TestOutbox(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	up.change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	up.outboxShown = true
	site := startApp(t, up, nil)
	b := site.browser(t, scripted)
	b.open("/sandbox/outbox")
	b.wantStatus(http.StatusOK)
	b.wantText("Nothing has been sent yet.")

	who, invited := newAccount(), newAccount()
	b.open("/signup")
	b.submit("#signup", who.form())
	b.wantAt("/signup/check-email")
	up.invite(t, invited.email)
	b.follow(`footer a[href="/sandbox/outbox"]`)
	b.wantAt("/sandbox/outbox")
	mails := b.doc.Find("article.mail")
	if mails.Length() != 2 || !strings.Contains(mails.First().Text(), "To "+invited.email) || !strings.Contains(mails.Last().Text(), "To "+who.email) {
		t.Fatalf("the mails, newest first: %s", mails.Text())
	}
	link := mails.Last().Find("a").AttrOr("href", "")
	path, ours := strings.CutPrefix(link, publicURL)
	if !ours {
		t.Fatalf("the link leads to %q", link)
	}
	b.open(path)
	b.submit("#verify", nil)
	b.wantText("Your address is confirmed.")
}

// Nobody else's mails can be read: there is no such page on a real Directus.
func TestOutboxIsForTheSandbox(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil) // as with a Directus of one's own
	b := site.browser(t, plain)
	b.open("/sandbox/outbox")
	b.wantStatus(http.StatusNotFound)
	b.wantText("Page not found")
	if b.doc.Find(`a[href="/sandbox/outbox"]`).Length() != 0 {
		t.Error("the page is linked to")
	}
}
