package content

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"
)

// TestOnePageHasOneKey: other spellings of an address share its cached page.
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An answer depends on its items and on what their relations name, whether Directus
// sends the key alone, the item, or several; and on nothing that other fields hold.
func TestTagsFollowRelations(t *testing.T) {
	for _, test := range []struct {
		collection, data string
		named            bool
		want             []string
	}{
		{"posts", `[{"id":7,"slug":"Hay","author":{"id":2,"slug":"ida","image":"a-picture"},"image":"B"}]`, true, []string{
			"posts/*", "posts/7", "posts/hay", "directus_files/*", "directus_files/b", "authors/*", "authors/2", "authors/ida", "directus_files/*", "directus_files/a-picture",
		}},
		{"posts", `[{"id":7,"author":[1,{"id":2}],"editor":3,"logo":"x"}]`, false, []string{
			"posts", "posts/*", "posts/7", "authors/*", "authors/1", "authors/*", "authors/2",
		}},
		{"posts", `[]`, true, []string{"posts"}},
		{"global", `{"id":1,"logo":"x","favicon":null,"author":5}`, false, []string{"global", "global/*", "global/1", "directus_files/*", "directus_files/x"}},
	} {
		if got := tagsOf(test.collection, []byte(test.data), test.named); !slices.Equal(got, test.want) {
			t.Errorf("%s %s:\n got %q\nwant %q", test.collection, test.data, got, test.want)
		}
	}
}
