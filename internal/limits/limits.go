package limits

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Options configure [Limits].
type Options struct {
	// Secret must be the same on all replicas of a site, and as hard to guess as a
	// key.
	Secret string
	// Redis calls use with a connection to the Redis that holds the buckets of all
	// replicas, and may do so again if that is lost. It returns the error of use, or why
	// there is no connection. With nil each replica has its own buckets.
	Redis func(ctx context.Context, use func(redis.Conn) error) error
	Site  string  // the same on all replicas, and different from other sites that share the Redis
	Table []Limit // nil for Table()
	Now   func() time.Time
	Log   *slog.Logger
}

// Limits counts attempts. It is safe for concurrent use.
type Limits struct {
	table  []Limit
	secret []byte
	local  *memory
	shared *shared // nil without Redis
}

// New does not connect to Redis, which may be down.
func New(options Options) (*Limits, error) {
	secret, err := hkdf.Key(sha256.New, []byte(options.Secret), nil, "hutch limits v1", 32)
	if err != nil {
		return nil, fmt.Errorf("limits: derive a key: %w", err)
	}
	table := options.Table
	if table == nil {
		table = Table()
	}
	l := &Limits{table: table, secret: secret, local: newMemory(options.Now)}
	if options.Redis != nil {
		l.shared = &shared{
			redis: options.Redis, prefix: "hutch:" + options.Site + ":limits:", now: options.Now, log: options.Log,
			clock: func() int64 { return 0 },
		}
	}
	return l, nil
}

// Refused means that an attempt was not allowed and not counted.
type Refused struct {
	Limit Limit
	After time.Duration // how long until the next attempt is allowed, if there is none in between
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the limit %s is reached for %s", r.Limit.Name, r.After.Round(time.Second))
}

// Taken is an attempt that was allowed and counted.
type Taken struct {
	limits *Limits
	action Action
	who    Who
	shared bool // whether it was counted in Redis
}

// Take counts an attempt before it is made. The error is always a [*Refused]:
// trouble with Redis never refuses anybody.
func (l *Limits) Take(ctx context.Context, action Action, who Who) (Taken, error) {
	taken := Taken{limits: l, action: action, who: who}
	charges := l.charges(action, who, func(Limit) bool { return true })
	full, wait, shared := l.ask(ctx, charges, true)
	if wait > 0 {
		return Taken{}, &Refused{charges[full].limit, wait}
	}
	taken.shared = shared
	return taken, nil
}

// Wait returns how long it is until the next attempt is allowed; 0 if it is. It counts
// nothing.
func (l *Limits) Wait(ctx context.Context, action Action, who Who) time.Duration {
	_, wait, _ := l.ask(ctx, l.charges(action, who, func(Limit) bool { return true }), false)
	return wait
}

// ask returns the bucket with the longest wait, and whether Redis was asked or, since it
// does not answer, this process. Without a wait, an attempt that counts is counted.
func (l *Limits) ask(ctx context.Context, charges []charge, counts bool) (full int, wait time.Duration, shared bool) {
	var left int64 // in milliseconds
	if l.shared != nil {
		full, left, shared = l.shared.ask(ctx, charges, counts)
	}
	if !shared {
		full, left = l.local.ask(charges, counts)
	}
	return full, time.Duration(left) * time.Millisecond, shared
}

// GiveBack uncounts an attempt that came to nothing, because Directus was not asked
// or failed.
func (t Taken) GiveBack(ctx context.Context) {
	back := t.limits.charges(t.action, t.who, func(limit Limit) bool { return limit.WrongOnly })
	t.limits.settle(ctx, t.shared, back)
}

// Succeeded records the right answer. Like Directus, it forgets the wrong ones
// before it, including those of strangers.
func (t Taken) Succeeded(ctx context.Context) {
	back := t.limits.charges(t.action, t.who, func(limit Limit) bool { return limit.WrongOnly && !limit.Success })
	t.limits.settle(ctx, t.shared, back)
	t.limits.empty(ctx, t.limits.ofAccount(t.who, func(limit Limit) bool { return limit.Success }))
}

// Reset is called after a password reset by email, which proves ownership of the
// account.
func (l *Limits) Reset(ctx context.Context, who Who) {
	l.empty(ctx, l.ofAccount(who, func(limit Limit) bool { return limit.Reset }))
}

// charges returns the buckets that an attempt counts in.
func (l *Limits) charges(action Action, who Who, which func(Limit) bool) []charge {
	audience := Strangers
	if who.Device != "" {
		audience = Trusted
	}
	var charges []charge
	for _, limit := range l.table {
		if limit.Action == action && (limit.For == All || limit.For == audience) && which(limit) {
			if who.ResetHere {
				limit.Burst += limit.Reserved
			}
			charges = append(charges, charge{limit, l.key(limit, who)})
		}
	}
	return charges
}

// ofAccount returns the buckets of an account, whoever fills them.
func (l *Limits) ofAccount(who Who, which func(Limit) bool) []charge {
	var charges []charge
	for _, limit := range l.table {
		if which(limit) && (limit.Of != Device || who.Device != "") {
			charges = append(charges, charge{limit, l.key(limit, who)})
		}
	}
	return charges
}

// settle gives attempts back where they were counted.
func (l *Limits) settle(ctx context.Context, shared bool, giveBack []charge) {
	if shared {
		l.shared.settle(ctx, giveBack, nil)
		return
	}
	l.local.settle(giveBack, nil)
}

// empty empties buckets in memory and in Redis: some may have been filled while
// Redis was down.
func (l *Limits) empty(ctx context.Context, charges []charge) {
	l.local.settle(nil, charges)
	if l.shared != nil {
		l.shared.settle(ctx, nil, charges)
	}
}

// The arithmetic is the generic cell rate algorithm (ITU-T I.371): all that is
// stored of a bucket is when it will be empty. Each attempt moves that time
// forward, and is refused if it would lie further ahead than a full bucket takes to
// empty. The scripts in redis.go do the same in Lua.
//
// Times and durations are in milliseconds, times since 1970.

// charge is an attempt as one bucket counts it.
type charge struct {
	limit Limit
	key   [keySize]byte
}

func (c charge) every() int64 { return c.limit.Every.Milliseconds() }
func (c charge) whole() int64 { return c.every() * int64(c.limit.Burst) }

// take returns when the bucket will be empty with the attempt in it, or how long
// until there is room for it.
func (c charge) take(empty, now int64) (next, wait int64) {
	next = max(empty, now) + c.every()
	if wait = next - now - c.whole(); wait > 0 {
		return empty, wait
	}
	return next, 0
}

// giveBack returns when the bucket will be empty without the attempt.
func (c charge) giveBack(empty int64) int64 { return empty - c.every() }

func milliseconds(t time.Time) int64 { return t.UnixMilli() }
