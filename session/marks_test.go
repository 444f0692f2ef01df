package session

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
)

// A mark that is forged or of another kind ends nobody's session and clears nobody's
// cookie.
func TestForgedMarksMarkNothing(t *testing.T) {
	s := newSite(t, nil)
	cookie := s.start(t).Value
	own, _ := s.open(requestWith(s.name, cookie))
	foreign := newSite(t, func(c *Config) { c.Secrets = []string{secretB} })
	ids := []string{own.ID}
	sealed := func(m *Manager, name string) string {
		text, err := m.marks[name].Seal(ids)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	genuine := sealed(s.Manager, endedCookie)
	for name, value := range map[string]string{
		"made up": own.ID, "JSON": `["` + own.ID + `"]`, "cut": genuine[:len(genuine)-2], "another site's": sealed(foreign.Manager, endedCookie),
		"of another kind": sealed(s.Manager, retryCookie), "a session": cookie, "empty": "",
	} {
		r := requestWith(s.name, cookie)
		r.AddCookie(&http.Cookie{Name: endedCookie, Value: value})
		r.AddCookie(&http.Cookie{Name: retryCookie, Value: value})
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Body.String() != "token t" || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: %q, %v", name, w.Body, w.Header()["Set-Cookie"])
		}
	}
	r := requestWith(s.name, cookie)
	r.AddCookie(&http.Cookie{Name: endedCookie, Value: genuine})
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if got := s.seen(); w.Body.String() != "anonymous" || !slices.Equal(got, []Outcome{Ended}) {
		t.Errorf("the genuine mark: %q, %v", w.Body, got)
	}
}

// A notice that somebody has made up is not shown.
func TestForgedNoticesSayNothing(t *testing.T) {
	s := newSite(t, nil)
	genuine, err := s.marks[noticeCookie].Seal("signin.done")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.marks[endedCookie].Seal("signin.done")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{genuine: "signin.done", "signin.done": "", other: "", genuine[:len(genuine)-2]: "", "": ""} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = requestWith(noticeCookie, value)
		if got := s.TakeNotice(c); got != want {
			t.Errorf("%q says %q, want %q", value, got, want)
		}
	}
}

func requestWith(name, value string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: name, Value: value})
	return r
}
