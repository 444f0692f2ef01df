package realredis

import (
	"context"
	"errors"
	"io"
	"os/exec"

	"hutch/tools/toolcache"
)

const howToInstall = "go run ./tools/realredis/cmd/redis install"

// Installed tells whether there is a Redis to run.
func Installed() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Install brings Redis, if it is not there yet; progress, unless nil, is told
// about it. Only one process installs at a time, the others wait for it.
func Install(ctx context.Context, progress io.Writer) error {
	if Installed() {
		return nil
	}
	c, err := toolcache.Open()
	if err != nil {
		return err
	}
	r := toolcache.NewReport("redis", progress)
	unlock, err := c.Lock(ctx, "install", func() { r.Say("another install is running, waiting for it") })
	if err != nil {
		return err
	}
	defer unlock()
	if Installed() {
		return nil
	}
	missing := []toolcache.Tool{{Command: "redis-server", Use: "tells replicas of each other's changes", Debian: "redis-server"}}
	if err := toolcache.Provide(ctx, r, missing, "brew install redis"); err != nil {
		return err
	}
	if !Installed() {
		return errors.New("redis: it was installed, and still there is no redis-server")
	}
	return nil
}
