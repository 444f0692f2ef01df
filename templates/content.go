package templates

// Content is what pages share that show what editors have written.
type Content struct {
	// Stale: Directus could not be asked. This is the last that it gave.
	Stale bool
}

func (c Content) stale() bool { return c.Stale }
