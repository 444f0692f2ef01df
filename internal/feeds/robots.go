package feeds

import "strings"

// RobotsType is what robots.txt is served as.
const RobotsType = "text/plain; charset=utf-8"

// Robots writes robots.txt: what begins with one of the disallowed paths is not
// to be visited by any robot, and sitemapURL, a whole address, says what is.
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
