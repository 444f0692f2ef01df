// Package cache keeps what Directus has published, so that a page costs no
// request to it, and is there when it is not.
//
//	Make ─▶ as it was made, while what it is made of is current
//	     ─▶ build ─▶ Reading.Get ─▶ fresh: at once
//	                             ─▶ older: at once, and one refresh behind it
//	                             ─▶ none:  one load, however many wait for it
//	                             ─▶ Directus is in trouble: the last good version, which says so
//
// A value is what Directus answered, byte for byte, under the key of the
// question. It is what everybody may see and nothing else: who puts something
// else in shows it to everybody. Tags say what a value was made of, so that
// [Cache.Purge] finds it. What is made of values, such as a page, knows which, so
// that it lives exactly as long as they stay the same.
//
// It owns its memory, and its folder if it is given one. It knows neither
// Directus nor pages.
package cache
