package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"hutch/tools/toolcache"
)

const caddyVersion = "v2.11.9"

// provideCaddy builds Caddy once, into the cache folder of the tools, and returns the
// path of the program.
func provideCaddy(ctx context.Context, progress io.Writer) (string, error) {
	c, err := toolcache.Open()
	if err != nil {
		return "", err
	}
	r := toolcache.NewReport("bench", progress)
	unlock, err := c.Lock(ctx, "caddy", func() { r.Say("waiting for another installation") })
	if err != nil {
		return "", err
	}
	defer unlock()
	dir := c.Path("caddy-" + caddyVersion)
	if toolcache.Exists(dir) {
		return filepath.Join(dir, "caddy"), nil
	}
	return filepath.Join(dir, "caddy"), r.During("building Caddy "+caddyVersion+" (takes minutes)", func() error {
		return c.Build(dir, func(partial string) error {
			return toolcache.Run(ctx, partial, append(os.Environ(), "CGO_ENABLED=0", "GOBIN="+partial), "go", "install", "github.com/caddyserver/caddy/v2/cmd/caddy@"+caddyVersion)
		})
	})
}

// startCaddy serves the responses for these targets from files, with the same bytes and
// headers.
func (s *stage) startCaddy(ctx context.Context, command string, targets ...target) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.dir, "caddy")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var sites strings.Builder
	var answers []answer
	for i, t := range targets {
		a, err := fetchRight(ctx, t)
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), a.body, 0o600); err != nil {
			return nil, err
		}
		fmt.Fprintf(&sites, "\thandle %s {\n\t\troot * %s\n\t\trewrite * /%d\n\t\theader {\n%s\t\t}\n\t\tfile_server\n\t}\n", t.path, dir, i, caddyHeader(a.header))
	}
	file := filepath.Join(dir, "Caddyfile")
	text := "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n\tlog {\n\t\toutput discard\n\t}\n\tservers {\n\t\tprotocols h1\n\t}\n}\nhttp://" + address + " {\n\tbind 127.0.0.1\n" + sites.String() + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p, err := startProcess(address, dir, s.environment(nil), command, "run", "--config", file, "--adapter", "caddyfile")
	if err != nil {
		return nil, err
	}
	s.clears = append(s.clears, p.stop)
	if err := p.awaitAnswer(ctx, targets[0].path); err != nil {
		return nil, errors.Join(errors.New("caddy"), err)
	}
	for i, t := range targets {
		t.address = address
		if err := t.wantSame(ctx, answers[i]); err != nil {
			return nil, fmt.Errorf("caddy: %w", err)
		}
	}
	return p, nil
}

// caddyHeader replaces the headers of Caddy's file server, once it has set them.
func caddyHeader(header http.Header) string {
	var lines strings.Builder
	for _, name := range []string{"Accept-Ranges", "Etag", "Last-Modified", "Server", "Vary"} {
		if header.Get(name) == "" {
			fmt.Fprintf(&lines, "\t\t\t-%s\n", name)
		}
	}
	for name, values := range header {
		if name != "Date" && name != "Content-Length" { // which every server sets
			fmt.Fprintf(&lines, "\t\t\t>%s `%s`\n", name, strings.Join(values, ", "))
		}
	}
	return lines.String()
}

// wantSame fails unless the response has the same bytes and headers.
func (t target) wantSame(ctx context.Context, want answer) error {
	a, err := fetchRight(ctx, t)
	if err != nil {
		return err
	}
	a.header.Del("Date")
	for name, values := range want.header {
		if got := strings.Join(a.header[name], ", "); name != "Date" && got != strings.Join(values, ", ") {
			return fmt.Errorf("%s: header %s: %q instead of %q", t.path, name, got, values)
		}
		a.header.Del(name)
	}
	if !bytes.Equal(a.body, want.body) || len(a.header) > 0 {
		return fmt.Errorf("%s: other bytes, or headers too many: %v", t.path, a.header)
	}
	return nil
}
