package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// site is a cache with a clock that the test moves, in front of a Directus that
// answers what the test says.
type site struct {
	*Cache
	t     *testing.T
	now   atomic.Int64
	asked atomic.Int64
	mu    sync.Mutex
	data  string
	err   error
	tags  []string
	pause time.Duration
}

var (
	errDown    = errors.New("down")
	errRefused = errors.New("refused")
)

func newSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := &site{t: t, data: "one", tags: []string{"posts"}}
	s.now.Store(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).UnixNano())
	options := Options{
		MaxBytes: 1 << 20, Fresh: time.Minute, Retry: 5 * time.Second, LoadTimeout: time.Second,
		Temporary: func(err error) bool { return errors.Is(err, errDown) },
		Now:       func() time.Time { return time.Unix(0, s.now.Load()).UTC() },
		Log:       slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&options)
	}
	var err error
	if s.Cache, err = New(options); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) pass(d time.Duration) { s.now.Add(int64(d)) }

func (s *site) directus(data string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data, s.err = data, err
}

func (s *site) load(context.Context) (Answer, error) {
	s.asked.Add(1)
	time.Sleep(s.pause)
	s.mu.Lock()
	defer s.mu.Unlock()
	return Answer{Data: []byte(s.data), Tags: s.tags}, s.err
}

// get returns what a visitor sees: "one", or "one, in trouble", or the error.
func (s *site) get() string {
	s.t.Helper()
	v, err := s.Snapshot().Get(s.t.Context(), "posts?page=1", s.load)
	switch {
	case err != nil:
		return err.Error()
	case v.Trouble:
		return string(v.Data) + ", in trouble"
	}
	return string(v.Data)
}

func (s *site) want(want string, asked int64) {
	s.t.Helper()
	if got := s.get(); got != want {
		s.t.Errorf("got %q, want %q", got, want)
	}
	synctest.Wait() // for the refresh behind the answer
	if s.asked.Load() != asked {
		s.t.Errorf("Directus was asked %d times, want %d", s.asked.Load(), asked)
	}
}

func TestFreshThenStaleThenNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.want("one", 1)
		s.pass(59 * time.Second)
		s.want("one", 1)
		s.directus("two", nil)
		s.pass(2 * time.Second)
		s.want("one", 2) // served at once, and refreshed in the background
		s.want("two", 2)
	})
}

func TestAThousandVisitorsAtOnce(t *testing.T) {
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("an expired entry: %t", old), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				want := int64(1)
				if old {
					s.want("one", 1)
					s.pass(2 * time.Minute)
					want = 2
				}
				s.pause = 50 * time.Millisecond
				var group sync.WaitGroup
				for range 1000 {
					group.Go(func() {
						if got := s.get(); got != "one" {
							t.Errorf("got %q", got)
						}
					})
				}
				group.Wait()
				time.Sleep(2 * s.pause) // for the refresh behind the answers
				if s.asked.Load() != want {
					t.Errorf("Directus was asked %d times, want %d", s.asked.Load(), want)
				}
			})
		})
	}
}

func TestTroubleShowsTheLastGoodVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.directus("", errDown)
		s.want("down", 1) // no earlier version yet
		s.directus("one", nil)
		s.want("one", 2)
		s.directus("", errDown)
		s.pass(2 * time.Minute)
		s.want("one", 3)
		s.want("one, in trouble", 3)
		s.pass(4 * time.Second)
		s.want("one, in trouble", 3) // within Options.Retry
		s.pass(2 * time.Second)
		s.want("one, in trouble", 4)
		s.directus("one", nil)
		s.pass(6 * time.Second)
		s.want("one, in trouble", 5)
		s.want("one", 5)
	})
}

func TestWhatDirectusRefusesIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.want("one", 1)
		s.directus("", errRefused)
		s.pass(2 * time.Minute)
		s.want("one", 2)
		s.want("refused", 3)
	})
}

func TestNothingIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(o *Options) { o.Fresh = 0 })
		s.want("one", 1)
		s.directus("two", nil)
		s.want("two", 2)
		s.directus("", errDown)
		s.want("two, in trouble", 3)
	})
}

func TestPurge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.want("one", 1)
		if n := s.Purge("authors", "posts/2"); n != 0 {
			t.Errorf("%d values purged that have another tag", n)
		}
		s.want("one", 1)
		s.directus("two", nil)
		if n := s.Purge("posts"); n != 1 {
			t.Errorf("%d values purged", n)
		}
		s.want("two", 2) // nobody is served the old value
		s.directus("", errDown)
		s.Purge("posts")
		s.want("two, in trouble", 3) // unless Directus fails
	})
}

func TestPurgeAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.want("one", 1)
		s.directus("two", nil)
		if n := s.PurgeAll(); n != 1 {
			t.Errorf("%d values purged", n)
		}
		s.want("two", 2)
	})
}

func TestAPurgeDuringALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.pause = 50 * time.Millisecond
		done := make(chan string)
		go func() { done <- s.get() }()
		time.Sleep(10 * time.Millisecond)
		s.Purge("posts") // after the load has asked Directus
		<-done
		s.pause = 0
		s.directus("two", nil)
		s.want("two", 2)
	})
}

func TestAVisitorWhoLeavesStopsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.pause = 30 * time.Millisecond
		gone, leave := context.WithCancel(t.Context())
		go func() { time.Sleep(5 * time.Millisecond); leave() }()
		if _, err := s.Snapshot().Get(gone, "posts?page=1", s.load); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves gets %v", err)
		}
		s.want("one", 1)
	})
}

func TestALoadThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		_, err := s.Snapshot().Get(t.Context(), "key", func(context.Context) (Answer, error) { panic("oh") })
		if err == nil {
			t.Error("no error")
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(o *Options) { o.MaxBytes = 100_000 })
		value := bytes.Repeat([]byte("x"), 1000)
		for i := range 1000 {
			_, _ = s.Snapshot().Get(t.Context(), fmt.Sprint(i), func(context.Context) (Answer, error) { return Answer{Data: value}, nil })
		}
		s.entries.usual.CleanUp()
		if n := s.entries.usual.EstimatedSize(); n > 100 {
			t.Errorf("%d values of 1000 bytes in 100000", n)
		}
	})
}

// The last value that is larger than its share is kept, also if everything else is in
// use, and its page as well; the one before it is not, here or in the folder.
func TestALargeValueIsKeptAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := newSite(t, func(o *Options) { o.MaxBytes, o.Dir = 100_000, dir })
		asked, built := map[string]int{}, map[string]int{}
		page := func(key string, size int) {
			t.Helper()
			got, err := Derive(t.Context(), s.Cache, "page "+key, free, func(ctx context.Context, r *Snapshot) (int, int, error) {
				built[key]++
				v, err := r.Get(ctx, key, func(context.Context) (Answer, error) {
					asked[key]++
					return Answer{Data: bytes.Repeat([]byte("x"), size), Tags: []string{key}}, nil
				})
				return len(v.Data), 2 * len(v.Data), err
			})
			if err != nil || got != size {
				t.Errorf("%s: %d bytes, want %d: %v", key, got, size, err)
			}
		}
		want := func(key string, times int) {
			t.Helper()
			if asked[key] != times || built[key] != times {
				t.Errorf("%s: asked %d times and built %d, want %d", key, asked[key], built[key], times)
			}
		}
		for range 5 { // everything is in use
			for i := range 10 {
				page(fmt.Sprint("usual ", i), 1000)
			}
		}
		for range 3 {
			page("large", 300_000)
			page("usual 1", 1000)
		}
		want("large", 1)
		want("usual 1", 1)
		s.Purge("large")
		page("large", 300_000)
		want("large", 2)
		page("other", 400_000)
		page("other", 400_000)
		want("other", 1)
		page("large", 300_000)
		want("large", 3)
		s.Purge("large")
		page("large", 1000)
		page("large", 1000)
		want("large", 4)
		s.entries.usual.CleanUp()
		synctest.Wait()
		if kept, err := s.folder.read(); err != nil || len(kept) != 11 {
			t.Errorf("%d values in the folder, want the ten usual ones and the one that is not large any more: %v", len(kept), err)
		}
	})
}

func TestARestartDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		keeping := func(o *Options) { o.Dir = dir }
		s := newSite(t, keeping)
		s.want("one", 1)
		if err := os.WriteFile(dir+"/odd.json", []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		next := newSite(t, keeping)
		next.directus("", errDown)
		next.want("one", 1)
		next.want("one, in trouble", 1)
		// A dropped value is removed from the folder too.
		next.directus("", errRefused)
		next.pass(time.Minute)
		next.want("one, in trouble", 2)
		next.want("refused", 3)
		next.entries.usual.CleanUp()
		synctest.Wait()
		after := newSite(t, keeping)
		after.directus("", errDown)
		after.want("down", 1)
	})
}

// A read after a purge must not join a load from before it.
func TestNobodyJoinsWhatAPurgeHasOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		var first, second sync.WaitGroup
		asked, answer := make(chan bool), make(chan bool)
		slow := func(context.Context) (Answer, error) {
			asked <- true
			<-answer
			return Answer{Data: []byte("old"), Tags: s.tags}, nil
		}
		made := func(load Load) string {
			text, err := Derive(t.Context(), s.Cache, "/blog", free, func(ctx context.Context, r *Snapshot) (string, int, error) {
				v, err := r.Get(ctx, "posts?page=1", load)
				return string(v.Data), 3, err
			})
			if err != nil {
				t.Error(err)
			}
			return text
		}
		first.Go(func() { made(slow) })
		<-asked
		s.directus("new", nil)
		s.Purge("posts")
		second.Go(func() {
			if got := s.get(); got != "new" {
				t.Errorf("the value is %q", got)
			}
			if got := made(s.load); got != "new" {
				t.Errorf("what is made of it is %q", got)
			}
		})
		time.AfterFunc(50*time.Millisecond, func() { answer <- true })
		second.Wait()
		first.Wait()
		if got := s.get(); got != "new" {
			t.Errorf("in the end the value is %q", got)
		}
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
