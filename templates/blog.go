package templates

import "time"

// Blog is the list of posts, newest first.
type Blog struct{ Posts []PostSummary }

// PostSummary is a post in the list. Author and date may be missing.
type PostSummary struct {
	Slug      string
	Heading   string
	Published time.Time
	Author    string
}

// Title names the list.
func (Blog) Title() string { return "Blog" }
func (Blog) file() string  { return "blog.html" }
