package templates

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hutch/internal/i18n"
)

// Visitors connect to this site only: an embedded video from another site becomes a
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
}

// replaceEmbed replaces a frame, video or audio with a link or a note about what is
// missing. Embeds from unknown sites vanish.
func replaceEmbed(node *html.Node, say say) error {
	source := attribute(node, "src")
	for child := range node.Descendants() {
		if source == "" && child.DataAtom == atom.Source {
			source = attribute(child, "src")
		}
	}
	if strings.HasPrefix(source, "//") {
		source = "https:" + source
	}
	instead, err := insteadOf(node.DataAtom, source, say)
	if err != nil {
		return err
	}
	if instead != nil {
		parent := node.Parent
		switch parent.DataAtom {
		case atom.Div, atom.Section, atom.Article, atom.Blockquote, atom.Figure, atom.Li, atom.Dd, atom.Td, atom.Th, atom.Details:
			paragraph := &html.Node{Type: html.ElementNode, Data: "p", DataAtom: atom.P}
			paragraph.AppendChild(instead)
			instead = paragraph
		default:
			if node.PrevSibling != nil { // keep words apart
				parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, node)
			}
		}
		parent.InsertBefore(instead, node)
	}
	node.Parent.RemoveChild(node)
	return nil
}

// insteadOf returns the replacement of a player; nil for none.
func insteadOf(player atom.Atom, source string, say say) (*html.Node, error) {
	for _, known := range players {
		found := known.frame.FindStringSubmatchIndex(source)
		if found == nil {
			continue
		}
		text, err := say(known.invites, "Name", known.site)
		if err != nil {
			return nil, err
		}
		address := known.frame.ExpandString(nil, known.address, source, found)
		link := &html.Node{Type: html.ElementNode, Data: "a", DataAtom: atom.A, Attr: []html.Attribute{{Key: "href", Val: string(address)}}}
		link.AppendChild(&html.Node{Type: html.TextNode, Data: text})
		return link, nil
	}
	address, err := url.Parse(source)
	if err != nil || player == atom.Iframe || assetID(address) == "" {
		return nil, nil
	}
	// Only images are served (handlers/content/assets.go).
	missing := i18n.Message("content.novideo")
	if player == atom.Audio {
		missing = "content.noaudio"
	}
	text, err := say(missing)
	if err != nil {
		return nil, err
	}
	return &html.Node{Type: html.TextNode, Data: text}, nil
}
