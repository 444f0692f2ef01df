package templates

import (
	"strings"
	"testing"
)

// What Directus' editors produce stays; what could run, frame or restyle the
// page goes.
func TestSanitise(t *testing.T) {
	rich := newRichText("https://directus.internal/")
	const id = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01"
	for _, test := range []struct{ name, html, want string }{
		{"text", "<h2>A</h2><p>b <strong>c</strong> <em>d</em> <code>e</code></p>", "<h2>A</h2><p>b <strong>c</strong> <em>d</em> <code>e</code></p>"},
		{"list", `<ol start="3"><li>x</li></ol>`, `<ol start="3"><li>x</li></ol>`},
		{"table", "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>", `<div class="wide" tabindex="0" role="group" aria-label="Table"><table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table></div>`},
		{"code", `<pre class="language-go"><code>x &lt; y</code></pre>`, `<pre class="language-go" tabindex="0" role="group" aria-label="Code"><code>x &lt; y</code></pre>`},
		{"figure", "<figure><figcaption>c</figcaption></figure>", "<figure><figcaption>c</figcaption></figure>"},
		{"image of Directus", `<img src="https://directus.internal/assets/` + id + `?width=3000&amp;height=2000" alt="a">`, `<img src="/assets/` + id + `?width=960" alt="a"/>`},
		{"image of ours", `<img src="/assets/` + id + `" alt="a">`, `<img src="/assets/` + id + `?width=960" alt="a"/>`},
		{"image of Directus by another name", `<img src="https://cms.example/base/assets/` + id + `" alt="a">`, `<img src="/assets/` + id + `?width=960" alt="a"/>`},
		{"link to Directus", `<a href="https://directus.internal/admin/x">a</a>`, `<a href="/admin/x" rel="nofollow noreferrer">a</a>`},
		{"image from elsewhere", `<img src="//evil.test/pixel.png" alt="A pixel">`, "A pixel"},
		{"not closed", "<table><tbody><tr><td><em>a</p>", `<div class="wide" tabindex="0" role="group" aria-label="Table"><table><tbody><tr><td><em>a<p></p></em></td></tr></tbody></table></div>`},
		{"closed too often", "</div></article></main><p>a</p>", "<p>a</p>"},
		{"link to a file", `<a href="https://directus.internal/assets/` + id + `">a</a>`, `<a href="/assets/` + id + `" rel="nofollow noreferrer" data-hx-boost="false">a</a>`},
		{"script", "a<script>alert(1)</script>b", "ab"},
		{"handler", `<p onclick="x()" style="position:fixed">a</p>`, "<p>a</p>"},
		{"scheme", `<a href="javascript:alert(1)">a</a>`, "a"},
		{"frame", `<iframe src="https://evil.test"></iframe><object></object><embed>`, ""},
		{"form", `<form action="/logout"><button>x</button></form>`, "x"},
		{"htmx", `<p hx-post="/logout" data-hx-post="/logout" hx-trigger="load">a</p>`, "<p>a</p>"},
		{"svg", `<svg onload="x()"><a href="javascript:x()">a</a></svg>`, "a"},
		{"base and meta", `<base href="https://evil.test"><meta http-equiv="refresh" content="0">`, ""},
		{"id", `<p id="main">a</p>`, `<p id="main">a</p>`},
	} {
		if got, err := rich.sanitise(test.html, names{"Table", "Code"}); err != nil || strings.TrimSpace(string(got)) != test.want {
			t.Errorf("%s:\n  got  %s, %v\n  want %s", test.name, got, err, test.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	rich := newRichText("")
	long := "<p>" + strings.Repeat("hay ", 100) + "</p>"
	for html, want := range map[string]string{
		"":                                      "",
		"<h2>A &amp; b</h2><p>c<em>d</em>.</p>": "A & b cd.",
		"<script>x</script><p>y</p>":            "y",
		long:                                    strings.TrimSpace(strings.Repeat("hay ", 39)) + " …",
	} {
		if got := rich.excerpt(html); got != want {
			t.Errorf("%s:\n  got  %q\n  want %q", html, got, want)
		}
	}
}
