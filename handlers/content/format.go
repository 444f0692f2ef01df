package content

import (
	"bytes"
	"encoding/json"
	"hutch/templates"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// The ways in which texts in fields named content may be written: CONTENT_FORMAT.
const (
	FormatAuto     = "auto" // each text is looked at
	FormatHTML     = "html"
	FormatMarkdown = "markdown"
)

// Format turns what a field holds into HTML. Nothing in that is safe before the
// templates have sanitised it.
type Format struct {
	name     string
	markdown goldmark.Markdown
}

// NewFormat returns the format of this name.
func NewFormat(name string) Format {
	// Directus' own preview of Markdown shows tables and struck words, and lets HTML
	// through.
	return Format{name, goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))}
}

// html returns the content of an item: HTML, Markdown, or the JSON of Directus' block
// editor, as text or as it is. ok is false if it is something else.
func (f Format) html(value json.RawMessage) (source string, ok bool) {
	if len(value) == 0 || string(value) == "null" {
		return "", true
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return blocksHTML(value)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if source, ok := blocksHTML([]byte(text)); ok {
			return source, true
		}
	}
	if f.name == FormatMarkdown || f.name != FormatHTML && !looksLikeHTML(text) {
		var written bytes.Buffer
		if err := f.markdown.Convert([]byte(text), &written); err == nil {
			return written.String(), true
		}
	}
	return text, true
}

var (
	leadingTag = regexp.MustCompile(`^\s*(<!--|</?[A-Za-z])`)
	blockTag   = regexp.MustCompile(`(?i)</?(p|div|h[1-6]|ul|ol|li|blockquote|figure|section|article|br)[\s>/]`)
)

// looksLikeHTML reports whether a text was made with an editor of HTML: those begin
// with a tag, or, if a program wrote it, have paragraphs, lists and line breaks as
// tags. Markdown has its own signs for these.
func looksLikeHTML(text string) bool {
	return leadingTag.MatchString(text) && !strings.HasPrefix(strings.TrimSpace(text), "<http") || blockTag.MatchString(text)
}

// contentHTML returns the content of an item as HTML. Pictures that were pasted into
// it have an address of their own.
func (s *Source) contentHTML(collection, name string, value json.RawMessage) string {
	source, ok := s.Format.html(value)
	if !ok {
		s.Log.WarnOnce("a content cannot be shown: it is neither text nor of the block editor", "collection", collection, "item", name, "field", "content")
		return templates.Unshown
	}
	if source, _ = cutPictures(source, picturePath(collection, name)); len(source) > maxText {
		s.Log.WarnOnce("a content is too large to be shown", "collection", collection, "item", name, "field", "content")
		return templates.TooLarge
	}
	return source
}
