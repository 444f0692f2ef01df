package templates

import (
	"strings"
	"testing"
)

// What the buttons of Directus' rich text editor write: those of TinyMCE (Directus 10
// and 11) and of Tiptap (12), by the names that the field's toolbar option has. Each
// keeps its meaning, or words say what is missing.
func TestEveryButtonOfTheToolbar(t *testing.T) {
	rich, say := newRichText("https://directus.internal", "https://hutch.example"), english(t)
	for _, button := range []struct{ name, html, want string }{
		{"bold", "<p><strong>a</strong></p>", "<p><strong>a</strong></p>"},
		{"italic", "<p><em>a</em></p>", "<p><em>a</em></p>"},
		{"underline, TinyMCE", `<p><span style="text-decoration: underline;">a</span></p>`, "<p><u>a</u></p>"},
		{"underline, Tiptap", "<p><u>a</u></p>", "<p><u>a</u></p>"},
		{"strikethrough, TinyMCE", `<p><span style="text-decoration: line-through;">a</span></p>`, "<p><s>a</s></p>"},
		{"strikethrough, Tiptap", "<p><s>a</s></p>", "<p><s>a</s></p>"},
		{"subscript", "<p><sub>a</sub></p>", "<p><sub>a</sub></p>"},
		{"superscript", "<p><sup>a</sup></p>", "<p><sup>a</sup></p>"},
		{"subscript as a style", `<p><span style="vertical-align: sub;">a</span><span style="vertical-align: super;">b</span></p>`, "<p><sub>a</sub><sup>b</sup></p>"},
		{"fontfamily and fontsize: the site has its own", `<p><span style="font-family: 'comic sans ms', sans-serif; font-size: 36pt;">a</span></p>`, "<p>a</p>"},
		{"forecolor: the site has its own", `<p><span style="color: #e03e2d;">a</span></p>`, "<p>a</p>"},
		{"backcolor", `<p><span style="background-color: #fbeeb8;">a</span> <span style="background-color: #ffffff;">b</span></p>`, "<p><mark>a</mark> b</p>"},
		{"h1", "<h1>a</h1>", "<h2>a</h2>"},
		{"h6", "<h2>a</h2><h6>b</h6>", "<h2>a</h2><h3>b</h3>"},
		{"alignleft", `<p style="text-align: left;">a</p>`, `<p class="text-left">a</p>`},
		{"aligncenter", `<p style="text-align: center;">a</p>`, `<p class="text-center">a</p>`},
		{"alignright", `<p style="text-align: right;">a</p>`, `<p class="text-right">a</p>`},
		{"alignjustify: many find it hard to read", `<p style="text-align: justify;">a</p>`, "<p>a</p>"},
		{"indent", `<p style="padding-left: 40px;">a</p><p style="padding-left: 120px;">b</p><p dir="rtl" style="padding-right: 80px;">c</p>`, `<p class="indent-1">a</p><p class="indent-3">b</p><p dir="rtl" class="indent-2">c</p>`},
		{"numlist", "<ol><li>a<ol style=\"list-style-type: lower-alpha;\"><li>b</li></ol></li></ol>", `<ol><li>a<ol type="a"><li>b</li></ol></li></ol>`},
		{"bullist", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>"},
		{"blockquote", "<blockquote><p>a</p></blockquote>", "<blockquote><p>a</p></blockquote>"},
		{"hr", "<hr>", "<hr/>"},
		{"customLink", `<p><a title="b" href="https://example.com" target="_blank" rel="noopener">a</a></p>`, `<p><a href="https://example.com"` + foreign + ` title="b">a</a></p>`},
		{"customLink to a file", `<p><a href="https://directus.internal/assets/` + fileID + `?download=">a</a></p>`, `<p><a href="/assets/` + fileID + `?download">a</a></p>`},
		{"customImage", `<p><img src="https://directus.internal/assets/` + fileID + `?width=64&height=32" alt="a" loading="lazy"></p>`, `alt="a" width="64" height="32"/></p>`},
		{"customMedia: a film", `<p><video width="300" height="150" controls="controls"><source src="/assets/` + fileID + `" type="video/mp4"></video></p>`, `<video src="/assets/` + fileID + `" controls=""`},
		{"customMedia: a recording", `<audio controls=""><source src="/assets/` + fileID + `" type="audio/mpeg"></audio>`, `<audio src="/assets/` + fileID + `" controls=""`},
		{"customMedia: a frame", `<iframe src="https://player.example/1" width="560" height="315"></iframe>`, ">Open on player.example</a>"},
		{"table", `<table style="min-width: 50px;"><colgroup><col style="min-width: 25px;"></colgroup><tbody><tr><th colspan="1" rowspan="1"><p>a</p></th></tr><tr><td colspan="1" rowspan="1"><p>b</p></td></tr></tbody></table>`, `<tr><th colspan="1" rowspan="1"><p>a</p></th></tr>`},
		{"pagebreak, TinyMCE", "<p>a</p><p><!-- pagebreak --></p><p>b</p>", "<p>a</p><hr/>"},
		{"pagebreak, Tiptap", "<p>a</p><!-- pagebreak --><p>b</p>", "<p>a</p><hr/><p>b</p>"},
		{"insertdatetime", "<p>2026-11-30 10:00:00</p>", "<p>2026-11-30 10:00:00</p>"},
		{"customInlineCode", "<p><code>a</code></p>", "<p><code>a</code></p>"},
		{"customPre", "<pre>a\n  b</pre>", ">a\n  b</pre>"},
		{"codeblock", `<pre class="language-go"><code>a</code></pre>`, `<pre class="language-go"`},
		{"styles: a class of the project's own", `<p class="callout">a</p>`, "<p>a</p>"},
		{"ltr and rtl", `<p dir="rtl">a</p><p dir="ltr">b</p>`, `<p dir="rtl">a</p><p dir="ltr">b</p>`},
		{"what Tiptap also keeps", `<p><mark>a</mark><abbr title="b">c</abbr></p><dl><dt>d</dt><dd><p>e</p></dd></dl><details><summary>f</summary><p>g</p></details>`, `<p><mark>a</mark><abbr title="b">c</abbr></p><dl><dt>d</dt><dd><p>e</p></dd></dl><details><summary>f</summary><p>g</p></details>`},
		{"tasks", `<ul><li><input type="checkbox" checked disabled> a</li><li><input disabled type="checkbox"> b</li></ul>`, "<ul><li>☑  a</li><li>☐  b</li></ul>"},
	} {
		if got, err := rich.sanitise(button.html, say); err != nil || !strings.Contains(string(got), button.want) {
			t.Errorf("%s:\n  got  %s, %v\n  want %s", button.name, got, err, button.want)
		}
	}
}
