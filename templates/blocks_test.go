package templates

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hutch/internal/i18n"
)

// everyBlock returns a page with each kind of block, on both surfaces.
func everyBlock() BlockPage {
	hay := Image{ID: fileID, Alt: "Hay on a barn floor", Width: 1600, Height: 900, FocalX: 1500, FocalY: 100}
	posts := make([]PostSummary, 3)
	for i, heading := range []string{"Hay by numbers", "The binky, explained", "First frost checklist"} {
		posts[i] = PostSummary{
			Slug: fmt.Sprintf("post-%d", i+1), Heading: heading, Teaser: "What a rabbit eats in a year, weighed.",
			Published: time.Date(2026, 11, 14, 0, 0, 0, 0, time.UTC), Image: hay, Newest: true,
		}
	}
	return BlockPage{
		Path: "/", Heading: "Home",
		Blocks: []Block{
			Hero{
				BlockHead: BlockHead{Tagline: "Since 1901", Headline: "A home for every rabbit"},
				Text:      "We take in rabbits that nobody wants.\nAnd we find them friends.\n\nCome and see.", Image: hay, Layout: "image_right",
				Buttons: []Button{{Label: "Visit us", URL: "/visit"}, {Label: "Read the blog", URL: "/blog", Variant: "outline"}},
			},
			RichText{
				BlockHead: BlockHead{Tagline: "About us", Headline: "Two barns and a meadow"},
				HTML:      "<p>It began with <em>two</em> hutches.</p><h2>Today</h2><p>There are <a href=\"/about\">sixty</a>.</p>", Alignment: "left",
			},
			Gallery{
				BlockHead: BlockHead{Background: "dark", Tagline: "Pictures", Headline: "A year on the meadow"},
				Images:    []Image{hay, {}, {ID: fileID, Width: 900, Height: 1600}, {ID: fileID, Alt: "Two rabbits in the snow", Width: 1600, Height: 1200}, hay, hay},
			},
			Pricing{
				BlockHead: BlockHead{Tagline: "Sponsor", Headline: "Feed a rabbit"},
				Cards: []PricingCard{
					{Title: "Nibbler", Price: "€5 /month", Description: "Hay for one rabbit.", Features: []string{"A letter in spring", "Visits on Sundays"}, Button: &Button{Label: "Choose Nibbler", URL: "/sponsor/nibbler", Variant: "outline"}},
					{Title: "Grazer", Price: "€15 /month", Badge: "Most popular", Description: "Hay and greens for a pair.", Features: []string{"A letter each season", "Visits on Sundays", "Your name on the barn door"}, Button: &Button{Label: "Choose Grazer", URL: "/sponsor/grazer"}, Highlighted: true},
					{Title: "Warren", Price: "By agreement", Description: "For companies and schools.", Features: []string{"A day on the meadow"}, Button: &Button{Label: "Write to us", URL: "mailto:hello@example.com?subject=Hay", Foreign: true, Variant: "soft"}},
				},
			},
			PostList{BlockHead: BlockHead{Background: "dark", Headline: "From the blog"}, Posts: posts, MorePath: "/blog"},
			Hero{
				BlockHead: BlockHead{Tagline: "Volunteers", Headline: "Lend us an afternoon"},
				Text:      "<p>No experience needed, <strong>only patience</strong>.</p>", Image: hay, Layout: "image_center",
				Buttons: []Button{{Label: "Volunteer", URL: "https://volunteers.example/hutch", Foreign: true, Variant: "solid"}, {Label: "What it takes", URL: "/volunteers", Variant: "ghost"}},
			},
			Unknown{Collection: "block_video"},
			ButtonGroup{Buttons: []Button{{Label: "Donate", URL: "/donate", Variant: "default"}, {Label: "Call us", URL: "tel:+49-30-1234", Foreign: true, Variant: "link"}}},
		},
	}
}

// everyLink returns a site with menus of two levels, both logos and profiles.
func everyLink() Site {
	about := NavLink{Text: "About us", Children: []NavLink{{Text: "Our story", URL: "/about"}, {Text: "Team", URL: "/about/team"}, {Text: "Press", URL: "https://press.example/hutch", Foreign: true}}}
	return Site{
		Name: "Hutch", Tagline: "A home for every rabbit.", Logo: fileID, DarkLogo: fileID + "-dark",
		Navigation: []NavLink{{Text: "Home", URL: "/"}, about, {Text: "Nothing"}, {Text: "Blog", URL: "/blog", Children: []NavLink{{Text: "Authors", URL: "/blog/authors"}}}},
		Footer:     []NavLink{about, {Text: "Privacy", URL: "/privacy"}},
		Social:     []SocialLink{{Service: "github", URL: "https://github.example/hutch"}, {Service: "Fediverse", URL: "https://social.example/@hutch"}},
	}
}

func TestEveryBlock(t *testing.T) {
	page := show(t, everyBlock(), Frame{Site: everyLink(), Path: "/about/team"})
	var outline []string
	for _, heading := range headingsOf(page) {
		outline = append(outline, heading.Data+" "+text(heading))
	}
	want := []string{
		"h1 A home for every rabbit", "h2 Two barns and a meadow", "h3 Today", "h2 A year on the meadow",
		"h2 Feed a rabbit", "h3 Nibbler", "h3 Grazer", "h3 Warren",
		"h2 From the blog", "h3 Hay by numbers", "h3 The binky, explained", "h3 First frost checklist", "h2 Lend us an afternoon",
	}
	if got, want := strings.Join(outline, "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("the outline is\n%s\nwant\n%s", got, want)
	}
	written := page.written
	for what, part := range map[string]string{
		"line breaks in a plain text":                "<p>We take in rabbits that nobody wants.<br/>And we find them friends.</p><p>Come and see.</p>",
		"the HTML of a rich text":                    "<p>No experience needed, <strong>only patience</strong>.</p>",
		"the focal point":                            `class="focus focus-right focus-top"`,
		"a telephone":                                `href="tel:&#43;49-30-1234"`,
		"an email address":                           `href="mailto:hello@example.com?subject=Hay"`,
		"a large image":                              `href="/assets/` + fileID + `?width=1600&amp;format=auto"`,
		"a name for an image without one":            `aria-label="Image 2"`,
		"a price and its unit":                       "<strong>€15</strong> <span>/month</span>",
		"a price without a unit":                     "<strong>By agreement</strong>",
		"a button to another site":                   `href="https://volunteers.example/hutch" rel="external noreferrer"`,
		"the group that the page is in":              `<summary aria-current="true" lang="en" dir="auto">About us</summary>`,
		"the page in its group":                      `href="/about/team" aria-current="page"`,
		"a link that is also the first of its group": `<li><a href="/blog" lang="en" dir="auto">Blog</a></li>`,
		"a profile":                                  ">GitHub</a>",
		"a profile of an unknown service":            ">Fediverse</a>",
		"the image for link previews":                `<meta property="og:image" content="https://hutch.example/assets/` + fileID + `?width=1200`,
		"the description":                            `<meta name="description" content="We take in rabbits that nobody wants. And we find them friends. Come and see.">`,
	} {
		if !strings.Contains(written, part) {
			t.Errorf("the page lacks %s: %s", what, part)
		}
	}
	if strings.Contains(written, "Nothing") {
		t.Error("a group without links is shown")
	}
}

// A landmark has the name of its headline, whose id there is once. A block without a
// headline is none.
func TestBlocksAreNamedLandmarks(t *testing.T) {
	page := show(t, everyBlock(), Frame{})
	ids := map[string]*html.Node{}
	for node := range page.root.Descendants() {
		if id := attribute(node, "id"); id != "" {
			if ids[id] != nil {
				t.Errorf("the id %s is there twice", id)
			}
			ids[id] = node
		}
	}
	landmarks := 0
	for node := range page.root.Descendants() {
		if !strings.HasPrefix(attribute(node, "class"), "block ") {
			continue
		}
		by := attribute(node, "aria-labelledby")
		if isSection := node.DataAtom == atom.Section; isSection != (by != "") {
			t.Errorf("a %s is named by %q", node.Data, by)
		}
		if by != "" {
			landmarks++
			if heading := ids[by]; heading == nil || level(heading) == 0 {
				t.Errorf("no heading has the id %s", by)
			}
		}
	}
	if landmarks != 6 {
		t.Errorf("%d landmarks, want 6", landmarks)
	}
}

// Whatever its blocks lack, a page has exactly one h1.
func TestBlockPagesHaveOneTitle(t *testing.T) {
	prose := RichText{HTML: "<h1>A</h1><h2>B</h2>"}
	for name, test := range map[string]struct {
		page BlockPage
		want string
	}{
		"no block":               {BlockPage{Path: "/", Heading: "Home"}, `h1 "page-title" Home`},
		"no headline":            {BlockPage{Path: "/a", Heading: "Home", Blocks: []Block{prose}}, `h1 "page-title" Home, h2 "" A, h3 "" B`},
		"a hero for a title":     {BlockPage{Path: "/a", Heading: "Home", Blocks: []Block{Hero{}, prose}}, `h1 "visually-hidden" Home, h2 "" A, h3 "" B`},
		"the second headline":    {BlockPage{Path: "/a", Heading: "Home", Blocks: []Block{Hero{}, RichText{BlockHead: BlockHead{Headline: "C"}, HTML: "<h3>D</h3>"}}}, `h1 "" C, h2 "" D`},
		"zero values":            {BlockPage{Blocks: []Block{Hero{}, RichText{}, Gallery{}, Pricing{}, PostList{}, ButtonGroup{}}}, `h1 "visually-hidden" `},
		"cards without headline": {BlockPage{Heading: "Home", Blocks: []Block{Pricing{Cards: []PricingCard{{Title: "A"}}}, PostList{Posts: []PostSummary{{Heading: "B"}}}}}, `h1 "page-title" Home, h2 "" A, h2 "" B`},
	} {
		var outline []string
		for _, heading := range headingsOf(show(t, test.page, Frame{})) {
			outline = append(outline, fmt.Sprintf("%s %q %s", heading.Data, attribute(heading, "class"), text(heading)))
		}
		if got := strings.Join(outline, ", "); got != test.want {
			t.Errorf("%s: the outline is %s, want %s", name, got, test.want)
		}
	}
}

// A hostile value in any field makes no element, no attribute and no address that runs.
func TestBlocksEscape(t *testing.T) {
	for _, hostile := range []string{
		`"><script>alert(1)</script>`, `' onload='alert(1)`, `javascript:alert(1)`, "`${alert(1)}`", `<img src=x onerror=alert(1)>`, `</title></template><svg/onload=alert(1)>`,
	} {
		page, site := everyBlock(), everyLink()
		poison(reflect.ValueOf(&page).Elem(), hostile)
		poison(reflect.ValueOf(&site).Elem(), hostile)
		page.SEO = SEO{Title: hostile, Description: hostile, Image: Image{ID: hostile, Alt: hostile}, NoIndex: true}
		rendered := show(t, page, Frame{Site: site})
		scripts := 0
		for node := range rendered.root.Descendants() {
			switch node.DataAtom {
			case atom.Script:
				scripts++
			case atom.Svg, atom.Iframe, atom.Object:
				t.Errorf("%s makes <%s>", hostile, node.Data)
			}
			for _, a := range node.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") && (a.Key == "href" || a.Key == "src") {
					t.Errorf("%s makes <%s %s=%q>", hostile, node.Data, a.Key, a.Val)
				}
			}
		}
		if scripts != 2 {
			t.Errorf("%s: %d scripts, want ours, which are 2", hostile, scripts)
		}
	}
}

// poison sets every string in a value, but the names by which the parts are told apart.
func poison(v reflect.Value, hostile string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() != reflect.TypeFor[i18n.Message]() {
			v.SetString(hostile)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				poison(f, hostile)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), hostile)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), hostile)
		}
	case reflect.Interface:
		held := reflect.New(v.Elem().Type()).Elem()
		held.Set(v.Elem())
		poison(held, hostile)
		v.Set(held)
	}
}

// A page at the address of the blog gives it a head, and stands around the list.
func TestBlogAround(t *testing.T) {
	read, head := RichText{HTML: "<p>Read on.</p>"}, BlockHead{Headline: "All notes"}
	posts := []PostSummary{{Slug: "hay", Heading: "Hay"}}
	for name, test := range map[string]struct {
		blog Blog
		want string
	}{
		"nothing":            {Blog{}, "h1 Blog, h2 Hay"},
		"a title":            {Blog{Around: BlockPage{Heading: "Notes", Blocks: WithListPlace(nil)}}, "h1 Notes, h2 Hay"},
		"a list in between":  {Blog{Around: BlockPage{Heading: "Notes", Blocks: WithListPlace([]Block{Hero{BlockHead: BlockHead{Headline: "Read"}}, ListPlace{head}, read, ListPlace{head}, Hero{BlockHead: BlockHead{Headline: "More"}}})}}, "h1 Read, h2 All notes, h3 Hay, h2 More"},
		"a list first":       {Blog{Around: BlockPage{Heading: "Notes", Blocks: WithListPlace([]Block{ListPlace{head}, read})}}, "h1 All notes, h2 Hay"},
		"a text, then posts": {Blog{Around: BlockPage{Heading: "Notes", Blocks: WithListPlace([]Block{read})}}, "h1 Notes, h2 Hay"},
		"search results":     {Blog{Search: "hay", Around: BlockPage{Heading: "Notes", Blocks: WithListPlace(nil)}}, "h1 Notes, h2 Hay"},
	} {
		test.blog.Posts, test.blog.Pager = posts, Pager{Path: "/blog", Page: 1}
		page := show(t, test.blog, Frame{})
		var found []string
		for _, heading := range headingsOf(page) {
			found = append(found, heading.Data+" "+strings.TrimSpace(text(heading)))
		}
		if got := strings.Join(found, ", "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		if !strings.Contains(page.written, `<link rel="canonical" href="https://hutch.example/blog">`) || strings.Count(page.written, `id="results"`) != 1 {
			t.Errorf("%s: %s", name, page.written)
		}
	}
}

// Two texts of a page never have the same id.
func TestIDsOfAPage(t *testing.T) {
	text := RichText{HTML: `<h2 id="hay">Hay</h2><p id="straw"><a href="#hay">Up</a></p>`}
	page := show(t, BlockPage{Path: "/", Heading: "Home", Blocks: []Block{text, text, Hero{Text: `<p id="hay">x</p><p id="oats">y</p>`}}}, Frame{})
	for _, id := range []string{"text-hay", "text-straw", "text-oats"} {
		if n := strings.Count(page.written, `id="`+id+`"`); n != 1 {
			t.Errorf("%d elements are called %s", n, id)
		}
	}
}

func TestSEO(t *testing.T) {
	seo := SEO{Title: "Better title", Description: "Better description", Image: Image{ID: "preview", Alt: "A meadow"}, NoIndex: true, NoFollow: true}
	for name, page := range map[string]Page{
		"a page":   BlockPage{Path: "/about", Heading: "About", Blocks: everyBlock().Blocks, SEO: seo},
		"the blog": Blog{Around: BlockPage{Heading: "About", Blocks: everyBlock().Blocks, SEO: seo}},
		"a post":   Post{PostSummary: PostSummary{Slug: "a", Heading: "About", Teaser: "Teaser", Image: Image{ID: fileID}}, SEO: seo},
	} {
		written := show(t, page, Frame{Site: Site{Name: "Hutch"}}).written
		for _, part := range []string{
			"<title>Better title · Hutch</title>", `<meta property="og:title" content="Better title">`,
			`<meta name="description" content="Better description">`, `<meta property="og:description" content="Better description">`,
			`<meta property="og:image" content="https://hutch.example/assets/preview?width=1200`, `<meta property="og:image:alt" content="A meadow">`,
			`<meta name="robots" content="noindex, nofollow">`,
		} {
			if !strings.Contains(written, part) {
				t.Errorf("%s lacks %s", name, part)
			}
		}
	}
	for _, page := range []Page{BlockPage{Path: "/about", Heading: "About"}, Post{PostSummary: PostSummary{Heading: "About"}}} {
		written := show(t, page, Frame{}).written
		if strings.Contains(written, "robots") || !strings.Contains(written, `<meta property="og:image" content="https://hutch.example/card.png">`) || !strings.Contains(written, `content="summary_large_image"`) || !strings.Contains(written, "<title>About · </title>") {
			t.Errorf("without what editors set, %T has\n%s", page, written)
		}
		written = show(t, page, Frame{Site: Site{Image: &Image{ID: fileID}}}).written
		if !strings.Contains(written, `<meta property="og:image" content="https://hutch.example/assets/`+fileID+`?width=1200`) || !strings.Contains(written, `content="summary_large_image"`) {
			t.Errorf("with an image of the site, %T has\n%s", page, written)
		}
	}
}

// A page is described by its first text, by the tagline of its hero if it has none, else as
// the site is.
func TestDescriptions(t *testing.T) {
	hero := Hero{BlockHead: BlockHead{Tagline: "Since <1901>", Headline: "Rabbits"}, Image: Image{ID: fileID}}
	picture := RichText{HTML: `<p><img src="/assets/` + fileID + `"></p>`}
	frame := Frame{Site: Site{Name: "Hutch", Description: "All about rabbits."}}
	for name, test := range map[string]struct {
		page  Page
		frame Frame
		want  string
	}{
		"a text":                   {BlockPage{Heading: "About", Blocks: []Block{hero, RichText{HTML: "<p>Read on.</p>"}}}, frame, "Read on."},
		"a tagline":                {BlockPage{Heading: "About", Blocks: []Block{Gallery{BlockHead: BlockHead{Tagline: "Pictures"}}, hero, picture}}, frame, "Since &lt;1901&gt;"},
		"neither":                  {BlockPage{Heading: "About", Blocks: []Block{picture}}, frame, "All about rabbits."},
		"no block":                 {BlockPage{Heading: "About"}, frame, "All about rabbits."},
		"nothing":                  {BlockPage{Heading: "About"}, Frame{}, "About"},
		"a blog with a tagline":    {Blog{Around: BlockPage{Heading: "Notes", Blocks: []Block{hero}}}, frame, "Since &lt;1901&gt;"},
		"what editors say instead": {BlockPage{Heading: "About", Blocks: []Block{hero}, SEO: SEO{Description: "Better"}}, frame, "Better"},
	} {
		written := show(t, test.page, test.frame).written
		for _, meta := range []string{`name="description"`, `property="og:description"`} {
			if want := "<meta " + meta + ` content="` + test.want + `">`; !strings.Contains(written, want) {
				t.Errorf("%s: there is no %s", name, want)
			}
		}
	}
	for alt, want := range map[string]string{"": "", "Two rabbits": `<meta property="og:image:alt" content="Two rabbits">`} {
		hero.Image.Alt = alt
		for _, page := range []Page{BlockPage{Heading: "About", Blocks: []Block{hero}}, Post{PostSummary: PostSummary{Heading: "About", Image: hero.Image}}} {
			written := show(t, page, Frame{}).written
			if has := strings.Contains(written, "og:image:alt"); has != (want != "") || !strings.Contains(written, want) {
				t.Errorf("%T with the image text %q says what its image shows: %t", page, alt, has)
			}
		}
	}
}

// rendered is a page, written and parsed.
type rendered struct {
	written string
	root    *html.Node
}

func show(t *testing.T, page Page, frame Frame) rendered {
	t.Helper()
	set, language := newSet(t)
	frame.Language, frame.Address = language, "https://hutch.example"
	written, err := set.Render(page, frame, "")
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(written)))
	if err != nil {
		t.Fatal(err)
	}
	return rendered{string(written), root}
}

func headingsOf(page rendered) []*html.Node {
	var headings []*html.Node
	for node := range page.root.Descendants() {
		if level(node) > 0 {
			headings = append(headings, node)
		}
	}
	return headings
}

func TestParagraphs(t *testing.T) {
	for source, want := range map[string]string{
		"":                          "",
		" a\r\nb\r\n\r\n\r\nc\n":    "<p>a<br>b</p><p>c</p>",
		"1 < 2 & <b> makes bold":    "<p>1 &lt; 2 &amp; &lt;b&gt; makes bold</p>",
		"<p>a <em>b</em></p>":       "<p>a <em>b</em></p>",
		"a<br>b":                    "a<br>b",
		"<script>alert(1)</script>": "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
	} {
		if got := paragraphs(source); got != want {
			t.Errorf("%q becomes %q, want %q", source, got, want)
		}
	}
}
