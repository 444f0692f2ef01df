package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// The pages of an account, as rows of the table in pages_test.go: from the mail
// that confirms an address to the deletion of the account.

func accountStates() []state {
	return []state{
		{name: "check-email", status: 200, meanwhile: confirming(), reach: harness.SigningUp(harness.Newcomer)},
		{name: "check-email-sent-again", status: 200, meanwhile: confirming(), reach: sendingAgain("")},
		{name: "check-email-too-often", status: 429, meanwhile: confirming(), reach: sendingAgain("429")},
		{name: "check-email-waits", status: 200, meanwhile: confirming(), reach: func(b *harness.Browser) {
			harness.SigningUp(harness.Account{Email: "clover@gmail.com", Password: harness.Newcomer.Password})(b)
			for range 5 {
				b.Submit("#resend", nil)
			}
			b.Open("/signup/check-email")
		}},
		{name: "check-email-unavailable", status: 503, meanwhile: confirming(), reach: sendingAgain("503")},
		{name: "check-email-unknown", status: 200, reach: harness.At("/signup/check-email")},
		{name: "verify", status: 200, meanwhile: confirming(), reach: toVerify},
		{name: "verify-expired", status: 410, meanwhile: confirming(), reach: func(b *harness.Browser) { toVerify(b); late(b, 8*24*time.Hour); b.Submit("#verify", nil) }},
		{name: "verify-used", status: 410, meanwhile: confirming(), reach: func(b *harness.Browser) {
			toVerify(b)
			b.Submit("#verify", nil)
			openMail(b, harness.Newcomer.Email)
			b.Submit("#verify", nil)
		}},
		{name: "verify-broken", status: 400, reach: harness.At("/verify")},
		{name: "verify-unavailable", status: 503, meanwhile: confirming(), reach: func(b *harness.Browser) {
			toVerify(b)
			breakOn(b, "GET /users/register", "503")
			b.Submit("#verify", nil)
		}},
		{name: "signin-verified", status: 200, meanwhile: confirming(), reach: func(b *harness.Browser) { toVerify(b); b.Submit("#verify", nil) }},

		{name: "forgot", status: 200, reach: harness.At("/password/forgot")},
		{name: "forgot-nothing-typed", status: 422, reach: forgetting("")},
		{name: "forgot-misshapen", status: 422, reach: forgetting("bramble")},
		{name: "forgot-unavailable", status: 503, meanwhile: directusFails("POST /auth/password", "503"), reach: forgetting(harness.Neighbour.Email)},
		{name: "forgot-too-often", status: 429, meanwhile: directusFails("POST /auth/password", "429"), reach: forgetting(harness.Neighbour.Email)},
		{name: "forgot-sent", status: 200, reach: forgetting(harness.Neighbour.Email)},
		{name: "forgot-sent-too-often", status: 429, reach: func(b *harness.Browser) {
			forgetting(harness.Neighbour.Email)(b)
			for range 4 {
				forgetting(harness.Neighbour.Email)(b.App.Browser(b.T, harness.Plain))
			}
			b.Submit("#resend", nil)
		}},
		{name: "forgot-sent-unknown", status: 200, reach: harness.At("/password/sent")},
		{name: "reset", status: 200, reach: toReset},
		{name: "reset-short-password", status: 422, reach: resetting("short12")},
		{name: "reset-common-password", status: 422, reach: resetting("password1")},
		{name: "reset-policy", status: 422, meanwhile: settings("auth_password_policy", "/^.{40,}$/"), reach: resetting(chosen)},
		{name: "reset-unavailable", status: 503, reach: func(b *harness.Browser) {
			toReset(b)
			breakOn(b, "POST /auth/password", "503")
			choosePassword(b, chosen)
		}},
		{name: "reset-expired", status: 410, reach: func(b *harness.Browser) { toReset(b); late(b, 25*time.Hour); choosePassword(b, chosen) }},
		{name: "reset-used", status: 410, reach: func(b *harness.Browser) {
			resetting(chosen)(b)
			openMail(b, harness.Neighbour.Email)
			choosePassword(b, chosen)
		}},
		{name: "reset-broken", status: 400, reach: harness.At("/password/reset")},
		{name: "signin-reset", status: 200, reach: resetting(chosen)},

		{name: "invite", status: 200, meanwhile: inviting, reach: toInvite},
		{name: "invite-short-password", status: 422, meanwhile: inviting, reach: func(b *harness.Browser) { toInvite(b); choosePassword(b, "short12") }},
		{name: "invite-common-password", status: 422, meanwhile: inviting, reach: func(b *harness.Browser) { toInvite(b); choosePassword(b, "password1") }},
		{name: "invite-policy", status: 422, meanwhile: each(inviting, settings("auth_password_policy", "/^.{40,}$/")), reach: func(b *harness.Browser) { toInvite(b); choosePassword(b, chosen) }},
		{name: "invite-unavailable", status: 503, meanwhile: inviting, reach: func(b *harness.Browser) {
			toInvite(b)
			breakOn(b, "POST /users/invite", "503")
			choosePassword(b, chosen)
		}},
		{name: "invite-expired", status: 410, meanwhile: inviting, reach: func(b *harness.Browser) { toInvite(b); late(b, 8*24*time.Hour); choosePassword(b, chosen) }},
		{name: "invite-used", status: 410, meanwhile: inviting, reach: func(b *harness.Browser) {
			toInvite(b)
			choosePassword(b, chosen)
			toInvite(b)
			choosePassword(b, chosen)
		}},
		{name: "invite-broken", status: 400, reach: harness.At("/invite")},
		{name: "signin-invited", status: 200, meanwhile: inviting, reach: func(b *harness.Browser) { toInvite(b); choosePassword(b, chosen) }},

		{name: "signin-code", status: 200, meanwhile: twoFactorOn, reach: signingIn(harness.Member)},
		{name: "signin-code-nothing-typed", status: 422, meanwhile: twoFactorOn, reach: typingCodes("")},
		{name: "signin-code-wrong", status: 422, meanwhile: twoFactorOn, reach: typingCodes(noCode)},
		{name: "signin-code-unavailable", status: 503, meanwhile: twoFactorOn, reach: func(b *harness.Browser) {
			b.SignIn(harness.Member)
			breakOn(b, "POST /auth/login", "503")
			b.Submit("#signin-code", map[string]string{"code": noCode})
		}},
		{name: "signin-too-many-codes", status: 200, meanwhile: twoFactorOn, reach: typingCodes(noCode, noCode, noCode, noCode, noCode)},
		{name: "signin-begin-again", status: 200, reach: harness.At("/signin/code")},
		{name: "signin-recovery", status: 200, meanwhile: twoFactorOn, reach: func(b *harness.Browser) { b.SignIn(harness.Member); b.Open("/signin/recovery") }},
		{name: "signin-recovery-wrong", status: 422, meanwhile: twoFactorOn, reach: func(b *harness.Browser) {
			b.SignIn(harness.Member)
			b.Open("/signin/recovery")
			b.Submit("#signin-recovery", map[string]string{"code": "AAAAA-BBBBB-CCCCC-DDDDD"})
		}},
		{name: "signin-recovered", status: 200, reach: func(b *harness.Browser) {
			b.Request(http.MethodPost, "/signin", harness.Form(harness.Member), nil)
			switchOn(b)
			code := b.Doc.Find(".codes code").First().Text()
			b.Request(http.MethodPost, "/logout", url.Values{}, nil)
			b.SignIn(harness.Member)
			b.Open("/signin/recovery")
			b.Submit("#signin-recovery", map[string]string{"code": code})
		}},
		{name: "signin-recovery-not-offered", status: 200, meanwhile: each(twoFactorOn, withoutRecovery), reach: func(b *harness.Browser) { b.SignIn(harness.Member); b.Open("/signin/recovery") }},

		{name: "profile", status: 200, member: true, reach: harness.At("/profile")},
		{name: "profile-new-member", status: 200, reach: harness.SigningUp(harness.Newcomer)},
		{name: "profile-of-a-project", status: 200, member: true, own: harness.FieldOfEachKind(), meanwhile: harness.FillFieldOfEachKind, reach: harness.At("/profile")},
		{name: "profile-wrong-fields", status: 422, member: true, own: harness.FieldOfEachKind(), meanwhile: harness.FillFieldOfEachKind, reach: editing(map[string]string{"rabbits": "many", "hay_per_day": "some", "pronouns": ""})},
		{name: "profile-read-only", status: 200, member: true, own: harness.FieldOfEachKind(), meanwhile: each(harness.FillFieldOfEachKind, forbidding("update")), reach: harness.At("/profile")},
		{name: "profile-saved", status: 200, member: true, reach: editing(map[string]string{"first_name": "Hazelnut", "description": "Keeps two lops.\nAnd a garden."})},
		{name: "profile-saved-dark", status: 200, member: true, reach: editing(map[string]string{"appearance": "dark"})},
		{name: "profile-unchanged", status: 200, member: true, reach: editing(nil)},
		{name: "profile-forbidden", status: 422, member: true, meanwhile: directusRefuses("PATCH", 403, "FORBIDDEN"), reach: editing(map[string]string{"first_name": "Hazelnut"})},
		{name: "profile-unavailable", status: 503, member: true, meanwhile: directusFails("PATCH", "503"), reach: editing(map[string]string{"first_name": "Hazelnut"})},

		{name: "profile-sent-too-late", status: 200, member: true, reach: sendingTooLate(editing(harness.TypedProfile()))},
		{name: "profile-restored", status: 200, member: true, reach: restoring(editing(harness.TypedProfile()))},
		{name: "profile-sign-in-first", status: 403, member: true, reach: sendingTooLate(editing(map[string]string{"description": harness.TooLong()}))},
		{name: "profile-kept-in-page", status: 503, member: true, reach: whileAway("503", editing(harness.TypedProfile()))},
		{name: "profile-too-often", status: 429, member: true, reach: whileAway("429", editing(harness.TypedProfile()))},

		{name: "avatar", status: 200, member: true, reach: func(b *harness.Browser) { harness.Uploading(harness.Picture())(b); b.Open("/profile") }},
		{name: "avatar-read-only", status: 200, member: true, reach: func(b *harness.Browser) {
			harness.Uploading(harness.Picture())(b)
			forbidding("update")(b.T, b.App.Up, b.App)
			b.Open("/profile")
		}},
		{name: "avatar-saved", status: 200, member: true, reach: harness.Uploading(harness.Picture())},
		{name: "avatar-removed", status: 200, member: true, reach: func(b *harness.Browser) { harness.Uploading(harness.Picture())(b); b.Submit("#remove-avatar", nil) }},
		{name: "avatar-nothing-chosen", status: 422, member: true, reach: harness.Uploading("")},
		{name: "avatar-no-picture", status: 422, member: true, reach: harness.Uploading("Not a picture, whatever its name says.")},
		{name: "avatar-too-large", status: 422, member: true, reach: harness.Uploading(strings.Repeat("x", 5<<20+1))},
		{name: "avatar-forbidden", status: 422, member: true, reach: func(b *harness.Browser) {
			b.Open("/profile")
			b.App.Up.Forbid(b.T, "create", "directus_files")
			b.Submit("#avatar", map[string]string{"picture": harness.Picture()})
		}},
		{name: "avatar-not-kept", status: 503, member: true, reach: whileAway("503", harness.Uploading(harness.Picture()))},
		{name: "avatar-not-removed", status: 503, member: true, reach: func(b *harness.Browser) {
			harness.Uploading(harness.Picture())(b)
			whileAway("503", func(b *harness.Browser) { b.Open("/profile"); b.Submit("#remove-avatar", nil) })(b)
		}},
		{name: "avatar-no-form", status: 415, member: true, reach: func(b *harness.Browser) { b.Send("/profile/avatar", nil) }},
		{name: "avatar-unavailable", status: 503, member: true, meanwhile: directusFails("POST /files", "503"), reach: harness.Uploading(harness.Picture())},

		{name: "email", status: 200, member: true, reach: harness.At("/profile/email")},
		{name: "email-changed", status: 200, member: true, reach: changingEmail("hazel@example.com", harness.Member.Password)},
		{name: "email-nothing-typed", status: 422, member: true, reach: changingEmail("", "")},
		{name: "email-misshapen", status: 422, member: true, reach: changingEmail("hazel", harness.Member.Password)},
		{name: "email-wrong-password", status: 422, member: true, reach: changingEmail("hazel@example.com", "not-the-right-clover")},
		{name: "email-taken-address", status: 422, member: true, reach: changingEmail(harness.Neighbour.Email, harness.Member.Password)},
		{name: "email-same-address", status: 422, member: true, reach: changingEmail(harness.Member.Email, harness.Member.Password)},
		{name: "email-restored", status: 200, member: true, reach: restoring(changingEmail("hazel@example.com", harness.Member.Password))},
		{name: "email-kept-in-page", status: 503, member: true, reach: whileAway("503", changingEmail("hazel@example.com", harness.Member.Password))},
		{name: "email-unavailable", status: 503, member: true, meanwhile: directusFails("POST /auth/login", "503"), reach: changingEmail("hazel@example.com", harness.Member.Password)},
		{name: "email-unconfirmed", status: 503, member: true, meanwhile: directusFails("PATCH", "cut"), reach: changingEmail("hazel@example.com", harness.Member.Password)},
		{name: "email-forbidden", status: 422, member: true, meanwhile: directusRefuses("PATCH", 403, "FORBIDDEN"), reach: changingEmail("hazel@example.com", harness.Member.Password)},
		{name: "email-two-factor", status: 200, member: true, meanwhile: twoFactorOn, reach: harness.At("/profile/email")},
		{name: "email-managed", status: 200, member: true, meanwhile: managed, reach: harness.At("/profile/email")},

		{name: "password", status: 200, member: true, reach: harness.At("/profile/password")},
		{name: "password-nothing-typed", status: 422, member: true, reach: changingPassword("", "")},
		{name: "password-wrong", status: 422, member: true, reach: changingPassword("not-the-right-clover", chosen)},
		{name: "password-same", status: 422, member: true, reach: changingPassword(harness.Member.Password, harness.Member.Password)},
		{name: "password-short", status: 422, member: true, reach: changingPassword(harness.Member.Password, "short12")},
		{name: "password-common", status: 422, member: true, reach: changingPassword(harness.Member.Password, "password1")},
		{name: "password-policy", status: 422, member: true, meanwhile: settings("auth_password_policy", "/^.{40,}$/"), reach: changingPassword(harness.Member.Password, chosen)},
		{name: "password-unavailable", status: 503, member: true, meanwhile: directusFails("PATCH", "503"), reach: changingPassword(harness.Member.Password, chosen)},
		{name: "password-forbidden", status: 422, member: true, meanwhile: directusRefuses("PATCH", 403, "FORBIDDEN"), reach: changingPassword(harness.Member.Password, chosen)},
		{name: "password-saved", status: 200, member: true, reach: changingPassword(harness.Member.Password, chosen)},
		{name: "password-two-factor", status: 200, member: true, meanwhile: twoFactorOn, reach: harness.At("/profile/password")},
		{name: "password-managed", status: 200, member: true, meanwhile: managed, reach: harness.At("/profile/password")},

		{name: "two-factor", status: 200, member: true, reach: harness.At("/profile/two-factor")},
		{name: "two-factor-without-recovery", status: 200, member: true, meanwhile: withoutRecovery, reach: harness.At("/profile/two-factor")},
		{name: "two-factor-nothing-typed", status: 422, member: true, reach: settingUp("")},
		{name: "two-factor-wrong-password", status: 422, member: true, reach: settingUp("not-the-right-clover")},
		{name: "two-factor-confirm", status: 200, member: true, reach: settingUp(harness.Member.Password)},
		{name: "two-factor-wrong-code", status: 422, member: true, reach: func(b *harness.Browser) {
			settingUp(harness.Member.Password)(b)
			b.Submit("#two-factor", map[string]string{"code": noCode})
		}},
		{name: "two-factor-recovery-codes", status: 200, member: true, reach: func(b *harness.Browser) { switchOn(b) }},
		{name: "two-factor-on", status: 200, member: true, reach: func(b *harness.Browser) { switchOn(b); b.Open("/profile/two-factor") }},
		{name: "two-factor-on-without-codes", status: 200, member: true, meanwhile: twoFactorOn, reach: harness.At("/profile/two-factor")},
		{name: "two-factor-ending", status: 200, member: true, meanwhile: twoFactorOn, reach: harness.At("/profile/two-factor/off")},
		{name: "two-factor-off-wrong-code", status: 422, member: true, meanwhile: twoFactorOn, reach: func(b *harness.Browser) {
			b.Open("/profile/two-factor/off")
			b.Submit("#two-factor", map[string]string{"current_password": harness.Member.Password, "code": noCode})
		}},
		{name: "two-factor-off", status: 200, member: true, reach: func(b *harness.Browser) {
			secret := switchOn(b)
			b.Open("/profile/two-factor/off")
			b.Submit("#two-factor", map[string]string{"current_password": harness.Member.Password, "code": code(b, secret)})
		}},
		{name: "two-factor-unavailable", status: 503, member: true, meanwhile: directusFails("POST /users/me/tfa", "503"), reach: settingUp(harness.Member.Password)},
		{name: "two-factor-forbidden", status: 200, member: true, meanwhile: forbidding("update", "tfa_secret"), reach: harness.At("/profile/two-factor")},
		{name: "two-factor-unknown", status: 200, member: true, meanwhile: forbidding("read", "tfa_secret"), reach: harness.At("/profile/two-factor")},
		{name: "two-factor-managed", status: 200, member: true, meanwhile: managed, reach: harness.At("/profile/two-factor")},

		{name: "data", status: 200, member: true, reach: harness.At("/profile/data")},
		{name: "data-without-deletion", status: 200, member: true, meanwhile: forbidding("delete"), reach: harness.At("/profile/data")},
		{name: "delete", status: 200, member: true, reach: harness.At("/profile/delete")},
		{name: "delete-nothing-typed", status: 422, member: true, reach: deleting("", "")},
		{name: "delete-wrong-address", status: 422, member: true, reach: deleting(harness.Neighbour.Email, harness.Member.Password)},
		{name: "delete-wrong-password", status: 422, member: true, reach: deleting(harness.Member.Email, "not-the-right-clover")},
		{name: "delete-two-factor", status: 200, member: true, meanwhile: twoFactorOn, reach: harness.At("/profile/delete")},
		{name: "delete-unavailable", status: 503, member: true, meanwhile: directusFails("DELETE", "503"), reach: deleting(harness.Member.Email, harness.Member.Password)},
		{name: "delete-last-administrator", status: 422, member: true, meanwhile: directusRefuses("DELETE", 422, "UNPROCESSABLE_CONTENT"), reach: deleting(harness.Member.Email, harness.Member.Password)},
		{name: "delete-still-referred", status: 422, member: true, meanwhile: directusRefuses("DELETE", 500, "INTERNAL_SERVER_ERROR"), reach: deleting(harness.Member.Email, harness.Member.Password)},
		{name: "delete-managed", status: 403, member: true, meanwhile: managed, reach: harness.At("/profile/delete")},
		{name: "delete-forbidden", status: 403, member: true, meanwhile: forbidding("delete"), reach: harness.At("/profile/delete")},
		{name: "home-deleted", status: 200, member: true, reach: deleting(harness.Member.Email, harness.Member.Password)},
	}
}

// What the states have visitors type: a new password, a code that no phone shows.
var (
	chosen = harness.Passwords[3]
	noCode = "not-it"
)

// ---- What makes the day different

type meanwhile = func(*testing.T, harness.Upstream, *harness.App)

func each(all ...meanwhile) meanwhile {
	return func(t *testing.T, up harness.Upstream, site *harness.App) {
		for _, one := range all {
			one(t, up, site)
		}
	}
}

// confirming has new members confirm their address.
func confirming() meanwhile { return settings("public_registration_verify_email", true) }

// inviting writes to the newcomer.
func inviting(t *testing.T, up harness.Upstream, _ *harness.App) {
	t.Helper()
	err := up.Admin.Post(t.Context(), "/users/invite", map[string]any{
		"email": harness.Newcomer.Email, "role": up.User(t, harness.Member)["role"], "invite_url": harness.PublicURL + "/invite",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// twoFactorOn switches on the member's second factor, in Directus' own app for
// instance: without recovery codes.
func twoFactorOn(t *testing.T, up harness.Upstream, _ *harness.App) {
	t.Helper()
	client, err := directus.New(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	var made directus.TwoFactorSecret
	granted, err := client.Login(t.Context(), directus.Visitor{}, directus.Credentials{Email: harness.Member.Email, Password: secret.Of(harness.Member.Password)})
	if err == nil {
		made, err = client.GenerateTwoFactor(t.Context(), directus.Visitor{}, granted.Token, harness.Member.Password)
	}
	if err == nil {
		err = client.EnableTwoFactor(t.Context(), directus.Visitor{}, granted.Token, made.Secret, up.Code(t, made.Secret))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// withoutRecovery has the service token be there for something else.
func withoutRecovery(t *testing.T, up harness.Upstream, site *harness.App) {
	directusRefuses("GET /items/hutch_recovery_codes", http.StatusForbidden, "FORBIDDEN")(t, up, site)
}

// managed has the member sign in with an external provider.
func managed(t *testing.T, up harness.Upstream, _ *harness.App) {
	t.Helper()
	up.Set(t, harness.Member, map[string]any{"provider": "github"})
}

// forbidding takes a permission on their own row from members.
func forbidding(action string, fields ...string) meanwhile {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		t.Helper()
		up.Forbid(t, action, "directus_users", fields...)
	}
}

// ---- What visitors do

// openMail follows the link of the last mail to an address.
func openMail(b *harness.Browser, address string) {
	b.T.Helper()
	b.Open(b.App.Up.Mailed(b.T, address, 1))
}

func toVerify(b *harness.Browser) {
	b.T.Helper()
	harness.SigningUp(harness.Newcomer)(b)
	openMail(b, harness.Newcomer.Email)
}

func toReset(b *harness.Browser) {
	b.T.Helper()
	forgetting(harness.Neighbour.Email)(b)
	openMail(b, harness.Neighbour.Email)
}

func toInvite(b *harness.Browser) {
	b.T.Helper()
	openMail(b, harness.Newcomer.Email)
}

// late lets time go by for Directus.
func late(b *harness.Browser, by time.Duration) { b.App.Up.Passed.Add(int64(by)) }

// breakOn breaks calls to Directus from now on.
func breakOn(b *harness.Browser, prefix, how string) {
	b.App.Wire.BreakOn(prefix, harness.Breakages[how])
}

// sendingAgain asks for the mail once more, while Directus is in trouble; "": it
// is not.
func sendingAgain(trouble string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		harness.SigningUp(harness.Newcomer)(b)
		if trouble != "" {
			breakOn(b, "POST /users/register", trouble)
		}
		b.Submit("#resend", nil)
	}
}

func forgetting(email string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/password/forgot")
		b.Submit("#forgot", map[string]string{"email": email})
	}
}

func choosePassword(b *harness.Browser, password string) {
	b.T.Helper()
	b.Submit("#choose-password", map[string]string{"password": password})
}

func resetting(password string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		toReset(b)
		choosePassword(b, password)
	}
}

// typingCodes signs in with the right password, and then types these.
func typingCodes(codes ...string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.SignIn(harness.Member)
		for _, code := range codes {
			b.Submit("#signin-code", map[string]string{"code": code})
		}
	}
}

// sendingTooLate sends a form whose session has ended since its page was opened.
func sendingTooLate(form func(*harness.Browser)) func(*harness.Browser) {
	return func(b *harness.Browser) { b.BetweenPageAndForm = (*harness.Browser).EndSession; form(b) }
}

// restoring signs in again after that.
func restoring(form func(*harness.Browser)) func(*harness.Browser) {
	return func(b *harness.Browser) { sendingTooLate(form)(b); b.Submit("#signin", harness.Member.Form()) }
}

// whileAway sends a form when Directus has gone away since its page was opened.
func whileAway(how string, form func(*harness.Browser)) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.BetweenPageAndForm = func(b *harness.Browser) { b.App.Wire.BreakWith(harness.Breakages[how]) }
		form(b)
	}
}

func editing(fill map[string]string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/profile")
		b.Submit("#edit-profile", fill)
	}
}

func changingEmail(email, password string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/profile/email")
		b.Submit("#change-email", map[string]string{"email": email, "current_password": password})
	}
}

func changingPassword(current, password string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/profile/password")
		b.Submit("#change-password", map[string]string{"current_password": current, "password": password})
	}
}

// settingUp begins with a second factor.
func settingUp(password string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/profile/two-factor")
		b.Submit("#two-factor", map[string]string{"current_password": password})
	}
}

// switchOn switches the second factor on.
func switchOn(b *harness.Browser) (secret string) {
	b.T.Helper()
	settingUp(harness.Member.Password)(b)
	secret = b.Doc.Find("code.secret").Text()
	b.Submit("#two-factor", map[string]string{"code": code(b, secret)})
	return secret
}

// code is what the phone shows, by Directus' clock.
func code(b *harness.Browser, secret string) string {
	b.App.Pass(time.Minute) // a code works once, and the site forgets it by then
	return b.App.Up.Code(b.T, secret)
}

func deleting(email, password string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/profile/delete")
		b.Submit("#delete-account", map[string]string{"email": email, "current_password": password})
	}
}
