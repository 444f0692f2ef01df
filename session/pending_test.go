package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// errand sends two requests from one browser, which keeps its cookies in between.
func errand(t *testing.T, s *site, first, second func(*gin.Context), cookies ...*http.Cookie) []*http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest("POST", "/", nil)
	first(c)
	set := append(w.Result().Cookies(), cookies...)
	c, _ = gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	for _, cookie := range set {
		c.Request.AddCookie(cookie)
	}
	second(c)
	return set
}

func TestPendingStateIsReadBack(t *testing.T) {
	s := newSite(t, nil)
	type half struct{ Email, Password string }
	set := errand(t, s, func(c *gin.Context) {
		if err := s.Save(c, PendingSignIn, half{"ada@example.com", "a password"}); err != nil {
			t.Fatal(err)
		}
	}, func(c *gin.Context) {
		var got half
		if !s.Load(c, PendingSignIn, &got) || got.Password != "a password" {
			t.Errorf("came back as %+v", got)
		}
		if s.Load(c, PendingReset, new(string)) {
			t.Error("one kind loads as another")
		}
	})
	if len(set) != 1 || !set[0].HttpOnly || set[0].SameSite != http.SameSiteStrictMode || set[0].MaxAge != 300 {
		t.Errorf("the cookie: %+v", set)
	}
	if strings.Contains(set[0].Value, "password") {
		t.Error("the cookie can be read")
	}
	// Renaming the cookie does not make it another kind either.
	renamed := *set[0]
	renamed.Name = s.pendingName(PendingReset)
	errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
		if s.Load(c, PendingReset, new(half)) {
			t.Error("one kind passes for another under its name")
		}
	}, &renamed)
}

func TestPendingStateExpires(t *testing.T) {
	s := newSite(t, nil)
	set := errand(t, s, func(c *gin.Context) { _ = s.Save(c, PendingSignIn, "x") }, func(*gin.Context) {})
	for after, want := range map[time.Duration]bool{0: true, 5 * time.Minute: false} { // in either order
		now := s.config.Now()
		s.config.Now = func() time.Time { return now.Add(after) }
		errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
			if got := s.Load(c, PendingSignIn, new(string)); got != want {
				t.Errorf("after %s it is there: %t", after, got)
			}
		}, set...)
		s.config.Now = func() time.Time { return now }
	}
}

func TestMailedTokensAreSentFromMailLinks(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Secure = true })
	for what, want := range map[Kind]http.SameSite{
		PendingVerify: http.SameSiteLaxMode, PendingReset: http.SameSiteLaxMode, PendingInvite: http.SameSiteLaxMode,
		PendingSignIn: http.SameSiteStrictMode, PendingSignUp: http.SameSiteStrictMode, PendingForgot: http.SameSiteStrictMode, PendingSecret: http.SameSiteStrictMode, PendingCodes: http.SameSiteStrictMode,
	} {
		set := errand(t, s, func(c *gin.Context) { _ = s.Save(c, what, "token") }, func(c *gin.Context) {
			s.Discard(c, what)
			if gone := c.Writer.Header().Get("Set-Cookie"); !strings.HasPrefix(gone, "__Host-pending-"+string(what)+"=; Path=/; Max-Age=0;") {
				t.Errorf("%s is dropped with %q", what, gone)
			}
		})
		if len(set) != 1 || set[0].SameSite != want || !set[0].Secure {
			t.Errorf("%s: %+v", what, set)
		}
	}
}

func TestOnlySavedCookiesAreDiscarded(t *testing.T) {
	s := newSite(t, nil)
	errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
		s.Discard(c, PendingSecret)
		if c.Writer.Header().Get("Set-Cookie") != "" {
			t.Error("a cookie is deleted that the browser does not have")
		}
	})
}

func TestTooMuchToHold(t *testing.T) {
	s := newSite(t, nil)
	errand(t, s, func(c *gin.Context) {
		if err := s.Save(c, PendingSignIn, strings.Repeat("x", 4000)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
	}, func(*gin.Context) {})
}

// Natural-language text compresses, so a longer form fits into a cookie.
func TestPendingInputIsCompressed(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Secure = true })
	var prose strings.Builder
	for i, word := range strings.Fields(strings.Repeat("the rabbits of this burrow like parsley in the evening and hay at any time of the day ", 100)) {
		prose.WriteString(word)
		prose.WriteByte("    ,.;:"[i*i%8])
	}
	for what, holds := range map[Kind]bool{PendingForm: true, PendingSignIn: false} {
		set := errand(t, s, func(c *gin.Context) {
			if err := s.Save(c, what, prose.String()); (err == nil) != holds {
				t.Errorf("%s: %v", what, err)
			}
		}, func(c *gin.Context) {
			var got string
			if s.Load(c, what, &got) != holds || (holds && got != prose.String()) {
				t.Errorf("%s: came back as %.40q", what, got)
			}
		})
		if holds && (set[0].MaxAge != 900 || !set[0].HttpOnly || !set[0].Secure || set[0].SameSite != http.SameSiteStrictMode || strings.Contains(set[0].Value, "rabbits")) {
			t.Errorf("the cookie: %+v", set[0])
		}
	}
}

func TestWhoseAnEndedSessionWas(t *testing.T) {
	s := newSite(t, nil)
	set := errand(t, s, func(c *gin.Context) {
		if err := s.Start(c, Grant{Token: secret.Of("t"), MemberID: "ada", ExpiresIn: time.Hour}, Member{}); err != nil {
			t.Fatal(err)
		}
	}, func(*gin.Context) {})
	s.now.Add(int64(60 * 24 * time.Hour))
	errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
		if got := s.MemberOf(c.Request); got != "ada" {
			t.Errorf("it was %q's", got)
		}
	}, set...)
	forged := *set[0]
	forged.Value = forged.Value[1:]
	errand(t, s, func(*gin.Context) {}, func(c *gin.Context) {
		if got := s.MemberOf(c.Request); got != "" {
			t.Errorf("a forged cookie says %q", got)
		}
	}, &forged)
}
