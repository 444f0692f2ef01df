package directus

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
)

// Visitors read as slowly as they like. So that none of them keeps a turn from
// others, a file is in memory before they get any of it, or is one of the large
// ones, which have a bound of their own.

const (
	// maxKept is the largest file that is taken into memory.
	maxKept = 1 << 20
	// maxKeptTogether bounds the memory for all that are being read at once. One
	// that it has no room for is treated as a large one.
	maxKeptTogether = assetCalls * maxKept
	// maxRest is what is still read of a file that nobody wants any more.
	maxRest = 512 << 10
)

// assetBody is that of a file, and what there is to give back after it.
type assetBody struct {
	io.Reader
	end func()
}

func (b assetBody) Close() error {
	b.end()
	return nil
}

// body takes the turn of an answer back, and gives what it has sent: from memory,
// or while it comes. After an error the caller ends the answer.
func (l *lane) body(ctx context.Context, k call, a *answer, cancel context.CancelFunc) (io.ReadCloser, error) {
	var begun bytes.Buffer
	size, told := a.ContentLength, a.ContentLength >= 0
	if !told {
		size = maxKept
	}
	kept := size <= maxKept && l.memory.TryAcquire(size)
	if kept {
		if told {
			begun.Grow(int(size) + bytes.MinRead)
		}
		read, err := io.CopyN(&begun, a.Body, size)
		switch {
		case told && err == nil, !told && errors.Is(err, io.EOF):
			endAsset(a, cancel)
			l.memory.Release(size - read)
			content := begun.Bytes()
			if !told {
				content = bytes.Clone(content) // without what the buffer has beside it
			}
			return assetBody{bytes.NewReader(content), sync.OnceFunc(func() { l.memory.Release(read) })}, nil
		case err != nil:
			l.memory.Release(size)
			return nil, interrupted(ctx, k, err)
		}
	}
	select {
	case l.downloads <- struct{}{}:
	default:
		if kept {
			l.memory.Release(size)
		}
		return nil, interrupted(ctx, k, errBusy)
	}
	a.free()
	return assetBody{io.MultiReader(&begun, a.Body), sync.OnceFunc(func() {
		endAsset(a, cancel)
		<-l.downloads
		if kept {
			l.memory.Release(size)
		}
	})}, nil
}

// endAsset reads a small rest first: the connection can then be used again, and
// Directus 10 never closes a file that is not read to its end.
func endAsset(a *answer, cancel context.CancelFunc) {
	_, _ = io.CopyN(io.Discard, a.Body, maxRest)
	cancel()
	a.close()
}
