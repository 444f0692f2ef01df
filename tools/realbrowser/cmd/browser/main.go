// Command browser installs the tools of the browser tests:
//
//	go run ./tools/realbrowser/cmd/browser install
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"hutch/tools/realbrowser"
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
		return errors.New("usage: browser install")
	}
	if err := realbrowser.Install(ctx, out); err != nil {
		return err
	}
	fmt.Fprintln(out, "The browser tools are installed.")
	return nil
}
