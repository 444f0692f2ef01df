package feeds

import "strings"

// RobotsType is the content type of robots.txt.
const RobotsType = "text/plain; charset=utf-8"

// Robots returns a robots.txt that disallows every path with one of these prefixes
// and names the sitemap by its absolute URL.
func Robots(sitemapURL string, disallowed []string) []byte {
	var out strings.Builder
	out.WriteString("User-agent: *\n")
	for _, path := range disallowed {
		out.WriteString("Disallow: " + path + "\n")
	}
	if len(disallowed) == 0 {
		out.WriteString("Disallow:\n")
	}
	out.WriteString("\nSitemap: " + sitemapURL + "\n")
	return []byte(out.String())
}
