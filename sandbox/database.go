package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// querier is what a *sql.DB and a *sql.Tx have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// openDatabase opens the file with one connection: requests take turns, so
// that none ever finds the file busy.
func (s *Sandbox) openDatabase(ctx context.Context) error {
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "synchronous(normal)", "foreign_keys(1)"}}
	connections := 1
	var dsn string
	if s.options.Path == ":memory:" {
		settings.Set("vfs", "memdb") // one database for all connections of this name
		dsn = "file:/" + uuid.NewString() + "?" + settings.Encode()
		connections = 2 // one of them only keeps it alive
	} else {
		if err := makePrivate(s.options.Path); err != nil {
			return err
		}
		settings.Add("_pragma", "journal_mode(wal)")
		dsn = "file:" + (&url.URL{Path: s.options.Path}).EscapedPath() + "?" + settings.Encode()
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(connections)
	s.db = db
	if connections == 1 {
		return db.PingContext(ctx)
	}
	s.keeper, err = db.Conn(ctx)
	return err
}

// makePrivate makes the file, if it is missing, for this user alone: it holds
// password hashes and the secret that signs tokens.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// inTransaction does work wholly or not at all. work must use only tx: there
// is no second connection.
func (s *Sandbox) inTransaction(ctx context.Context, work func(tx querier) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that tells
		return err
	}
	return tx.Commit()
}

// createTables makes what is missing: a table per collection and those that
// the API does not show.
func (s *Sandbox) createTables(ctx context.Context) error {
	statements := []string{
		`CREATE TABLE IF NOT EXISTS sandbox (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID`,
		`CREATE TABLE IF NOT EXISTS sessions (
			token TEXT PRIMARY KEY,
			user TEXT NOT NULL REFERENCES directus_users ON DELETE CASCADE,
			expires INTEGER NOT NULL, next_token TEXT) WITHOUT ROWID`,
		`CREATE TABLE IF NOT EXISTS file_bytes (file TEXT PRIMARY KEY, bytes BLOB NOT NULL)`,
	}
	for _, c := range allCollections() {
		columns := make([]string, len(c.fields))
		for i, f := range c.fields {
			columns[i] = quote(f.name) + " " + columnType(f.kind)
			if f.name == c.key {
				columns[i] += " PRIMARY KEY"
			}
			if f.related != "" && !f.unchecked {
				columns[i] += " REFERENCES " + quote(f.related) + " ON DELETE " + whenGone(c)
			}
		}
		statements = append(statements, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s)",
			quote(c.name), strings.Join(columns, ", ")))
	}
	statements = append(statements,
		`CREATE UNIQUE INDEX IF NOT EXISTS users_email ON directus_users (lower(email))`,
		`CREATE UNIQUE INDEX IF NOT EXISTS users_token ON directus_users (token)`)
	return s.inTransaction(ctx, func(tx querier) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// whenGone says what becomes of an item when one it points to is deleted.
func whenGone(c *collection) string {
	if c.name == "directus_access" || c.name == "directus_permissions" {
		return "CASCADE"
	}
	return "SET NULL"
}

func columnType(k kind) string {
	if k == kindInteger || k == kindBoolean {
		return "INTEGER"
	}
	return "TEXT"
}

// quote makes a name of our schema safe to stand in SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// now is the sandbox' clock in the precision of its database and tokens.
func (s *Sandbox) now() time.Time { return s.options.Now().UTC().Truncate(time.Millisecond) }

// timestamp writes a moment as Directus does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
