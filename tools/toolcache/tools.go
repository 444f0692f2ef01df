package toolcache

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Tool is a command that an install needs from the machine.
type Tool struct {
	Command string
	Use     string // what for
	Debian  string // the package that has it
}

// Provide installs what is missing where it may, else names it. Call it with
// the lock held.
func Provide(ctx context.Context, r *Report, missing []Tool, onMac string) error {
	if len(missing) == 0 {
		return nil
	}
	var packages, lines []string
	for _, t := range missing {
		packages = append(packages, t.Debian)
		lines = append(lines, fmt.Sprintf("  %s (%s)", t.Command, t.Use))
	}
	install := "apt-get install --no-install-recommends -y " + strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("to install %s, this machine lacks\n%s\non Debian or Ubuntu: sudo %s\non macOS: %s",
			r.subject, strings.Join(lines, "\n"), install, onMac)
	}
	return r.During("installing what is missing with apt-get: "+strings.Join(packages, ", "), func() error {
		env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if err := Run(ctx, "/", env, "apt-get", "update"); err != nil {
			return err
		}
		args := strings.Fields(install)
		return Run(ctx, "/", env, args[0], args[1:]...)
	})
}
