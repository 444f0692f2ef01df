//go:build unix

package realdirectus

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutch/tools/toolcache"
)

func TestServer(t *testing.T) {
	for _, version := range TestVersions() {
		t.Run(version, func(t *testing.T) {
			s := ForTest(t, version, nil)
			if status := ask(t, s, "/server/ping", ""); status != http.StatusOK {
				t.Errorf("ping: %d", status)
			}
			if status := ask(t, s, "/users/me", s.AdminToken); status != http.StatusOK {
				t.Errorf("/users/me with the admin's token: %d", status)
			}
			if status := ask(t, s, "/users/me", "wrong"); status != http.StatusUnauthorized {
				t.Errorf("/users/me with a wrong token: %d", status)
			}
			signIn(t, s)

			pid, dir := s.process.Pid(), s.data.dir
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(-pid, 0); err != syscall.ESRCH {
				t.Errorf("after Stop, its process group: %v", err)
			}
			if toolcache.Exists(dir) {
				t.Errorf("after Stop, %s is still there", dir)
			}
		})
	}
}

func TestLastingData(t *testing.T) {
	inTestAll(t)
	version := TestVersions()[0]
	NeedForTest(t, version)
	dir := t.TempDir()
	first := start(t, version, Options{DataDir: dir})
	if _, err := Start(t.Context(), version, Options{DataDir: dir}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second one on the same data: %v", err)
	}
	first.Stop()
	second := start(t, version, Options{DataDir: dir})
	if second.AdminToken != first.AdminToken {
		t.Error("the credentials changed")
	}
	signIn(t, second)
}

// TestTwoServers: neither accepts the other's tokens.
func TestTwoServers(t *testing.T) {
	inTestAll(t)
	version := TestVersions()[0]
	one, two := ForTest(t, version, nil), ForTest(t, version, nil)
	token := signIn(t, one)
	if status := ask(t, one, "/users/me", token); status != http.StatusOK {
		t.Errorf("its own token: %d", status)
	}
	if status := ask(t, two, "/users/me", token); status == http.StatusOK {
		t.Error("took the token of the other")
	}
}

// TestOrphan: Directus exits by itself if its parent is killed.
func TestOrphan(t *testing.T) {
	inTestAll(t)
	version := TestVersions()[0]
	if os.Getenv("HUTCH_TEST_ORPHAN") != "" {
		s := ForTest(t, version, nil)
		os.WriteFile(os.Getenv("HUTCH_TEST_ORPHAN"), []byte(s.URL), 0o600)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	ForTest(t, version, nil).Stop() // skips or installs
	note := t.TempDir() + "/url"
	cmd := exec.Command(os.Args[0], "-test.run=^TestOrphan$")
	cmd.Env = append(os.Environ(), "HUTCH_TEST_ORPHAN="+note, "TMPDIR="+t.TempDir())
	cmd.Run()
	url, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		res, err := http.Get(string(url) + "/server/ping")
		if err != nil {
			return
		}
		res.Body.Close()
		if time.Now().After(deadline) {
			t.Fatal("it still answers")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestStartFaults(t *testing.T) {
	inTestAll(t)
	if _, err := Start(t.Context(), "../12", Options{}); err == nil {
		t.Error("took ../12 for a version")
	}
	version := TestVersions()[0]
	s := ForTest(t, version, nil)
	for name, opts := range map[string]Options{
		"own variable": {Env: map[string]string{"PORT": "1"}},
		"taken port":   {Port: port(t, s)},
		"bad setting":  {Env: map[string]string{"IP_TRUST_PROXY": "nobody"}},
	} {
		if s, err := Start(t.Context(), version, opts); err == nil {
			s.Stop()
			t.Errorf("%s: started", name)
		} else {
			t.Logf("%s: %.200s", name, err)
		}
	}
}

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

// inTestAll skips a test of what only goes wrong when this package is changed.
func inTestAll(t *testing.T) {
	t.Helper()
	if os.Getenv("HUTCH_ALL") != "1" {
		t.Skip("starts several servers: make test-all")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
