package session

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// FuzzForgedCookies puts forged values into each sealed cookie: made up, cut, with a
// bit changed, of another purpose, of another site. Each must be treated as absent.
func FuzzForgedCookies(f *testing.F) {
	const (
		madeUp = iota
		cut
		changed
		ofAnotherPurpose
		ofAnotherSite
		longer
		ways
	)
	s := newSite(f, nil)
	foreign := newSite(f, func(c *Config) { c.Secrets = []string{secretB} }).Manager
	// Each sealed value is otherwise valid, with the longest possible life.
	own, theirs := genuineCookies(f, s.Manager), genuineCookies(f, foreign)
	for way := range ways {
		for which := range own {
			f.Add(uint8(which), uint8(way), uint16(40), uint8(1), "x")
		}
	}
	// Found by fuzzing.
	f.Add(byte('\x02'), byte('\x05'), uint16(64), byte('N'), "")
	f.Add(byte('D'), byte('³'), uint16(8), byte('%'), "  ")
	f.Add(byte('\x00'), byte('A'), uint16(132), byte('D'), ";\";\"")
	f.Add(byte('<'), byte('x'), uint16(40), byte('\x01'), "        ")
	f.Add(byte('\x02'), byte('\x01'), uint16(22), byte('\x01'), "0")
	f.Add(byte('\x04'), byte('\x00'), uint16(40), byte('\x00'), "; 0")
	f.Add(byte('l'), byte('\u0083'), uint16(3), byte('R'), ";;;0")
	f.Add(byte('\x06'), byte('Z'), uint16(1), byte('\x03'), " ;")
	f.Fuzz(func(t *testing.T, which, way uint8, at uint16, bits uint8, text string) {
		genuine := own[int(which)%len(own)]
		forged := http.Cookie{Name: genuine.Name, Value: text}
		place := int(at) % len(genuine.Value)
		switch way % ways {
		case cut:
			forged.Value = genuine.Value[:place]
		case changed:
			altered := []byte(genuine.Value)
			altered[place] ^= max(1, bits&0x7f)
			forged.Value = string(altered)
		case ofAnotherPurpose:
			other := own[(int(which)+1+int(at)%(len(own)-1))%len(own)]
			forged.Value = other.Value
		case ofAnotherSite:
			forged.Value = theirs[int(which)%len(theirs)].Value
		case longer:
			forged.Value = genuine.Value + text
			if text == "" {
				forged.Value = genuine.Value[:place] + "=" + genuine.Value[place:]
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Cookie"] = []string{forged.Name + "=" + forged.Value} // set raw: a library would sanitise it
		if carried := r.CookiesNamed(forged.Name); len(carried) == 1 && carried[0].Value == genuine.Value {
			return // only characters that parsing strips were added
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.String() != "anonymous" {
			t.Fatalf("%s in way %d: %d %s", forged.Name, way%ways, w.Code, w.Body)
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = r
		for _, what := range allKinds() {
			var value any
			if s.Load(c, what, &value) {
				t.Fatalf("%s in way %d: the browser holds %v for %s", forged.Name, way%ways, value, what)
			}
		}
	})
}

// genuineCookies returns one cookie of each kind, sealed by this manager.
func genuineCookies(t testing.TB, m *Manager) []http.Cookie {
	t.Helper()
	now := m.config.Now()
	sealed, err := m.seal(Session{ID: "i", MemberID: "m", Token: secret.Of("t"), ReceivedAt: now, ExpiresAt: now.Add(time.Hour), SignedInAt: now})
	if err != nil {
		t.Fatal(err)
	}
	all := []http.Cookie{{Name: m.name, Value: sealed}}
	for _, what := range allKinds() {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodPost, "/", nil)
		if err := m.Save(c, what, "pending"); err != nil {
			t.Fatal(err)
		}
		set := w.Result().Cookies()[0]
		all = append(all, http.Cookie{Name: set.Name, Value: set.Value})
	}
	return all
}

// The control: the genuine ones do open, so the fuzz test proves something.
func TestGenuineCookiesOpen(t *testing.T) {
	s := newSite(t, nil)
	for i, cookie := range genuineCookies(t, s.Manager) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&cookie)
		if session, _ := s.open(r); (session.ID != "") != (i == 0) {
			t.Errorf("%s opens as a session: %q", cookie.Name, session.ID)
		}
		if i == 0 {
			continue
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = r
		var value string
		if !s.Load(c, allKinds()[i-1], &value) || value != "pending" {
			t.Errorf("%s does not open", cookie.Name)
		}
	}
}

func TestCookieAttributes(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"development", nil, "session=…; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict"},
		{"production", func(c *Config) { c.Secure = true }, "__Host-session=…; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"},
		{"domain", func(c *Config) { c.Secure, c.Domain = true, "example.com" }, "session=…; Path=/; Domain=example.com; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"},
		{"shorter than a token", func(c *Config) { c.MaxAge = time.Hour }, "session=…; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, test.change)
			started := s.start(t)
			line := s.do("POST", "/start", "").Header.Get("Set-Cookie")
			name, rest, _ := strings.Cut(line, "=")
			value, attributes, _ := strings.Cut(rest, ";")
			if got := name + "=…;" + attributes; got != test.want {
				t.Errorf("set as     %s\nwant       %s", got, test.want)
			}
			for _, secret := range []string{"ada@example.com", `"t"`} {
				plain, _ := base64.RawURLEncoding.DecodeString(value)
				if strings.Contains(string(plain), secret) || strings.Contains(value, secret) {
					t.Errorf("the cookie can be read: it holds %s", secret)
				}
			}

			ended := s.do("POST", "/end", started.Value).Header.Get("Set-Cookie")
			_, setAttributes, _ := strings.Cut(attributes, "Max-Age=")
			_, setAttributes, _ = strings.Cut(setAttributes, ";")
			_, endAttributes, _ := strings.Cut(ended, "Max-Age=0;")
			if setAttributes != endAttributes {
				t.Errorf("deleted with %q, set with %q", endAttributes, setAttributes)
			}
		})
	}
}

func TestWhatIsNotOursIsAnonymous(t *testing.T) {
	s := newSite(t, nil)
	genuine := s.start(t).Value
	foreign := newSite(t, func(c *Config) { c.Secrets = []string{secretB} }).start(t).Value
	flipped := []byte(genuine)
	flipped[len(flipped)/2] ^= 1
	other, err := NewSealer([]string{secretA}, "another purpose")
	if err != nil {
		t.Fatal(err)
	}
	otherPurpose, err := other.Seal(Session{Token: secret.Of("t"), ExpiresAt: time.Now().Add(time.Hour), SignedInAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"foreign": foreign, "flipped": string(flipped), "truncated": genuine[:len(genuine)-1], "longer": genuine + "A",
		"empty": "", "text": "hello", "a JWT": "eyJhbGciOiJub25lIn0.e30.", "another purpose": otherPurpose,
	} {
		r := s.do("GET", "/", value)
		if got := body(t, r); got != "anonymous" {
			t.Errorf("%s cookie: %q", name, got)
		}
		if set := r.Header.Get("Set-Cookie"); set != "" {
			t.Errorf("%s cookie: answered with Set-Cookie", name)
		}
	}
	if got := body(t, s.do("GET", "/", genuine)); got != "token t" {
		t.Errorf("the genuine cookie: %q", got)
	}
}

func TestAForeignCookieBesideOurs(t *testing.T) {
	s := newSite(t, nil)
	genuine := s.start(t).Value
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", s.name+"=foreign; "+s.name+"="+genuine)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Body.String() != "token t" {
		t.Errorf("a foreign cookie before ours: %q", w.Body.String())
	}
}
