package limits

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"hutch/tools/realredis"
)

// Memory and Redis give the same answers to the same attempts.
func TestMemoryAndRedisAgree(t *testing.T) {
	server := realredis.ForTest(t)
	local, a, b := newCounter(t, ""), newCounter(t, server.URL), newCounter(t, server.URL)
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test
	refused, several, due := map[string]int{}, 0, time.Duration(0)
	for i := range 4000 {
		flood := i/200%4 == 3 // of wrong answers, so that several buckets are full
		step := time.Duration(random.Int64N(int64([...]time.Duration{50 * time.Millisecond, 50 * time.Millisecond, time.Second, time.Minute}[random.IntN(4)])))
		if due > 0 && due < 10*time.Minute && random.IntN(2) == 0 {
			step = due // exactly when the next attempt is allowed
		}
		if flood {
			step = time.Duration(random.Int64N(int64(50 * time.Millisecond)))
		}
		for _, c := range []*counter{local, a, b} {
			c.pass(step)
		}
		shared := [...]*counter{a, b}[random.IntN(2)]
		who := Who{
			IP:      fmt.Sprintf("10.0.0.%d", random.IntN(4)),
			Account: fmt.Sprintf("m%d@example.com", random.IntN(3)),
			Device:  [...]string{"", "", "desk"}[random.IntN(3)],
		}
		action := [...]Action{SignIn, SignIn, SignIn, Mail, SignUp, Recovery, Link}[random.IntN(7)]
		if flood {
			action = SignIn
		}
		wait, sharedWait := local.Wait(t.Context(), action, who), shared.Wait(t.Context(), action, who)
		by, after := local.take(action, who)
		if wait != after || sharedWait != after {
			t.Fatalf("step %d: memory says to wait %v, Redis %v, and it is %v", i, wait, sharedWait, after)
		}
		sharedBy, sharedAfter := shared.take(action, who)
		if by != sharedBy || after != sharedAfter {
			t.Fatalf("step %d: memory says %q for %v, Redis %q for %v", i, by, after, sharedBy, sharedAfter)
		}
		refused[by]++
		due = after
		if full := local.full(action, who); full > 1 {
			several++
		}
		if by == "" && !flood {
			settle := [...]func(Taken){
				func(Taken) {}, func(Taken) {}, func(Taken) {},
				func(taken Taken) { taken.GiveBack(t.Context()) },
				func(taken Taken) { taken.Succeeded(t.Context()) },
			}[random.IntN(5)]
			settle(local.last())
			settle(shared.last())
		}
		if random.IntN(100) == 0 {
			local.Reset(t.Context(), who)
			shared.Reset(t.Context(), who)
		}
	}
	if len(refused) < 5 || refused[""] < 500 || several < 100 {
		t.Errorf("it tried too little: %v, and %d times with several buckets full", refused, several)
	}
	if a.log.String()+b.log.String() != "" {
		t.Error(a.log, b.log)
	}
}

// Keys in Redis reveal nobody and expire on their own.
func TestWhatRedisKeeps(t *testing.T) {
	server := realredis.ForTest(t)
	c := newCounter(t, server.URL)
	c.shared.clock = func() int64 { return 0 } // use Redis' own clock
	for action := range map[Action]bool{SignIn: true, Mail: true, SignUp: true, Recovery: true, Link: true} {
		c.take(action, Who{IP: "192.0.2.7", Account: "ada@example.com"})
	}
	keys, err := redis.Strings(server.Do(t.Context(), "KEYS", "*"))
	if err != nil || len(keys) != 18-2 { // all rows but those of trusted browsers
		t.Errorf("%d keys (%v): %v", len(keys), err, keys)
	}
	for _, key := range keys {
		left, err := redis.Int64(server.Do(t.Context(), "PTTL", key))
		if err != nil || left <= 0 || left > month.Milliseconds() {
			t.Errorf("%s goes in %d ms (%v)", key, left, err)
		}
		if !strings.HasPrefix(key, "hutch:https://a.example:limits:") || strings.Contains(key, "ada") || strings.Contains(key, "192.0") {
			t.Errorf("the key %s", key)
		}
	}
	other := newCounter(t, "")
	other.secret = []byte("another")
	row := Table()[0]
	if who := (Who{IP: "192.0.2.7"}); other.key(row, who) == c.key(row, who) {
		t.Error("the keys can be made without the secret")
	}
}

// A Redis outage refuses and delays nobody, and logs one line.
func TestRedisGoesAndComesBack(t *testing.T) {
	server := realredis.ForTest(t)
	a, b := newCounter(t, server.URL), newCounter(t, server.URL)
	stranger := everywhere("ada@example.com")
	if n := a.takes(5, SignIn, stranger) + b.takes(20, SignIn, stranger); n != 8 {
		t.Errorf("%d allowed together, want 8", n)
	}

	server.Kill()
	began := time.Now()
	if n := a.takes(50, SignIn, stranger); n != 8 {
		t.Errorf("without Redis %d allowed, want its own 8", n)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("50 attempts without Redis took %v", took)
	}
	a.pass(time.Hour)
	a.takes(50, SignIn, stranger)
	if n := strings.Count(a.log.String(), "Redis does not answer"); n != 1 {
		t.Errorf("%d lines about one outage:\n%s", n, a.log)
	}
	if strings.Contains(a.log.String(), server.Password) {
		t.Error("the password of Redis is in the log")
	}

	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is shared again", func() bool {
		a.pass(tryAgainAfter)
		a.takes(1, SignIn, trusted("grace@example.com", "desk"))
		return strings.Contains(a.log.String(), "shared with the other replicas again")
	})
	b.at.Store(a.at.Load())
	if n := a.takes(5, SignIn, everywhere("eve@example.com")) + b.takes(20, SignIn, everywhere("eve@example.com")); n != 8 {
		t.Errorf("%d allowed together afterwards, want 8:\n%s\n%s", n, a.log, b.log)
	}
}

// A Redis that accepts connections but never answers delays only one attempt in
// five seconds.
func TestRedisIsSilent(t *testing.T) {
	server := realredis.ForTest(t)
	c := newCounter(t, server.URL)
	c.take(SignIn, everywhere("ada@example.com")(0))
	if _, err := server.Do(t.Context(), "CLIENT", "PAUSE", "600000", "ALL"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var group sync.WaitGroup
	for i := range 200 { // at once
		group.Go(func() { _, _ = c.Take(t.Context(), SignIn, everywhere("ada@example.com")(i)) })
	}
	group.Wait()
	for i := range 60 { // one by one
		c.take(SignIn, everywhere("ada@example.com")(i))
	}
	if took := time.Since(began); took > 30*answerWithin {
		t.Errorf("260 attempts took %v", took)
	}
}

// Concurrent guesses get no more attempts than sequential ones.
func TestAllAtOnce(t *testing.T) {
	server := realredis.ForTest(t)
	for name, replicas := range map[string][]*counter{
		"in memory": {newCounter(t, "")},
		"in Redis":  {newCounter(t, server.URL), newCounter(t, server.URL), newCounter(t, server.URL)},
	} {
		for round := range 20 {
			var allowed atomic.Int64
			var group sync.WaitGroup
			start := make(chan struct{})
			for i := range 100 {
				group.Go(func() {
					<-start
					if _, err := replicas[i%len(replicas)].Take(t.Context(), SignIn, everywhere(fmt.Sprint(round))(i)); err == nil {
						allowed.Add(1)
					}
				})
			}
			close(start)
			group.Wait()
			for _, c := range replicas {
				c.pass(time.Hour) // so that signin-everybody does not interfere
			}
			if allowed.Load() != 8 {
				t.Fatalf("%s: %d allowed, want 8", name, allowed.Load())
			}
		}
		for _, c := range replicas {
			if c.log.String() != "" {
				t.Errorf("%s: %s", name, c.log)
			}
		}
	}
}

// Made-up accounts must neither exhaust memory nor evict an account under attack.
func TestMemoryIsBounded(t *testing.T) {
	c := newCounter(t, "")
	c.takes(100, SignIn, everywhere("ada@example.com"))
	before := heapSize()
	for i := range 60_000 {
		c.pass(100 * time.Millisecond)
		c.take(SignIn, Who{IP: everywhere("")(i).IP, Account: fmt.Sprintf("m%d@example.com", i)})
	}
	c.done = nil
	buckets := 0
	for name, r := range c.local.rows {
		if buckets += len(r.heap); len(r.heap) > maxBuckets || len(r.byKey) != len(r.heap) {
			t.Errorf("%s: %d buckets, want %d at most", name, len(r.heap), maxBuckets)
		}
	}
	if buckets < 2*maxBuckets {
		t.Errorf("%d buckets are too few to tell", buckets)
	}
	if grown := int64(heapSize()) - int64(before); grown > 24<<20 { //nolint:gosec // a test
		t.Errorf("%d MB for them", grown>>20)
	} else {
		t.Logf("%d buckets take %.1f MB", buckets, float64(grown)/(1<<20))
	}
	if n := c.takes(100, SignIn, everywhere("ada@example.com")); n != 2 {
		t.Errorf("the attacked account was forgotten: %d more", n)
	}
}

func heapSize() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
