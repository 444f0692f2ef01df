package session

import (
	"net/http"
	"net/http/httptest"
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
