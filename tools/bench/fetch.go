package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// target is a request, and how to recognise the right response.
type target struct {
	address string // host and port
	method  string // empty for GET
	path    string
	header  []string // "Name: value"
	body    string
	shows   []string // what the page must contain
}

// fromBrowser are the headers of a browser that affect the response.
func fromBrowser(more ...string) []string {
	return append([]string{
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Accept-Encoding: gzip, deflate, br, zstd",
		"Accept-Language: en-GB,en;q=0.9",
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) Hutch-Bench",
	}, more...)
}

// answer is a response as received.
type answer struct {
	status int
	header http.Header
	body   []byte
	wire   int // in bytes, including status line, headers and framing
}

func (a answer) cookies() []*http.Cookie { return (&http.Response{Header: a.header}).Cookies() }

// decoded returns the uncompressed body.
func (a answer) decoded() ([]byte, error) {
	switch encoding := a.header.Get("Content-Encoding"); encoding {
	case "":
		return a.body, nil
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(a.body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case "br":
		return io.ReadAll(brotli.NewReader(bytes.NewReader(a.body)))
	case "zstd":
		r, err := zstd.NewReader(bytes.NewReader(a.body))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	default:
		return nil, fmt.Errorf("unrequested encoding %q", encoding)
	}
}

// fetch makes one request on its own connection.
func fetch(ctx context.Context, t target) (answer, error) {
	c, err := dial(ctx, t.address)
	if err != nil {
		return answer{}, err
	}
	defer c.close()
	return c.ask(t.request())
}

// fetchRight fails unless the response is the right one.
func fetchRight(ctx context.Context, t target) (answer, error) {
	c, err := dial(ctx, t.address)
	if err != nil {
		return answer{}, err
	}
	defer c.close()
	return c.askRight(t)
}

func (t target) check(a answer) error {
	if a.status != http.StatusOK {
		return fmt.Errorf("%s: status %d", t.path, a.status)
	}
	body, err := a.decoded()
	if err != nil {
		return fmt.Errorf("%s: %w", t.path, err)
	}
	for _, want := range t.shows {
		if !bytes.Contains(body, []byte(want)) {
			return fmt.Errorf("%s: the response lacks %q", t.path, want)
		}
	}
	return nil
}

// request returns the bytes to send.
func (t target) request() []byte {
	method := t.method
	if method == "" {
		method = http.MethodGet
	}
	lines := append([]string{method + " " + t.path + " HTTP/1.1", "Host: " + t.address}, t.header...)
	if t.body != "" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(t.body)))
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + t.body)
}

// with returns the target with additional headers.
func (t target) with(header ...string) target {
	t.header = append(slices.Clone(t.header), header...)
	return t
}

// connection stays open like a browser's. It uses the bare socket, because an HTTP
// client's own work would be part of what it measures.
type connection struct {
	net.Conn
	reader *bufio.Reader
	read   int
}

func dial(ctx context.Context, address string) (*connection, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: conn}
	c.reader = bufio.NewReader(c)
	return c, nil
}

// Read counts the bytes.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read += n
	return n, err
}

func (c *connection) ask(request []byte) (answer, error) {
	before := c.read
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return answer{}, err
	}
	if _, err := c.Write(request); err != nil {
		return answer{}, err
	}
	res, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, header: res.Header, body: body, wire: c.read - before}, err
}

// askRight fails unless the response is the right one.
func (c *connection) askRight(t target) (answer, error) {
	a, err := c.ask(t.request())
	if err != nil {
		return answer{}, err
	}
	return a, t.check(a)
}

func (c *connection) close() { _ = c.Conn.Close() }
