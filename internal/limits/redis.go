package limits

import (
	"context"
	"encoding/base64"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// answerWithin is how long an attempt waits for Redis, which takes a
	// thousandth of it.
	answerWithin = 500 * time.Millisecond
	// tryAgainAfter is how long Redis is left alone once it has not answered, so
	// that not everybody waits for it.
	tryAgainAfter = 5 * time.Second
)

// shared keeps the buckets of all replicas in Redis, under keys that Redis
// forgets when they are empty.
type shared struct {
	client *redis.Client
	prefix string
	now    func() time.Time
	log    *slog.Logger
	// clock is the moment for the scripts, in milliseconds; 0: Redis' own clock,
	// for those of the replicas may differ.
	clock func() int64

	mu    sync.Mutex
	away  bool
	again time.Time // when to try once more
}

// do asks Redis, and reports whether it has answered. One outage is one line in
// the log.
func (s *shared) do(ctx context.Context, ask func(context.Context) error) bool {
	if !s.mayAsk() {
		return false
	}
	// The visitor may leave; what was begun is counted all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	err := ask(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if !s.away {
			s.log.Warn("limits are counted by each replica for itself: Redis does not answer", "error", err)
		}
		s.away, s.again = true, s.now().Add(tryAgainAfter)
		return false
	}
	if s.away {
		s.log.Info("limits are shared with the other replicas again")
	}
	s.away = false
	return true
}

// mayAsk lets one attempt find out whether Redis is back, while the others do
// without.
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

// takeScript counts an attempt in all buckets (KEYS; in ARGV the span of one
// attempt and of a whole bucket for each), or in none, and then answers with the
// number of the one that is full for longest, and for how long.
const takeScript = luaNow + `
local next, full, wait = {}, 0, 0
for i, key in ipairs(KEYS) do
	local every, whole = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
	next[i] = math.max(tonumber(redis.call('GET', key) or now), now) + every
	if next[i] - now - whole > wait then
		full, wait = i, next[i] - now - whole
	end
end
if wait > 0 then
	return {full, wait}
end
for i, key in ipairs(KEYS) do
	redis.call('SET', key, string.format('%d', next[i]), 'PX', string.format('%d', next[i] - now))
end
return {0, 0}
`

// settleScript gives an attempt back (in ARGV, its span for each bucket); 0
// empties the bucket.
const settleScript = luaNow + `
for i, key in ipairs(KEYS) do
	local every = tonumber(ARGV[i + 1])
	local empty = tonumber(redis.call('GET', key) or now) - every
	if every == 0 or empty <= now then
		redis.call('DEL', key)
	else
		redis.call('SET', key, string.format('%d', empty), 'PX', string.format('%d', empty - now))
	end
end
return 0
`

func (s *shared) key(c charge) string {
	return s.prefix + c.limit.bucket() + ":" + base64.RawURLEncoding.EncodeToString(c.key[:])
}

func (s *shared) take(ctx context.Context, charges []charge) (full int, wait int64, answered bool) {
	keys, args := []string{}, []any{s.clock()}
	for _, c := range charges {
		keys = append(keys, s.key(c))
		args = append(args, c.every(), c.whole())
	}
	answered = s.do(ctx, func(ctx context.Context) error {
		said, err := redis.NewScript(takeScript).Run(ctx, s.client, keys, args...).Int64Slice()
		if err == nil && len(said) == 2 {
			full, wait = int(said[0])-1, said[1]
		}
		return err
	})
	return full, wait, answered
}

func (s *shared) settle(ctx context.Context, giveBack, empty []charge) {
	if len(giveBack)+len(empty) == 0 {
		return
	}
	keys, args := []string{}, []any{s.clock()}
	for _, c := range giveBack {
		keys, args = append(keys, s.key(c)), append(args, c.every())
	}
	for _, c := range empty {
		keys, args = append(keys, s.key(c)), append(args, 0)
	}
	s.do(ctx, func(ctx context.Context) error {
		return redis.NewScript(settleScript).Run(ctx, s.client, keys, args...).Err()
	})
}
