package content

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"hutch/templates"
	"regexp"
	"strings"
)

// Directus' block editor is Editor.js: a list of blocks, each with a type and data of
// its own. The texts in them are HTML.

// blockDocument is what the editor stores.
type blockDocument struct {
	Blocks []json.RawMessage `json:"blocks"`
}

type block struct {
	Type  string          `json:"type"`
	Data  json.RawMessage `json:"data"`
	Tunes json.RawMessage `json:"tunes"`
}

// side is where the block's text is aligned, if that was chosen.
func (b block) side() string {
	var tunes struct {
		Alignment struct {
			Alignment string `json:"alignment"`
		} `json:"alignment"`
	}
	_ = json.Unmarshal(b.Tunes, &tunes)
	return tunes.Alignment.Alignment
}

// blockData has the data of all kinds of blocks. Each uses a few of these.
type blockData struct {
	Text      string                 `json:"text"`
	Title     string                 `json:"title"`
	Message   string                 `json:"message"`
	Caption   string                 `json:"caption"`
	Alt       string                 `json:"alt"`
	HTML      string                 `json:"html"`
	Code      string                 `json:"code"`
	Level     int                    `json:"level"`
	Style     string                 `json:"style"`
	Alignment string                 `json:"alignment"`
	Headings  bool                   `json:"withHeadings"`
	Rows      [][]string             `json:"content"`
	Source    string                 `json:"source"`
	Embed     string                 `json:"embed"`
	Link      string                 `json:"link"`
	URL       string                 `json:"url"`
	File      blockFile              `json:"file"`
	Meta      struct{ Title string } `json:"meta"`
}

type blockFile struct {
	ID    string `json:"fileId"`
	URL   string `json:"url"`
	Name  string `json:"name"`
	Title string `json:"title"`
}

// blockItem is an item of a list: its text alone, or with what belongs to it.
type blockItem struct {
	Content string                 `json:"content"`
	Text    string                 `json:"text"`
	Checked bool                   `json:"checked"`
	Meta    struct{ Checked bool } `json:"meta"`
	Items   []blockItem            `json:"items"`
}

// UnmarshalJSON also accepts the text alone.
func (i *blockItem) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &i.Text) == nil {
		return nil
	}
	type whole blockItem
	return json.Unmarshal(data, (*whole)(i))
}

// blocksHTML returns the blocks as HTML. ok is false if it is no such document.
func blocksHTML(value json.RawMessage) (source string, ok bool) {
	var document blockDocument
	if json.Unmarshal(value, &document) != nil || document.Blocks == nil {
		return "", false
	}
	return writeBlocks(document.Blocks), true
}

func writeBlocks(blocks []json.RawMessage) string {
	var written strings.Builder
	last := ""
	for len(blocks) > 0 {
		var b block
		_ = json.Unmarshal(blocks[0], &b) // odd: of no type that is known
		blocks = blocks[1:]
		source := ""
		if b.Type == "toggle" {
			var within int
			source, within = writeToggle(b.Data, blocks)
			blocks = blocks[within:]
		} else {
			source = writeBlock(b)
		}
		if source == templates.Unshown && last == templates.Unshown { // said once
			continue
		}
		written.WriteString(source + "\n")
		last = source
	}
	return written.String()
}

// writeToggle writes a block that hides the ones after it, and says how many.
func writeToggle(data json.RawMessage, following []json.RawMessage) (source string, within int) {
	var toggle struct {
		Text  string `json:"text"`
		Items int    `json:"items"`
	}
	if json.Unmarshal(data, &toggle) != nil {
		return templates.Unshown, 0
	}
	within = min(max(toggle.Items, 0), len(following))
	inside := writeBlocks(following[:within])
	return "<details><summary>" + toggle.Text + "</summary>" + inside + "</details>", within
}

func writeBlock(b block) string {
	switch b.Type {
	case "list", "nestedlist", "checklist":
		return writeList(b)
	case "delimiter":
		return "<hr>"
	}
	var d blockData
	if json.Unmarshal(b.Data, &d) != nil {
		return templates.Unshown
	}
	aligned := alignment(cmp.Or(d.Alignment, b.side()))
	switch b.Type {
	case "paragraph":
		return "<p" + aligned + ">" + d.Text + "</p>"
	case "header":
		return fmt.Sprintf("<h%d%s>%s</h%[1]d>", min(max(d.Level, 1), 6), aligned, d.Text)
	case "quote":
		quote := "<blockquote><p" + aligned + ">" + d.Text + "</p>"
		if d.Caption != "" {
			quote += "<p" + aligned + "><cite>" + d.Caption + "</cite></p>"
		}
		return quote + "</blockquote>"
	case "warning", "alert":
		warning := "<blockquote>"
		if d.Title != "" {
			warning += "<p><strong>" + d.Title + "</strong></p>"
		}
		return warning + "<p>" + d.Message + "</p></blockquote>"
	case "code":
		return "<pre><code>" + html.EscapeString(d.Code) + "</code></pre>"
	case "raw":
		return d.HTML
	case "table":
		return writeTable(d)
	case "image", "simpleImage":
		return writeImage(d)
	case "attaches":
		return linkTo(d.File.address(), cmp.Or(d.Title, html.EscapeString(cmp.Or(d.File.Title, d.File.Name, d.File.address()))))
	case "linkTool":
		return linkTo(d.Link, html.EscapeString(cmp.Or(d.Meta.Title, d.Link)))
	case "embed":
		return writeEmbed(d)
	}
	if d.Text == "" {
		return templates.Unshown
	}
	return "<p>" + d.Text + "</p>" // of a plugin; its words count
}

func linkTo(address, text string) string {
	if address == "" {
		return templates.Unshown
	}
	return `<p><a href="` + html.EscapeString(address) + `">` + text + "</a></p>"
}

var sides = regexp.MustCompile(`^(left|center|right)$`)

func alignment(side string) string {
	if !sides.MatchString(side) {
		return ""
	}
	return ` align="` + side + `"`
}

func writeList(b block) string {
	var list struct {
		Style string      `json:"style"`
		Items []blockItem `json:"items"`
	}
	if json.Unmarshal(b.Data, &list) != nil {
		return templates.Unshown
	}
	if b.Type == "checklist" {
		list.Style = b.Type
	}
	return writeItems(list.Style, list.Items)
}

func writeItems(style string, items []blockItem) string {
	tag := "ul"
	if style == "ordered" {
		tag = "ol"
	}
	written := "<" + tag + ">"
	for _, item := range items {
		written += "<li>"
		switch {
		case style == "checklist" && (item.Checked || item.Meta.Checked):
			written += `<input type="checkbox" checked> `
		case style == "checklist":
			written += `<input type="checkbox"> `
		}
		written += cmp.Or(item.Content, item.Text)
		if len(item.Items) > 0 {
			written += writeItems(style, item.Items)
		}
		written += "</li>"
	}
	return written + "</" + tag + ">"
}

func writeTable(d blockData) string {
	written := "<table>"
	for i, row := range d.Rows {
		cell := "td"
		if i == 0 && d.Headings {
			cell = "th"
		}
		written += "<tr>"
		for _, text := range row {
			written += "<" + cell + ">" + text + "</" + cell + ">"
		}
		written += "</tr>"
	}
	return written + "</table>"
}

// writeImage writes a picture with its caption. The name of the file describes it
// only if nothing else does.
func writeImage(d blockData) string {
	address := cmp.Or(d.File.address(), d.URL)
	if address == "" {
		return templates.Unshown
	}
	alt := d.Alt
	if alt == "" && d.Caption == "" {
		alt = d.File.Title
	}
	picture := `<figure><img src="` + html.EscapeString(address) + `" alt="` + html.EscapeString(alt) + `">`
	if d.Caption != "" {
		picture += "<figcaption>" + d.Caption + "</figcaption>"
	}
	return picture + "</figure>"
}

// writeEmbed writes a frame, in whose place the templates put a link.
func writeEmbed(d blockData) string {
	frame := `<figure><iframe src="` + html.EscapeString(cmp.Or(d.Source, d.Embed)) + `"></iframe>`
	if d.Caption != "" {
		frame += "<figcaption>" + d.Caption + "</figcaption>"
	}
	return frame + "</figure>"
}

// address is that of a file, as Directus wrote it, or by its id.
func (f blockFile) address() string {
	if f.URL == "" && f.ID != "" {
		return "/assets/" + f.ID
	}
	return f.URL
}
