package setup

import "fmt"

// contentNote says what an existing field named content is written with, if it is not
// the editor that setup would give it, and which CONTENT_FORMAT fits; "" if there is
// nothing to say. format is the setting as it is.
func contentNote(f existingField, format string) string {
	text := f.kind == "text" || f.kind == "string"
	switch {
	case f.editor == "input-block-editor" && (text || f.kind == "json"):
		return "Its field content has the block editor. Hutch shows the blocks that it knows and says so where it cannot show one; CONTENT_FORMAT does not matter."
	case f.kind == "json":
		return "Its field content has the type json and is not of the block editor. Hutch cannot show it: pages say so in its place, unless it holds what the block editor writes."
	case !text:
		return fmt.Sprintf("Its field content has the type %s instead of text. Hutch cannot show it: pages say so in its place.", f.kind)
	case f.editor == "input-rich-text-md" && format == "html":
		return "Its field content is written in Markdown, and CONTENT_FORMAT=html shows that as it is typed. Set CONTENT_FORMAT=auto or markdown."
	case f.editor == "input-rich-text-md":
		return "Its field content is written in Markdown. CONTENT_FORMAT=auto recognises that; CONTENT_FORMAT=markdown fits if all contents are."
	case f.editor == "input-rich-text-html" && format == "markdown":
		return "Its field content has the rich text editor, which writes HTML. Set CONTENT_FORMAT=auto or html."
	case f.editor == "input-rich-text-html":
		return ""
	case f.editor == "":
		return "Its field content has no editor of its own. With CONTENT_FORMAT=auto, what has tags is HTML and any other text is Markdown."
	}
	return fmt.Sprintf("Its field content has the editor %s. With CONTENT_FORMAT=auto, what has tags is HTML and any other text is Markdown.", f.editor)
}
