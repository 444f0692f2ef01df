package templates

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hutch/internal/i18n"
)

// Visitors connect to this site only: what another site would show in a frame becomes a
// link that they may follow.

// players are the embed URLs of popular sites, and the page that shows the same
// without a frame. The first match is used.
var players = []struct {
	frame   *regexp.Regexp
	site    string
	address string // built from parts of the embed URL; nothing else an editor wrote
	invites i18n.Message
}{
	{regexp.MustCompile(`^https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/videoseries\?(?:.*&)?list=([\w-]+)`), "YouTube", "https://www.youtube.com/playlist?list=$1", "content.watch"},
	{regexp.MustCompile(`^https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)\?(?:.*&)?start=([0-9]+)`), "YouTube", "https://www.youtube.com/watch?v=$1&t=$2", "content.watch"},
	{regexp.MustCompile(`^https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)`), "YouTube", "https://www.youtube.com/watch?v=$1", "content.watch"},
	{regexp.MustCompile(`^https?://(?:www\.|m\.)?youtube\.com/watch\?(?:.*&)?v=([\w-]+)`), "YouTube", "https://www.youtube.com/watch?v=$1", "content.watch"},
	{regexp.MustCompile(`^https?://youtu\.be/([\w-]+)`), "YouTube", "https://www.youtube.com/watch?v=$1", "content.watch"},
	{regexp.MustCompile(`^https?://player\.vimeo\.com/video/([0-9]+)\?(?:.*&)?h=([0-9a-f]+)`), "Vimeo", "https://vimeo.com/$1/$2", "content.watch"}, // unlisted
	{regexp.MustCompile(`^https?://(?:player\.vimeo\.com/video|vimeo\.com)/([0-9]+)`), "Vimeo", "https://vimeo.com/$1", "content.watch"},
	{regexp.MustCompile(`^https?://(?:www\.)?dailymotion\.com/(?:embed/)?video/(\w+)`), "Dailymotion", "https://www.dailymotion.com/video/$1", "content.watch"},
	{regexp.MustCompile(`^https?://geo\.dailymotion\.com/player(?:/\w+)?\.html\?(?:.*&)?video=(\w+)`), "Dailymotion", "https://www.dailymotion.com/video/$1", "content.watch"},
	{regexp.MustCompile(`^https?://open\.spotify\.com/embed/(\w+)/(\w+)`), "Spotify", "https://open.spotify.com/$1/$2", "content.listen"},
	{regexp.MustCompile(`^https?://w\.soundcloud\.com/player/?\?(?:.*&)?url=https(?:%3A|:)(?:%2F|/){2}soundcloud\.com(?:%2F|/)([\w-]+)(?:%2F|/)([\w-]+)`), "SoundCloud", "https://soundcloud.com/$1/$2", "content.listen"},
	// Google shows its embedded maps in frames only.
	{regexp.MustCompile(`^https?://(?:www\.)?google\.[a-z.]+/maps/embed\?(?:.*&)?pb=[^&]*!2d(-?[0-9.]+)!3d(-?[0-9.]+)`), "Google Maps", "https://www.google.com/maps?q=$2,$1", "content.map"},
	{regexp.MustCompile(`^https?://(?:www\.|maps\.)?google\.[a-z.]+/maps(?:/embed/v1/place)?\?(?:.*&)?q=([^&#]+)`), "Google Maps", "https://www.google.com/maps?q=$1", "content.map"},
	{regexp.MustCompile(`^https?://(?:www\.)?openstreetmap\.org/export/embed\.html\?(?:.*&)?marker=(-?[0-9.]+)(?:%2C|,)(-?[0-9.]+)`), "OpenStreetMap", "https://www.openstreetmap.org/?mlat=$1&mlon=$2", "content.map"},
	{regexp.MustCompile(`^https?://(?:www\.)?openstreetmap\.org/export/embed\.html\?(?:.*&)?bbox=(-?[0-9.]+)(?:%2C|,)(-?[0-9.]+)(?:%2C|,)(-?[0-9.]+)(?:%2C|,)(-?[0-9.]+)`), "OpenStreetMap", "https://www.openstreetmap.org/?bbox=$1,$2,$3,$4", "content.map"},
}

// embeds are the elements that show something from elsewhere.
var embeds = map[atom.Atom]bool{atom.Iframe: true, atom.Video: true, atom.Audio: true, atom.Object: true, atom.Embed: true, atom.Canvas: true, atom.Applet: true}

// translateEmbed lets a film or a recording of Directus be played, and replaces anything
// else with a link that names its site, or with words.
func (r richText) translateEmbed(node *html.Node, say say) error {
	source := r.withoutDirectus(embedSource(node))
	address, err := url.Parse(source)
	file := err == nil && assetID(address) != ""
	played := file && (node.DataAtom == atom.Video || node.DataAtom == atom.Audio)
	for _, known := range players {
		if found := known.frame.FindStringSubmatchIndex(source); found != nil {
			text, err := say(known.invites, "Name", known.site)
			if err != nil {
				return err
			}
			replaceWith(node, linkFrom(node, string(known.frame.ExpandString(nil, known.address, source, found)), text))
			return nil
		}
	}
	switch site := siteOf(source); {
	case file:
		text, err := say("content.file")
		if err != nil {
			return err
		}
		link := linkFrom(node, "/assets/"+assetID(address), text)
		if !played {
			replaceWith(node, link)
			return nil
		}
		play(node, assetID(address), link)
		return nil
	case site != "":
		text, err := r.invitation(node, site, say)
		if err != nil {
			return err
		}
		replaceWith(node, linkFrom(node, source, text))
		return nil
	}
	return replace(node, "", say)
}

// invitation is the text of a link to what cannot be shown here.
func (r richText) invitation(node *html.Node, site string, say say) (string, error) {
	title := strings.Join(strings.Fields(r.withoutDirectus(attribute(node, "title"))), " ")
	switch {
	case title != "":
		return say("content.titled", "Title", title, "Name", site)
	case node.DataAtom == atom.Video:
		return say("content.watch", "Name", site)
	case node.DataAtom == atom.Audio:
		return say("content.listen", "Name", site)
	}
	return say("content.open", "Name", site)
}

// embedSource is the address of what an element shows.
func embedSource(node *html.Node) string {
	source := attribute(node, "src")
	if node.DataAtom == atom.Object {
		source = attribute(node, "data")
	}
	for child := range node.Descendants() {
		if source == "" && (child.DataAtom == atom.Source || child.DataAtom == atom.Embed) {
			source = attribute(child, "src")
		}
	}
	if source = strings.TrimSpace(source); strings.HasPrefix(source, "//") {
		source = "https:" + source
	}
	return source
}

// play makes a player of a file. Browsers without players show the link.
func play(node *html.Node, id string, link *html.Node) {
	width, height, loop := attribute(node, "width"), attribute(node, "height"), false
	for _, a := range node.Attr {
		loop = loop || a.Key == "loop"
	}
	node.Attr = []html.Attribute{{Key: "src", Val: "/assets/" + id}, {Key: "controls"}, {Key: "preload", Val: "metadata"}}
	if loop {
		node.Attr = append(node.Attr, html.Attribute{Key: "loop"})
	}
	if node.DataAtom == atom.Video {
		setAttribute(node, "width", width)
		setAttribute(node, "height", height)
	}
	if child := node.FirstChild; child != nil && child.NextSibling == nil && child.Type == html.TextNode && child.Data == wordsIn(link) {
		return // our own, in HTML that was sanitised before, of a film within a link
	}
	for child := node.FirstChild; child != nil; child = node.FirstChild {
		node.RemoveChild(child)
	}
	node.AppendChild(link)
}

// wordsIn returns the text of a link, or of words that stand for one.
func wordsIn(node *html.Node) string {
	if node.Type == html.TextNode {
		return node.Data
	}
	return text(node)
}

// holdsParagraphs are the elements in which whole paragraphs stand.
var holdsParagraphs = map[atom.Atom]bool{
	atom.Div: true, atom.Section: true, atom.Article: true, atom.Blockquote: true, atom.Figure: true, atom.Li: true, atom.Dd: true, atom.Td: true, atom.Th: true, atom.Details: true,
}

// replaceWith puts one node in the place of another. Where whole paragraphs stand, it
// becomes one.
func replaceWith(node, instead *html.Node) {
	parent := node.Parent
	if node.DataAtom != atom.Img && holdsParagraphs[parent.DataAtom] {
		paragraph := &html.Node{Type: html.ElementNode, Data: "p", DataAtom: atom.P}
		paragraph.AppendChild(instead)
		instead = paragraph
	} else {
		space := func() *html.Node { return &html.Node{Type: html.TextNode, Data: " "} } // keeps words apart
		if node.PrevSibling != nil {
			parent.InsertBefore(space(), node)
		}
		if node.NextSibling != nil {
			parent.InsertBefore(space(), node.NextSibling)
		}
	}
	parent.InsertBefore(instead, node)
	parent.RemoveChild(node)
}

// replace puts words in the place of what cannot be shown: these, or a note that it
// cannot.
func replace(node *html.Node, words string, say say) error {
	if words == "" {
		message := i18n.Message("content.unshown")
		if attribute(node, "type") == tooLarge {
			message = "content.toolarge"
		}
		var err error
		if words, err = say(message); err != nil {
			return err
		}
	}
	replaceWith(node, &html.Node{Type: html.TextNode, Data: words})
	return nil
}

// wordsOfDrawing are what a drawing calls itself, or what a formula says.
func wordsOfDrawing(root *html.Node) string {
	var said []string
	for node := range root.Descendants() {
		if node.Type != html.TextNode || node.Parent.Data == "script" || node.Parent.Data == "style" || strings.HasPrefix(node.Parent.Data, "annotation") {
			continue
		}
		if root.Data == "math" || node.Parent.Data == "title" || node.Parent.Data == "text" || node.Parent.Data == "tspan" {
			said = append(said, strings.Fields(node.Data)...)
		}
	}
	return strings.Join(said, " ")
}

// translateComment makes a line of a page break; other comments are for nobody.
func translateComment(node *html.Node) {
	parent := node.Parent
	if strings.TrimSpace(node.Data) == "pagebreak" {
		line := &html.Node{Type: html.ElementNode, Data: "hr", DataAtom: atom.Hr}
		if parent.DataAtom == atom.P && strings.TrimSpace(text(parent)) == "" && parent.Parent != nil {
			parent.Parent.InsertBefore(line, parent) // which TinyMCE made for it alone
		} else {
			parent.InsertBefore(line, node)
		}
	}
	parent.RemoveChild(node)
}

// translateInput keeps what a list of tasks says; other inputs are part of no text.
func translateInput(node *html.Node) {
	if strings.EqualFold(attribute(node, "type"), "checkbox") {
		sign := "☐ "
		for _, a := range node.Attr {
			if a.Key == "checked" {
				sign = "☑ "
			}
		}
		node.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: sign}, node)
	}
	node.Parent.RemoveChild(node)
}
