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
	Use     string // what it is needed for
	Debian  string // package that provides it
}

// CanProvide reports whether Provide can install anything: as root, with apt-get.
func CanProvide() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// Provide installs missing tools with apt-get if it can, and otherwise returns an
// error that says how to install them. Call it with the lock held.
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
	if !CanProvide() {
		return fmt.Errorf("installing %s requires\n%s\nOn Debian or Ubuntu: sudo %s\nOn macOS: %s",
			r.subject, strings.Join(lines, "\n"), install, onMac)
	}
	return r.During("installing with apt-get: "+strings.Join(packages, ", "), func() error {
		env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if err := Run(ctx, "/", env, "apt-get", "update"); err != nil {
			return err
		}
		args := strings.Fields(install)
		return Run(ctx, "/", env, args[0], args[1:]...)
	})
}
