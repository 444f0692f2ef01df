package content

import (
	"context"
	"encoding/json"
	"time"

	"golang.org/x/sync/semaphore"

	"hutch/handlers/web"
)

// Some contents are longer than people write: an imported book, a log. While its page
// is made, such a content takes several times its size, so that few are made at once.

const (
	// maxText is the size up to which a text is shown, without its pictures, in bytes.
	maxText = 5 << 20
	// longText is the size from which contents count here, and maxLong how much those
	// of all pages that are being made may be together.
	longText = 256 << 10
	maxLong  = 2 * maxText
	// maxWaiting is how many more may wait, each with its content in memory, and
	// longestWait for how long.
	maxWaiting  = 4
	longestWait = 5 * time.Second
)

// longPages is the room for pages with long contents.
type longPages struct{ bytes, waiting *semaphore.Weighted }

func newLongPages() longPages {
	return longPages{semaphore.NewWeighted(maxLong), semaphore.NewWeighted(maxWaiting)}
}

// turn is the room that a page takes.
type turn struct {
	all  longPages
	size int64
}

// take takes room for a page with this content until end. It fails with
// [web.ErrOverloaded] if there is none. A nil turn takes nothing.
func (t *turn) take(ctx context.Context, content json.RawMessage) error {
	size := int64(min(len(content), maxLong))
	if t == nil || size <= longText {
		return nil
	}
	if !t.all.bytes.TryAcquire(size) {
		if !t.all.waiting.TryAcquire(1) {
			return web.ErrOverloaded
		}
		defer t.all.waiting.Release(1)
		ctx, cancel := context.WithTimeout(ctx, longestWait)
		defer cancel()
		if t.all.bytes.Acquire(ctx, size) != nil {
			return web.ErrOverloaded
		}
	}
	t.size += size
	return nil
}

func (t *turn) end() { t.all.bytes.Release(t.size) }
