// Package writing answers requests about what members write: items of a collection of the
// team's own, as far as its entry in site.toml and Directus' permissions let them.
//
//	mayCreate, mayChange ─▶ inputs ─▶ ReadForm ─▶ parse ─▶ files ─▶ Directus, with the member's token
//	     (rights.go)       (form.go)      │                   │
//	                                      ▼                   └─▶ its 400s: beside the fields
//	                     web.Invalid: the form again          web.SeeOther, with a notice
//
// The machinery of the fields is that of the profile (handlers/fields). Everything is asked
// with the member's own token and nothing of it is kept: no service account writes, and
// nothing is granted here.
package writing
