package realredis

import (
	"context"
	"errors"
	"io"
	"os/exec"

	"hutch/tools/toolcache"
)

const howToInstall = "install it with go run ./tools/realredis/cmd/redis install"

// Installed reports whether there is a Redis to run.
func Installed() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Install installs Redis if it is missing. It reports to progress, unless that is
// nil. Only one process installs at a time; others wait for it.
func Install(ctx context.Context, progress io.Writer) error {
	if Installed() {
		return nil
	}
	c, err := toolcache.Open()
	if err != nil {
		return err
	}
	r := toolcache.NewReport("redis", progress)
	unlock, err := c.Lock(ctx, "install", func() { r.Say("waiting for another installation") })
	if err != nil {
		return err
	}
	defer unlock()
	if Installed() {
		return nil
	}
	missing := []toolcache.Tool{{Command: "redis-server", Use: "carries messages between replicas", Debian: "redis-server"}}
	if err := toolcache.Provide(ctx, r, missing, "brew install redis"); err != nil {
		return err
	}
	if !Installed() {
		return errors.New("redis: redis-server is still missing after the installation")
	}
	return nil
}
