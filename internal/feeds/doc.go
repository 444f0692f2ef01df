// Package feeds writes what programs read instead of pages: RSS, Atom and JSON Feed
// for feed readers, the sitemap and robots.txt for search engines.
//
//	Feed ─▶ ready: every URL absolute, every text valid in XML
//	     ─▶ RSS, Atom, JSON: the same entries in three formats
//
// An entry is identified by its URL in all three, so that readers who switch formats
// see nothing twice. Equal input gives equal bytes, so an ETag of the output is
// stable.
//
// The package knows neither Directus nor HTTP, and holds no state.
package feeds
