package account_test

import (
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// With the sandbox, in development, what was not sent can be read: every journey
// can be walked without a mail server.
func TestOutbox(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	up.OutboxShown = true
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/sandbox/outbox")
	b.WantStatus(http.StatusOK)
	b.WantText("No email yet.")

	who, invited := harness.NewAccount(), harness.NewAccount()
	b.Open("/signup")
	b.Submit("#signup", who.Form())
	b.WantAt("/signup/check-email")
	invite(t, up, invited.Email)
	b.Follow(`footer a[href="/sandbox/outbox"]`)
	b.WantAt("/sandbox/outbox")
	mails := b.Doc.Find("article.mail")
	if mails.Length() != 2 || !strings.Contains(mails.First().Text(), "To "+invited.Email) || !strings.Contains(mails.Last().Text(), "To "+who.Email) {
		t.Fatalf("the mails, newest first: %s", mails.Text())
	}
	link := mails.Last().Find("a").AttrOr("href", "")
	path, ours := strings.CutPrefix(link, harness.PublicURL)
	if !ours {
		t.Fatalf("the link leads to %q", link)
	}
	b.Open(path)
	b.Submit("#verify", nil)
	b.WantText("Your email address is confirmed.")
}

// Nobody else's mails can be read: there is no such page on a real Directus.
func TestOutboxIsForTheSandbox(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil) // as with a Directus of one's own
	b := site.Browser(t, harness.Plain)
	b.Open("/sandbox/outbox")
	b.WantStatus(http.StatusNotFound)
	b.WantText("Page not found")
	if b.Doc.Find(`a[href="/sandbox/outbox"]`).Length() != 0 {
		t.Error("the page is linked to")
	}
}
