package realdirectus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"hutch/tools/realpostgres"
	"hutch/tools/toolcache"
)

// data is the folder of one Directus: its working directory and home, so that
// nothing of it ends up elsewhere.
type data struct {
	dir       string
	temporary bool
	inUse     *os.File             // locked, unless temporary
	postgres  bool                 // holds the database, in place of SQLite
	running   *realpostgres.Server // while it does
	credentials
}

// credentials are stored beside the database, so that a persistent one can be run
// again. They are random on each machine: a page in the developer's browser can
// reach 127.0.0.1, so there should be no well-known password.
type credentials struct {
	Secret        string `json:"secret"`
	AdminEmail    string `json:"adminEmail"`
	AdminPassword string `json:"adminPassword"`
	AdminToken    string `json:"adminToken"`
}

// openData returns a folder with a bootstrapped database, new or as it was left.
func (c cache) openData(ctx context.Context, version, dir string) (*data, error) {
	d := &data{dir: dir, postgres: onPostgres(version)}
	var err error
	if dir == "" {
		d.temporary = true
		d.dir, err = os.MkdirTemp("", "hutch-directus-")
	} else {
		err = d.occupy()
	}
	if err != nil {
		return nil, err
	}
	if toolcache.Exists(d.database()) {
		err = d.readCredentials()
	} else {
		err = c.fill(ctx, version, d)
	}
	if err == nil {
		err = d.startDatabase(ctx, d.database())
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// startDatabase starts what Directus does not run itself, with what a folder holds of it.
func (d *data) startDatabase(ctx context.Context, folder string) (err error) {
	if d.postgres {
		d.running, err = realpostgres.Start(ctx, folder)
	}
	return err
}

// occupy prevents a second Directus on a persistent folder: SQLite would cope, but
// the two caches would disagree.
func (d *data) occupy() error {
	abs, err := filepath.Abs(d.dir)
	if err != nil {
		return err
	}
	d.dir = abs
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(d.dir, "in-use.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	ok, err := toolcache.TryLock(f)
	if err == nil && !ok {
		err = fmt.Errorf("%s is in use by another Directus", d.dir)
	}
	if err != nil {
		f.Close()
		return err
	}
	d.inUse = f
	return nil
}

// fill copies the template into the folder, with a new secret: no server accepts
// another's tokens.
func (c cache) fill(ctx context.Context, version string, d *data) error {
	template, err := c.template(ctx, version)
	if err != nil {
		return err
	}
	if err := template.readCredentials(); err != nil {
		return err
	}
	d.credentials = template.credentials
	d.Secret = rand.Text() + rand.Text()
	if err := d.layOut(); err != nil {
		return err
	}
	// Last: it marks the folder as complete.
	if d.postgres {
		return c.Build(d.database(), func(partial string) error { return os.CopyFS(partial, os.DirFS(template.database())) })
	}
	return copyFile(template.database(), d.database())
}

// template returns a freshly bootstrapped database, made once per version because
// that takes longer than a start.
func (c cache) template(ctx context.Context, version string) (*data, error) {
	t := &data{dir: c.Path("template-" + version), postgres: onPostgres(version)}
	if toolcache.Exists(t.dir) {
		return t, nil
	}
	unlock, err := c.Lock(ctx, "template-"+version, func() {})
	if err != nil {
		return nil, err
	}
	defer unlock()
	if toolcache.Exists(t.dir) {
		return t, nil
	}
	return t, c.Build(t.dir, func(partial string) (err error) {
		d := &data{dir: partial, postgres: t.postgres, credentials: newCredentials()}
		if err := d.layOut(); err != nil {
			return err
		}
		if err := d.startDatabase(ctx, ""); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.close()) }()
		return toolcache.Run(ctx, d.dir, c.environment(version, d, nil), c.node(version).Command(), toolcache.Guard, c.directus(version), "bootstrap")
	})
}

func newCredentials() credentials {
	return credentials{
		Secret:        rand.Text() + rand.Text(), // 52 characters; Directus requires 32
		AdminEmail:    "admin@example.com",
		AdminPassword: rand.Text(),
		AdminToken:    rand.Text(),
	}
}

// layOut creates folders that Directus would complain about if they were missing.
func (d *data) layOut() error {
	for _, name := range []string{"uploads", "extensions"} {
		if err := os.MkdirAll(filepath.Join(d.dir, name), 0o700); err != nil {
			return err
		}
	}
	if err := toolcache.WritePackageJSON(d.dir); err != nil {
		return err
	}
	text, err := json.MarshalIndent(d.credentials, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(d.credentialsFile(), text, 0o600)
}

func (d *data) readCredentials() error {
	text, err := os.ReadFile(d.credentialsFile())
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &d.credentials); err != nil {
		return fmt.Errorf("%s: %w", d.credentialsFile(), err)
	}
	return nil
}

func (d *data) database() string {
	if d.postgres {
		return filepath.Join(d.dir, "postgres")
	}
	return filepath.Join(d.dir, "data.db")
}

func (d *data) credentialsFile() string { return filepath.Join(d.dir, "credentials.json") }

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	partial := to + ".partial"
	out, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(partial, to)
}

func (d *data) close() error {
	var errs []error
	if d.running != nil && d.temporary {
		errs = append(errs, d.running.Stop())
	} else if d.running != nil {
		errs = append(errs, d.running.Keep(d.database()))
	}
	if d.temporary {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	if d.inUse != nil {
		errs = append(errs, d.inUse.Close())
	}
	return errors.Join(errs...)
}
