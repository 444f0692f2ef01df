package templates

import "time"

// Blog is one page of the list of posts, newest first.
type Blog struct {
	Content
	Posts []PostSummary
	Pager Pager
}

// PostSummary is a post in the list. Author and date may be missing.
type PostSummary struct {
	Slug      string
	Heading   string
	Published time.Time
	Author    string
}

func (Blog) file() string { return "blog.html" }
