package app

import "context"

func (c *checking) directus(context.Context, string, func(string) string) error { return nil }
