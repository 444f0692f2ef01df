package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// FuzzAcceptEncoding asks for a body in any encoding, with any copy at hand: what is
// sent can be read by the browser that asked, and says what it is.
func FuzzAcceptEncoding(f *testing.F) {
	z, err := newCompressor()
	if err != nil {
		f.Fatal(err)
	}
	plain := []byte(strings.Repeat("<p>A hutch of words.</p>", 100))
	body := (&Responder{compressor: z}).Encode(htmlType, plain)
	for _, accept := range []string{
		"", "gzip, deflate, br, zstd", "zstd;q=0, gzip", "gzip;q=0", "*;q=0", "gzip;q=NaN", ";;,=,gzip;;q=;", "identity",
		"0", "\x80", "\x7f", "A", " gzip;;0\xc6A\xa10;", // found by fuzzing
	} {
		f.Add(accept, "")
		f.Add(accept, body.gzip.etag)
	}
	f.Fuzz(func(t *testing.T, accept, known string) {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		c.Request.Header = http.Header{"Accept-Encoding": {accept}, "If-None-Match": {known}}
		body.write(c)
		header := w.Result().Header
		encoding, etag := header.Get("Content-Encoding"), header.Get("Etag")
		if w.Code == http.StatusNotModified {
			if !strings.Contains(known, etag) && strings.TrimSpace(known) != "*" {
				t.Fatalf("%q passes for a copy of %s", known, etag)
			}
			return
		}
		if !strings.Contains(strings.ToLower(accept), encoding) || (encoding != "") != strings.HasSuffix(etag, "-"+encoding+`"`) {
			t.Fatalf("%q chooses %q, with the tag %s", accept, encoding, etag)
		}
		if got := decoded(t, encoding, w.Body); !bytes.Equal(got, plain) {
			t.Fatalf("%q: not the body: %d bytes", accept, len(got))
		}
	})
}

func decoded(t *testing.T, encoding string, body io.Reader) []byte {
	t.Helper()
	var err error
	switch encoding {
	case "gzip":
		body, err = gzip.NewReader(body)
	case "zstd":
		var z *zstd.Decoder
		z, err = zstd.NewReader(body)
		body = z
		defer z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
