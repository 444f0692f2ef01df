package harness

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/internal/collections"
)

// MembersPost is where the sample has a post for members.
const MembersPost = "/blog/the-night-list"

// ManyPosts fill more than one page of the blog.
func ManyPosts() []map[string]any {
	var posts []map[string]any
	for i := range 30 {
		posts = append(posts, map[string]any{
			"slug": fmt.Sprintf("note-%02d", i), "title": fmt.Sprintf("Note %d from the hutch", i+1),
			"publish_date": fmt.Sprintf("2026-10-%02d", i+1), "author": 1, "content": "<p>Short.</p>", "tags": []string{"Notes"},
		})
	}
	return posts
}

// The sample's post for members. The words stand in its content and nowhere else.
const GatedPath = "/blog/the-night-list"

const HookSecret = "the-hook-secret-of-the-tests-0123456789"

// Hook tells the app of a change, as Directus does.
func (a *App) Hook(t *testing.T, change string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+"/hooks/directus", strings.NewReader(change))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+HookSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the hook: %d", res.StatusCode)
	}
}

const StaleNote = "This page may be slightly out of date."

// Fresh keeps content for a minute, as a site does.
func Fresh(more ...string) map[string]string {
	env := map[string]string{"CACHE_FRESH": "1m"}
	for i := 0; i+1 < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// ItemsAre leaves these items in a collection and no others. Key is its key.
func ItemsAre(collection, key string, items ...map[string]any) func(*testing.T, Upstream, *App) {
	return func(t *testing.T, up Upstream, _ *App) {
		var sample []map[string]any
		if err := up.Admin.Get(t.Context(), "/items/"+collection, url.Values{"fields": {key}}, &sample); err != nil {
			t.Fatal(err)
		}
		for _, item := range sample {
			if err := up.Admin.Delete(t.Context(), fmt.Sprintf("/items/%s/%v", collection, item[key])); err != nil {
				t.Fatal(err)
			}
		}
		for _, item := range items {
			if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// PostsAre leaves these posts in the blog and no others.
func PostsAre(posts ...map[string]any) func(*testing.T, Upstream, *App) {
	return ItemsAre("posts", "slug", posts...)
}

// Remake makes a collection of a real Directus anew, for everybody to read, and without
// items.
func (up Upstream) Remake(t *testing.T, c collections.Collection) {
	t.Helper()
	var fields []map[string]any
	for _, f := range c.Fields {
		schema := map[string]any{}
		if f.Key {
			schema["is_primary_key"], schema["has_auto_increment"] = true, !f.Typed
		}
		if f.Related != "" {
			f.Type = "integer"
		}
		fields = append(fields, map[string]any{"field": f.Name, "type": f.Type, "meta": f.Described(), "schema": schema})
	}
	if up.Postgres { // which drops nothing that something refers to
		var relations []struct {
			Collection, Field string
			Related           string `json:"related_collection"`
		}
		if err := up.Admin.Get(t.Context(), "/relations", nil, &relations); err != nil {
			t.Fatal(err)
		}
		for _, r := range relations {
			if r.Related == c.Name {
				if err := up.Admin.Delete(t.Context(), "/relations/"+r.Collection+"/"+r.Field); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := up.Admin.Delete(t.Context(), "/collections/"+c.Name); err != nil {
		t.Fatal(err)
	}
	err := up.Admin.Post(t.Context(), "/collections", map[string]any{
		"collection": c.Name, "meta": map[string]any{"singleton": c.Singleton}, "schema": map[string]any{}, "fields": fields,
	}, nil)
	for _, f := range c.Fields {
		if f.Related != "" && err == nil {
			err = up.Admin.Post(t.Context(), "/relations", map[string]any{"collection": c.Name, "field": f.Name, "related_collection": f.Related, "schema": map[string]any{"on_delete": "SET NULL"}}, nil)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	up.EverybodyMay(t, "read", c.Name, "*")
}

// publicPolicy has this id in every Directus.
const publicPolicy = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

func (up Upstream) NewPost(t *testing.T, post map[string]any) {
	t.Helper()
	if err := up.Admin.Post(t.Context(), "/items/posts", post, nil); err != nil {
		t.Fatal(err)
	}
}

// Picture is what a camera makes.
func Picture() string {
	camera := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			camera.Set(x, y, color.RGBA{uint8(90 + x/8), uint8(150 + y/8), uint8(110 + (x+y)/16), 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, camera); err != nil {
		panic(err)
	}
	return file.String()
}

// Painting is a picture of these measures, with noise so that it cannot be packed.
func Painting(width, height int) image.Image {
	painted := image.NewRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			painted.Set(x, y, color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), 128, 255})
		}
	}
	return painted
}

func AsPNG(t *testing.T, painted image.Image) string {
	t.Helper()
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// AvatarOf is the id of a member's picture; "": there is none.
func (up Upstream) AvatarOf(t *testing.T, who Account) string {
	t.Helper()
	id, _ := up.User(t, who)["avatar"].(string)
	return id
}
