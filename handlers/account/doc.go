// Package account answers requests about members' accounts, from sign-up to
// deletion.
//
//	ReadForm ─▶ validate ─▶ prove (a change that matters) ─▶ Directus, with the member's token
//	   │                       │                                 │
//	   │                       └─▶ limits: each guess is counted before Directus is asked
//	   ▼                                                         ▼
//	web.Invalid: the form again, with what is wrong      web.SeeOther, with a notice
//
// A form whose session has ended waits in a sealed cookie until its member has signed
// in again (keptforms.go). What a form may keep is said in its row of routes.go.
//
// It owns the walks through sign-in and mailed links, the forms of the profile, the
// counting of guesses, and who is asked to sign in first (guard.go). messages.go names
// what forms say, what the page after a success says and what the log records.
//
// It never decides what a member may do (Directus does, on every call), never sets a
// cookie itself, and never shows what Directus says.
package account
