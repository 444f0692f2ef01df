package account

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPostedCode(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "123\u2013456": "123456", "123\u2212456": "123456", "123\u00ad456": "123456",
		"123\u00a0456": "123456", "1\u20092\u202f3\u3000456": "123456", "\ufeff123\u200b456\u2060": "123456", "\u200e123456\u202c": "123456", "123456\r\n": "123456", "1\t23456": "123456",
		"１２３４５６": "123456", "𝟏𝟐𝟑𝟒𝟓𝟔": "123456", "①②③④⑤⑥": "123456", "１２３－４５６": "123456", "123\ufe0f456": "123456",
		"ＡＢＣＤＥ－ＦＧ": "ABCDEFG", "": "", " ": "", "12345": "12345", "abc": "abc", "12\xff3456": "12\xff3456",
	} {
		c := &gin.Context{Request: &http.Request{PostForm: url.Values{"code": {typed}}}}
		if got := postedCode(c); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}
