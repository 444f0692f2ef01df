// Package collections declares what Hutch keeps in a Directus: one row per
// collection, with its schema and with who may read and write it.
//
//	              ┌─▶ setup    makes it in a real Directus
//	All() ── rows ┤
//	              └─▶ sandbox  makes it in the embedded one, and checks its file against it
//
// A row without rights is a collection that nobody but an administrator can
// read or write. That is the default on purpose: a collection that somebody
// adds stays closed until its row says who may see it.
//
// It owns the declaration only. It talks to no server and knows neither setup
// nor the sandbox.
package collections
