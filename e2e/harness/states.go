package harness

import (
	"hutch/sandbox"
)

// Who the states know: the sandbox's own member, somebody who has an account as
// well, and somebody who wants one.
var (
	Member    = Account{sandbox.MemberEmail, sandbox.MemberPassword}
	Neighbour = Account{"clover@example.com", Passwords[0]}
	Newcomer  = Account{"bramble@example.com", Passwords[0]}
)

func At(path string) func(*Browser) { return func(b *Browser) { b.Open(path) } }

func SigningUp(who Account) func(*Browser) {
	return func(b *Browser) {
		b.Open("/signup")
		b.Submit("#signup", who.Form())
	}
}
