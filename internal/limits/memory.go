package limits

import (
	"container/heap"
	"sync"
	"time"
)

// maxBuckets bounds the memory of each row of the table: about 9 MB for everything
// that signing in fills.
const maxBuckets = 1 << 14

// memory holds the buckets of this process.
type memory struct {
	now  func() time.Time
	mu   sync.Mutex // makes an attempt count in all of its buckets or in none
	rows map[string]*row
}

// row holds the buckets of one row of the table in a heap, with the one that will
// be empty first on top. A full row evicts that one: an attacker who makes up
// accounts to evict the one they are guessing would have to guess as often at each.
type row struct {
	byKey map[[keySize]byte]*bucket
	heap  []*bucket
}

type bucket struct {
	key   [keySize]byte
	empty int64 // when it will be empty
	at    int   // index in the heap
}

func newMemory(now func() time.Time) *memory { return &memory{now: now, rows: map[string]*row{}} }

// ask returns the bucket with the longest wait. Without a wait, an attempt that counts is
// counted in all of them.
func (m *memory) ask(charges []charge, counts bool) (full int, wait int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := milliseconds(m.now())
	next := make([]int64, len(charges))
	for i, c := range charges {
		var until int64
		if next[i], until = c.take(m.row(c, now).get(c.key), now); until > wait {
			full, wait = i, until
		}
	}
	if counts && wait == 0 {
		for i, c := range charges {
			m.row(c, now).set(c.key, next[i])
		}
	}
	return full, wait
}

// settle gives attempts back and empties buckets.
func (m *memory) settle(giveBack, empty []charge) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := milliseconds(m.now())
	for _, c := range giveBack {
		r := m.row(c, now)
		r.set(c.key, max(0, c.giveBack(r.get(c.key))))
	}
	for _, c := range empty {
		m.row(c, now).set(c.key, 0)
	}
	for _, c := range append(giveBack, empty...) {
		m.row(c, now)
	}
}

// row returns the buckets of a row after dropping the empty ones.
func (m *memory) row(c charge, now int64) *row {
	r, has := m.rows[c.limit.bucket()]
	if !has {
		r = &row{byKey: map[[keySize]byte]*bucket{}}
		m.rows[c.limit.bucket()] = r
	}
	for len(r.heap) > 0 && r.heap[0].empty <= now {
		heap.Pop(r)
	}
	return r
}

// get returns when a bucket will be empty; 0 if it is.
func (r *row) get(key [keySize]byte) int64 {
	if b, has := r.byKey[key]; has {
		return b.empty
	}
	return 0
}

func (r *row) set(key [keySize]byte, empty int64) {
	if b, has := r.byKey[key]; has {
		b.empty = empty
		heap.Fix(r, b.at)
		return
	}
	if heap.Push(r, &bucket{key: key, empty: empty}); len(r.heap) > maxBuckets {
		heap.Pop(r)
	}
}

// These implement heap.Interface.

func (r *row) Len() int           { return len(r.heap) }
func (r *row) Less(i, j int) bool { return r.heap[i].empty < r.heap[j].empty }
func (r *row) Swap(i, j int) {
	r.heap[i], r.heap[j] = r.heap[j], r.heap[i]
	r.heap[i].at, r.heap[j].at = i, j
}

// Push adds a *bucket.
func (r *row) Push(b any) {
	added := b.(*bucket)
	added.at = len(r.heap)
	r.heap, r.byKey[added.key] = append(r.heap, added), added
}

// Pop removes the last *bucket.
func (r *row) Pop() any {
	last := r.heap[len(r.heap)-1]
	r.heap[len(r.heap)-1] = nil
	r.heap = r.heap[:len(r.heap)-1]
	delete(r.byKey, last.key)
	return last
}
