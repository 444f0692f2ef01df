package browser_test

import (
	"bytes"
	"image/png"
	"math"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What must be so in every engine. Starting one takes seconds, so that one visitor does
// it all.
func TestInEveryEngine(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InEveryEngine(t, site, func(t *testing.T, p *harness.Person) {
		p.Resize(800, 600)
		for _, part := range []struct {
			name string
			does func(*harness.Person)
		}{
			{"back keeps the place", backKeepsThePlace},
			{"a search is cleared by our button", searchIsCleared},
			{"passwords are shown and hidden", passwordsAreShown},
			{"from sign-up to sign-out", signUpToSignOut},
			{"hills have no outlines", hillsHaveNoOutlines},
			{"the choice of colours is one line", appearanceIsOneLine},
		} {
			t.Run(part.name, func(t *testing.T) {
				p.T = t
				part.does(p)
			})
		}
		p.T = t
	})
}

// backKeepsThePlace: in a list, in what a search has found, in a post.
func backKeepsThePlace(p *harness.Person) {
	p.Open("/blog")
	leaveAndComeBack(p, "/blog", "main ol li:last-child a")
	p.Open("/blog?q=a")
	leaveAndComeBack(p, "/blog?q=a", `.pager a[rel="next"]`)
	p.Fill("#q", "the")
	p.WaitAt("/blog?q=the")
	leaveAndComeBack(p, "/blog?q=the", "#results li:last-child a")
	p.Open("/blog/hay-by-numbers")
	leaveAndComeBack(p, "/blog/hay-by-numbers", `main a[href="/blog"]`)
}

// searchIsCleared: by a button of ours, which is there where there is something to clear;
// the field looks like none of the browser's own, which has a button of its own.
func searchIsCleared(p *harness.Person) {
	p.Open("/search?q=hay")
	p.WaitFor(`() => document.querySelectorAll(".hits mark").length > 0 && document.querySelector("#search .clear").checkVisibility()
		&& getComputedStyle(document.getElementById("q")).appearance === "none"`)
	p.Press("#search .clear")
	p.WaitAt("/search")
	p.WaitFor(`() => document.activeElement.id === "q" && document.activeElement.value === "" && !document.querySelector(".hits") && !document.querySelector("#search .clear").checkVisibility()`)
}

// passwordsAreShown: by the button in the field, and by the one behind the form's.
func passwordsAreShown(p *harness.Person) {
	p.Open("/signin")
	state := `want => [document.getElementById("signin-password").type, document.querySelector("show-passwords button").getAttribute("aria-pressed")].join() === want`
	p.Press(".reveal:not([hidden])")
	p.WaitFor(state, "text,true")
	// That one is for the keyboard. It is visible while it has the focus, which not every engine gives to a window that nobody sits at.
	for _, want := range []string{"password,false", "text,true"} {
		harness.See[bool](p, `() => { document.querySelector("show-passwords button").click(); return true }`)
		p.WaitFor(state, want)
	}
}

// leaveAndComeBack follows a link from far down the page and goes back.
func leaveAndComeBack(p *harness.Person, path, link string) {
	p.T.Helper()
	p.WaitAt(path)
	p.WaitFor(`link => { document.querySelector(link).scrollIntoView({block: "center", behavior: "instant"}); return scrollY > 500 }`, link)
	left := harness.See[float64](p, `() => { window.wasLeft = true; return scrollY }`)
	p.Press(link)
	p.WaitFor(`path => location.pathname + location.search !== path && document.readyState === "complete"`, path)
	if place := harness.See[float64](p, `() => scrollY`); place != 0 {
		p.T.Errorf("%s from %s begins at %v", link, path, place)
	}
	p.Back()
	p.WaitFor(`() => !window.wasLeft`) // a page that the browser has kept is loaded anew
	p.WaitAt(path)
	place := -1.0
	for steady, deadline := 0, time.Now().Add(5*time.Second); steady < 10 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		steady++
		if place = harness.See[float64](p, `() => scrollY`); math.Abs(place-left) > 1 {
			steady = 0
		}
	}
	if math.Abs(place-left) > 1 {
		p.T.Errorf("back to %s: the place is %v, it was %v", path, place, left)
	}
}

// signUpToSignOut is the life of an account, with a form that fails, a search, and Back.
func signUpToSignOut(p *harness.Person) {
	who := harness.NewAccount()
	p.Open("/signup")
	p.Fill("#signup [name=email]", "nonsense")
	p.Fill("#signup [name=password]", "short")
	p.Press("#signup [type=submit]")
	p.WaitFor(`() => document.activeElement.matches(".summary") && document.title.startsWith("Error") && document.querySelectorAll("#signup [aria-invalid=true]").length === 2`)
	if kept := harness.See[string](p, `() => document.querySelector("#signup [name=email]").value`); kept != "nonsense" {
		p.T.Errorf("the address that failed is %q now", kept)
	}

	p.Fill("#signup [name=email]", who.Email)
	p.Fill("#signup [name=password]", who.Password)
	p.Press("#signup [type=submit]")
	p.WaitAt("/profile")
	p.WaitText("Welcome! Your account is ready.")

	p.Press(`.menu-button`)
	p.Press(`.menu a[href="/blog"]`)
	p.WaitAt("/blog")
	p.Fill("#q", "hay by numbers")
	p.WaitAt("/blog?q=hay+by+numbers")
	p.Press("#results h2 a")
	p.WaitAt("/blog/hay-by-numbers")
	p.Back()
	p.WaitAt("/blog?q=hay+by+numbers")
	p.WaitFor(`() => document.querySelector("#q").value === "hay by numbers" && document.querySelectorAll("#results .card").length === 1`)

	p.Open("/profile")
	p.Fill("#edit-profile [name=first_name]", "Clover")
	p.Press("#edit-profile [type=submit]")
	p.WaitText("Your profile has been saved.")
	p.Press(`.menu-button`)
	p.Press(`.menu a[href="/logout"]`)
	p.WaitAt("/logout")
	p.Press(`main form[action="/logout"] [type=submit]`)
	p.WaitText("You're signed out.")
	p.Back()
	p.WaitFor(`address => document.readyState === "complete" && !document.body.innerText.includes(address) && !document.querySelector('.menu a[href="/profile"]')`, who.Email)
	p.Open("/profile")
	p.WaitAt("/signin?redirectedFrom=%2Fprofile")

	p.Fill("#signin [name=email]", who.Email)
	p.Fill("#signin [name=password]", "not-the-right-clover")
	p.Press("#signin [type=submit]")
	p.WaitText("The email address or password is incorrect.")
	p.Fill("#signin [name=password]", who.Password)
	p.Press("#signin [type=submit]")
	p.WaitAt("/profile")
	p.WaitText(who.Email)
}

// hillsHaveNoOutlines: between paper and ground, nothing is darker than the ground.
func hillsHaveNoOutlines(p *harness.Person) {
	p.Resize(1280, 900)
	p.Open("/")
	p.WaitFor(`() => { scrollTo({top: document.body.scrollHeight, behavior: "instant"}); return document.readyState === "complete" }`)
	top := harness.See[float64](p, `() => document.querySelector(".site-footer").getBoundingClientRect().top`)
	time.Sleep(200 * time.Millisecond) // the picture of the scrolled page
	picture, err := png.Decode(bytes.NewReader(p.Picture()))
	if err != nil {
		p.T.Fatal(err)
	}
	light := func(x, y int) int {
		r, g, b, _ := picture.At(x, y).RGBA()
		return int(r>>8 + g>>8 + b>>8)
	}
	ground, dark := light(5, int(top)+2), 0
	for y := int(top) - 100; y < int(top)+2; y++ {
		for x := 5; x < 1200; x++ {
			if light(x, y) < ground-6 {
				dark++
			}
		}
	}
	if dark > 0 {
		p.T.Errorf("%d points of the hills are darker than the ground (%d)", dark, ground)
	}
}

// appearanceIsOneLine: its name stands before its buttons, where there is room.
func appearanceIsOneLine(p *harness.Person) {
	p.Resize(1280, 900)
	p.Open("/pages/about")
	p.WaitAt("/pages/about")
	middles := harness.See[[]float64](p, `() => [...document.querySelectorAll(".appearance > div > *")].map(part => {
		const box = part.getBoundingClientRect()
		return box.top + box.height / 2
	})`)
	if len(middles) != 4 {
		p.T.Fatalf("%d parts, want a name and three buttons", len(middles))
	}
	for _, middle := range middles {
		if math.Abs(middle-middles[1]) > 3 {
			p.T.Errorf("the middles are at %v", middles)
		}
	}
}
