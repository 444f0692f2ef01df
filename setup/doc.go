// Package setup prepares a real Directus, v10.13 to v12, for Hutch: the role
// and policy "Users" with what members need, registration, the collections, what
// the public may read, the service account where one is needed or asked for, with
// the recovery codes that it keeps, and sample content if asked for. It prints
// what Directus' own environment needs, which nobody can set from outside.
//
//	look ──▶ plan ──▶ print ──▶ carry out ──▶ summary
//	reads    steps:   all there is to a dry run ends before "carry out"
//	only     there, to do, left, refused, blocked
//
// It owns that plan and the words it is told in. A step only ever adds what is
// missing: what is there already, a permission above all, stays as it is, and
// where it differs from what Hutch needs, the plan says so.
//
// It never touches handlers, sessions or templates, and it runs apart from the
// serving of requests.
package setup
