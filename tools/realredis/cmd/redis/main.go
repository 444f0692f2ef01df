// Command redis installs the Redis for the tests:
//
//	go run ./tools/realredis/cmd/redis install
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"hutch/tools/realredis"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "install" {
		return errors.New("usage: redis install")
	}
	if err := realredis.Install(ctx, out); err != nil {
		return err
	}
	fmt.Fprintln(out, "Redis is installed.")
	return nil
}
