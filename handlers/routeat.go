package handlers

import (
	"net/http"
	"strings"
)

// RouteAt returns the path of our route that answers at an address; "" if none does.
func RouteAt(address string) string {
	for _, r := range (&site{}).routes(true, nil) {
		if r.method == http.MethodGet && r.answers(address) {
			return r.path
		}
	}
	return ""
}

func (r route) answers(address string) bool {
	asked, segments := strings.Split(address, "/"), strings.Split(r.path, "/")
	for i, segment := range segments {
		switch {
		case strings.HasPrefix(segment, "*"), r.deep && i == len(segments)-1 && len(asked) >= len(segments):
			return true
		case i >= len(asked), !strings.HasPrefix(segment, ":") && segment != asked[i]:
			return false
		}
	}
	return len(asked) == len(segments)
}

// Reserved returns the beginning of our addresses that an address of the team's own would be
// among; "" if there is none: /blog of /blog/events, since what is below may be a post.
func Reserved(address string) string {
	first := func(path string) string {
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		return "/" + name
	}
	for _, r := range (&site{}).routes(true, nil) {
		if own := first(r.path); own != "/" && own == first(address) {
			return own
		}
	}
	return ""
}
