package limits

import (
	"context"
	"encoding/base64"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	// answerWithin is how long an attempt waits for Redis, which normally takes a
	// thousandth of it.
	answerWithin = 500 * time.Millisecond
	// tryAgainAfter is how long Redis is left alone after it failed to answer, so
	// that not everybody waits for it.
	tryAgainAfter = 5 * time.Second
)

// shared holds the buckets of all replicas in Redis, under keys that expire when
// the bucket is empty.
type shared struct {
	redis  func(context.Context, func(redis.Conn) error) error
	prefix string
	now    func() time.Time
	log    *slog.Logger
	// clock returns the time for the scripts, in milliseconds; 0 for Redis' own
	// clock, because the replicas' clocks may differ.
	clock func() int64

	mu    sync.Mutex
	away  bool
	again time.Time // when to try again
}

// run runs a script and reports whether Redis answered. One outage logs one line.
func (s *shared) run(ctx context.Context, script *redis.Script, keys, args []any) (reply []int64, answered bool) {
	if !s.mayAsk() {
		return nil, false
	}
	// The attempt counts even if the visitor leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	err := s.redis(ctx, func(conn redis.Conn) (err error) {
		reply, err = redis.Int64s(script.DoContext(ctx, conn, slices.Concat([]any{len(keys)}, keys, args)...))
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if !s.away {
			s.log.Warn("Redis does not answer: each replica counts limits on its own", "error", err)
		}
		s.away, s.again = true, s.now().Add(tryAgainAfter)
		return nil, false
	}
	if s.away {
		s.log.Info("limits are shared with the other replicas again")
	}
	s.away = false
	return reply, true
}

// mayAsk lets one attempt find out whether Redis is back; the others skip it.
func (s *shared) mayAsk() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.away {
		return true
	}
	if s.now().Before(s.again) {
		return false
	}
	s.again = s.now().Add(tryAgainAfter)
	return true
}

const luaNow = `
local now = tonumber(ARGV[1])
if now == 0 then
	local time = redis.call('TIME')
	now = time[1] * 1000 + math.floor(time[2] / 1000)
end
`

// luaWait finds out when the buckets will be empty with an attempt in them, and the
// number and the wait of the one with the longest. KEYS are the buckets; ARGV holds for
// each the duration of one attempt and of a full bucket.
const luaWait = luaNow + `
local next, full, wait = {}, 0, 0
for i, key in ipairs(KEYS) do
	local every, whole = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
	next[i] = math.max(tonumber(redis.call('GET', key) or now), now) + every
	if next[i] - now - whole > wait then
		full, wait = i, next[i] - now - whole
	end
end
`

// waitScript counts nothing.
var waitScript = redis.NewScript(-1, luaWait+`
return {full, wait}
`)

// takeScript counts an attempt in all buckets or in none.
var takeScript = redis.NewScript(-1, luaWait+`
if wait > 0 then
	return {full, wait}
end
for i, key in ipairs(KEYS) do
	redis.call('SET', key, string.format('%d', next[i]), 'PX', string.format('%d', next[i] - now))
end
return {0, 0}
`)

// settleScript gives an attempt back; ARGV holds its duration for each bucket, and
// 0 empties the bucket.
var settleScript = redis.NewScript(-1, luaNow+`
for i, key in ipairs(KEYS) do
	local every = tonumber(ARGV[i + 1])
	local empty = tonumber(redis.call('GET', key) or now) - every
	if every == 0 or empty <= now then
		redis.call('DEL', key)
	else
		redis.call('SET', key, string.format('%d', empty), 'PX', string.format('%d', empty - now))
	end
end
return {}
`)

func (s *shared) key(c charge) string {
	return s.prefix + c.limit.bucket() + ":" + base64.RawURLEncoding.EncodeToString(c.key[:])
}

// ask is [memory.ask]; nothing is answered if Redis is away.
func (s *shared) ask(ctx context.Context, charges []charge, counts bool) (full int, wait int64, answered bool) {
	script := waitScript
	if counts {
		script = takeScript
	}
	keys, args := []any{}, []any{s.clock()}
	for _, c := range charges {
		keys = append(keys, s.key(c))
		args = append(args, c.every(), c.whole())
	}
	reply, answered := s.run(ctx, script, keys, args)
	if len(reply) == 2 {
		full, wait = int(reply[0])-1, reply[1]
	}
	return full, wait, answered
}

func (s *shared) settle(ctx context.Context, giveBack, empty []charge) {
	if len(giveBack)+len(empty) == 0 {
		return
	}
	keys, args := []any{}, []any{s.clock()}
	for _, c := range giveBack {
		keys, args = append(keys, s.key(c)), append(args, c.every())
	}
	for _, c := range empty {
		keys, args = append(keys, s.key(c)), append(args, 0)
	}
	s.run(ctx, settleScript, keys, args)
}
