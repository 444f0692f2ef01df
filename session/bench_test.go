package session

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// BenchmarkOpen measures what a signed-in visitor costs before the page is made: the
// middleware opens the cookie of a session that needs no renewal.
func BenchmarkOpen(b *testing.B) {
	gin.SetMode(gin.TestMode)
	m, err := NewManager(Config{Secrets: []string{secretA}, Secure: true, MaxAge: 30 * 24 * time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Wait(context.Background()) }()
	now := time.Now()
	sealed, err := m.seal(Session{
		ID: "KXQ2N4PJ6TB7RZ3A5CDEFGHIJK", MemberID: "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01",
		Member:     Member{Email: "ada@example.com", Language: "en-US", Appearance: "auto"},
		Token:      secret.Of(strings.Repeat("t", 380)), // as long as Directus' own
		ReceivedAt: now, ExpiresAt: now.Add(24 * time.Hour), SignedInAt: now,
	})
	if err != nil {
		b.Fatal(err)
	}
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/blog", nil)
	c.Request.AddCookie(&http.Cookie{Name: m.name, Value: sealed})
	open := m.Middleware(func(*gin.Context, Outcome) {})
	b.ReportAllocs()
	for b.Loop() {
		c.Keys = nil
		open(c)
	}
	if s, ok := From(c); !ok || s.Email != "ada@example.com" {
		b.Fatal("the session was not opened")
	}
}
