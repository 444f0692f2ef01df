package content

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// Whoever writes an address in another way gets what is kept already.
func TestOnePageHasOneKey(t *testing.T) {
	key := func(address string) string {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", address, nil)
		return (&Source{}).parseQuery(c, "page", "q").key()
	}
	for want, ways := range map[string][]string{
		"/blog?":               {"/blog", "/blog?page=1", "/blog?page=%2B1", "/blog?page=0000001", "/blog?q=", "/blog?q=%00%20", "/blog?utm_source=x", "/blog?Q=x"},
		"/blog?page=2":         {"/blog?page=2", "/blog?page=02", "/blog?q=&page=2&x=1", "/blog?page=2&page=3"},
		"/blog?page=0":         {"/blog?page=0", "/blog?page=", "/blog?page=-1", "/blog?page=x", "/blog?page=10001", "/blog?page=99999999999999999999"},
		"/blog?q=a+b":          {"/blog?q=a%20%20b", "/blog?q=%20a+b%09", "/blog?page=1&q=a%00b"},
		"/blog?page=2&q=a":     {"/blog?q=a&page=2", "/blog?page=%2B2&q=a%0A"},
		"/blog/hay?":           {"/blog/hay", "/blog/h%61y"},
		"/blog?q=" + long(100): {"/blog?q=" + long(100), "/blog?q=" + long(10_000)},
	} {
		for _, way := range ways {
			if got := key(way); got != want {
				t.Errorf("%.80s has the key %.200q, want %.200q", way, got, want)
			}
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }
