package app

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hutch/internal/sitefolder"
	"hutch/templates"
)

const initUsage = `Writes a site folder to begin with: ./site, or the one that SITE_DIR names. What is
there already is never overwritten.

Usage:

  hutch init                          write a folder whose files are commented
  hutch init --template post.html     copy one of Hutch's templates into it
`

// siteDir returns the folder of the team's own site.
func siteDir(getenv func(string) string) string {
	return cmp.Or(strings.TrimSpace(getenv("SITE_DIR")), "site")
}

// initFolder writes a site folder, or a copy of one of our templates into it.
func initFolder(args []string, getenv func(string) string, stdout io.Writer) error {
	flags := flag.NewFlagSet("init", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	template := flags.String("template", "", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, err := io.WriteString(stdout, initUsage)
		return err
	case err != nil:
		return fmt.Errorf("init: %w (hutch init -h says how)", err)
	case flags.NArg() > 0:
		return fmt.Errorf("init: unexpected argument %q (hutch init -h says how)", flags.Arg(0))
	}
	dir := siteDir(getenv)
	if *template != "" {
		source, err := templates.CopyOf(*template)
		if err != nil {
			return err
		}
		return writeNew(stdout, filepath.Join(dir, "templates", filepath.FromSlash(*template)), source)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("there is a folder %s already, so nothing is written: hutch check tests it, and hutch init --template NAME copies a template into it", dir)
	}
	start, err := sitefolder.Start()
	if err != nil {
		return err
	}
	err = fs.WalkDir(start, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(start, name)
		if err != nil {
			return err
		}
		return writeNew(stdout, filepath.Join(dir, filepath.FromSlash(name)), content)
	})
	if err == nil {
		fmt.Fprintf(stdout, "Start Hutch here to see your site, and run hutch check after a change.\n")
	}
	return err
}

// writeNew writes a file that is not there yet.
func writeNew(stdout io.Writer, name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { // #nosec G301 -- a container may run as somebody else
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- its name is one of ours
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("there is a file %s already, so nothing is written", name)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil { // no secrets, and a container may run as somebody else
		return err
	}
	fmt.Fprintf(stdout, "Wrote %s\n", name)
	return nil
}
