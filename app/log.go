package app

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// NewLog returns a logger that writes JSON in production and text otherwise.
func NewLog(config Config, out io.Writer) *slog.Logger {
	if config.Production {
		return slog.New(inUTC{slog.NewJSONHandler(out, nil)})
	}
	return slog.New(inUTC{slog.NewTextHandler(out, nil)})
}

// inUTC is a handler whose times are in UTC, because replicas may run anywhere.
// ReplaceAttr would do the same, and look at every attribute of every line for it.
type inUTC struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h inUTC) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h inUTC) WithAttrs(attrs []slog.Attr) slog.Handler { return inUTC{h.Handler.WithAttrs(attrs)} }

// WithGroup implements [slog.Handler].
func (h inUTC) WithGroup(name string) slog.Handler { return inUTC{h.Handler.WithGroup(name)} }

const (
	// logDelay is how late a line may be written. A process that is killed loses as
	// much.
	logDelay = 100 * time.Millisecond
	// logChunk is how many bytes are written at once under load.
	logChunk = 16 << 10
)

// lines collects the lines of the log: a system call for each is a tenth of what a
// cached page costs. It is safe for concurrent use.
type lines struct {
	out io.Writer

	mu      sync.Mutex
	waiting []byte
}

// Write adds whole lines.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		time.AfterFunc(logDelay, l.flush)
	}
	if l.waiting = append(l.waiting, p...); len(l.waiting) >= logChunk {
		return len(p), l.write()
	}
	return len(p), nil
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.write() // there is nowhere to say that the log cannot be written
}

func (l *lines) write() error {
	if len(l.waiting) == 0 { // written as a chunk meanwhile
		return nil
	}
	_, err := l.out.Write(l.waiting)
	l.waiting = l.waiting[:0]
	return err
}
