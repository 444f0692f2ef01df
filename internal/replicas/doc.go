// Package replicas lets the processes of one site tell each other through Redis
// what has changed: Directus tells only one of them.
//
//	Purge ──▶ this one's content, at once
//	      └─▶ Redis ──▶ Listen of each other one ──▶ its content
//
// Redis forgets what it cannot deliver. So whoever begins to listen, at the
// start or after an outage, takes all of its content for changed. Who was not
// told otherwise shows what it has until that is not fresh any more: without
// Redis a site is slower to see changes, and nothing else.
//
// It owns the connection to Redis and one channel there. It knows neither what a
// tag means nor what is kept.
package replicas
