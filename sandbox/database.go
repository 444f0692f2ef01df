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

// openDatabase opens the file with one connection. Requests take turns, so none
// ever finds the file busy.
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
	s.alive, err = db.Conn(ctx)
	return err
}

// makePrivate creates the file, if it is missing, readable for this user only: it
// contains password hashes and the secret that signs tokens.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the operator says where
	if err != nil {
		return err
	}
	return file.Close()
}

// inTransaction does all of the work or none of it. work must use only tx: there
// is no second connection.
func (s *Sandbox) inTransaction(ctx context.Context, work func(tx querier) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that matters
		return err
	}
	return tx.Commit()
}

// statements make all tables: one per collection, and those that the API does
// not show.
func (s schema) statements() []string {
	statements := []string{
		`CREATE TABLE sessions (
			token TEXT PRIMARY KEY,
			user TEXT NOT NULL REFERENCES directus_users ON DELETE CASCADE,
			expires INTEGER NOT NULL, next_token TEXT) WITHOUT ROWID`,
		`CREATE TABLE file_bytes (
			file TEXT PRIMARY KEY REFERENCES directus_files ON DELETE CASCADE, bytes BLOB NOT NULL)`,
		`CREATE TABLE mails (
			number INTEGER PRIMARY KEY, recipient TEXT, subject TEXT, text TEXT, link TEXT, at INTEGER)`,
	}
	for _, name := range s.names() {
		statements = append(statements, tableOf(s[name]))
		for _, f := range s[name].fields {
			if f.indexed {
				statements = append(statements, fmt.Sprintf("CREATE INDEX %s ON %s (%s)", quote(name+"_"+f.name), quote(name), quote(f.name)))
			}
		}
	}
	return append(statements,
		`CREATE UNIQUE INDEX users_email ON directus_users (lower(email))`,
		`CREATE UNIQUE INDEX users_token ON directus_users (token)`)
}

// tableOf is the statement that creates a collection's table.
func tableOf(c *collection) string {
	columns := make([]string, len(c.fields))
	for i, f := range c.fields {
		columns[i] = columnOf(f)
		if f.name == c.key {
			columns[i] += " PRIMARY KEY"
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", quote(c.name), strings.Join(columns, ", "))
}

// columnOf is a field's column. A reference is set to null when the other item is
// deleted, unless the field says otherwise.
func columnOf(f field) string {
	column := quote(f.name) + " " + columnType(f.kind)
	if f.unique {
		column += " UNIQUE"
	}
	if f.related != "" && !f.unchecked {
		whenGone := f.whenGone
		if whenGone == "" {
			whenGone = "SET NULL"
		}
		column += " REFERENCES " + quote(f.related) + " ON DELETE " + whenGone
	}
	return column
}

func columnType(k kind) string {
	switch k {
	case kindInteger, kindBigInteger, kindBoolean:
		return "INTEGER"
	case kindFloat, kindDecimal:
		return "REAL"
	}
	return "TEXT"
}

// quote makes a name of the schema safe to use in SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// now is the sandbox' clock, in the precision of its database and tokens.
func (s *Sandbox) now() time.Time { return s.options.Now().UTC().Truncate(time.Millisecond) }

// timestamp formats a moment as Directus does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
