package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"hutch/internal/metrics"
)

// serveUntil serves until ctx ends. From then on the site reports that it is not
// ready, and keeps accepting requests for delay, until load balancers have noticed.
// Then it lets running requests finish and waits for background work.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener, delay time.Duration, wait func(context.Context) error) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-failed:
		return err
	case <-time.After(delay):
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		// Background work takes a few seconds at most.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitGrace)
		defer cancel()
		return errors.Join(fmt.Errorf("some requests did not finish in time: %w", err), wait(ctx))
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return wait(ctx)
}

// serveMetrics serves the metrics on an address of their own, which visitors cannot
// reach, until stop is called.
func serveMetrics(ctx context.Context, address string, m *metrics.Metrics, log *slog.Logger) (stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", m.Handler())
	server := &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "error", err)
		}
	}()
	log.Info("metrics are at http://" + listener.Addr().String() + "/metrics")
	return func() { _ = server.Close() }, nil
}
