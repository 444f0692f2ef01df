package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// The pages that wait for an email name the address, lead to where it is read, and send
// the email again: as often as the limit allows, and then they say how long to wait.
// They are the same for an address that has an account and for one that has none.

// inboxes are the pages, and how one gets there.
func inboxes() map[string]func(b *harness.Browser, email string) {
	return map[string]func(*harness.Browser, string){
		"/signup/check-email": func(b *harness.Browser, email string) {
			b.Open("/signup")
			b.Submit("#signup", map[string]string{"email": email, "password": harness.NewPassword})
		},
		"/password/sent": func(b *harness.Browser, email string) {
			b.Open("/password/forgot")
			b.Submit("#forgot", map[string]string{"email": email})
		},
	}
}

func TestTheInboxSaysHowLongToWait(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		for path, reach := range inboxes() {
			site := harness.StartApp(t, up, nil)
			known := site.Browser(t, harness.Plain)
			known.Open("/signup")
			who := harness.NewAccount()
			known.Submit("#signup", who.Form())
			known.ComeBy(site.Mailed(t, up, who.Email, 1))
			known.Submit("#verify", nil)

			sees := func(email string) (seen []string) {
				b := site.Browser(t, how)
				reach(b, email)
				look := func() {
					seen = append(seen, strings.ReplaceAll(b.Raw, email, "somebody"))
				}
				b.WantAt(path)
				b.WantStatus(http.StatusOK)
				look()
				if address := b.Doc.Find("main .address").Text(); address != email {
					t.Errorf("%s: the address is %q, want %q", path, address, email)
				}
				left := 5
				if path == "/password/sent" {
					left = 4 // the first was asked for on the page before
				}
				for i := range left {
					if b.Doc.Find("wait-over").Length() != 0 {
						t.Errorf("%s: one has to wait after %d emails", path, i)
					}
					b.Submit("#resend", nil)
					b.WantAt(path)
					b.WantText("sent the email again.")
					look()
				}
				wait := func(words, seconds string) {
					t.Helper()
					b.WantText(words)
					if got := b.Doc.Find("#resend wait-over").AttrOr("data-seconds", ""); got != seconds || b.Doc.Find("#resend [type=submit][disabled]").Length() != 0 {
						t.Errorf("%s: one has to wait for %q seconds, want %s", path, got, seconds)
					}
					look()
				}
				b.Open(path) // before one presses the button in vain
				wait("You can ask again in 20 minutes.", "1200")
				site.Pass(18*time.Minute + 57*time.Second)
				b.Submit("#resend", nil)
				b.WantStatus(http.StatusTooManyRequests)
				wait("You can ask again in 63 seconds.", "63")
				site.Pass(62 * time.Second)
				b.Open(path)
				wait("You can ask again in 1 second.", "1")
				site.Pass(time.Second)
				b.Submit("#resend", nil)
				b.WantText("sent the email again.")
				return seen
			}
			of := map[string][]string{"none": sees(harness.NewAccount().Email), "one": sees(who.Email)}
			for i, seen := range of["none"] {
				if i < len(of["one"]) && seen != of["one"][i] {
					t.Errorf("%s: look %d tells whether there is an account", path, i)
				}
			}
		}
	})
}

// The address is known to the browser in which it was typed, for an hour.
func TestTheInboxForgetsTheAddress(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		b.Open("/password/sent?email=eve@example.com")
		b.WantText("Check your inbox")
		if strings.Contains(b.Text(), "eve@example.com") || b.Doc.Find("#resend").Length() != 0 || b.Doc.Find(`main a[href="/password/forgot"]`).Length() != 1 {
			t.Errorf("without an address the page says %s", b.Text())
		}
		b.Open("/password/forgot")
		b.Submit("#forgot", map[string]string{"email": "eve@example.com"})
		b.WantText("eve@example.com")
		page := b.Doc
		site.Pass(61 * time.Minute)
		b.Open("/password/sent")
		if strings.Contains(b.Text(), "eve@example.com") {
			t.Error("the address is still held after an hour")
		}
		b.Doc = page // a tab that was left open
		b.Submit("#resend", nil)
		b.WantAt("/password/forgot")
	})
}

// Addresses of the large providers lead to them, in a tab of its own, but in the sandbox,
// whose emails are in its outbox.
func TestTheInboxLeadsToTheMail(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	shown := up
	shown.OutboxShown = true
	real, inSandbox := harness.StartApp(t, up, nil), harness.StartApp(t, shown, nil)
	for path, reach := range inboxes() {
		for address, want := range map[string]string{
			"hazel@gmail.com": "Open Gmail (opens in a new tab) https://mail.google.com/", "hazel@GMX.de": "Open GMX (opens in a new tab) https://www.gmx.net/",
			"hazel@notgmail.com": "", "hazel@gmail.com.example.com": "",
		} {
			b := real.Browser(t, harness.Plain)
			reach(b, address)
			b.WantAt(path)
			link := b.Doc.Find(`main a.button[target]`)
			if got := strings.TrimSpace(harness.Squeeze(link.Text()) + " " + link.AttrOr("href", "")); got != want || want != "" && link.AttrOr("rel", "") != "noreferrer" {
				t.Errorf("%s: %s leads to %q, want %q", path, address, got, want)
			}
			if b.Doc.Find(`main a[href="/sandbox/outbox"]`).Length() != 0 {
				t.Error("there is no outbox")
			}
		}
		b := inSandbox.Browser(t, harness.Plain)
		reach(b, "fern@gmail.com")
		if b.Doc.Find(`main a.button[href="/sandbox/outbox"]:not(.quiet)`).Length() != 1 || b.Doc.Find(`main a[target]`).Length() != 0 {
			t.Errorf("%s: the sandbox leads to %s", path, b.Doc.Find("main .actions").Text())
		}
	}
}
