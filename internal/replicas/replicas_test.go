package replicas

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
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
	bad := []string{"", "nonsense", "[]", "{}", `{"tags":["posts"]}`, `{"from":1,"tags":["posts"]}`, `{"from":"x","tags":"posts"}`,
		`{"from":"x","tags":["` + strings.Repeat("a", maxMessage) + `"]}`}
	for _, payload := range append(bad, `{"from":"x","tags":["end"],"new":1}`) {
		if _, err := server.Do(t.Context(), "PUBLISH", a.channel, payload); err != nil {
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
			if _, err := server.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub"); err != nil {
				t.Fatal(err)
			}
		},
		"the connection is silent": func(t *testing.T, server *realredis.Server, _ *content) {
			if _, err := server.Do(t.Context(), "CLIENT", "PAUSE", "3000", "ALL"); err != nil {
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
	pings := func() bool {
		stats, err := redis.String(server.Do(t.Context(), "INFO", "commandstats"))
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
	dial := a.client.dial
	a.client.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		tries.Add(1)
		return dial(ctx, network, address)
	}
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
			return !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("gomodule/redigo"))
		})
		if !away {
			eventually(t, "its connections are closed", func() bool {
				connections, err := redis.String(server.Do(t.Context(), "CLIENT", "LIST"))
				return err == nil && strings.Count(connections, "\n") == 1 // the client that asks
			})
		}
		if strings.Count(a.log.String(), "\n") != lines {
			t.Errorf("the end is a line in the log:\n%s", a.log)
		}
	}
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

func TestURLs(t *testing.T) {
	for address, want := range map[string]endpoint{
		"redis://127.0.0.1":                          {address: "127.0.0.1:6379"},
		"redis://:a%40b@redis.example.com:6380/3/":   {address: "redis.example.com:6380", password: "a@b", database: 3},
		"redis://hutch:secret@[::1]/0":               {address: "[::1]:6379", user: "hutch", password: "secret"},
		"rediss://hutch:secret@redis.example.com/12": {address: "redis.example.com:6379", user: "hutch", password: "secret", database: 12},
	} {
		got, err := parseURL(address)
		secured := got.tls != nil && got.tls.ServerName == "redis.example.com" && got.tls.MinVersion == tls.VersionTLS12
		if got.tls = nil; got != want || err != nil || secured != strings.HasPrefix(address, "rediss:") {
			t.Errorf("%s: %+v, %t, %v", address, got, secured, err)
		}
	}
}

func newClient(t *testing.T, address string) *Client {
	t.Helper()
	c, err := NewClient(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// describe returns how Redis describes a connection of the client.
func describe(ctx context.Context, c *Client) (info string, err error) {
	err = c.Do(ctx, func(conn redis.Conn) (err error) {
		info, err = redis.String(redis.DoContext(conn, ctx, "CLIENT", "INFO"))
		return err
	})
	return info, err
}

func TestLogin(t *testing.T) {
	server := realredis.ForTest(t)
	if _, err := server.Do(t.Context(), "ACL", "SETUSER", "hutch", "on", ">of-hutch", "+@all"); err != nil {
		t.Fatal(err)
	}
	at := strings.TrimSuffix(server.URL[strings.Index(server.URL, "@"):], "/0")
	for login, want := range map[string]string{
		":" + server.Password: " user=default ", "hutch:of-hutch": " user=hutch ", "default:" + server.Password: " user=default ",
		":of-hutch": "WRONGPASS", "hutch:" + server.Password: "WRONGPASS", "hutch": "NOAUTH",
	} {
		info, err := describe(t.Context(), newClient(t, "redis://"+login+at+"/3"))
		if err == nil && (!strings.Contains(info, want) || !strings.Contains(info, " db=3 ")) || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", login, info, err, want)
		}
	}
	if _, err := server.Do(t.Context(), "CONFIG", "SET", "requirepass", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := describe(t.Context(), newClient(t, server.URL)); err != nil {
		t.Errorf("a Redis that needs no password: %v", err)
	}
}

// A restart of Redis fails no command afterwards, however many connections it cut.
func TestIdleConnectionsThatWereCut(t *testing.T) {
	server := realredis.ForTest(t)
	c := newClient(t, server.URL)
	open := func() error { return nil }
	for range 8 {
		inner := open
		open = func() error { return c.Do(t.Context(), func(redis.Conn) error { return inner() }) }
	}
	if err := open(); err != nil || c.pool.IdleCount() != 8 {
		t.Fatalf("%d connections are idle: %v", c.pool.IdleCount(), err)
	}
	server.Kill()
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := describe(t.Context(), c); err != nil || c.pool.ActiveCount() != 1 {
		t.Errorf("%v, %d connections", err, c.pool.ActiveCount())
	}
}

func TestTLS(t *testing.T) {
	server := realredis.ForTest(t)
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	for name, kind := range map[string]struct{ delay, patience time.Duration }{
		"quick": {0, time.Minute}, "slow": {500 * time.Millisecond, 250 * time.Millisecond}, "silent": {time.Hour, 100 * time.Millisecond},
	} {
		address := delayed(t, server, kind.delay, certified.TLS.Certificates)
		ask := func(c *Client) error {
			ctx, cancel := context.WithTimeout(t.Context(), kind.patience)
			defer cancel()
			_, err := describe(ctx, c)
			return err
		}
		if err := ask(newClient(t, address)); err == nil || name == "quick" && !errors.As(err, new(*tls.CertificateVerificationError)) {
			t.Errorf("%s: an unknown certificate: %v", name, err)
		}
		c := newClient(t, address)
		c.endpoint.tls.RootCAs = certified.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		began := time.Now()
		if err := ask(c); (err == nil) != (name == "quick") || name != "quick" && time.Since(began) > 3*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
		if name == "slow" {
			eventually(t, "it is connected in the end", func() bool { return ask(c) == nil })
		}
	}
}

// delayed returns the URL of a proxy that adds TLS and answers each connection later.
func delayed(t *testing.T, server *realredis.Server, delay time.Duration, certificates []tls.Certificate) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	proxy := func(in net.Conn) {
		defer in.Close()
		select {
		case <-time.After(delay):
		case <-t.Context().Done():
			return
		}
		out, err := net.Dial("tcp", server.URL[strings.Index(server.URL, "@")+1:len(server.URL)-len("/0")])
		if err != nil {
			return
		}
		defer out.Close()
		go func() { _, _ = io.Copy(in, out) }()
		_, _ = io.Copy(out, in)
	}
	go func() {
		for in, err := listener.Accept(); err == nil; in, err = listener.Accept() {
			go proxy(in)
		}
	}()
	return "rediss://:" + server.Password + "@" + listener.Addr().String()
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
