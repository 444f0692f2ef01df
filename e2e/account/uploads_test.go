package account_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/handlers/web"
	"hutch/sandbox"
)

// Uploads that do not come to their end cost their member's two places, some disk, and
// nobody anything else: not memory, and not the room of others.
func TestUnfinishedUploads(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	b, other := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	b.SignUp()
	other.SignUp()
	waiting := func() (files, size int64) {
		found, err := filepath.Glob(filepath.Join(folder, "hutch-upload-*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			if info, err := os.Stat(file); err == nil {
				files, size = files+1, size+info.Size()
			}
		}
		return files, size
	}
	await := func(what string, reached func() bool) {
		t.Helper()
		for deadline := time.Now().Add(harness.Patience); !reached(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				files, size := waiting()
				t.Fatalf("%s: %d files of %d bytes wait", what, files, size)
			}
		}
	}
	memory := func() uint64 {
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		return now.HeapAlloc
	}

	const connections, sent, last = 60, 1 << 20, "the last bytes"
	begun := []byte(strings.Repeat("x", sent))
	before := memory()
	var senders []net.Conn
	for range connections {
		connection, err := net.Dial("tcp", strings.TrimPrefix(site.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_, err = fmt.Fprintf(connection, "POST /profile/avatar HTTP/1.1\r\nHost: hutch\r\nSec-Fetch-Site: same-origin\r\nCookie: session=%s\r\n"+
			"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n", b.SessionCookie().Value, sent+len(last))
		if err == nil {
			_, err = connection.Write(begun)
		}
		if err != nil {
			t.Fatal(err)
		}
		senders = append(senders, connection)
	}
	await("two uploads arrive", func() bool {
		files, size := waiting()
		return files == web.UploadsPerMember && size == int64(files)*sent
	})
	if grown := int64(memory()) - int64(before); grown > connections*sent/4 {
		t.Errorf("%d uploads of %d bytes take %d bytes of memory", connections, sent, grown)
	}
	other.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(40, 40))})
	other.WantText("Your profile picture has been changed.")
	if files, _ := waiting(); files != web.UploadsPerMember {
		t.Errorf("%d uploads wait on disk", files)
	}

	statuses := map[int]int{}
	for _, connection := range senders {
		if _, err := io.WriteString(connection, last); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		statuses[res.StatusCode]++
	}
	if statuses[http.StatusTooManyRequests] != connections-web.UploadsPerMember || statuses[http.StatusBadRequest] != web.UploadsPerMember {
		t.Errorf("the uploads were answered %v", statuses)
	}
	await("nothing is left", func() bool { files, _ := waiting(); return files == 0 })
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(40, 40))})
	b.WantText("Your profile picture has been changed.")

	// Who hangs up leaves nothing, and a stranger begins nothing.
	for _, cookie := range []string{b.SessionCookie().Value, "made-up", ""} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(site.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(connection, "POST /profile/avatar HTTP/1.1\r\nHost: hutch\r\nSec-Fetch-Site: same-origin\r\nCookie: session=%s\r\n"+
			"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100\r\n\r\nx", cookie)
		if cookie == b.SessionCookie().Value {
			await("one upload arrives", func() bool { files, size := waiting(); return files == 1 && size == 1 })
		}
		_ = connection.Close()
		await("nothing is left", func() bool { files, _ := waiting(); return files == 0 })
	}
}

// Each piece of an upload has to come in time.
func TestSlowUploadsAreCutOff(t *testing.T) {
	t.Parallel()
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	connection, err := net.Dial("tcp", strings.TrimPrefix(site.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, _ = fmt.Fprintf(connection, "POST /profile/avatar HTTP/1.1\r\nHost: hutch\r\nSec-Fetch-Site: same-origin\r\nCookie: session=%s\r\n"+
		"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\nx", b.SessionCookie().Value)
	_ = connection.SetReadDeadline(time.Now().Add(time.Minute)) // half of what a whole upload may take
	res, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("one byte in ten seconds: %d", res.StatusCode)
	}
}
