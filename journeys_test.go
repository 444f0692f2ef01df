package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
)

// What a person can do, from the first page to signing out.
func TestJourneys(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("images and odd addresses", func(t *testing.T) { imagesAndOddAddresses(t, site) })
		for name, journey := range map[string]func(*testing.T, *app, way){
			"read":                      readEverything,
			"sign up, out and in":       signUpOutAndIn,
			"sign-up that fails":        signUpFails,
			"sign-in that fails":        signInFails,
			"sent here and back":        sentHereAndBack,
			"change the email":          changeTheEmail,
			"change the email, failing": changeTheEmailFails,
		} {
			t.Run(name, func(t *testing.T) {
				up.everyWay(t, func(t *testing.T, how way) { journey(t, site, how) })
			})
		}
		t.Run("more than three members", func(t *testing.T) { manyMembers(t, site) })
		t.Run("registration with verification", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { signUpWithVerification(t, up, site, how) })
		})
		t.Run("registration closed", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { signUpClosed(t, up, site, how) })
		})
		t.Run("the guide's way of signing up", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { signUpTheGuidesWay(t, up, site, how) })
		})
	})
}

func readEverything(t *testing.T, app *app, how way) {
	b := app.browser(t, how)
	b.open("/")
	b.wantStatus(http.StatusOK)
	b.wantText("Hutch", "rabbit keepers")
	for path, heading := range map[string]string{"/pages/about": "About", "/pages/conduct": "Code of Conduct", "/pages/privacy": "Privacy Policy"} {
		b.open(path)
		b.wantStatus(http.StatusOK)
		if got := b.doc.Find("h1").Text(); got != heading {
			t.Errorf("%s is headed %q, want %q", path, got, heading)
		}
		if b.doc.Find("nav a[href='"+path+"']").AttrOr("aria-current", "") != "page" {
			t.Errorf("%s: the navigation does not show where the visitor is", path)
		}
	}
	var links []string
	b.doc.Find("nav a").Each(func(_ int, a *goquery.Selection) { links = append(links, a.Text()) })
	if got, want := strings.Join(links, ", "), "Home, About, Code of Conduct, Privacy Policy, Blog, Sign in, Sign up"; got != want {
		t.Errorf("the navigation is %s, want %s", got, want)
	}

	for _, path := range []string{"/pages/nope", "/blog/nope", "/nope", "/pages/"} {
		b.open(path)
		b.wantStatus(http.StatusNotFound)
		b.wantText("Page not found")
	}

	b.open("/blog")
	var posts []string
	var dates []string
	b.doc.Find("main li").Each(func(_ int, item *goquery.Selection) {
		posts = append(posts, item.Find("a").AttrOr("href", ""))
		if date, dated := item.Find("time").Attr("datetime"); dated {
			dates = append(dates, date)
		}
	})
	if len(posts) != 12 || len(dates) != 12 { // the one without is on the second page
		t.Fatalf("%d posts, %d with a date; want 12 and 12", len(posts), len(dates))
	}
	for i := range dates[1:] {
		if dates[i+1] > dates[i] {
			t.Errorf("posts are not newest first: %s before %s", dates[i], dates[i+1])
		}
	}
	b.wantText("14 November 2026", "Marjorie Thistlewood")

	images := 0
	for _, path := range posts {
		b.open(path)
		b.wantStatus(http.StatusOK)
		image := b.doc.Find("img.lead-image")
		if image.Length() == 0 {
			continue
		}
		images++
		src := image.AttrOr("src", "")
		if !regexp.MustCompile(`^/assets/[0-9a-f-]{36}\?width=800&format=auto$`).MatchString(src) || image.AttrOr("alt", "") == "" {
			t.Errorf("%s: the image is %q with the text %q", path, src, image.AttrOr("alt", ""))
		}
		b.request(http.MethodGet, src, nil, nil)
		if b.status != http.StatusOK || b.header.Get("Content-Type") != "image/jpeg" || len(b.raw) < 1000 {
			t.Errorf("%s: %d %s, %d bytes", src, b.status, b.header.Get("Content-Type"), len(b.raw))
		}
	}
	if images != 11 {
		t.Errorf("%d posts have an image, want 11", images)
	}
}

func imagesAndOddAddresses(t *testing.T, app *app) {
	b := app.browser(t, plain)
	for _, path := range []string{"/pages/nope", "/pages/..", "/pages/%2e%2e%2fusers"} {
		b.open(path)
		b.wantStatus(http.StatusNotFound)
		b.wantText("Page not found")
	}

	b.open("/blog/hay-by-numbers")
	src := b.doc.Find("img.lead-image").AttrOr("src", "")
	b.request(http.MethodGet, src, nil, nil)
	again := http.Header{"If-Modified-Since": {b.header.Get("Last-Modified")}}
	if etag := b.header.Get("Etag"); etag != "" { // Directus 10 sends none
		again.Set("If-None-Match", etag)
	}
	b.request(http.MethodGet, src, nil, again)
	if b.status != http.StatusNotModified || b.raw != "" {
		t.Errorf("%s again: %d with %d bytes, want 304", src, b.status, len(b.raw))
	}
	file, _, _ := strings.Cut(src, "?")
	for query, want := range map[string]int{"": 200, "?width=320": 200, "?width=320&format=png": 200, "?width=321": 400, "?width=-1": 400, "?width=x": 400, "?format=gif": 400, "?width=99999999999999999999": 400} {
		b.request(http.MethodGet, file+query, nil, nil)
		if b.status != want {
			t.Errorf("%s%s: %d, want %d", file, query, b.status, want)
		}
	}
	// Directus may be told to transform nothing: the original is served then.
	app.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.RawQuery == "" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"INVALID_QUERY"}}]}`)
		return true
	})
	b.request(http.MethodGet, file+"?width=600", nil, nil)
	app.wire.mend()
	if b.status != http.StatusOK || b.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%s where nothing is transformed: %d %s", file, b.status, b.header.Get("Content-Type"))
	}
	for _, unknown := range []string{"/assets/nope", "/assets/00000000-0000-4000-8000-000000000000", "/assets/..%2fusers"} {
		b.open(unknown)
		b.wantStatus(http.StatusNotFound)
	}
}

func signUpOutAndIn(t *testing.T, app *app, how way) {
	b := app.browser(t, how)
	who := b.signUp()
	b.wantStatus(http.StatusOK)
	b.wantText("Your profile", who.email)
	b.open("/signin")
	b.wantAt("/profile")
	b.open("/signup")
	b.wantAt("/profile")

	b.open("/logout")
	b.wantStatus(http.StatusOK)
	b.wantSignedIn(true)
	b.open("/profile")
	b.wantText(who.email)

	stolen := b.sessionCookie()
	b.open("/logout")
	b.submit(`form[action="/logout"]`, nil)
	b.wantAt("/signin")
	b.wantSignedIn(false)
	if b.sessionCookie() != nil {
		t.Error("the cookie is still there after signing out")
	}
	b.open("/profile")
	b.wantAt("/signin?redirectedFrom=%2Fprofile")

	// Whoever has copied the cookie has nothing either.
	thief := app.browser(t, plain)
	thief.setSession(stolen)
	thief.open("/profile")
	thief.wantAt("/signin?redirectedFrom=%2Fprofile")

	b.signIn(who)
	b.wantAt("/profile")
	b.wantText(who.email)
}

func signUpFails(t *testing.T, app *app, how way) {
	known := app.browser(t, plain).signUp()
	for _, test := range []struct {
		name            string
		email, password string
		field, message  string
	}{
		{"nothing", "", "", "email", "Enter your email address."},
		{"no password", "a@example.com", "", "password", "Choose a password."},
		{"no address", "a.example.com", "a-long-enough-password", "email", "correct format"},
		{"no domain", "a@example", "a-long-enough-password", "email", "correct format"},
		{"a domain that there is not", "a@example.notatld", "a-long-enough-password", "email", "correct format"},
		{"a name and an address", "Ada <a@example.com>", "a-long-enough-password", "email", "correct format"},
		{"too short", "a@example.com", "short12", "password", "at least 8 characters"},
		{"too long", "a@example.com", strings.Repeat("x", 1001), "password", "at most"},
		{"an address that has an account", known.email, "not-the-right-clover", "", "No account could be opened"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := app.browser(t, how)
			b.open("/signup")
			b.submit("#signup", map[string]string{"email": test.email, "password": test.password})
			b.wantError(test.field, test.message)
			if b.value("email") != test.email {
				t.Errorf("the address was %q and is %q now", test.email, b.value("email"))
			}
			b.wantSignedIn(false)
		})
	}
}

func signInFails(t *testing.T, app *app, how way) {
	who := app.browser(t, plain).signUp()
	for _, test := range []struct {
		name            string
		email, password string
		field, message  string
	}{
		{"nothing", "", "", "password", "Enter your password."},
		{"no address", "nonsense", "a-long-enough-password", "email", "correct format"},
		{"wrong password", who.email, "not-the-right-clover", "", "The email address or the password is wrong."},
		{"unknown address", "nobody-at-all@example.com", "a-long-enough-password", "", "The email address or the password is wrong."},
		{"not text", who.email, "\xff\xfe", "password", "not text"},
	} {
		if how.inChromium() && !utf8.ValidString(test.password) {
			continue // nobody can type that
		}
		t.Run(test.name, func(t *testing.T) {
			b := app.browser(t, how)
			b.open("/signin")
			b.submit("#signin", map[string]string{"email": test.email, "password": test.password})
			b.wantError(test.field, test.message)
			if b.value("email") != test.email {
				t.Errorf("the address was %q and is %q now", test.email, b.value("email"))
			}
			// And it works from there.
			b.submit("#signin", who.form())
			b.wantAt("/profile")
		})
	}
}

func sentHereAndBack(t *testing.T, app *app, how way) {
	who := app.browser(t, plain).signUp()
	// A wish too long to be carried costs the wish, not the sign-in.
	long := app.browser(t, how)
	long.open("/profile?q=" + strings.Repeat("/", 900))
	long.wantAt("/signin")
	long.submit("#signin", who.form())
	long.wantAt("/profile")

	const wanted = "/profile?from=a+b&x=%2Fy"
	for _, way := range []string{"sign-in", "sign-up", "sign-up by way of a failed sign-in"} {
		b := app.browser(t, how)
		b.open(wanted)
		b.wantAt("/signin?" + url.Values{"redirectedFrom": {wanted}}.Encode())
		switch way {
		case "sign-in":
			b.submit("#signin", who.form())
		case "sign-up":
			b.open(b.doc.Find(`main a[href^="/signup"]`).AttrOr("href", ""))
			b.submit("#signup", newAccount().form())
		default:
			b.submit("#signin", map[string]string{"email": who.email, "password": "not-the-right-clover"})
			b.wantStatus(http.StatusUnprocessableEntity)
			b.open(b.doc.Find(`main a[href^="/signup"]`).AttrOr("href", ""))
			b.submit("#signup", newAccount().form())
		}
		b.wantAt(wanted)
	}
	for _, trick := range []string{"//evil.test", `/\evil.test`, "https://evil.test", "/%09/evil.test", "/%2fevil.test", "javascript:alert(1)", "/\t/evil.test", "/../evil"} {
		b := app.browser(t, how)
		b.open("/signin?" + url.Values{"redirectedFrom": {trick}}.Encode())
		if strings.Contains(b.raw, "evil") || strings.Contains(b.raw, "alert(1)") {
			t.Errorf("redirectedFrom=%q is on the page", trick)
		}
		b.submit("#signin", who.form())
		b.wantAt("/profile")
		b.open("/signin?" + url.Values{"redirectedFrom": {trick}}.Encode()) // signed in already
		b.wantAt("/profile")
	}
}

func changeTheEmail(t *testing.T, app *app, how way) {
	b := app.browser(t, how)
	who := b.signUp()
	changed := newAccount()
	b.open("/profile/email")
	b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password})
	b.wantStatus(http.StatusOK)
	b.wantText("Your email address has been changed.", changed.email)
	if strings.Contains(b.text(), who.email) {
		t.Error("the old address is still shown")
	}
	if b.doc.Find(`main > .notice[role="status"]`).Length() != 1 {
		t.Error("the confirmation is not announced")
	}
	b.open("/profile")
	b.wantText(changed.email)
	b.wantSignedIn(true)

	other := app.browser(t, how)
	other.signIn(who)
	other.wantError("", "The email address or the password is wrong.")
	other.signIn(changed)
	other.wantAt("/profile")
	other.wantText(changed.email)

	// And once more, with what the first change left behind.
	again := newAccount()
	b.open("/profile/email")
	b.submit("#change-email", map[string]string{"email": again.email, "current_password": who.password})
	b.wantText("Your email address has been changed.", again.email)
}

func changeTheEmailFails(t *testing.T, app *app, how way) {
	taken := app.browser(t, plain).signUp()
	b := app.browser(t, how)
	who := b.signUp()
	for _, test := range []struct {
		name            string
		email, password string
		field, message  string
	}{
		{"nothing", "", "", "email", "Enter the new email address."},
		{"no password", "new@example.com", "", "current_password", "Enter your password."},
		{"wrong password", "new@example.com", "not-the-right-clover", "current_password", "The current password is wrong."},
		{"no address", "nonsense", who.password, "email", "correct format"},
		{"a domain that there is not", "a@example.notatld", who.password, "email", "correct format"},
		{"the same address", strings.ToUpper(who.email), who.password, "email", "already"},
		{"an address that is taken", taken.email, who.password, "email", "already used"},
		{"an address that is taken, in capitals", strings.ToUpper(taken.email), who.password, "email", "already used"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.t = t
			app.wire.forget()
			b.open("/profile/email")
			b.submit("#change-email", map[string]string{"email": test.email, "current_password": test.password})
			b.wantError(test.field, test.message)
			if b.value("email") != test.email {
				t.Errorf("the address was %q and is %q now", test.email, b.value("email"))
			}
			if test.password != who.password && app.wire.count("PATCH") != 0 {
				t.Error("Directus was asked to change something without the right password")
			}
			// A proof is a sign-in that is ended at once.
			if proofs, ended := app.wire.count("POST /auth/login"), app.wire.count("POST /auth/logout"); test.password == who.password && proofs != ended {
				t.Errorf("%d throw-away sign-ins, %d of them ended", proofs, ended)
			}
		})
	}
	b.t = t
	b.open("/profile/email") // where the form has been sent to without JavaScript
	b.wantStatus(http.StatusOK)
	b.wantText(who.email)
}

func manyMembers(t *testing.T, app *app) {
	for range 5 {
		who := app.browser(t, plain).signUp()
		b := app.browser(t, plain)
		b.signIn(who)
		b.wantText(who.email)
	}
}

func signUpWithVerification(t *testing.T, up upstream, app *app, how way) {
	up.change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	known := newAccount()
	for _, attempt := range []string{"a new address", "a known address"} {
		b := app.browser(t, how)
		b.open("/signup")
		b.submit("#signup", known.form())
		b.wantStatus(http.StatusOK)
		b.wantText("Check your inbox", known.email)
		b.wantSignedIn(false)
		if b.sessionCookie() != nil {
			t.Errorf("%s: signed in before the address is confirmed", attempt)
		}
	}
	b := app.browser(t, how)
	b.signIn(known)
	b.wantError("", "The email address or the password is wrong.")
}

func signUpClosed(t *testing.T, up upstream, app *app, how way) {
	up.change(t, map[string]any{"public_registration": false}, map[string]any{"public_registration": true})
	b := app.browser(t, how)
	b.open("/signup")
	b.submit("#signup", newAccount().form())
	b.wantStatus(http.StatusForbidden)
	b.wantText("Registration is closed")
	b.wantSignedIn(false)
}

func signUpTheGuidesWay(t *testing.T, up upstream, app *app, how way) {
	up.change(t, map[string]any{"public_registration": false}, map[string]any{"public_registration": true})
	allowPublicCreate(t, up)
	b := app.browser(t, how)
	known := newAccount()
	b.open("/signup?redirectedFrom=%2Fblog")
	b.submit("#signup", known.form())
	b.wantAt("/blog")
	b.wantSignedIn(true)

	b = app.browser(t, how)
	b.open("/signup")
	b.submit("#signup", map[string]string{"email": known.email, "password": "not-the-right-clover"})
	b.wantError("", "No account could be opened")
	b.open("/signup")
	b.submit("#signup", map[string]string{"email": "a@example.notatld", "password": known.password})
	b.wantError("email", "correct format")
}

// allowPublicCreate is what the guide has people click: the public may create
// users.
func allowPublicCreate(t *testing.T, up upstream) {
	t.Helper()
	rule := map[string]any{"collection": "directus_users", "action": "create", "fields": []string{"email", "password"}}
	switch {
	case up.major >= 12: // without a licence only everything or nothing
		rule["fields"], rule["policy"] = []string{"*"}, "abf8a154-5b1c-4a46-ac9c-7300570f4f17"
	case up.major == 11:
		rule["policy"] = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"
	default:
		rule["role"] = nil
	}
	var made struct{ ID int }
	if err := up.admin.Post(t.Context(), "/permissions", rule, &made); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { undoPermission(t, up, made.ID) })
}
