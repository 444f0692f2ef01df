package setup

import (
	"strings"
	"testing"
)

func TestContentNotes(t *testing.T) {
	for _, test := range []struct{ kind, editor, format, says string }{
		{"text", "input-rich-text-html", "", ""},
		{"text", "input-rich-text-html", "html", ""},
		{"text", "input-rich-text-html", "markdown", "Set CONTENT_FORMAT=auto or html."},
		{"text", "input-rich-text-md", "", "CONTENT_FORMAT=markdown fits"},
		{"text", "input-rich-text-md", "auto", "CONTENT_FORMAT=markdown fits"},
		{"text", "input-rich-text-md", "html", "as it is typed. Set CONTENT_FORMAT=auto or markdown."},
		{"json", "input-block-editor", "", "block editor"},
		{"text", "input-block-editor", "html", "block editor"},
		{"json", "input-code", "", "cannot show it"},
		{"integer", "input", "", "type integer"},
		{"csv", "tags", "", "type csv"},
		{"text", "input-multiline", "", "editor input-multiline"},
		{"string", "", "", "no editor"},
	} {
		says := contentNote(existingField{kind: test.kind, editor: test.editor}, test.format)
		if (says == "") != (test.says == "") || !strings.Contains(says, test.says) {
			t.Errorf("%s with %s and %q: %q", test.kind, test.editor, test.format, says)
		}
	}
}
