package limits

import "time"

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
