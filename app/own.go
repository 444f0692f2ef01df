package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
)

// holdsOwn returns an error if site.toml lets members change "own" items and Directus cannot
// keep them from others: version 12 ignores such rules without a licence. Where nobody can
// say now, the forms find out (handlers/writing).
func holdsOwn(client *directus.Client, serviceToken secret.Text, own []sitefolder.Collection, log *slog.Logger) error {
	at := slices.IndexFunc(own, func(c sitefolder.Collection) bool {
		return c.Members != nil && (c.Members.Edit == sitefolder.Own || c.Members.Delete == sitefolder.Own)
	})
	if at < 0 || serviceToken.Empty() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	info, err := client.Info(ctx, directus.Visitor{}, serviceToken)
	if err != nil {
		log.Warn("whether Directus can hold what members may change is not known yet", "error", err)
		return nil
	}
	if info.DropsRules() {
		return sitefolder.Fault{File: sitefolder.ConfigFile, Text: fmt.Sprintf(`collection %s has edit or delete = "own", which this Directus %s cannot hold: without a licence for permission rules it would let every member change every item. Take "own" out, or get the licence`, own[at].Name, info.Version)}
	}
	return nil
}
