package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// healthcheck asks the site on HOST and PORT whether it is running, for container
// images without a shell or a client of their own. It asks /healthz, as what is to be
// restarted is the process: whether Directus answers is for the proxy to ask.
func healthcheck(ctx context.Context, getenv func(string) string) error {
	config, err := Read(getenv)
	if err != nil {
		return fmt.Errorf("invalid configuration:\n%w", err)
	}
	if config.port == "0" {
		return errors.New("healthcheck needs a PORT: with 0 the site listens on any")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(config.address())+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("the site does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the site answers %s", response.Status)
	}
	return nil
}
