package directus

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
)

// Visitors may read slowly. So that none of them holds a slot meanwhile, a file is
// read into memory before they get any of it; large files have a bound of their own
// instead.

const (
	// maxKept is the largest file that is read into memory.
	maxKept = 1 << 20
	// maxKeptTogether bounds the memory for all files being read at once. A file
	// that does not fit is treated as large.
	maxKeptTogether = assetCalls * maxKept
	// maxRest is how much of an abandoned file is still read to its end.
	maxRest = 512 << 10
)

// assetBody is the body of a file, with what to release when it is closed.
type assetBody struct {
	io.Reader
	end func()
}

func (b assetBody) Close() error {
	b.end()
	return nil
}

// body releases the slot of an answer and returns its content, from memory or as a
// stream. After an error the caller closes the answer.
func (p *pool) body(ctx context.Context, k call, a *answer, cancel context.CancelFunc) (io.ReadCloser, error) {
	var begun bytes.Buffer
	size, told := a.ContentLength, a.ContentLength >= 0
	if !told {
		size = maxKept
	}
	kept := size <= maxKept && p.memory.TryAcquire(size)
	if kept {
		if told {
			begun.Grow(int(size) + bytes.MinRead)
		}
		read, err := io.CopyN(&begun, a.Body, size)
		switch {
		case told && err == nil, !told && errors.Is(err, io.EOF):
			endAsset(a, cancel)
			p.memory.Release(size - read)
			content := begun.Bytes()
			if !told {
				content = bytes.Clone(content) // drop the buffer's spare capacity
			}
			return assetBody{bytes.NewReader(content), sync.OnceFunc(func() { p.memory.Release(read) })}, nil
		case err != nil:
			p.memory.Release(size)
			return nil, interrupted(ctx, k, err)
		}
	}
	select {
	case p.downloads <- struct{}{}:
	default:
		if kept {
			p.memory.Release(size)
		}
		return nil, interrupted(ctx, k, errBusy)
	}
	a.free()
	return assetBody{io.MultiReader(&begun, a.Body), sync.OnceFunc(func() {
		endAsset(a, cancel)
		<-p.downloads
		if kept {
			p.memory.Release(size)
		}
	})}, nil
}

// endAsset reads a small rest first, so that the connection can be reused. Directus
// 10 never closes a file that is not read to its end.
func endAsset(a *answer, cancel context.CancelFunc) {
	_, _ = io.CopyN(io.Discard, a.Body, maxRest)
	cancel()
	a.close()
}
