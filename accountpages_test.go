package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// The pages of an account, as rows of the table in pages_test.go: from the mail
// that confirms an address to the deletion of the account.

func accountStates() []state {
	return []state{
		{name: "check-email", status: 200, meanwhile: confirming(), reach: signingUp(newcomer)},
		{name: "check-email-sent-again", status: 200, meanwhile: confirming(), reach: sendingAgain("")},
		{name: "check-email-too-often", status: 429, meanwhile: confirming(), reach: sendingAgain("429")},
		{name: "check-email-unavailable", status: 503, meanwhile: confirming(), reach: sendingAgain("503")},
		{name: "check-email-unknown", status: 200, reach: at("/signup/check-email")},
		{name: "verify", status: 200, meanwhile: confirming(), reach: (*browser).toVerify},
		{name: "verify-expired", status: 410, meanwhile: confirming(), reach: func(b *browser) { b.toVerify(); b.late(8 * 24 * time.Hour); b.submit("#verify", nil) }},
		{name: "verify-used", status: 410, meanwhile: confirming(), reach: func(b *browser) {
			b.toVerify()
			b.submit("#verify", nil)
			b.openMail(newcomer.email)
			b.submit("#verify", nil)
		}},
		{name: "verify-broken", status: 400, reach: at("/verify")},
		{name: "verify-unavailable", status: 503, meanwhile: confirming(), reach: func(b *browser) { b.toVerify(); b.breakOn("GET /users/register", "503"); b.submit("#verify", nil) }},
		{name: "signin-verified", status: 200, meanwhile: confirming(), reach: func(b *browser) { b.toVerify(); b.submit("#verify", nil) }},

		{name: "forgot", status: 200, reach: at("/password/forgot")},
		{name: "forgot-nothing-typed", status: 422, reach: forgetting("")},
		{name: "forgot-misshapen", status: 422, reach: forgetting("bramble")},
		{name: "forgot-unavailable", status: 503, meanwhile: directusFails("POST /auth/password", "503"), reach: forgetting(neighbour.email)},
		{name: "forgot-too-often", status: 429, meanwhile: directusFails("POST /auth/password", "429"), reach: forgetting(neighbour.email)},
		{name: "forgot-sent", status: 200, reach: forgetting(neighbour.email)},
		{name: "reset", status: 200, reach: (*browser).toReset},
		{name: "reset-short-password", status: 422, reach: resetting("short12")},
		{name: "reset-common-password", status: 422, reach: resetting("password1")},
		{name: "reset-policy", status: 422, meanwhile: settings("auth_password_policy", "/^.{40,}$/"), reach: resetting(chosen)},
		{name: "reset-unavailable", status: 503, reach: func(b *browser) { b.toReset(); b.breakOn("POST /auth/password", "503"); b.choosePassword(chosen) }},
		{name: "reset-expired", status: 410, reach: func(b *browser) { b.toReset(); b.late(25 * time.Hour); b.choosePassword(chosen) }},
		{name: "reset-used", status: 410, reach: func(b *browser) { resetting(chosen)(b); b.openMail(neighbour.email); b.choosePassword(chosen) }},
		{name: "reset-broken", status: 400, reach: at("/password/reset")},
		{name: "signin-reset", status: 200, reach: resetting(chosen)},

		{name: "invite", status: 200, meanwhile: inviting, reach: (*browser).toInvite},
		{name: "invite-short-password", status: 422, meanwhile: inviting, reach: func(b *browser) { b.toInvite(); b.choosePassword("short12") }},
		{name: "invite-common-password", status: 422, meanwhile: inviting, reach: func(b *browser) { b.toInvite(); b.choosePassword("password1") }},
		{name: "invite-policy", status: 422, meanwhile: each(inviting, settings("auth_password_policy", "/^.{40,}$/")), reach: func(b *browser) { b.toInvite(); b.choosePassword(chosen) }},
		{name: "invite-unavailable", status: 503, meanwhile: inviting, reach: func(b *browser) {
			b.toInvite()
			b.breakOn("POST /users/invite", "503")
			b.choosePassword(chosen)
		}},
		{name: "invite-expired", status: 410, meanwhile: inviting, reach: func(b *browser) { b.toInvite(); b.late(8 * 24 * time.Hour); b.choosePassword(chosen) }},
		{name: "invite-used", status: 410, meanwhile: inviting, reach: func(b *browser) {
			b.toInvite()
			b.choosePassword(chosen)
			b.toInvite()
			b.choosePassword(chosen)
		}},
		{name: "invite-broken", status: 400, reach: at("/invite")},
		{name: "signin-invited", status: 200, meanwhile: inviting, reach: func(b *browser) { b.toInvite(); b.choosePassword(chosen) }},

		{name: "signin-code", status: 200, meanwhile: twoFactorOn, reach: signingIn(member)},
		{name: "signin-code-nothing-typed", status: 422, meanwhile: twoFactorOn, reach: typingCodes("")},
		{name: "signin-code-wrong", status: 422, meanwhile: twoFactorOn, reach: typingCodes(noCode)},
		{name: "signin-code-unavailable", status: 503, meanwhile: twoFactorOn, reach: func(b *browser) {
			b.signIn(member)
			b.breakOn("POST /auth/login", "503")
			b.submit("#signin-code", map[string]string{"code": noCode})
		}},
		{name: "signin-too-many-codes", status: 200, meanwhile: twoFactorOn, reach: typingCodes(noCode, noCode, noCode, noCode, noCode)},
		{name: "signin-begin-again", status: 200, reach: at("/signin/code")},
		{name: "signin-recovery", status: 200, meanwhile: twoFactorOn, reach: func(b *browser) { b.signIn(member); b.open("/signin/recovery") }},
		{name: "signin-recovery-wrong", status: 422, meanwhile: twoFactorOn, reach: func(b *browser) {
			b.signIn(member)
			b.open("/signin/recovery")
			b.submit("#signin-recovery", map[string]string{"code": "AAAAA-BBBBB-CCCCC-DDDDD"})
		}},
		{name: "signin-recovered", status: 200, reach: func(b *browser) {
			b.request(http.MethodPost, "/signin", form(member), nil)
			b.switchOn()
			code := b.doc.Find(".codes code").First().Text()
			b.request(http.MethodPost, "/logout", url.Values{}, nil)
			b.signIn(member)
			b.open("/signin/recovery")
			b.submit("#signin-recovery", map[string]string{"code": code})
		}},
		{name: "signin-recovery-not-offered", status: 200, meanwhile: each(twoFactorOn, withoutRecovery), reach: func(b *browser) { b.signIn(member); b.open("/signin/recovery") }},

		{name: "profile", status: 200, member: true, reach: at("/profile")},
		{name: "profile-new-member", status: 200, reach: signingUp(newcomer)},
		{name: "profile-of-a-project", status: 200, member: true, meanwhile: fieldOfEachKind, reach: at("/profile")},
		{name: "profile-wrong-fields", status: 422, member: true, meanwhile: fieldOfEachKind, reach: editing(map[string]string{"rabbits": "many", "hay_per_day": "some", "pronouns": ""})},
		{name: "profile-read-only", status: 200, member: true, meanwhile: each(fieldOfEachKind, forbidding("update")), reach: at("/profile")},
		{name: "profile-saved", status: 200, member: true, reach: editing(map[string]string{"first_name": "Hazelnut", "description": "Keeps two lops.\nAnd a garden."})},
		{name: "profile-saved-dark", status: 200, member: true, reach: editing(map[string]string{"appearance": "dark"})},
		{name: "profile-unchanged", status: 200, member: true, reach: editing(nil)},
		{name: "profile-forbidden", status: 422, member: true, meanwhile: directusRefuses("PATCH", 403, "FORBIDDEN"), reach: editing(map[string]string{"first_name": "Hazelnut"})},
		{name: "profile-unavailable", status: 503, member: true, meanwhile: directusFails("PATCH", "503"), reach: editing(map[string]string{"first_name": "Hazelnut"})},

		{name: "profile-sent-too-late", status: 200, member: true, reach: sendingTooLate(editing(typedProfile()))},
		{name: "profile-restored", status: 200, member: true, reach: restoring(editing(typedProfile()))},
		{name: "profile-sign-in-first", status: 403, member: true, reach: sendingTooLate(editing(map[string]string{"description": tooLong()}))},
		{name: "profile-kept-in-page", status: 503, member: true, reach: whileAway("503", editing(typedProfile()))},
		{name: "profile-too-often", status: 429, member: true, reach: whileAway("429", editing(typedProfile()))},

		{name: "avatar", status: 200, member: true, reach: func(b *browser) { uploading(picture())(b); b.open("/profile") }},
		{name: "avatar-read-only", status: 200, member: true, reach: func(b *browser) {
			uploading(picture())(b)
			forbidding("update")(b.t, b.app.up, b.app)
			b.open("/profile")
		}},
		{name: "avatar-saved", status: 200, member: true, reach: uploading(picture())},
		{name: "avatar-removed", status: 200, member: true, reach: func(b *browser) { uploading(picture())(b); b.submit("#remove-avatar", nil) }},
		{name: "avatar-nothing-chosen", status: 422, member: true, reach: uploading("")},
		{name: "avatar-no-picture", status: 422, member: true, reach: uploading("Not a picture, whatever its name says.")},
		{name: "avatar-too-large", status: 422, member: true, reach: uploading(strings.Repeat("x", 5<<20+1))},
		{name: "avatar-forbidden", status: 422, member: true, reach: func(b *browser) {
			b.open("/profile")
			b.app.up.forbid(b.t, "create", "directus_files")
			b.submit("#avatar", map[string]string{"picture": picture()})
		}},
		{name: "avatar-not-kept", status: 503, member: true, reach: whileAway("503", uploading(picture()))},
		{name: "avatar-not-removed", status: 503, member: true, reach: func(b *browser) {
			uploading(picture())(b)
			whileAway("503", func(b *browser) { b.open("/profile"); b.submit("#remove-avatar", nil) })(b)
		}},
		{name: "avatar-unreadable", status: 400, member: true, reach: func(b *browser) { b.send("/profile/avatar", nil) }},
		{name: "avatar-unavailable", status: 503, member: true, meanwhile: directusFails("POST /files", "503"), reach: uploading(picture())},

		{name: "email", status: 200, member: true, reach: at("/profile/email")},
		{name: "email-changed", status: 200, member: true, reach: changingEmail("hazel@example.com", member.password)},
		{name: "email-nothing-typed", status: 422, member: true, reach: changingEmail("", "")},
		{name: "email-misshapen", status: 422, member: true, reach: changingEmail("hazel", member.password)},
		{name: "email-wrong-password", status: 422, member: true, reach: changingEmail("hazel@example.com", "not-the-right-clover")},
		{name: "email-taken-address", status: 422, member: true, reach: changingEmail(neighbour.email, member.password)},
		{name: "email-same-address", status: 422, member: true, reach: changingEmail(member.email, member.password)},
		{name: "email-restored", status: 200, member: true, reach: restoring(changingEmail("hazel@example.com", member.password))},
		{name: "email-kept-in-page", status: 503, member: true, reach: whileAway("503", changingEmail("hazel@example.com", member.password))},
		{name: "email-unavailable", status: 503, member: true, meanwhile: directusFails("POST /auth/login", "503"), reach: changingEmail("hazel@example.com", member.password)},
		{name: "email-unconfirmed", status: 503, member: true, meanwhile: directusFails("PATCH", "cut"), reach: changingEmail("hazel@example.com", member.password)},
		{name: "email-forbidden", status: 422, member: true, meanwhile: directusRefuses("PATCH", 403, "FORBIDDEN"), reach: changingEmail("hazel@example.com", member.password)},
		{name: "email-two-factor", status: 200, member: true, meanwhile: twoFactorOn, reach: at("/profile/email")},
		{name: "email-managed", status: 200, member: true, meanwhile: managed, reach: at("/profile/email")},

		{name: "password", status: 200, member: true, reach: at("/profile/password")},
		{name: "password-nothing-typed", status: 422, member: true, reach: changingPassword("", "")},
		{name: "password-wrong", status: 422, member: true, reach: changingPassword("not-the-right-clover", chosen)},
		{name: "password-same", status: 422, member: true, reach: changingPassword(member.password, member.password)},
		{name: "password-short", status: 422, member: true, reach: changingPassword(member.password, "short12")},
		{name: "password-common", status: 422, member: true, reach: changingPassword(member.password, "password1")},
		{name: "password-policy", status: 422, member: true, meanwhile: settings("auth_password_policy", "/^.{40,}$/"), reach: changingPassword(member.password, chosen)},
		{name: "password-unavailable", status: 503, member: true, meanwhile: directusFails("PATCH", "503"), reach: changingPassword(member.password, chosen)},
		{name: "password-forbidden", status: 422, member: true, meanwhile: directusRefuses("PATCH", 403, "FORBIDDEN"), reach: changingPassword(member.password, chosen)},
		{name: "password-saved", status: 200, member: true, reach: changingPassword(member.password, chosen)},
		{name: "password-two-factor", status: 200, member: true, meanwhile: twoFactorOn, reach: at("/profile/password")},
		{name: "password-managed", status: 200, member: true, meanwhile: managed, reach: at("/profile/password")},

		{name: "two-factor", status: 200, member: true, reach: at("/profile/two-factor")},
		{name: "two-factor-without-recovery", status: 200, member: true, meanwhile: withoutRecovery, reach: at("/profile/two-factor")},
		{name: "two-factor-nothing-typed", status: 422, member: true, reach: settingUp("")},
		{name: "two-factor-wrong-password", status: 422, member: true, reach: settingUp("not-the-right-clover")},
		{name: "two-factor-confirm", status: 200, member: true, reach: settingUp(member.password)},
		{name: "two-factor-wrong-code", status: 422, member: true, reach: func(b *browser) {
			settingUp(member.password)(b)
			b.submit("#two-factor", map[string]string{"code": noCode})
		}},
		{name: "two-factor-recovery-codes", status: 200, member: true, reach: func(b *browser) { b.switchOn() }},
		{name: "two-factor-on", status: 200, member: true, reach: func(b *browser) { b.switchOn(); b.open("/profile/two-factor") }},
		{name: "two-factor-on-without-codes", status: 200, member: true, meanwhile: twoFactorOn, reach: at("/profile/two-factor")},
		{name: "two-factor-off-wrong-code", status: 422, member: true, meanwhile: twoFactorOn, reach: func(b *browser) {
			b.open("/profile/two-factor")
			b.submit("#two-factor", map[string]string{"current_password": member.password, "code": noCode})
		}},
		{name: "two-factor-off", status: 200, member: true, reach: func(b *browser) {
			secret := b.switchOn()
			b.submit("#two-factor", map[string]string{"current_password": member.password, "code": b.code(secret)})
		}},
		{name: "two-factor-unavailable", status: 503, member: true, meanwhile: directusFails("POST /users/me/tfa", "503"), reach: settingUp(member.password)},
		{name: "two-factor-forbidden", status: 200, member: true, meanwhile: forbidding("update", "tfa_secret"), reach: at("/profile/two-factor")},
		{name: "two-factor-unknown", status: 200, member: true, meanwhile: forbidding("read", "tfa_secret"), reach: at("/profile/two-factor")},
		{name: "two-factor-managed", status: 200, member: true, meanwhile: managed, reach: at("/profile/two-factor")},

		{name: "data", status: 200, member: true, reach: at("/profile/data")},
		{name: "data-without-deletion", status: 200, member: true, meanwhile: forbidding("delete"), reach: at("/profile/data")},
		{name: "delete", status: 200, member: true, reach: at("/profile/delete")},
		{name: "delete-nothing-typed", status: 422, member: true, reach: deleting("", "")},
		{name: "delete-wrong-address", status: 422, member: true, reach: deleting(neighbour.email, member.password)},
		{name: "delete-wrong-password", status: 422, member: true, reach: deleting(member.email, "not-the-right-clover")},
		{name: "delete-two-factor", status: 200, member: true, meanwhile: twoFactorOn, reach: at("/profile/delete")},
		{name: "delete-unavailable", status: 503, member: true, meanwhile: directusFails("DELETE", "503"), reach: deleting(member.email, member.password)},
		{name: "delete-last-administrator", status: 422, member: true, meanwhile: directusRefuses("DELETE", 422, "UNPROCESSABLE_CONTENT"), reach: deleting(member.email, member.password)},
		{name: "delete-still-referred", status: 422, member: true, meanwhile: directusRefuses("DELETE", 500, "INTERNAL_SERVER_ERROR"), reach: deleting(member.email, member.password)},
		{name: "delete-managed", status: 403, member: true, meanwhile: managed, reach: at("/profile/delete")},
		{name: "delete-forbidden", status: 403, member: true, meanwhile: forbidding("delete"), reach: at("/profile/delete")},
		{name: "home-deleted", status: 200, member: true, reach: deleting(member.email, member.password)},
	}
}

// What the states have visitors type: a new password, a code that no phone shows.
var (
	chosen = passwords[3]
	noCode = "not-it"
)

// ---- What makes the day different

type meanwhile = func(*testing.T, upstream, *app)

func each(all ...meanwhile) meanwhile {
	return func(t *testing.T, up upstream, site *app) {
		for _, one := range all {
			one(t, up, site)
		}
	}
}

// confirming has new members confirm their address.
func confirming() meanwhile { return settings("public_registration_verify_email", true) }

// inviting writes to the newcomer.
func inviting(t *testing.T, up upstream, _ *app) {
	t.Helper()
	err := up.admin.Post(t.Context(), "/users/invite", map[string]any{
		"email": newcomer.email, "role": up.user(t, member)["role"], "invite_url": publicURL + "/invite",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// twoFactorOn switches on the member's second factor, in Directus' own app for
// instance: without recovery codes.
func twoFactorOn(t *testing.T, up upstream, _ *app) {
	t.Helper()
	client, err := directus.New(up.url)
	if err != nil {
		t.Fatal(err)
	}
	var made directus.TwoFactorSecret
	granted, err := client.Login(t.Context(), directus.Visitor{}, directus.Credentials{Email: member.email, Password: secret.Of(member.password)})
	if err == nil {
		made, err = client.GenerateTwoFactor(t.Context(), directus.Visitor{}, granted.Token, member.password)
	}
	if err == nil {
		err = client.EnableTwoFactor(t.Context(), directus.Visitor{}, granted.Token, made.Secret, up.code(t, made.Secret))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// withoutRecovery has the service token be there for something else.
func withoutRecovery(t *testing.T, up upstream, site *app) {
	directusRefuses("GET /items/hutch_recovery_codes", http.StatusForbidden, "FORBIDDEN")(t, up, site)
}

// managed has the member sign in with an external provider.
func managed(t *testing.T, up upstream, _ *app) {
	t.Helper()
	up.set(t, member, map[string]any{"provider": "github"})
}

// forbidding takes a permission on their own row from members.
func forbidding(action string, fields ...string) meanwhile {
	return func(t *testing.T, up upstream, _ *app) {
		t.Helper()
		up.forbid(t, action, "directus_users", fields...)
	}
}

// fieldOfEachKind gives the project a field of each kind for its members, with a value.
func fieldOfEachKind(t *testing.T, up upstream, _ *app) {
	t.Helper()
	type object = map[string]any
	choices := []object{{"text": "Upper Burrow", "value": "upper"}, {"text": "Lower Burrow", "value": "lower"}}
	row := object{}
	for _, field := range []struct {
		name, kind string
		meta       object
		value      any
	}{
		{"pronouns", "string", object{"required": true, "note": "As you would like to be spoken of."}, "she/her"},
		{"burrow", "string", object{"interface": "select-dropdown", "options": object{"choices": choices}, "translations": []object{{"language": "de-DE", "translation": "Bau"}}}, "lower"},
		{"name_of_whoever_looks_after_your_rabbits_while_you_are_away", "string", object{}, "Bartholomew Featherstonehaugh-Cholmondeley of the Lower Burrow, third door on the left"},
		{"about_your_rabbits", "text", object{"interface": "input-multiline"}, "Two lops, Bracken and Fern.\nThey like parsley."},
		{"rabbits", "integer", object{}, 2},
		{"hay_per_day", "float", object{"note": "In kilograms."}, 0.25},
		{"keeper_since", "date", object{}, "2019-04-01"},
		{"feeding_time", "time", object{}, "07:30:00"},
		{"next_visit", "dateTime", object{}, "2026-12-01T15:00:00"},
		{"newsletter", "boolean", object{"note": "Once a month, and never more often."}, true},
		{"interests", "csv", object{"interface": "tags"}, []string{"hay", "parsley", "tunnels"}},
		{"membership_number", "string", object{"readonly": true}, strings.Repeat("0123456789", 8)},
		{"internal_note", "string", object{"hidden": true}, "not for members"},
	} {
		err := up.admin.Post(t.Context(), "/fields/directus_users", object{"field": field.name, "type": field.kind, "meta": field.meta, "schema": object{}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		row[field.name] = field.value
	}
	up.set(t, member, row)
	up.membersMay(t, "update", "directus_users", func([]string) []string { return []string{"*"} })
}

// picture is what a camera makes.
func picture() string {
	camera := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			camera.Set(x, y, color.RGBA{uint8(90 + x/8), uint8(150 + y/8), uint8(110 + (x+y)/16), 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, camera); err != nil {
		panic(err)
	}
	return file.String()
}

// ---- What visitors do

// openMail follows the link of the last mail to an address.
func (b *browser) openMail(address string) {
	b.t.Helper()
	b.open(b.app.up.mailed(b.t, address, 1))
}

func (b *browser) toVerify() {
	b.t.Helper()
	signingUp(newcomer)(b)
	b.openMail(newcomer.email)
}

func (b *browser) toReset() {
	b.t.Helper()
	forgetting(neighbour.email)(b)
	b.openMail(neighbour.email)
}

func (b *browser) toInvite() {
	b.t.Helper()
	b.openMail(newcomer.email)
}

// late lets time go by for Directus.
func (b *browser) late(by time.Duration) { b.app.up.passed.Add(int64(by)) }

// breakOn breaks calls to Directus from now on.
func (b *browser) breakOn(prefix, how string) { b.app.wire.breakOn(prefix, breakages[how]) }

// sendingAgain asks for the mail once more, while Directus is in trouble; "": it
// is not.
func sendingAgain(trouble string) func(*browser) {
	return func(b *browser) {
		signingUp(newcomer)(b)
		if trouble != "" {
			b.breakOn("POST /users/register", trouble)
		}
		b.submit("#resend", nil)
	}
}

func forgetting(email string) func(*browser) {
	return func(b *browser) {
		b.open("/password/forgot")
		b.submit("#forgot", map[string]string{"email": email})
	}
}

func (b *browser) choosePassword(password string) {
	b.t.Helper()
	b.submit("#choose-password", map[string]string{"password": password})
}

func resetting(password string) func(*browser) {
	return func(b *browser) {
		b.toReset()
		b.choosePassword(password)
	}
}

// typingCodes signs in with the right password, and then types these.
func typingCodes(codes ...string) func(*browser) {
	return func(b *browser) {
		b.signIn(member)
		for _, code := range codes {
			b.submit("#signin-code", map[string]string{"code": code})
		}
	}
}

func typedProfile() map[string]string {
	return map[string]string{"first_name": "Hazelnut", "description": "Keeps two lops.\nAnd a garden."}
}

// sendingTooLate sends a form whose session has ended since its page was opened.
func sendingTooLate(form func(*browser)) func(*browser) {
	return func(b *browser) { b.betweenPageAndForm = (*browser).endSession; form(b) }
}

// restoring signs in again after that.
func restoring(form func(*browser)) func(*browser) {
	return func(b *browser) { sendingTooLate(form)(b); b.submit("#signin", member.form()) }
}

// whileAway sends a form when Directus has gone away since its page was opened.
func whileAway(how string, form func(*browser)) func(*browser) {
	return func(b *browser) {
		b.betweenPageAndForm = func(b *browser) { b.app.wire.breakWith(breakages[how]) }
		form(b)
	}
}

func editing(fill map[string]string) func(*browser) {
	return func(b *browser) {
		b.open("/profile")
		b.submit("#edit-profile", fill)
	}
}

// uploading chooses a file with this content as the new picture; "": none.
func uploading(content string) func(*browser) {
	return func(b *browser) {
		b.open("/profile")
		b.submit("#avatar", map[string]string{"picture": content})
	}
}

func changingEmail(email, password string) func(*browser) {
	return func(b *browser) {
		b.open("/profile/email")
		b.submit("#change-email", map[string]string{"email": email, "current_password": password})
	}
}

func changingPassword(current, password string) func(*browser) {
	return func(b *browser) {
		b.open("/profile/password")
		b.submit("#change-password", map[string]string{"current_password": current, "password": password})
	}
}

// settingUp begins with a second factor.
func settingUp(password string) func(*browser) {
	return func(b *browser) {
		b.open("/profile/two-factor")
		b.submit("#two-factor", map[string]string{"current_password": password})
	}
}

// switchOn switches the second factor on.
func (b *browser) switchOn() (secret string) {
	b.t.Helper()
	settingUp(member.password)(b)
	secret = b.doc.Find(".secret").Text()
	b.submit("#two-factor", map[string]string{"code": b.code(secret)})
	return secret
}

// code is what the phone shows, by Directus' clock.
func (b *browser) code(secret string) string { return b.app.up.code(b.t, secret) }

func (up upstream) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, up.now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func deleting(email, password string) func(*browser) {
	return func(b *browser) {
		b.open("/profile/delete")
		b.submit("#delete-account", map[string]string{"email": email, "current_password": password})
	}
}
