// Package replicas lets the processes of one site tell each other through Redis
// which content has changed, since Directus tells only one of them.
//
//	Purge ──▶ this replica's content, at once
//	      └─▶ Redis ──▶ Listen on every other replica ──▶ its content
//
// Redis does not keep undelivered messages. So a replica that starts to listen, at
// the start or after an outage, purges all of its content. Without Redis each
// replica serves what it has until that expires: changes show up later, and
// nothing else is affected.
//
// The package owns the connection to Redis and one channel there. It knows neither
// what a tag means nor what is cached.
package replicas
