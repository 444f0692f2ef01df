// Hutch is a ready-made website for a Directus project: pages, blog, sign-up,
// sign-in and account self-service, as server-rendered HTML.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"hutch/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	getenv, err := app.Environment(".env")
	if err == nil {
		err = app.Run(ctx, os.Args[1:], getenv, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
