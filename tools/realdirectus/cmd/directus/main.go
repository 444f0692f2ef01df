// Command directus runs a real Directus for development:
//
//	go run ./tools/realdirectus/cmd/directus install 12.4.0 [11.17.4 …]
//	go run ./tools/realdirectus/cmd/directus run 12.4.0
//
// run keeps its data between runs, prepares it with Hutch's setup and sample content,
// and runs until Ctrl-C. Mails are not sent: their recipients and links are printed to
// the terminal.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"hutch/tools/realdirectus"
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
	switch {
	case len(args) >= 2 && args[0] == "install":
		for _, version := range args[1:] {
			if err := realdirectus.Install(ctx, version, out); err != nil {
				return err
			}
			fmt.Fprintf(out, "Directus %s is installed.\n", version)
		}
		return nil
	case len(args) == 2 && args[0] == "run":
		return runServer(ctx, args[1], out)
	}
	return errors.New("usage: directus install VERSION…\n       directus run VERSION")
}

// hutch is Hutch's default address.
const hutch = "http://127.0.0.1:8080"

func runServer(ctx context.Context, version string, out io.Writer) error {
	if err := realdirectus.Install(ctx, version, out); err != nil {
		return err
	}
	dir, err := realdirectus.DataDir(version)
	if err != nil {
		return err
	}
	mails, err := realdirectus.StartMail()
	if err != nil {
		return err
	}
	defer mails.Close()
	env := mails.Env()
	maps.Copy(env, linksTo(hutch))
	fmt.Fprintf(out, "Starting Directus %s; its data is in %s\n", version, dir)
	s, err := realdirectus.Start(ctx, version, realdirectus.Options{DataDir: dir, Port: freePort(8055), Env: env})
	if err != nil {
		return err
	}
	defer s.Stop()

	if err := setUp(ctx, s, out); err != nil {
		fmt.Fprintf(out, "\nThe setup failed: %v. Directus keeps running without it.\n", err)
	}
	fmt.Fprintf(out, `
Directus %s is running. For .env, in addition to what the setup prints above:

DIRECTUS_URL=%s

Studio: %s/admin
  email     %s
  password  %s
  token     %s

Emails it sends are printed here; their links lead to Hutch at its default
address. Press Ctrl-C to stop.
`, s.Version, s.URL, s.URL, s.AdminEmail, s.AdminPassword, s.AdminToken)

	go mails.Watch(ctx, func(mail realdirectus.Mail) {
		fmt.Fprintf(out, "\nEmail to %s: %s\n  %s\n", mail.To, mail.Subject, mail.Link)
	})
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nStopping Directus.")
		return s.Stop()
	case <-s.Exited():
		return fmt.Errorf("the Directus process exited; the end of its output:\n%s", s.Output())
	}
}

// linksTo allows Directus to mail links to the pages of a Hutch: it sends only URLs
// on these lists.
func linksTo(site string) map[string]string {
	return map[string]string{
		"USER_REGISTER_URL_ALLOW_LIST":  site + "/verify",
		"PASSWORD_RESET_URL_ALLOW_LIST": site + "/password/reset",
		"USER_INVITE_URL_ALLOW_LIST":    site + "/invite",
	}
}

// freePort returns the first free port from the given one on, or 0 (any) if there
// is none nearby.
func freePort(from int) int {
	for port := from; port < from+20; port++ {
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			l.Close()
			return port
		}
	}
	return 0
}

// setUp runs `hutch setup` as a user would.
func setUp(ctx context.Context, s *realdirectus.Server, out io.Writer) error {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "run", ".", "setup", "--sample")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	cmd.Env = append(os.Environ(), "DIRECTUS_URL="+s.URL, "DIRECTUS_ADMIN_TOKEN="+s.AdminToken, "PUBLIC_URL="+hutch)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd.Run()
}
