//go:build unix

package realdirectus

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func start(t *testing.T, version string, opts Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), version, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

func ask(t *testing.T, s *Server, path, token string) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func signIn(t *testing.T, s *Server) (token string) {
	t.Helper()
	body := fmt.Sprintf(`{"email": %q, "password": %q}`, s.AdminEmail, s.AdminPassword)
	res, err := http.Post(s.URL+"/auth/login", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Data struct {
			Token string `json:"access_token"`
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Data.Token == "" {
		t.Fatalf("the admin's sign-in: %s, %v", res.Status, err)
	}
	return answer.Data.Token
}

func port(t *testing.T, s *Server) int {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return n
}
