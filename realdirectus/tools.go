package realdirectus

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// tool is a command that the install needs from the machine.
type tool struct{ command, use, debian string }

func tools() []tool {
	return []tool{
		{"npm", "fetches the packages", "npm"},
		{"g++", "compiles the native modules", "g++"},
		{"make", "compiles the native modules", "make"},
		{"python3", "compiles the native modules", "python3"},
	}
}

// provideTools installs what is missing where it may, else names it.
func provideTools(ctx context.Context, r *report) error {
	missing := missingTools()
	if len(missing) == 0 {
		return nil
	}
	var packages, lines []string
	for _, t := range missing {
		packages = append(packages, t.debian)
		lines = append(lines, fmt.Sprintf("  %s (%s)", t.command, t.use))
	}
	install := "apt-get install --no-install-recommends -y " + strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("to install Directus, this machine lacks\n%s\non Debian or Ubuntu: sudo %s\non macOS: xcode-select --install, and Node.js for npm",
			strings.Join(lines, "\n"), install)
	}
	return r.during("installing what is missing with apt-get: "+strings.Join(packages, ", "), func() error {
		env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if err := run(ctx, "/", env, "apt-get", "update"); err != nil {
			return err
		}
		args := strings.Fields(install)
		return run(ctx, "/", env, args[0], args[1:]...)
	})
}

func missingTools() []tool {
	var missing []tool
	for _, t := range tools() {
		if _, err := exec.LookPath(t.command); err != nil {
			missing = append(missing, t)
		}
	}
	return missing
}
