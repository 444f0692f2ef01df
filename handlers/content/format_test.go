package content

import (
	"encoding/base64"
	"encoding/json"
	"hutch/templates"
	"strings"
	"testing"
)

func asJSON(t *testing.T, value any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Each text is what it looks like, unless a setting says what all are.
func TestFormats(t *testing.T) {
	for _, test := range []struct{ name, text, auto, html, markdown string }{
		{"nothing", "", "", "", ""},
		{"HTML", "<p>a *b* c</p>", "<p>a *b* c</p>", "<p>a *b* c</p>", "<p>a *b* c</p>"},
		{"HTML after a comment", "<!-- x --><h2>a</h2>", "<!-- x --><h2>a</h2>", "<!-- x --><h2>a</h2>", "<!-- x --><h2>a</h2>"},
		{"HTML of a program", "a *b* c<br>d", "a *b* c<br>d", "a *b* c<br>d", "<p>a <em>b</em> c<br>d</p>"},
		{"Markdown", "# a\n\nb **c**", "<h1>a</h1>\n<p>b <strong>c</strong></p>", "# a\n\nb **c**", "<h1>a</h1>\n<p>b <strong>c</strong></p>"},
		{"Markdown with HTML", "a <sub>b</sub> *c*", "<p>a <sub>b</sub> <em>c</em></p>", "a <sub>b</sub> *c*", "<p>a <sub>b</sub> <em>c</em></p>"},
		{"Markdown that begins with an address", "<https://example.com> *a*", `<p><a href="https://example.com">https://example.com</a> <em>a</em></p>`, "<https://example.com> *a*", `<p><a href="https://example.com">https://example.com</a> <em>a</em></p>`},
		{"tasks", "- [x] a\n- [ ] b", "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> a</li>\n<li><input disabled=\"\" type=\"checkbox\"> b</li>\n</ul>", "- [x] a\n- [ ] b", "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> a</li>\n<li><input disabled=\"\" type=\"checkbox\"> b</li>\n</ul>"},
		{"struck words", "~~a~~", "<p><del>a</del></p>", "~~a~~", "<p><del>a</del></p>"},
		{"a text", "a < b\n\nc", "<p>a &lt; b</p>\n<p>c</p>", "a < b\n\nc", "<p>a &lt; b</p>\n<p>c</p>"},
		{"a text that begins like JSON", "{a} b", "<p>{a} b</p>", "{a} b", "<p>{a} b</p>"},
	} {
		for format, want := range map[string]string{FormatAuto: test.auto, FormatHTML: test.html, FormatMarkdown: test.markdown} {
			if got, ok := NewFormat(format).html(asJSON(t, test.text)); !ok || strings.TrimSpace(got) != want {
				t.Errorf("%s as %s: %q, %t, want %q", test.name, format, got, ok, want)
			}
		}
	}
	for _, odd := range []string{`1`, `true`, `[]`, `["a"]`, `{}`, `{"type":"doc","content":[]}`, `{"blocks":"x"}`, `[{"item":1}]`} {
		if got, ok := NewFormat(FormatAuto).html([]byte(odd)); ok {
			t.Errorf("%s is shown as %q", odd, got)
		}
	}
	if got, ok := NewFormat(FormatAuto).html([]byte("null")); !ok || got != "" {
		t.Errorf("null is shown as %q", got)
	}
}

// Every tool of Directus' block editor keeps its meaning, or words stand in its place.
func TestBlocks(t *testing.T) {
	for _, test := range []struct{ name, block, want string }{
		{"paragraph", `{"type":"paragraph","data":{"text":"a <b>b</b>"},"tunes":{"alignment":{"alignment":"center"}}}`, `<p align="center">a <b>b</b></p>`},
		{"paragraph with odd tunes", `{"type":"paragraph","data":{"text":"a"},"tunes":[1]}`, "<p>a</p>"},
		{"header", `{"type":"header","data":{"text":"a","level":3}}`, "<h3>a</h3>"},
		{"header without a level", `{"type":"header","data":{"text":"a"}}`, "<h1>a</h1>"},
		{"nestedlist", `{"type":"nestedlist","data":{"style":"ordered","items":[{"content":"a","items":[{"content":"b","items":[]}]}]}}`, "<ol><li>a<ol><li>b</li></ol></li></ol>"},
		{"list of the first version", `{"type":"list","data":{"style":"unordered","items":["a","b"]}}`, "<ul><li>a</li><li>b</li></ul>"},
		{"list of the second version", `{"type":"list","data":{"style":"checklist","meta":{},"items":[{"content":"a","meta":{"checked":true},"items":[]}]}}`, `<ul><li><input type="checkbox" checked> a</li></ul>`},
		{"checklist", `{"type":"checklist","data":{"items":[{"text":"a","checked":true},{"text":"b","checked":false}]}}`, `<ul><li><input type="checkbox" checked> a</li><li><input type="checkbox"> b</li></ul>`},
		{"quote", `{"type":"quote","data":{"text":"a","caption":"b","alignment":"left"}}`, `<blockquote><p align="left">a</p><p align="left"><cite>b</cite></p></blockquote>`},
		{"code", `{"type":"code","data":{"code":"a < b"}}`, "<pre><code>a &lt; b</code></pre>"},
		{"delimiter", `{"type":"delimiter","data":{}}`, "<hr>"},
		{"table", `{"type":"table","data":{"withHeadings":true,"stretched":false,"content":[["a","b"],["c","<i>d</i>"]]}}`, "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td><i>d</i></td></tr></table>"},
		{"image", `{"type":"image","data":{"caption":"a","withBorder":false,"file":{"width":1,"height":1,"name":"b.png","title":"B","fileId":"x","fileURL":"http://d/files/x","url":"/assets/x?access_token=y"}}}`, `<figure><img src="/assets/x?access_token=y" alt=""><figcaption>a</figcaption></figure>`},
		{"image without a caption", `{"type":"image","data":{"caption":"","file":{"title":"B \"c\"","fileId":"x"}}}`, `<figure><img src="/assets/x" alt="B &#34;c&#34;"></figure>`},
		{"image without a file", `{"type":"image","data":{}}`, templates.Unshown},
		{"attaches", `{"type":"attaches","data":{"title":"a","file":{"url":"/assets/x","name":"b.pdf","size":3,"extension":"pdf"}}}`, `<p><a href="/assets/x">a</a></p>`},
		{"attaches without a title", `{"type":"attaches","data":{"title":"","file":{"url":"/assets/x","name":"<b>.pdf"}}}`, `<p><a href="/assets/x">&lt;b&gt;.pdf</a></p>`},
		{"embed", `{"type":"embed","data":{"service":"youtube","source":"https://youtu.be/x","embed":"https://www.youtube.com/embed/x","width":580,"height":320,"caption":"a"}}`, `<figure><iframe src="https://youtu.be/x"></iframe><figcaption>a</figcaption></figure>`},
		{"raw", `{"type":"raw","data":{"html":"<p>a</p>"}}`, "<p>a</p>"},
		{"warning", `{"type":"warning","data":{"title":"a","message":"b"}}`, "<blockquote><p><strong>a</strong></p><p>b</p></blockquote>"},
		{"linkTool", `{"type":"linkTool","data":{"link":"https://example.com/","meta":{"title":"a"}}}`, `<p><a href="https://example.com/">a</a></p>`},
		{"toggle", `{"type":"toggle","data":{"text":"a","items":1,"fk":"y","status":"open"}},{"type":"paragraph","data":{"text":"b"}},{"type":"paragraph","data":{"text":"c"}}`, "<details><summary>a</summary><p>b</p>\n</details>\n<p>c</p>"},
		{"toggle of more than there are", `{"type":"toggle","data":{"text":"a","items":9}}`, "<details><summary>a</summary></details>"},
		{"plugin with words", `{"type":"callout","data":{"text":"a"}}`, "<p>a</p>"},
		{"plugins without words", `{"type":"chart","data":{"points":[1]}},{"type":"map","data":{}},{"type":"paragraph","data":{"text":"a"}}`, templates.Unshown + "\n<p>a</p>"},
		{"odd blocks", `1,null,{"type":3},{"type":"header","data":{"text":[]}},{"type":"list","data":{"items":3}}`, templates.Unshown},
	} {
		document := `{"time":1,"version":"2.31.5","blocks":[` + test.block + `]}`
		for how, value := range map[string]json.RawMessage{"JSON": json.RawMessage(document), "text": asJSON(t, document)} {
			for _, format := range []string{FormatAuto, FormatHTML, FormatMarkdown} {
				if got, ok := NewFormat(format).html(value); !ok || strings.TrimSpace(got) != test.want {
					t.Errorf("%s as %s, %s:\n  got  %s, %t\n  want %s", test.name, how, format, got, ok, test.want)
				}
			}
		}
	}
}

// tinyPNG is one dot.
const tinyPNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// Only what is a picture made of dots is taken out of a text, whatever it says it is.
func TestPastedPictures(t *testing.T) {
	address := func(hash string) string { return "/" + hash[:4] }
	dot := `<img src="/` + (pictureOf(t, tinyPNG)).hash()[:4] + `">`
	for _, test := range []struct{ name, html, want string }{
		{"picture", `<p>a<img src="data:image/png;base64,` + tinyPNG + `"> <B>b</p>`, "<p>a" + dot + " <B>b</p>"},
		{"with other words around it", `<IMG SRC=' DATA:image/jpeg;charset=x;base64,` + tinyPNG[:20] + "\n" + tinyPNG[20:] + `'>`, dot},
		{"escaped", `<img src="data:image/png;base64,` + strings.TrimRight(tinyPNG, "=") + `%3D%3D">`, dot},
		{"drawing", `<img src="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString([]byte("<svg onload=x>")) + `">`, `<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9eD4=">`},
		{"page that says it is a picture", `<img src="data:image/png;base64,` + base64.StdEncoding.EncodeToString([]byte("<html>")) + `">`, `<img src="data:image/png;base64,PGh0bWw+">`},
		{"not base64", `<img src="data:image/png,x"><img src="data:image/png;base64,?">`, `<img src="data:image/png,x"><img src="data:image/png;base64,?">`},
		{"in a link", `<a href="data:image/png;base64,` + tinyPNG + `">a</a>`, `<a href="data:image/png;base64,` + tinyPNG + `">a</a>`},
	} {
		if got, _ := cutPictures(test.html, address); got != test.want {
			t.Errorf("%s:\n  got  %s\n  want %s", test.name, got, test.want)
		}
	}
}

func pictureOf(t *testing.T, data string) picture {
	t.Helper()
	found, ok := decodePicture("data:image/png;base64," + data)
	if !ok {
		t.Fatal("it is no picture")
	}
	return found
}
