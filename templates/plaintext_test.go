package templates

import "testing"

func TestPlainText(t *testing.T) {
	for source, want := range map[string]string{
		"": "", "Hay by numbers": "Hay by numbers", "Two\nlines": "Two\nlines",
		"<p>Eight weeks of <strong>weighing</strong> &amp; waiting.</p>": "Eight weeks of weighing & waiting.",
		"<p>One.</p>\n<p>Two.</p>":                                       "One. Two.",
		"One<br>two":                                                     "One two",
		"<h2>A</h2><ul><li>b</li></ul>":                                  "A b",
		"<p>&nbsp;</p>":                                                  "",
		"<p><br></p>":                                                    "",
		`<p><img src="/assets/x" alt="y"></p>`:                           "",
		// Plain texts that look a little like HTML.
		"a < b, and b > a":          "a < b, and b > a",
		"AT&amp;T":                  "AT&amp;T",
		"The <p> element":           "The <p> element",
		"</p> and </body>":          "</p> and </body>",
		"I <3 hay":                  "I <3 hay",
		"<script>alert(1)</script>": "<script>alert(1)</script>",
		"<p><script>x</script></p>": "<p><script>x</script></p>",
	} {
		if got := PlainText(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}
