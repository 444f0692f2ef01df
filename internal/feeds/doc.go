// Package feeds writes what programs read instead of pages: RSS, Atom and JSON
// Feed for feed readers, the sitemap and robots.txt for search engines.
//
//	Feed ─▶ ready: every address absolute, every text fit for XML
//	     ─▶ RSS, Atom, JSON: the same entries in three grammars
//
// An entry is known by its address, in each of the three: whoever changes from
// one to another sees nothing twice. Each function makes the same bytes of the
// same values, so that an ETag of them holds.
//
// It knows neither Directus nor HTTP, and owns nothing.
package feeds
