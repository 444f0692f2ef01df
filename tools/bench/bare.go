package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gin-gonic/gin"
)

// bareServer is the input of a bare Gin: recorded responses of Hutch.
type bareServer struct {
	Address string
	Pages   []barePage
}

type barePage struct {
	Path   string
	Header http.Header
	Body   []byte
}

// serveBare serves the bytes and headers of the file from a Gin without middleware
// until it is killed.
func serveBare(file string) error {
	encoded, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var bare bareServer
	if err := json.Unmarshal(encoded, &bare); err != nil {
		return err
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	for _, page := range bare.Pages {
		page.Header.Del("Date") // net/http sets its own, as in Hutch
		engine.GET(page.Path, func(c *gin.Context) {
			header := c.Writer.Header()
			for name, values := range page.Header {
				header[name] = values
			}
			c.Writer.WriteHeader(http.StatusOK)
			_, _ = c.Writer.Write(page.Body)
		})
	}
	return http.ListenAndServe(bare.Address, engine) //nolint:gosec // for wrk alone, on 127.0.0.1
}

// startBare runs it in a process of its own, with the responses for these targets.
func (s *stage) startBare(ctx context.Context, targets ...target) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	bare := bareServer{Address: address}
	for _, t := range targets {
		a, err := fetchRight(ctx, t)
		if err != nil {
			return nil, err
		}
		bare.Pages = append(bare.Pages, barePage{t.path, a.header, a.body})
	}
	encoded, err := json.Marshal(bare)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.dir, "bare.json")
	if err := os.WriteFile(file, encoded, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := startProcess(address, s.dir, s.environment(nil), self, "bare", file)
	if err != nil {
		return nil, err
	}
	s.clears = append(s.clears, p.stop)
	if err := p.awaitAnswer(ctx, targets[0].path); err != nil {
		return nil, errors.Join(errors.New("bare Gin"), err)
	}
	return p, nil
}
