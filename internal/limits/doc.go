// Package limits slows down who guesses, without locking out who is guessed at.
//
//	Take ──▶ every bucket of the table that the attempt counts in (table.go):
//	         in Redis, where replicas share them, else in memory
//	  ├─ a bucket is full ──▶ Refused: which, and for how long; nothing is counted
//	  └─ Taken ──▶ Directus is asked ──▶ Succeeded, GiveBack, or nothing: it counts
//
// An attempt is counted before Directus is asked and given back afterwards, so
// that guesses sent at the same moment cannot be more than are allowed.
//
// Directus suspends an account for ever at the 26th wrong answer since the last
// right one. So what counts against an account counts since its last success,
// and stays below that: strangers together fill a part, and the rest is kept for
// browsers that have signed in to it before.
//
// It owns the numbers, the arithmetic and where buckets are kept. It keeps no
// address and no account in clear, and knows neither requests, cookies nor
// Directus.
package limits
