package cache

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pages builds a page from the site's only value, and counts the builds.
type pages struct {
	*site
	built atomic.Int64
}

func (p *pages) page(ctx context.Context) (string, error) {
	return Derive(ctx, p.Cache, "/blog", free, func(ctx context.Context, r *Snapshot) (string, int, error) {
		p.built.Add(1)
		v, err := r.Get(ctx, "posts?page=1", p.load)
		text := strings.ToUpper(string(v.Data))
		if r.Trouble() {
			text += ", in trouble"
		}
		return text, len(text), err
	})
}

func (p *pages) want(want string, built int64) {
	p.t.Helper()
	got, err := p.page(p.t.Context())
	if err != nil {
		got = err.Error()
	}
	if got != want || p.built.Load() != built {
		p.t.Errorf("got %q, built %d times; want %q and %d", got, p.built.Load(), want, built)
	}
	synctest.Wait() // for the refresh behind the answer
}

// Other templates make other pages of the same values, and a page that is still being made
// with the earlier ones is not shown among them.
func TestWithoutDerived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{site: newSite(t, nil)}
		p.want("ONE", 1)
		earlier, asked := p.Cache, p.asked.Load()
		var err error
		if p.Cache, err = earlier.WithoutDerived(); err != nil {
			t.Fatal(err)
		}
		p.want("ONE", 2)
		if p.asked.Load() != asked {
			t.Error("Directus is asked again")
		}
		p.directus("two", nil)
		earlier.Purge("posts")
		p.want("TWO", 3)
	})
}

func TestWhatIsMadeLivesAsLongAsItsValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{site: newSite(t, nil)}
		p.want("ONE", 1)
		p.want("ONE", 1)
		p.pass(2 * time.Minute)
		p.want("ONE", 2) // checks its value, which is refreshed in the background
		p.want("ONE", 2) // and has not changed
		p.directus("two", nil)
		p.pass(2 * time.Minute)
		p.want("ONE", 3)
		p.want("TWO", 4)
		p.directus("three", nil)
		p.Purge("authors")
		p.want("TWO", 4)
		p.Purge("posts")
		p.want("THREE", 5)
		p.directus("four", nil)
		if n := p.PurgeAll(); n != 1 {
			t.Errorf("%d values purged", n)
		}
		p.want("FOUR", 6)
	})
}

func TestWhatIsMadeInTroubleSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{site: newSite(t, nil)}
		p.want("ONE", 1)
		p.directus("", errDown)
		p.pass(2 * time.Minute)
		p.want("ONE", 2)
		p.want("ONE, in trouble", 3)
		p.want("ONE, in trouble", 3)
		p.directus("one", nil)
		p.pass(10 * time.Second)
		p.want("ONE, in trouble", 4)
		p.want("ONE", 5)
	})
}

func TestAThousandVisitorsMakeItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{site: newSite(t, nil)}
		p.want("ONE", 1)
		p.pass(2 * time.Minute)
		p.pause = 50 * time.Millisecond
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() {
				if got, err := p.page(t.Context()); got != "ONE" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		group.Wait()
		time.Sleep(2 * p.pause) // for the refresh behind the answers
		if p.asked.Load() != 2 {
			t.Errorf("Directus was asked %d times, want 2", p.asked.Load())
		}
		if n := p.built.Load(); n > 10 {
			t.Errorf("made %d times", n)
		}
	})
}

func TestAnErrorIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{site: newSite(t, nil)}
		p.directus("", errRefused)
		p.want("refused", 1)
		p.directus("one", nil)
		p.want("ONE", 2)
		_, err := Derive(t.Context(), p.Cache, "/broken", free, func(context.Context, *Snapshot) (string, int, error) { panic("oh") })
		if err == nil {
			t.Error("a panic is no error")
		}
	})
}

func TestWhoLeavesStopsNoPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{site: newSite(t, nil)}
		p.pause = 30 * time.Millisecond
		gone, leave := context.WithCancel(t.Context())
		go func() { time.Sleep(5 * time.Millisecond); leave() }()
		if _, err := p.page(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves gets %v", err)
		}
		time.Sleep(50 * time.Millisecond)
		p.want("ONE", 1)
	})
}

// A page that was built without one of its values, because Directus failed, must
// not be cached as complete.
func TestWhatLacksAPartIsMadeAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		look, down := "", errDown
		page := func() string {
			text, err := Derive(t.Context(), s.Cache, "/blog", free, func(ctx context.Context, r *Snapshot) (string, int, error) {
				v, err := r.Get(ctx, "posts?page=1", s.load)
				if err != nil {
					return "", 0, err
				}
				text := string(v.Data)
				if v, err := r.Get(ctx, "global", func(context.Context) (Answer, error) { return Answer{Data: []byte(look)}, down }); err == nil {
					text = string(v.Data) + ": " + text
				}
				return text, len(text), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		if got := page(); got != "one" {
			t.Errorf("got %q", got)
		}
		look, down = "Hutch", nil
		if got := page(); got != "one" {
			t.Errorf("Directus is not left alone: %q", got)
		}
		s.pass(6 * time.Second)
		if got := page(); got != "Hutch: one" {
			t.Errorf("after a while it is still without: %q", got)
		}
	})
}

func free() (func(), error) { return func() {}, nil }

// Callers pay for a result that has to be built, and not for a cached one, even a stale one.
func TestAnUncachedResultIsPaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		paid, done, broke := 0, 0, errors.New("no money")
		pay := func() (func(), error) { paid++; return func() { done++ }, nil }
		make := func(key string, pay func() (func(), error)) (string, error) {
			return Derive(t.Context(), s.Cache, key, pay, func(ctx context.Context, r *Snapshot) (string, int, error) {
				v, err := r.Get(ctx, key, s.load)
				return string(v.Data), len(v.Data), err
			})
		}
		want := func(key, text string, times int) {
			t.Helper()
			if got, err := make(key, pay); got != text || err != nil || paid != times || done != times {
				t.Errorf("%s: %q, %v, paid %d times and done %d; want %q and %d", key, got, err, paid, done, text, times)
			}
		}
		want("/", "one", 1)
		want("/", "one", 1)
		s.pass(2 * time.Minute)
		want("/", "one", 1)
		synctest.Wait()
		s.Purge("posts")
		want("/", "one", 1)
		want("/another", "one", 2)
		if _, err := make("/a third", func() (func(), error) { return nil, broke }); !errors.Is(err, broke) {
			t.Errorf("a caller who cannot pay: %v", err)
		}
		if asked := s.asked.Load(); asked != 4 {
			t.Errorf("Directus was asked %d times, want 4: two pages, one due, one purged", asked)
		}
		if got, err := make("/", func() (func(), error) { return nil, broke }); got != "one" || err != nil {
			t.Errorf("what is there: %q, %v", got, err)
		}
	})
}
