package templates

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hutch/internal/i18n"
)

const (
	fileID  = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01"
	sizes   = `sizes="(max-width: 43rem) 100vw, 43rem"`
	srcset  = `srcset="/assets/` + fileID + `?width=480 480w, /assets/` + fileID + `?width=800 800w, /assets/` + fileID + `?width=1200 1200w"`
	image   = `<img loading="lazy" decoding="async" ` + srcset + ` ` + sizes + ` src="/assets/` + fileID + `?width=800" `
	foreign = ` rel="external noopener noreferrer"`
	unshown = "This part can&#39;t be shown here."
	file    = `<a href="/assets/` + fileID + `">Open the file</a>`
	wide    = `<div class="wide" tabindex="0" role="group" aria-label="Table">`
)

func english(t testing.TB) say {
	t.Helper()
	catalogue, err := i18n.New(i18n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range catalogue.Languages() {
		if language.Tag == "en" {
			return language.Say
		}
	}
	t.Fatal("there is no English")
	return nil
}

// What Directus' editors produce stays; what could run, frame or restyle the page
// goes.
func TestSanitise(t *testing.T) {
	rich, say := newRichText("https://directus.internal/", "https://hutch.example"), english(t)
	for _, test := range []struct{ name, html, want string }{
		{"text", "<h2>A</h2><p>b <strong>c</strong> <em>d</em> <code>e</code></p>", "<h2>A</h2><p>b <strong>c</strong> <em>d</em> <code>e</code></p>"},
		{"words of TinyMCE", `<p><span style="text-decoration: underline;">a</span> <span style="text-decoration: line-through;">b</span> <s>c</s><sub>d</sub><sup>e</sup><mark>f</mark></p>`, "<p><u>a</u> <s>b</s> <s>c</s><sub>d</sub><sup>e</sup><mark>f</mark></p>"},
		{"words of old", "<p><strike>a</strike><acronym title=\"b\">B</acronym><tt>c</tt><font color=\"red\">d</font></p><center>e</center>", `<p><s>a</s><abbr title="b">B</abbr><code>c</code>d</p>e`},
		{"colours and fonts", `<p><span style="color: #ff0000; font-size: 18pt; font-family: serif;">a</span></p>`, "<p>a</p>"},
		{"alignment", `<h2 style="text-align: center;">a</h2><p style="padding-left: 40px; text-align: right;">b</p><p style="text-align: justify;">c</p><p align="center">d</p>`, `<h2 class="text-center">a</h2><p class="text-right indent-1">b</p><p>c</p><p class="text-center">d</p>`},
		{"direction", `<p dir="rtl" lang="ar">a</p>`, `<p dir="rtl" lang="ar">a</p>`},
		{"class", `<p class="hero text-left my-format">a</p>`, `<p class="text-left">a</p>`},
		{"list", `<ol start="3" type="a" reversed><li value="7">x</li></ol><ul><li>y<ul><li>z</li></ul></li></ul>`, `<ol start="3" type="a" reversed=""><li value="7">x</li></ol><ul><li>y<ul><li>z</li></ul></li></ul>`},
		{"list of Tiptap", "<ul><li><p>one</p></li></ul>", "<ul><li><p>one</p></li></ul>"},
		{"definitions", "<dl><dt>a</dt><dd><p>b</p></dd></dl>", "<dl><dt>a</dt><dd><p>b</p></dd></dl>"},
		{"details", `<details open="open"><summary>a</summary><p>b</p></details>`, `<details open="open"><summary>a</summary><p>b</p></details>`},
		{"table of TinyMCE", `<table style="border-collapse: collapse; width: 100%;" border="1"><caption>a</caption><colgroup><col style="width: 50%;"><col span="2"></colgroup><thead><tr><th scope="col" style="text-align: right;">a</th></tr></thead><tbody><tr style="height: 20px;"><td colspan="2" rowspan="1" bgcolor="red">b</td></tr></tbody></table>`,
			wide + `<table><caption>a</caption><colgroup><col/><col span="2"/></colgroup><thead><tr><th scope="col" class="text-right">a</th></tr></thead><tbody><tr><td colspan="2" rowspan="1">b</td></tr></tbody></table></div>`},
		{"code", `<pre class="language-go"><code>x &lt; y</code></pre><pre><code class="language-c++">z</code></pre>`, `<pre class="language-go" tabindex="0" role="group" aria-label="Code"><code>x &lt; y</code></pre><pre tabindex="0" role="group" aria-label="Code"><code class="language-c++">z</code></pre>`},
		{"page break", "<p>a</p><p><!-- pagebreak --></p><p>b</p><!-- a note -->", "<p>a</p><hr/><p></p><p>b</p>"},

		{"image of Directus", `<p><img src="https://directus.internal/assets/` + fileID + `.jpg?width=3000&amp;height=2000&amp;access_token=secret" alt="Hay: fresh, &quot;green&quot;?" loading="lazy"></p>`, "<p>" + image + `alt="Hay: fresh, &#34;green&#34;?" width="3000" height="2000"/></p>`},
		{"image of Directus, plain", `<img src="https://directus.internal/assets/` + fileID + `" alt="a">`, image + `alt="a"/>`},
		{"image of Directus, named", `<img src="/assets/` + fileID + `/a%20rabbit.jpg?key=small" alt="a">`, image + `alt="a"/>`},
		{"image of Directus by another name", `<img src="https://cms.example/base/assets/` + fileID + `" alt="a">`, image + `alt="a"/>`},
		{"image of ours, without description", `<img src="/assets/` + fileID + `">`, image + `alt=""/>`},
		{"small image", `<img src="/assets/` + fileID + `?width=64&height=32" alt="a">`, `<img loading="lazy" decoding="async" srcset="/assets/` + fileID + `?width=480 480w" sizes="(max-width: 64px) 100vw, 64px" src="/assets/` + fileID + `?width=480" alt="a" width="64" height="32"/>`},
		{"image with a size that is none", `<img src="/assets/` + fileID + `" width="50%" height="99999" alt="a">`, image + `alt="a"/>`},
		{"image at the side", `<img style="float: right;" src="/assets/` + fileID + `" alt="a"><img style="display: block; margin-left: auto; margin-right: auto;" src="/assets/` + fileID + `" alt="a">`, image + `alt="a" class="align-right"/>` + image + `alt="a" class="align-center"/>`},
		{"figure of TinyMCE", `<figure class="image align-left"><img src="/assets/` + fileID + `" alt="a"><figcaption>c</figcaption></figure>`, `<figure class="align-left">` + image + `alt="a"/><figcaption>c</figcaption></figure>`},
		{"image from elsewhere", `<img src="//evil.test/pixel.png" alt="A pixel"><p>a<img src="https://www.evil.test/b.png"></p><a href="/blog"><img src="https://evil.test/c.png" alt="c"></a>`, `<a href="//evil.test/pixel.png"` + foreign + `>A pixel</a> <p>a <a href="https://www.evil.test/b.png"` + foreign + `>Image on evil.test</a></p><a href="/blog">c</a>`},
		{"image that was pasted", `<img src="/pictures/posts/0123456789abcdef0123456789abcdef/a%2Fb" alt="a" width="64" height="32" style="float: left">`, `<img alt="a" class="align-left" decoding="async" height="32" loading="lazy" src="/pictures/posts/0123456789abcdef0123456789abcdef/a%2Fb" width="64"/>`},
		{"image that cannot be", `<img src="data:image/svg+xml,x" alt="a drawing"> <img src="javascript:x" alt=""><img src="/profile/avatar/x" alt="b">`, "a drawing   This part can&#39;t be shown here.  b"},
		{"picture", `<picture><source srcset="https://evil.test/a.png"><img src="https://evil.test/b.png" alt="a"></picture>`, `<a href="https://evil.test/b.png"` + foreign + `>a</a>`},

		{"link of Directus", `<a href="https://example.com/a?b=c&amp;d#e" title="t" target="_blank" rel="noopener">a</a>`, `<a href="https://example.com/a?b=c&amp;d#e"` + foreign + ` title="t">a</a>`},
		{"link without a scheme", `<a href="//example.com/">a</a>`, `<a href="//example.com/"` + foreign + `>a</a>`},
		{"link that looks like ours", `<a href="https://hutch.example.evil.test/">a</a>`, `<a href="https://hutch.example.evil.test/"` + foreign + `>a</a>`},
		{"link to this site", `<a href="https://hutch.example/blog/x?a=b#c" target="_self">a</a><a href="https://hutch.example">b</a><a href="blog">c</a><a href="https://hutch.example//evil.test">d</a>`, `<a href="/blog/x?a=b#c">a</a><a href="/">b</a><a href="blog">c</a><a href="/evil.test">d</a>`},
		{"link to Directus", `<a href="https://directus.internal/admin/x?access_token=secret&amp;a=b">a</a>`, `<a href="/admin/x?a=b">a</a>`},
		{"link to a file", `<a href="https://directus.internal/assets/` + fileID + `.pdf?access_token=secret">a</a>`, `<a href="/assets/` + fileID + `">a</a>`},
		{"mail and telephone", `<a href="mailto:a@example.com?subject=b">a</a><a href="tel:+4912345">b</a>`, `<a href="mailto:a@example.com?subject=b">a</a><a href="tel:+4912345">b</a>`},
		{"places in the text", `<h2 id="über">a</h2><p id="main">b</p><p id="main">c</p><a name="old"></a><a href="#über">d</a>`, `<h2 id="text-über">a</h2><p id="text-main">b</p><p>c</p><a id="text-old"></a><a href="#text-%C3%BCber">d</a>`},
		{"schemes", `<a href="javascript:alert(1)">a</a><a href="data:text/html,x">b</a><a href="vbscript:x">c</a><a href=" java&#9;script:x">d</a><a href="file:///etc/passwd">e</a>`, "abcde"},
		{"name of Directus", "<p>See https://directus.internal/admin or https:&#x2f;&#x2f;directus.internal, <b title=\"at https://directhttps://directus.internalus.internal\">a</b></p>", `<p>See /admin or , <b title="at ">a</b></p>`},

		{"YouTube of TinyMCE", `<p><iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ" width="560" height="314" allowfullscreen="allowfullscreen"></iframe></p>`, `<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"` + foreign + `>Watch on YouTube</a></p>`},
		{"YouTube's own", `<iframe width="560" height="315" src="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?si=x&amp;start=42" title="YouTube video player" frameborder="0" allow="autoplay"></iframe>`, `<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=42"` + foreign + `>Watch on YouTube</a></p>`},
		{"Vimeo", `<p>a<iframe src="//player.vimeo.com/video/76979871?title=0&amp;h=8272103f6e"></iframe></p>`, `<p>a <a href="https://vimeo.com/76979871/8272103f6e"` + foreign + `>Watch on Vimeo</a></p>`},
		{"Spotify and SoundCloud", `<p><iframe src="https://open.spotify.com/embed/episode/7makk4oTQel546B0PZlDM5?utm_source=generator"></iframe></p><p><iframe src="https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/forss/flickermood&amp;color=red"></iframe></p>`, `<p><a href="https://open.spotify.com/episode/7makk4oTQel546B0PZlDM5"` + foreign + `>Listen on Spotify</a></p><p><a href="https://soundcloud.com/forss/flickermood"` + foreign + `>Listen on SoundCloud</a></p>`},
		{"film of Directus", `<p><video width="300" height="150" controls="controls"><source src="https://directus.internal/assets/` + fileID + `" type="video/mp4"></video></p><p><audio controls="controls" loop="loop"><source src="/assets/` + fileID + `?access_token=secret" type="audio/mpeg"></audio></p>`, `<p><video src="/assets/` + fileID + `" controls="" preload="metadata" width="300" height="150">` + file + `</video></p><p><audio src="/assets/` + fileID + `" controls="" preload="metadata" loop="">` + file + `</audio></p>`},
		{"films from elsewhere", `<p><video src="https://evil.test/x.mp4">c</video></p><audio src="//www.evil.test/x.mp3"></audio>`, `<p><a href="https://evil.test/x.mp4"` + foreign + `>Watch on evil.test</a></p><p><a href="https://www.evil.test/x.mp3"` + foreign + `>Listen on evil.test</a></p>`},
		{"PDF in a frame", `<iframe src="https://cms.example/assets/` + fileID + `"></iframe><object data="/assets/` + fileID + `.pdf"></object>`, "<p>" + file + "</p><p>" + file + "</p>"},
		{"maps", `<p><iframe src="https://www.google.com/maps/embed?pb=!1m18!1m12!1m3!1d2428.4!2d13.3777!3d52.5162!2m3!1f0"></iframe></p><p><iframe src="https://maps.google.com/maps?q=Mill%20Lane&amp;output=embed"></iframe></p><p><iframe src="https://www.openstreetmap.org/export/embed.html?bbox=13.1%2C52.1%2C13.2%2C52.2&amp;layer=mapnik&amp;marker=52.5%2C13.3"></iframe></p><p><iframe src="https://www.openstreetmap.org/export/embed.html?bbox=13.1,52.1,13.2,52.2"></iframe></p>`,
			`<p><a href="https://www.google.com/maps?q=52.5162,13.3777"` + foreign + `>Map on Google Maps</a></p><p><a href="https://www.google.com/maps?q=Mill%20Lane"` + foreign + `>Map on Google Maps</a></p><p><a href="https://www.openstreetmap.org/?mlat=52.5&amp;mlon=13.3"` + foreign + `>Map on OpenStreetMap</a></p><p><a href="https://www.openstreetmap.org/?bbox=13.1,52.1,13.2,52.2"` + foreign + `>Map on OpenStreetMap</a></p>`},
		{"frames of unknown sites", `<p>a<iframe src="https://tube.example/embed/1?a=b&amp;c=d"></iframe></p><iframe src="//www.map.example/m" title="Our  meadow"></iframe><a href="/x"><iframe src="https://map.example/"></iframe></a><object data="https://flash.example/x.swf"></object>`, `<p>a <a href="https://tube.example/embed/1?a=b&amp;c=d"` + foreign + `>Open on tube.example</a></p><p><a href="https://www.map.example/m"` + foreign + `>Our meadow (on map.example)</a></p><a href="/x">Open on map.example</a><p><a href="https://flash.example/x.swf"` + foreign + `>Open on flash.example</a></p>`},
		{"frames that cannot be", `<p><iframe src="javascript:alert(1)//https://youtu.be/x"></iframe></p><iframe srcdoc="<p>b"></iframe><video src="data:video/mp4,x"></video><embed><canvas>c</canvas>`, "<p>" + unshown + "</p>" + strings.Repeat("<p>"+unshown+"</p>", 4)},
		{"film that would name Directus", `<video><source src="https://directus.internal/x.mp4"></video>`, "<p>" + unshown + "</p>"},

		{"headings", "<h1>a</h1><h3>b</h3><h2>c</h2><h1>d</h1>", "<h2>a</h2><h3>b</h3><h3>c</h3><h2>d</h2>"},
		{"headings that begin low", "<h4>a</h4><blockquote><h6>b</h6></blockquote><h2>c</h2><h3>d</h3>", "<h2>a</h2><blockquote><h3>b</h3></blockquote><h2>c</h2><h3>d</h3>"},
		{"headings all the way down", "<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4><h5>e</h5><h6>f</h6>", "<h2>a</h2><h3>b</h3><h4>c</h4><h5>d</h5><h6>e</h6><h6>f</h6>"},
		{"headings without words", `<h2>&nbsp;<br></h2><h2><img src="/assets/` + fileID + `" alt=""></h2><h3>a</h3>`, `<div>` + image + `alt=""/></div><h2>a</h2>`},

		{"not closed", "<table><tbody><tr><td><em>a</p>", wide + `<table><tbody><tr><td><em>a<p></p></em></td></tr></tbody></table></div>`},
		{"closed too often", "</div></article></main><p>a</p>", "<p>a</p>"},
		{"nested without end", strings.Repeat("<div>", 600) + "a &lt; b https://directus.internal/", "<p>a &lt; b /</p>"},
		{"script", "a<script>alert(1)</script>b", "ab"},
		{"handler", `<p onclick="x()" style="position:fixed">a</p>`, "<p>a</p>"},
		{"form", `<form action="/logout"><button>x</button></form>`, "x"},
		{"htmx", `<p hx-post="/logout" data-hx-post="/logout" hx-trigger="load">a</p>`, "<p>a</p>"},
		{"svg", `<svg onload="x()"><a href="javascript:x()">a</a></svg><math><mi>b</mi><annotation>x</annotation></math><svg><title>d</title><path/></svg>c`, "<p>" + unshown + "</p><p>b</p><p>d</p>c"},
		{"base and meta", `<base href="https://evil.test"><meta http-equiv="refresh" content="0">`, ""},
	} {
		if got, err := rich.sanitise(test.html, say); err != nil || strings.TrimSpace(string(got)) != test.want {
			t.Errorf("%s:\n  got  %s, %v\n  want %s", test.name, got, err, test.want)
		}
	}
}

// Whatever the input, the output contains only what is allowed and is a fixed
// point.
func FuzzSanitise(f *testing.F) {
	rich, say := newRichText("https://directus.internal", "https://hutch.example"), english(f)
	for _, seed := range []string{
		"<h3>a</h3><p style='text-align:center'>b<table><tr><td>c", `<a href="javascript:x">a<a href=b>c`, "<svg><p><style><a title='</style><img src=x onerror=y>'>",
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x&gt;">`, "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id=</style><img onerror=x src>",
		`<iframe src="https://youtu.be/x">`, `<img src="/assets/` + fileID + `?width=1&height=2" align=left>`, "<div class=wide><div class=wide><table>", "<a><table><a>x<td><a>y", "<noscript><p title='</noscript><img src=x onerror=y>'>",
		"<table><b><table><a><h1><p></b>", "<p><i><p><b></i>", "<h1><a id=x><h2></a></h1>", `<a name="a b">`, "<a href='#a'>", "https://direchttps://directus.internaltus.internal", "<template><p onclick=x>", "<select><img src=x onerror=y>",
		"<pre>\n\na</pre>", "<li><p><li>", "<ruby>a<rb>b<rt>c", "<dd><dt>", "<textarea><script>", "<plaintext><a>", "<frameset><a>", "<b><b><b><b><p>x",
	} {
		f.Add(seed)
	}
	// Found by fuzzing.
	f.Add("<A0><div ClAss=wide><n>")
	f.Add("\x00")
	f.Add("\u05f5ך")
	f.Add("")
	f.Add("0<td>0<A>0<td>0")
	f.Add("<A A>")
	f.Add("<div ClAss=wide><000000000000\"<A>")
	f.Add("<!&000\xe8")
	for _, seed := range []string{
		"<object><a>", `<a><video src="/assets/` + fileID + `"><a>`, `<video src="/assets/` + fileID + `" loop><p>x`, "<svg><title>a<p>b", "<math><mtext>a<table>", "<p><!-- pagebreak -->x<!--pagebreak-->", "<p><!--pagebreak-->",
		`<input type=checkbox checked><input type="CheckBox">`, `<img src="/pictures/pages/0123456789abcdef0123456789abcdef/x">`, `<table><iframe src="//x.example">`, `<table><tr><img src="https://x.example/a" alt="<b>">`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) { mustBeSettled(t, rich, say, source) })
}

// FuzzTagSoup combines the elements that HTML's parsing rules treat specially.
func FuzzTagSoup(f *testing.F) {
	rich, say := newRichText("https://directus.internal", "https://hutch.example"), english(f)
	var parts []string
	for tag := range strings.FieldsSeq("a b em p div h1 h3 table caption tr td th tbody colgroup ul li dl dd dt pre code span details summary figure blockquote svg math mtext style title noscript select option button form nobr ruby rt template frameset iframe center plaintext textarea") {
		parts = append(parts, "<"+tag+">", "</"+tag+">")
	}
	parts = append(parts, "x", " ", "\n", "&lt;", "<!--", "-->", "<br>", "<hr>", "<col>", "<input>", `<img src="/assets/`+fileID+`">`, `<img src=x alt=y>`, `<a href=x id=y>`, `<p style="text-align:left" id=y>`, `<div class="wide">`, `<iframe src="https://youtu.be/x"></iframe>`, `<video src="/assets/`+fileID+`"></video>`, "<![CDATA[", "]]>", `<img src="https://x.example/a">`, `<iframe src="https://x.example/">`, `<object data="//x.example">`, `<video src="/assets/`+fileID+`">`, "<!--pagebreak-->", "<input type=checkbox>")
	f.Add([]byte("\x00\x01\x0c\x02\x04"))
	f.Add([]byte("\x0c\x00\x10\x00\x0d\x01"))
	// Found by fuzzing.
	f.Add([]byte("\xe0\xadӋ((AӋ"))
	f.Add([]byte("####"))
	f.Add([]byte("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
	f.Add([]byte("4000AA"))
	f.Add([]byte("(\x00\x040)"))
	f.Add([]byte("PPPPPPPP"))
	f.Add([]byte("腅\x85\x85\x85\x85"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, choices []byte) {
		var soup strings.Builder
		for _, choice := range choices[:min(len(choices), 60)] {
			soup.WriteString(parts[int(choice)%len(parts)])
		}
		mustBeSettled(t, rich, say, soup.String())
	})
}

func mustBeSettled(t *testing.T, rich richText, say say, source string) {
	t.Helper()
	once, err := rich.sanitise(source, say)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parse(string(once))
	if err != nil {
		t.Fatal(err)
	}
	for node := range tree.Descendants() {
		mustBeAllowed(t, node, once)
	}
	if strings.Contains(string(once), rich.directusURL) {
		t.Errorf("it names Directus: %s", once)
	}
	if twice, err := rich.sanitise(string(once), say); err != nil || twice != once {
		t.Errorf("of:    %s\nonce:  %s\ntwice: %s, %v", source, once, twice, err)
	}
}

// mustBeAllowed checks the policy independently.
func mustBeAllowed[S ~string](t *testing.T, node *html.Node, source S) {
	switch node.Type {
	case html.TextNode:
		return
	case html.ElementNode:
	default:
		t.Errorf("a node of type %d in %s", node.Type, source)
	}
	if node.Namespace != "" || node.DataAtom == 0 || slices.Contains([]atom.Atom{
		atom.Script, atom.Style, atom.Iframe, atom.Object, atom.Embed, atom.Form, atom.Input, atom.Button, atom.Textarea, atom.Select, atom.Base, atom.Meta, atom.Link,
		atom.Svg, atom.Math, atom.Template, atom.Noscript, atom.Source, atom.Picture, atom.Dialog, atom.H1, atom.Title, atom.Frame, atom.Main, atom.Nav,
	}, node.DataAtom) {
		t.Errorf("<%s> in %s", node.Data, source)
	}
	for _, a := range node.Attr {
		switch a.Key {
		case "href", "src":
			address, err := url.Parse(a.Val)
			if err != nil || !slices.Contains([]string{"", "http", "https", "mailto", "tel"}, address.Scheme) || a.Key == "src" && address.Host != "" {
				t.Errorf("%s=%q in %s", a.Key, a.Val, source)
			}
			if (address.Host != "" || strings.HasPrefix(address.Scheme, "http")) && attribute(node, "rel") == "" {
				t.Errorf("%q leads elsewhere without saying so in %s", a.Val, source)
			}
		case "alt", "class", "colspan", "controls", "datetime", "decoding", "dir", "height", "id", "lang", "loading", "loop", "open", "preload", "rel", "reversed", "role",
			"rowspan", "scope", "sizes", "span", "srcset", "start", "tabindex", "title", "type", "value", "width", "aria-label":
		default:
			t.Errorf("%s=%q in %s", a.Key, a.Val, source)
		}
	}
}

func TestExcerpt(t *testing.T) {
	rich := newRichText("https://directus.internal", "")
	long := "<p>" + strings.Repeat("hay ", 100) + "</p>"
	for html, want := range map[string]string{
		"":                                      "",
		"<h2>A &amp; b</h2><p>c<em>d</em>.</p>": "A & b cd.",
		"<script>x</script><p>y</p>":            "y",
		"<p>a</p><p>b<br>c</p><ul><li>d</li><li>e</li></ul><table><tr><td>f</td><td>g</td></tr></table>": "a b c d e f g",
		`<p>a <iframe src="x">no</iframe><video>no</video>b</p>`:                                         "a b",
		"https://directus.internal/a": "/a",
		"a &lt;script&gt; b":          "a <script> b",
		long:                          strings.TrimSpace(strings.Repeat("hay ", 39)) + " …",
		strings.Repeat("兔", 400):      strings.Repeat("兔", 155) + "…",
		"<h2>兔子</h2>" + strings.Repeat("草", 400): "兔子 " + strings.Repeat("草", 152) + "…",
	} {
		if got := rich.excerpt(html); got != want {
			t.Errorf("%s:\n  got  %q\n  want %q", html, got, want)
		}
	}
}

func TestReadingTime(t *testing.T) {
	rich := newRichText("", "")
	for _, test := range []struct {
		name, html string
		want       int
	}{
		{"nothing", "", 1},
		{"a line", "<p>Hay is here.</p>", 1},
		{"words", "<p>" + strings.Repeat("hay <b>and</b> straw, ", 200) + "</p>", 3},
		{"signs that are no words", strings.Repeat("— · ", 1000), 1},
		{"markup that is no text", "<p>a</p>" + strings.Repeat(`<iframe src="a">a b c d</iframe><hr>`, 1000), 1},
		{"Chinese", "<p>" + strings.Repeat("兔子吃草。", 500) + "</p>", 4},
		{"Japanese with a name", strings.Repeat("ウサギは Directus が", 500), 8},
		{"Korean", strings.Repeat("토끼가 풀을 ", 300), 3},
		{"Thai", strings.Repeat("กระต่ายกินหญ้า", 100), 2},
	} {
		if got := rich.readingTime(test.html); got != test.want {
			t.Errorf("%s: %d minutes, want %d", test.name, got, test.want)
		}
	}
}

func BenchmarkSanitise(b *testing.B) {
	say := english(b)
	files, err := filepath.Glob("../docs/dependencies.md")
	if err != nil || len(files) == 0 {
		b.Fatal(files, err)
	}
	prose, err := os.ReadFile(files[0])
	if err != nil {
		b.Fatal(err)
	}
	var post bytes.Buffer // 10 kB, as editors write them
	for post.Len() < 10<<10 {
		post.WriteString(`<h2>A heading</h2><p style="text-align: center;">` + html.EscapeString(string(prose[:400])) + ` <a href="https://example.com/" target="_blank">a link</a></p><p><img src="/assets/` + fileID + `.jpg?width=800&amp;height=600" alt="a"></p><ul><li>a</li><li>b</li></ul>`)
	}
	rich := newRichText("https://directus.internal", "https://hutch.example")
	b.SetBytes(int64(post.Len()))
	for b.Loop() {
		if _, err := rich.sanitise(post.String(), say); err != nil {
			b.Fatal(err)
		}
	}
}

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
