package main

import (
	"context"
	"time"
)

const mebibyte = 1 << 20

// measureIdle measures Hutch after its first page, before any load.
func measureIdle(ctx context.Context, s *stage, r *report) error {
	var idle spread
	for range 3 {
		p, err := s.execHutch(nil)
		if err != nil {
			return err
		}
		err = p.awaitAnswer(ctx, "/blog")
		if err == nil {
			err = settle(ctx, 2*time.Second)
		}
		var bytes float64
		if err == nil {
			bytes, err = p.memory("VmRSS")
		}
		_ = p.stop()
		if err != nil {
			return err
		}
		idle = append(idle, bytes/mebibyte)
	}
	r.atMost("idle memory", 32, idle, "%.1f MiB")
	return nil
}

// measurePeak measures both Hutches after the loads.
func measurePeak(_ context.Context, s *stage, r *report) error {
	loaded, err := s.hutch.memory("VmHWM")
	if err != nil {
		return err
	}
	crowded, err := s.watched.memory("VmHWM")
	if err != nil {
		return err
	}
	r.atMost("peak memory under these loads", 64, spread{max(loaded, crowded) / mebibyte}, "%.1f MiB")
	r.absolute("peak memory, under wrk", spread{loaded / mebibyte}, "%.1f MiB")
	r.absolute("peak memory, under the 1,000", spread{crowded / mebibyte}, "%.1f MiB")
	return nil
}
