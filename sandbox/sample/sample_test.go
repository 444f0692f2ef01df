package sample

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"hutch/internal/collections"
)

func TestLoad(t *testing.T) {
	content, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(content.Pages) != 3 || len(content.Authors) != 3 || len(content.Images) != 11 || len(content.Posts) != 15 {
		t.Errorf("%d pages, %d authors, %d images, %d posts",
			len(content.Pages), len(content.Authors), len(content.Images), len(content.Posts))
	}
	known := map[string]bool{} // what posts may point to, and every name once
	once := func(kind, name string) {
		if name == "" || known[kind+name] {
			t.Errorf("%s %q is empty or there twice", kind, name)
		}
		known[kind+name] = true
	}
	for _, author := range content.Authors {
		once("author ", fmt.Sprint(author.ID))
		once("author ", author.Slug)
		if author.Bio == "" {
			t.Errorf("%s has no bio", author.Name)
		}
	}
	for _, image := range content.Images {
		once("image ", image.ID)
		once("file ", image.FileName)
		if image.Title == "" || image.Description == "" {
			t.Errorf("image %s has no title or description", image.ID)
		}
	}
	for _, page := range content.Pages {
		once("page ", page.Slug)
		checkBody(t, page.Slug, page.Content)
	}
	for _, author := range content.Authors {
		if author.Image != "" && !known["image "+author.Image] {
			t.Errorf("%s: image %s", author.Name, author.Image)
		}
	}
	lacking, visible, has := map[string]int{}, 0, map[string]int{}
	for _, post := range content.Posts {
		once("post ", post.Slug)
		checkBody(t, post.Slug, post.Content)
		if post.Author == 0 {
			lacking["author"]++
		} else if !known["author "+fmt.Sprint(post.Author)] {
			t.Errorf("%s: author %d", post.Slug, post.Author)
		}
		if post.Image == "" {
			lacking["image"]++
		} else if !known["image "+post.Image] {
			t.Errorf("%s: image %s", post.Slug, post.Image)
		}
		if post.PublishDate == "" {
			lacking["date"]++
			continue
		}
		once("date ", post.PublishDate)
		date, err := time.Parse(time.DateOnly, post.PublishDate)
		if err != nil {
			t.Errorf("%s: date %s, %v", post.Slug, post.PublishDate, err)
		}
		future := date.After(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if post.Status == "published" && !future {
			visible++
		}
		for what, is := range map[string]bool{"draft": post.Status == "draft", "date to come": future, "gate": post.MembersOnly} {
			if is {
				has[what]++
			}
		}
		if post.MembersOnly && post.Teaser == "" {
			t.Errorf("%s is for members and has nothing for others", post.Slug)
		}
	}
	if visible != 12 || has["draft"] != 1 || has["date to come"] != 1 || has["gate"] != 1 { // and one without a date
		t.Errorf("%d posts with a date are to be seen; %v", visible, has)
	}
	for _, what := range []string{"author", "image", "date"} {
		if lacking[what] != 1 {
			t.Errorf("%d posts lack their %s, want 1", lacking[what], what)
		}
	}
}

// voidElements have no end tag.
const voidElements = " br hr img input "

// checkBody wants every element closed in order, as an HTML parser alone would
// not tell, and some of the elements that a body consists of.
func checkBody(t *testing.T, slug, body string) {
	t.Helper()
	if _, err := html.Parse(strings.NewReader(body)); err != nil {
		t.Errorf("%s: %v", slug, err)
	}
	var open []string
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if tokens.Err() != io.EOF {
				t.Errorf("%s: %v", slug, tokens.Err())
			}
			break
		}
		token := tokens.Token()
		switch {
		case kind == html.StartTagToken && !strings.Contains(voidElements, " "+token.Data+" "):
			open = append(open, token.Data)
		case kind == html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("%s: </%s> closes %v", slug, token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: %v stay open", slug, open)
	}
	if !strings.Contains(body, "<p>") {
		t.Errorf("%s has no paragraph", slug)
	}
}

func TestBodiesShowWhatHTMLHas(t *testing.T) {
	content, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, post := range content.Posts {
		all.WriteString(post.Content)
	}
	for _, element := range []string{"<h2", "<ul", "<ol", "<dl", "<table", "<blockquote", "<pre", "<code", "<a href", "<figure"} {
		if !strings.Contains(all.String(), element) {
			t.Errorf("no post has a %s>", element)
		}
	}
}

func TestImages(t *testing.T) {
	for _, picture := range Images() {
		t.Run(picture.FileName, func(t *testing.T) {
			t.Parallel()
			encoded, err := picture.JPEG()
			if err != nil {
				t.Fatal(err)
			}
			decoded, format, err := image.Decode(bytes.NewReader(encoded))
			if err != nil || format != "jpeg" || decoded.Bounds() != image.Rect(0, 0, Width, Height) {
				t.Errorf("%s %v, %v", format, decoded.Bounds(), err)
			}
		})
	}
	again, err := Images()[0].JPEG()
	if err != nil {
		t.Fatal(err)
	}
	if first, _ := Images()[0].JPEG(); !bytes.Equal(first, again) {
		t.Error("an image is painted differently the second time")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The content fits the declared collections, and each item can be recognised.
func TestItemsFitTheTable(t *testing.T) {
	content, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	table, seen := collections.All(), map[string]bool{}
	for _, item := range content.Items() {
		c, found := table.Find(item.Collection)
		if !found {
			t.Fatalf("%s is not declared", item.Collection)
		}
		for name := range item.Values {
			if !slices.Contains(c.FieldNames(), name) {
				t.Errorf("%s has no field %s", c.Name, name)
			}
		}
		if c.Singleton != (item.Name == "") || !c.Singleton && (item.Values[item.Name] == nil || item.Values[item.Name] == "") {
			t.Errorf("an item of %s cannot be recognised by %q", c.Name, item.Name)
		}
		for _, f := range table.Relations(c.Name) {
			if other, _ := table.Find(f.Related); !other.System() && item.Values[f.Name] != nil && !seen[f.Related] {
				t.Errorf("an item of %s refers to %s, which come later", c.Name, f.Related)
			}
		}
		seen[c.Name] = true
	}
	if len(seen) != 6 {
		t.Errorf("there is content for %v", seen)
	}
}
