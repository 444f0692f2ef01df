package templates

// SEO is what editors set for search engines and link previews. An empty field
// leaves what the page says by itself.
type SEO struct {
	Title, Description string
	Image              Image // for link previews; no ID for none
	NoIndex, NoFollow  bool
}

// Robots returns the content of the robots meta tag, which the X-Robots-Tag header
// repeats; "" if nothing is forbidden.
func (s SEO) Robots() string {
	switch {
	case s.NoIndex && s.NoFollow:
		return "noindex, nofollow"
	case s.NoIndex:
		return "noindex"
	case s.NoFollow:
		return "nofollow"
	}
	return ""
}

// Robots is [SEO.Robots] of the page.
func (p Post) Robots() string { return p.SEO.Robots() }

// Robots is [SEO.Robots] of the page.
func (p BlockPage) Robots() string { return p.SEO.Robots() }

// apply puts what editors set over what the page says by itself.
func (s SEO) apply(meta Meta) Meta {
	if s.Image.ID != "" {
		meta.Image = &s.Image
	}
	meta.Robots = s.Robots()
	return meta
}
