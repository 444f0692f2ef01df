// Package cache keeps content that Directus has published, so that a page costs no
// request to Directus and survives its outages.
//
//	Derive ─▶ cached result, while all its source values are current
//	       ─▶ build ─▶ Snapshot.Get ─▶ fresh:   served at once
//	                                ─▶ stale:   served at once, one refresh behind it
//	                                ─▶ missing: one load, however many callers wait
//	                                ─▶ Directus fails: the last good version, marked so
//
// A value is an answer of Directus, byte for byte, under the key of its query.
// Everything in the cache is shown to everybody, so only what the public may read
// belongs here. Tags name the content that a value was made from, for
// [Cache.Purge]. A derived result, such as a rendered page, records its source
// values and lives exactly as long as they stay the same.
//
// The package owns its memory, and its folder if it has one. It knows neither
// Directus nor pages.
package cache
