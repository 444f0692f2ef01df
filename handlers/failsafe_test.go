package handlers

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"hutch/session"
	"hutch/static"
	"hutch/templates"
	"hutch/words"
)

// What nobody has foreseen ends in a page, not in a broken connection, and the
// log does not repeat the request.
func TestBrokenHandlersEndInAPage(t *testing.T) {
	gin.SetMode(gin.TestMode)
	files, err := static.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in which the sign-out page has been forgotten.
	some := fstest.MapFS{}
	for _, name := range []string{"layout.html", "partials.html", "problem.html"} {
		html, err := os.ReadFile("../templates/" + name)
		if err != nil {
			t.Fatal(err)
		}
		some[name] = &fstest.MapFile{Data: html}
	}
	catalogue, err := words.New(words.Options{Numbers: Bounds()})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.New(templates.Options{StaticURL: files.URL, Dir: some, Languages: catalogue.Languages()})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := session.NewKeeper(session.Config{Secrets: []string{strings.Repeat("s", 32)}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := &site{Config: Config{Templates: pages, Words: catalogue, Sessions: sessions, Log: slog.New(slog.NewTextHandler(&log, nil))}}
	if err = s.preparePages(); err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.Use(s.recoverPanic, s.headers)
	engine.GET("/panic", s.adapt(func(*gin.Context) (reply, error) { panic("on purpose") }))
	engine.GET("/nil", s.adapt(func(*gin.Context) (reply, error) { return nil, nil }))
	engine.GET("/template", s.adapt(func(*gin.Context) (reply, error) { return page{http.StatusOK, templates.Logout{}}, nil }))

	for _, path := range []string{"/panic", "/nil", "/template"} {
		r := httptest.NewRequest(http.MethodGet, path+"?token=secret", nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: "secret"})
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "Something went wrong") || strings.Contains(w.Body.String(), "on purpose") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: the failsafe page has no headers", path)
		}
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log repeats the request: %s", log.String())
	}
}
