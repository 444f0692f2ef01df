// Package limits slows down attackers who guess passwords without locking out the
// accounts they guess at.
//
//	Take ──▶ every bucket of the table that the attempt counts in (table.go):
//	         in Redis if replicas share one, else in memory
//	  ├─ a bucket is full ──▶ Refused: by which limit and for how long; not counted
//	  └─ Taken ──▶ Directus is asked ──▶ Succeeded, GiveBack, or neither: it counts
//
// An attempt is counted before Directus is asked and given back afterwards, so
// concurrent guesses cannot exceed the limit.
//
// Directus suspends an account permanently at the 26th wrong answer since the last
// right one. Limits on an account therefore also count since its last success, and
// stay below that: strangers together can fill only a part, and the rest is
// reserved for browsers that have signed in to the account before.
//
// The package owns the numbers, the arithmetic and the storage of buckets. It
// stores no address and no account in plain text, and knows neither requests,
// cookies nor Directus.
package limits
