package handlers

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer returns the server that runs the site, with a bound on everything that a
// client could drag out.
func NewServer(address string, site http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              address,
		Handler:           site,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second, // an image may take 30 s to be made
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10, // several cookies of 4 KB
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
