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

// A browser remembers which accounts it has signed in to, so that their owners can
// still sign in from it while others guess the password. The cookie (a device cookie)
// proves nothing else, and survives sign-out and the end of a session.

const (
	deviceCookie = "device"
	// trustedFor is how long a browser stays trusted after its last sign-in.
	trustedFor = 180 * 24 * time.Hour
	// maxTrusted is how many accounts one browser can be trusted by: about a family's.
	maxTrusted = 8
)

// trustedDevice is the sealed content of the cookie.
type trustedDevice struct {
	Device   string           `json:"device"`   // random, identifies this browser
	Accounts []trustedAccount `json:"accounts"` // most recent sign-in first
}

type trustedAccount struct {
	Hash  string    `json:"hash"`
	Until time.Time `json:"until"`
	// Reset means that the password was reset here through a mailed link and has not
	// been used since.
	Reset bool `json:"reset,omitempty"`
}

// Device returns this browser's device id if it has signed in to account, or "". Any
// text that identifies the account consistently will do.
func (m *Manager) Device(c *gin.Context, account string) string {
	if browser := m.trustedDevice(c); browser.entry(account).Hash != "" {
		return browser.Device
	}
	return ""
}

// ResetHere reports whether the password of account was reset in this browser through
// a mailed link and has not been used since.
func (m *Manager) ResetHere(c *gin.Context, account string) bool {
	return m.trustedDevice(c).entry(account).Reset
}

// Remember records that this browser has signed in to account, replacing old if given,
// and returns the device id.
func (m *Manager) Remember(c *gin.Context, account, old string) (device string) {
	return m.remember(c, trustedAccount{Hash: accountHash(account)}, m.without(c, account, old))
}

// RememberReset records that the password of account was reset in this browser through
// a mailed link, and returns the device id.
func (m *Manager) RememberReset(c *gin.Context, account string) (device string) {
	return m.remember(c, trustedAccount{Hash: accountHash(account), Reset: true}, m.without(c, account))
}

func (m *Manager) remember(c *gin.Context, account trustedAccount, browser trustedDevice) (device string) {
	account.Until = m.config.Now().Add(trustedFor)
	if browser.Device == "" {
		browser.Device = rand.Text()
	}
	browser.Accounts = slices.Insert(browser.Accounts, 0, account)
	browser.Accounts = browser.Accounts[:min(len(browser.Accounts), maxTrusted)]
	m.saveTrusted(c, browser)
	return browser.Device
}

// Forget removes an account that has been deleted.
func (m *Manager) Forget(c *gin.Context, account string) {
	if m.Device(c, account) != "" {
		m.saveTrusted(c, m.without(c, account))
	}
}

// without returns the device's data without these accounts.
func (m *Manager) without(c *gin.Context, accounts ...string) trustedDevice {
	browser := m.trustedDevice(c)
	browser.Accounts = slices.DeleteFunc(browser.Accounts, func(a trustedAccount) bool {
		return slices.ContainsFunc(accounts, func(account string) bool { return a.Hash == accountHash(account) })
	})
	return browser
}

// trustedDevice returns the data in the browser's cookie, if it is genuine and not
// expired.
func (m *Manager) trustedDevice(c *gin.Context) trustedDevice {
	if saved, has := c.Get(trustedKey); has { // set earlier in this request
		return saved.(trustedDevice).clone()
	}
	for _, cookie := range c.Request.CookiesNamed(m.plainName(deviceCookie)) {
		var browser trustedDevice
		if !m.trusted.Open(cookie.Value, &browser) {
			continue
		}
		browser.Accounts = slices.DeleteFunc(browser.Accounts, func(a trustedAccount) bool { return !m.config.Now().Before(a.Until) })
		return browser
	}
	return trustedDevice{}
}

// entry returns the entry for account, or the zero value.
func (d trustedDevice) entry(account string) trustedAccount {
	for _, entry := range d.Accounts {
		if entry.Hash == accountHash(account) {
			return entry
		}
	}
	return trustedAccount{}
}

func (d trustedDevice) clone() trustedDevice {
	d.Accounts = slices.Clone(d.Accounts)
	return d
}

const trustedKey = "hutch.device"

// saveTrusted writes the device cookie. A browser that rejects cookies stays a
// stranger.
func (m *Manager) saveTrusted(c *gin.Context, browser trustedDevice) {
	c.Set(trustedKey, browser.clone())
	value := ""
	if len(browser.Accounts) > 0 {
		value, _ = m.trusted.Seal(browser) // strings and times always marshal
	}
	m.setPlain(c, deviceCookie, value, int(trustedFor/time.Second), http.SameSiteStrictMode)
}

// accountHash keeps the cookie short whatever the length of the address. It need not
// hide the account: the cookie is sealed.
func accountHash(account string) string {
	sum := sha256.Sum256([]byte("hutch account " + account))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
