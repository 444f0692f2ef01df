package replicas

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"hutch/internal/logbuffer"
	"hutch/tools/realredis"
)

// content records what a replica is told to purge.
type content struct {
	*Replica
	log    *logbuffer.Buffer
	ended  chan struct{}
	mu     sync.Mutex
	purged []string
	all    atomic.Int64
}

func (c *content) told() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.purged)
}

func newReplica(t *testing.T, redisURL string, change func(*Options)) *content {
	t.Helper()
	c := &content{log: &logbuffer.Buffer{}, ended: make(chan struct{})}
	options := Options{
		RedisURL: redisURL,
		Site:     "https://www.example.com",
		Purge: func(tags ...string) int {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.purged = append(c.purged, tags...)
			return len(tags)
		},
		PurgeAll: func() int { return int(c.all.Add(1)) },
		Log:      slog.New(slog.NewTextHandler(c.log, nil)),
	}
	if change != nil {
		change(&options)
	}
	var err error
	if c.Replica, err = New(options); err != nil {
		t.Fatal(err)
	}
	return c
}

// listen runs Listen until the test ends.
func (c *content) listen(t *testing.T) *content {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	go func() {
		c.Listen(ctx)
		close(c.ended)
	}()
	t.Cleanup(func() {
		end()
		<-c.ended
	})
	return c
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (c *content) connected(t *testing.T, times int64) {
	t.Helper()
	eventually(t, "connected", func() bool { return c.all.Load() >= times })
}

func TestAPurgeReachesEveryReplica(t *testing.T) {
	server := realredis.ForTest(t)
	a, b, c := newReplica(t, server.URL, nil).listen(t), newReplica(t, server.URL, nil).listen(t), newReplica(t, server.URL, nil).listen(t)
	other := newReplica(t, server.URL, func(o *Options) { o.Site = "https://other.example.com" }).listen(t)
	for _, replica := range []*content{a, b, c, other} {
		replica.connected(t, 1)
	}
	if n := a.Purge(t.Context(), "posts", "posts/1"); n != 2 || len(a.told()) != 2 {
		t.Errorf("its own was not purged at once: %d, %v", n, a.told())
	}
	b.Purge(t.Context(), "pages")
	for name, replica := range map[string]*content{"a": a, "b": b, "c": c} {
		eventually(t, name+" hears of both", func() bool { return len(replica.told()) == 3 })
	}
	other.Purge(t.Context(), "end") // after all earlier messages
	eventually(t, "the other site is told", func() bool { return slices.Equal(other.told(), []string{"end"}) })
	for name, replica := range map[string]*content{"a": a, "b": b, "c": c} {
		if told := replica.told(); len(told) != 3 || replica.all.Load() != 1 {
			t.Errorf("%s: %v, and everything %d times", name, told, replica.all.Load())
		}
	}
}

// A hook takes effect even if its sender hangs up.
func TestPurgesAreSentAfterAHangUp(t *testing.T) {
	server := realredis.ForTest(t)
	a, b := newReplica(t, server.URL, nil), newReplica(t, server.URL, nil).listen(t)
	b.connected(t, 1)
	gone, leave := context.WithCancel(t.Context())
	leave()
	a.Purge(gone, "posts")
	eventually(t, "b hears of it", func() bool { return len(b.told()) == 1 })
}

func TestManyTagsAreEverything(t *testing.T) {
	server := realredis.ForTest(t)
	a, b := newReplica(t, server.URL, nil).listen(t), newReplica(t, server.URL, nil).listen(t)
	a.connected(t, 1)
	b.connected(t, 1)
	a.Purge(t.Context(), slices.Repeat([]string{"posts/one"}, maxMessage/10)...)
	b.connected(t, 2)
	if a.all.Load() != 1 || len(b.told()) != 0 {
		t.Errorf("everything %d times, %d tags", a.all.Load(), len(b.told()))
	}
}

func TestABadMessageIsIgnored(t *testing.T) {
	server := realredis.ForTest(t)
	a := newReplica(t, server.URL, nil).listen(t)
	a.connected(t, 1)
	client := server.Client()
	defer client.Close()
	bad := []string{"", "nonsense", "[]", "{}", `{"tags":["posts"]}`, `{"from":1,"tags":["posts"]}`, `{"from":"x","tags":"posts"}`,
		`{"from":"x","tags":["` + strings.Repeat("a", maxMessage) + `"]}`}
	for _, payload := range append(bad, `{"from":"x","tags":["end"],"new":1}`) {
		if err := client.Publish(t.Context(), a.channel, payload).Err(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the good one", func() bool { return len(a.told()) > 0 })
	if told := a.told(); !slices.Equal(told, []string{"end"}) || a.all.Load() != 1 {
		t.Errorf("it did what a bad message says: %v", told)
	}
	if n := strings.Count(a.log.String(), "malformed message"); n != len(bad) || strings.Contains(a.log.String(), "aaaa") {
		t.Errorf("%d lines for %d bad messages:\n%s", n, len(bad), a.log)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(string(encode(message{From: "x", Tags: []string{"posts"}})))
	f.Add(`{"from":"x","all":true}`)
	f.Fuzz(func(t *testing.T, payload string) {
		m, err := decode(payload)
		if err == nil && m.From == "" {
			t.Error("from nobody")
		}
		if encoded := encode(m); len(encoded) > maxMessage && len(m.From) < 100 || !json.Valid(encoded) {
			t.Errorf("%q became %q", payload, encoded)
		}
	})
}

// Messages sent while the connection is lost are never delivered, so everything is
// purged when it is back, however it was lost.
func TestALostConnection(t *testing.T) {
	for how, lose := range map[string]func(*testing.T, *realredis.Server, *content){
		"Redis restarts": func(t *testing.T, server *realredis.Server, _ *content) {
			server.Kill()
			if err := server.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"Redis is away for a while": func(t *testing.T, server *realredis.Server, a *content) {
			server.Kill()
			eventually(t, "the loss is noticed", func() bool { return strings.Contains(a.log.String(), "not received") })
			if err := server.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"the connection is closed": func(t *testing.T, server *realredis.Server, _ *content) {
			client := server.Client()
			defer client.Close()
			if err := client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
				t.Fatal(err)
			}
		},
		"the connection is silent": func(t *testing.T, server *realredis.Server, _ *content) {
			client := server.Client()
			defer client.Close()
			if err := client.Do(t.Context(), "CLIENT", "PAUSE", "3000", "ALL").Err(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			server := realredis.ForTest(t)
			a, b := newReplica(t, server.URL, nil), newReplica(t, server.URL, nil)
			for _, replica := range []*content{a, b} {
				replica.silence, replica.shortest = 100*time.Millisecond, 10*time.Millisecond
				replica.listen(t).connected(t, 1)
			}
			lose(t, server, a)
			a.connected(t, 2)
			b.connected(t, 2)
			a.Purge(t.Context(), "posts")
			eventually(t, "b hears again", func() bool { return slices.Contains(b.told(), "posts") })
			if n := strings.Count(a.log.String(), "not received"); n != 1 {
				t.Errorf("%d lines about one outage:\n%s", n, a.log)
			}
		})
	}
}

// An idle connection stays open.
func TestSilenceIsNoLoss(t *testing.T) {
	server := realredis.ForTest(t)
	a := newReplica(t, server.URL, nil)
	a.silence = 20 * time.Millisecond
	a.listen(t).connected(t, 1)
	client := server.Client()
	defer client.Close()
	pings := func() bool {
		stats, err := client.Info(t.Context(), "commandstats").Result()
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(stats, "cmdstat_ping:calls=")
		n, _, _ := strings.Cut(after, ",")
		return len(n) >= 2 // ten or more
	}
	eventually(t, "it asks whether Redis is there", pings)
	if a.all.Load() != 1 || strings.Contains(a.log.String(), "not received") {
		t.Errorf("connected %d times:\n%s", a.all.Load(), a.log)
	}
}

func TestRedisAwayAtTheStart(t *testing.T) {
	server := realredis.ForTest(t)
	server.Kill()
	a := newReplica(t, server.URL, nil)
	a.shortest, a.longest = time.Millisecond, 8*time.Millisecond
	var tries atomic.Int64
	a.client.AddHook(counting{&tries})
	a.listen(t)
	if n := a.Purge(t.Context(), "posts"); n != 1 {
		t.Errorf("its own was not purged: %d", n)
	}
	if !strings.Contains(a.log.String(), "could not tell the other replicas") {
		t.Errorf("the log does not say that nobody was told:\n%s", a.log)
	}
	eventually(t, "it keeps trying", func() bool { return tries.Load() > 20 })
	if n := strings.Count(a.log.String(), "not received"); n != 1 {
		t.Errorf("%d lines about one outage:\n%s", n, a.log)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.connected(t, 1)
}

func TestAWrongPasswordIsNotRepeated(t *testing.T) {
	server := realredis.ForTest(t)
	a := newReplica(t, strings.Replace(server.URL, server.Password, "wrong-horse-battery", 1), nil).listen(t)
	a.Purge(t.Context(), "posts")
	eventually(t, "it says so", func() bool { return strings.Contains(a.log.String(), "not received") })
	if log := a.log.String(); !strings.Contains(log, "WRONGPASS") || strings.Contains(log, "wrong-horse") {
		t.Errorf("the log:\n%s", log)
	}
}

// Nothing keeps running after the end, whether it was listening or waiting for
// Redis.
func TestTheEnd(t *testing.T) {
	for _, away := range []bool{false, true} {
		server := realredis.ForTest(t)
		a := newReplica(t, server.URL, nil)
		a.longest = time.Hour
		if away {
			server.Kill()
			a.shortest = time.Hour
		}
		ctx, end := context.WithCancel(t.Context())
		go func() {
			a.Listen(ctx)
			close(a.ended)
		}()
		if away {
			eventually(t, "it waits", func() bool { return strings.Contains(a.log.String(), "not received") })
		} else {
			a.connected(t, 1)
			a.Purge(t.Context(), "posts")
		}
		lines := strings.Count(a.log.String(), "\n")
		end()
		eventually(t, "its end", func() bool {
			select {
			case <-a.ended:
				return true
			default:
				return false
			}
		})
		eventually(t, "nothing of the library runs", func() bool {
			stacks := make([]byte, 1<<20)
			return !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("go-redis"))
		})
		if !away {
			client := server.Client()
			defer client.Close()
			eventually(t, "its connections are closed", func() bool {
				connections, err := client.ClientList(t.Context()).Result()
				return err == nil && strings.Count(connections, "\n") == 1 // the client that asks
			})
		}
		if strings.Count(a.log.String(), "\n") != lines {
			t.Errorf("the end is a line in the log:\n%s", a.log)
		}
	}
}

// counting counts connection attempts.
type counting struct{ tries *atomic.Int64 }

func (c counting) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c.tries.Add(1)
		return next(ctx, network, address)
	}
}
func (counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// A panic in a purge reconnects and ends nothing else.
func TestAPanicIsALostConnection(t *testing.T) {
	server := realredis.ForTest(t)
	var broken atomic.Bool
	var heard atomic.Int64
	a := newReplica(t, server.URL, func(o *Options) {
		o.Purge = func(...string) int {
			if heard.Add(1); broken.CompareAndSwap(true, false) {
				panic("on purpose")
			}
			return 1
		}
	})
	b := newReplica(t, server.URL, nil)
	a.shortest = 10 * time.Millisecond
	a.listen(t).connected(t, 1)
	broken.Store(true)
	b.Purge(t.Context(), "posts")
	a.connected(t, 2)
	b.Purge(t.Context(), "posts")
	eventually(t, "a hears again", func() bool { return heard.Load() == 2 })
	if !strings.Contains(a.log.String(), "panic") {
		t.Error("the log does not say so")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
