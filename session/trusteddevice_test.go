package session

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

func TestADeviceIsTrustedByItsAccounts(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Secure = true })
	var device string
	set := errand(t, s, func(c *gin.Context) {
		if s.Device(c, "ada") != "" {
			t.Error("a new browser is known")
		}
		device = s.Remember(c, "ada", "")
		if again := s.Remember(c, "grace", ""); again != device || device == "" || s.Device(c, "ada") != device {
			t.Errorf("one browser is %q and %q", device, again)
		}
	}, func(c *gin.Context) {
		if s.Device(c, "ada") != device || s.Device(c, "grace") != device || s.Device(c, "eve") != "" {
			t.Error("the browser is not known to ada and grace alone")
		}
	})
	if len(set) != 1 {
		t.Fatalf("%d cookies: %v", len(set), set)
	}
	cookie := set[0]
	if cookie.Name != "__Host-device" || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge != 180*24*60*60 || cookie.Path != "/" {
		t.Errorf("the cookie: %+v", cookie)
	}

	// Signing out and rotating the secret do not affect it.
	rotated := newSite(t, func(c *Config) { c.Secure, c.Secrets = true, []string{secretB, secretA} })
	errand(t, rotated, func(c *gin.Context) {
		rotated.End(c)
		rotated.DiscardAll(c)
	}, func(c *gin.Context) {
		if rotated.Device(c, "ada") != device {
			t.Error("it is not known any more")
		}
	}, set...)
}

func TestATrustedDeviceIsForgotten(t *testing.T) {
	s := newSite(t, nil)
	set := errand(t, s, func(c *gin.Context) { s.Remember(c, "ada", "") }, func(*gin.Context) {})
	for after, known := range map[time.Duration]bool{0: true, 180*24*time.Hour - time.Second: true, 180 * 24 * time.Hour: false} {
		later := newSite(t, nil)
		later.pass(after)
		errand(t, later, func(*gin.Context) {}, func(c *gin.Context) {
			if got := later.Device(c, "ada") != ""; got != known {
				t.Errorf("after %v it is known: %t", after, got)
			}
		}, set...)
	}
	errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
		device := s.Remember(c, "ada@new", "ada")
		if s.Device(c, "ada") != "" || s.Device(c, "ada@new") != device {
			t.Error("the new address does not take the place of the old one")
		}
		s.Forget(c, "ada@new")
		if lines := c.Writer.Header()["Set-Cookie"]; len(lines) != 1 || !strings.HasPrefix(lines[0], "device=; Path=/; Max-Age=0;") {
			t.Errorf("nothing is left to know, and the answer says %q", lines)
		}
	}, set...)
}

// The reset mark stays until the password is used.
func TestDevicesAfterAPasswordReset(t *testing.T) {
	s := newSite(t, nil)
	var device string
	set := errand(t, s, func(c *gin.Context) {
		device = s.Remember(c, "ada", "")
		s.Remember(c, "grace", "")
		if s.ResetHere(c, "ada") {
			t.Error("a password that was used counts as reset")
		}
		if s.RememberReset(c, "ada") != device {
			t.Error("the browser has another name")
		}
	}, func(c *gin.Context) {
		if !s.ResetHere(c, "ada") || s.ResetHere(c, "grace") || s.ResetHere(c, "eve") || s.Device(c, "ada") != device {
			t.Error("what is kept is not that ada's password was chosen here")
		}
	})
	errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
		if s.Remember(c, "ada", ""); s.ResetHere(c, "ada") || s.Device(c, "ada") != device {
			t.Error("it is still new, after it was used")
		}
	}, set...)
}

// Forged cookies, cookies of another kind, and many accounts.
func TestOnlyOurOwnTrustedDevices(t *testing.T) {
	s, other := newSite(t, nil), newSite(t, func(c *Config) { c.Secrets = []string{secretB} })
	foreign := errand(t, other, func(c *gin.Context) { other.Remember(c, "ada", "") }, func(*gin.Context) {})
	pending := errand(t, s, func(c *gin.Context) {
		_ = s.Save(c, PendingSignUp, trustedDevice{"d", []trustedAccount{{Hash: accountHash("ada"), Until: time.Now().AddDate(9, 0, 0)}}})
	}, func(*gin.Context) {})
	if s.trusted.Open(pending[0].Value, &trustedDevice{}) {
		t.Error("a cookie of another use passes for this one")
	}
	for _, value := range []string{foreign[0].Value, pending[0].Value, "", "x", "e30"} {
		errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
			if s.Device(c, "ada") != "" {
				t.Errorf("%q makes a browser known", value)
			}
		}, &http.Cookie{Name: "device", Value: value}) //nolint:gosec // a test
	}

	set := errand(t, s, func(c *gin.Context) {
		for i := range 50 {
			s.Remember(c, strings.Repeat("x", 200)+fmt.Sprint(i), "")
		}
	}, func(c *gin.Context) {
		for i := range 50 {
			if got, want := s.Device(c, strings.Repeat("x", 200)+fmt.Sprint(i)) != "", i >= 50-maxTrusted; got != want {
				t.Errorf("account %d is known: %t", i, got)
			}
		}
	})
	if n := len(set[0].Value); len(set) != 1 || n > 1024 {
		t.Errorf("%d cookies, the first of %d bytes", len(set), n)
	}
}
