package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// A browser keeps in which accounts it has signed in, so that their owners get in
// from there while others guess at the password. It proves nothing but that, and
// outlives sign-out and the end of a session.

const (
	// knownFor is how long after its last sign-in a browser is known.
	knownFor = 180 * 24 * time.Hour
	// maxKnown is how many accounts a browser is known to: a family's.
	maxKnown = 8
)

// knownBrowser is what is sealed.
type knownBrowser struct {
	Device   string         `json:"device"`   // random, the browser's own
	Accounts []knownAccount `json:"accounts"` // latest sign-in first
}

type knownAccount struct {
	Hash  string    `json:"hash"`
	Until time.Time `json:"until"`
	// Anew: the password was chosen here by a mailed link, and has not been used since.
	Anew bool `json:"anew,omitempty"`
}

// Device is this browser's own name for whoever it has signed in to account; ""
// for an account that it does not know. An account is named by any text that is
// always the same for it.
func (k *Manager) Device(c *gin.Context, account string) string {
	if browser := k.knownBrowser(c); browser.entry(account).Hash != "" {
		return browser.Device
	}
	return ""
}

// ChoseAnew reports whether the password of account was chosen in this browser by a
// mailed link, and has not been used since.
func (k *Manager) ResetHere(c *gin.Context, account string) bool {
	return k.knownBrowser(c).entry(account).Anew
}

// Know has this browser known to account, in place of another one where that is
// not "", and returns its name.
func (k *Manager) Remember(c *gin.Context, account, insteadOf string) (device string) {
	return k.know(c, knownAccount{Hash: accountHash(account)}, k.without(c, account, insteadOf))
}

// KnowAnew has this browser known to account, whose password was chosen here by a
// mailed link, and returns its name.
func (k *Manager) RememberReset(c *gin.Context, account string) (device string) {
	return k.know(c, knownAccount{Hash: accountHash(account), Anew: true}, k.without(c, account))
}

func (k *Manager) know(c *gin.Context, account knownAccount, browser knownBrowser) (device string) {
	account.Until = k.config.Now().Add(knownFor)
	if browser.Device == "" {
		browser.Device = rand.Text()
	}
	browser.Accounts = slices.Insert(browser.Accounts, 0, account)
	browser.Accounts = browser.Accounts[:min(len(browser.Accounts), maxKnown)]
	k.keepKnown(c, browser)
	return browser.Device
}

// Unknow is for an account that is no more.
func (k *Manager) Forget(c *gin.Context, account string) {
	if k.Device(c, account) != "" {
		k.keepKnown(c, k.without(c, account))
	}
}

// without is what the browser keeps, but for these accounts.
func (k *Manager) without(c *gin.Context, accounts ...string) knownBrowser {
	browser := k.knownBrowser(c)
	browser.Accounts = slices.DeleteFunc(browser.Accounts, func(a knownAccount) bool {
		return slices.ContainsFunc(accounts, func(account string) bool { return a.Hash == accountHash(account) })
	})
	return browser
}

// knownBrowser is what the browser keeps, if it is genuine and not too old.
func (k *Manager) knownBrowser(c *gin.Context) knownBrowser {
	if noted, has := c.Get(knownKey); has { // by this request
		return noted.(knownBrowser).clone()
	}
	for _, cookie := range c.Request.CookiesNamed(k.plainName("known")) {
		var browser knownBrowser
		if !k.known.Open(cookie.Value, &browser) {
			continue
		}
		browser.Accounts = slices.DeleteFunc(browser.Accounts, func(a knownAccount) bool { return !k.config.Now().Before(a.Until) })
		return browser
	}
	return knownBrowser{}
}

// entry is what the browser keeps of account; nothing of one that it does not know.
func (b knownBrowser) entry(account string) knownAccount {
	for _, known := range b.Accounts {
		if known.Hash == accountHash(account) {
			return known
		}
	}
	return knownAccount{}
}

func (b knownBrowser) clone() knownBrowser {
	b.Accounts = slices.Clone(b.Accounts)
	return b
}

const knownKey = "hutch.known"

// keepKnown has the browser keep it. One that can keep no cookie is a stranger.
func (k *Manager) keepKnown(c *gin.Context, browser knownBrowser) {
	c.Set(knownKey, browser.clone())
	value := ""
	if len(browser.Accounts) > 0 {
		value, _ = k.known.Seal(browser) // texts and times can always be sealed
	}
	takeBack(c, k.plainName("known")) // one request may say it twice; the last word alone goes out
	k.setPlain(c, "known", value, int(knownFor/time.Second), http.SameSiteStrictMode)
}

// accountHash keeps the cookie short, and bounded whatever the address. It is no
// secret that this guards: the cookie is sealed.
func accountHash(account string) string {
	sum := sha256.Sum256([]byte("hutch known account " + account))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
