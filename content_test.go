package main

import "fmt"

// Posts that editors may write and that pages must bear.

var barePost = map[string]any{"slug": "bare", "title": "Without anything", "content": "<p>No picture, no author, no date.</p>"}

// manyPosts fill more than one page of the blog.
func manyPosts() []map[string]any {
	var posts []map[string]any
	for i := range 30 {
		posts = append(posts, map[string]any{
			"slug": fmt.Sprintf("note-%02d", i), "title": fmt.Sprintf("Note %d from the hutch", i+1),
			"publish_date": fmt.Sprintf("2026-10-%02d", i+1), "author": 1, "content": "<p>Short.</p>",
		})
	}
	return posts
}

var richPost = map[string]any{
	"slug": "rich", "title": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft and its rabbits",
	"publish_date": "2026-10-03", "author": 1, "image": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b",
	"content": `
<p>An introduction with <strong>strong</strong>, <em>emphasised</em>, <mark>marked</mark> and <s>struck</s> words, <kbd>Ctrl</kbd> and a <a href="/pages/about">link</a>.</p>
<h2>Long words</h2>
<p>https://example.com/a/very/long/address/without/any/place/to/break/it/0123456789012345678901234567890123456789012345678901234567890123456789</p>
<p>Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz</p>
<h3>A wide table</h3>
<table><thead><tr><th>Month</th><th>Hay</th><th>Straw</th><th>Greens</th><th>Pellets</th><th>Water</th><th>Weight</th><th>Remarks</th></tr></thead>
<tbody><tr><td>January</td><td>12 kg</td><td>3 kg</td><td>4 kg</td><td>1 kg</td><td>20 l</td><td>2.41 kg</td><td>Frost, bottles twice a day</td></tr>
<tr><td>February</td><td>11 kg</td><td>3 kg</td><td>4 kg</td><td>1 kg</td><td>19 l</td><td>2.44 kg</td><td>Donaudampfschifffahrtsgesellschaft</td></tr></tbody></table>
<h3>Code</h3>
<pre><code class="language-go">func main() { fmt.Println("a line of code that is far too long to fit into the width of any telephone that there is today") }</code></pre>
<p>And <code>inline_code_with_a_very_long_name_that_does_not_break_anywhere_at_all()</code>.</p>
<h3>Lists</h3>
<ul><li>Hay<ul><li>Meadow<ul><li>First cut</li><li>Second cut</li></ul></li><li>Timothy</li></ul></li><li>Water</li></ul>
<ol start="3"><li>Third</li><li>Fourth<ol><li>Nested</li></ol></li></ol>
<blockquote><p>A rabbit is never late, nor is it early.</p></blockquote>
<figure><img src="/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b" alt="A rabbit in the hay" width="1600" height="900"><figcaption>Painted by nobody in particular</figcaption></figure>
<hr>
<p>The end.</p>`,
}
