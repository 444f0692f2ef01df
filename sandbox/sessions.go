package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A session is one row: its token, whose it is and until when. In json mode a
// refresh replaces the token in the row. In session mode it adds a second row
// and lets the first live on for the grace, pointing to its successor, so that
// late and repeated refreshes get the same answer:
//
//	old {expires: now + 10 s, next_token: new} ──▶ new {expires: now + 24 h}

// addSession starts a session.
func (s *Sandbox) addSession(ctx context.Context, db querier, token, user string, expires time.Time) error {
	_, err := db.ExecContext(ctx, `INSERT INTO sessions (token, user, expires) VALUES (?, ?, ?)`, token, user, expires.UnixMilli())
	return err
}

// checkSession refuses a session that has ended or whose user is not active.
func (s *Sandbox) checkSession(ctx context.Context, token, user string) error {
	var one int
	err := s.db.QueryRowContext(ctx, `SELECT 1 FROM sessions s JOIN directus_users u ON u.id = s.user
		WHERE s.token = ? AND s.user = ? AND s.expires >= ? AND u.status = 'active'`,
		token, user, s.now().UnixMilli()).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return invalidCredentials()
	}
	return err
}

// sessionRow is a session with what a refresh needs to know about its user.
type sessionRow struct {
	user, role, status, next string
}

func (s *Sandbox) sessionMember(ctx context.Context, db querier, token string) (sessionRow, error) {
	var row sessionRow
	var role, status, next sql.NullString
	err := db.QueryRowContext(ctx, `SELECT s.user, u.role, u.status, s.next_token
		FROM sessions s JOIN directus_users u ON u.id = s.user WHERE s.token = ? AND s.expires >= ?`,
		token, s.now().UnixMilli()).Scan(&row.user, &role, &status, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return sessionRow{}, invalidCredentials()
	}
	row.role, row.status, row.next = role.String, status.String, next.String
	return row, err
}

// rotateSession replaces the token immediately, as in json mode.
func (s *Sandbox) rotateSession(ctx context.Context, db querier, old string) (string, error) {
	next := randomToken()
	_, err := db.ExecContext(ctx, `UPDATE sessions SET token = ?, expires = ? WHERE token = ?`,
		next, s.now().Add(s.options.RefreshTTL).UnixMilli(), old)
	return next, err
}

// succeedSession returns the session's successor, as in session mode. It creates
// one only if there is none yet.
func (s *Sandbox) succeedSession(ctx context.Context, db querier, old string, row sessionRow) (string, error) {
	now := s.now()
	expires := now.Add(s.options.SessionTTL)
	if row.next != "" {
		_, err := db.ExecContext(ctx, `UPDATE sessions SET expires = ? WHERE token = ?`, expires.UnixMilli(), row.next)
		return row.next, err
	}
	next := randomToken()
	if _, err := db.ExecContext(ctx, `UPDATE sessions SET next_token = ?, expires = ? WHERE token = ?`,
		next, now.Add(s.options.RefreshGrace).UnixMilli(), old); err != nil {
		return "", err
	}
	return next, s.addSession(ctx, db, next, row.user, expires)
}

// endSession removes one session.
func (s *Sandbox) endSession(ctx context.Context, token string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, token)
	return err
}

// endSessions removes a user's sessions, except one if it is given.
func (s *Sandbox) endSessions(ctx context.Context, db querier, user, except string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM sessions WHERE user = ? AND token <> ?`, user, except)
	return err
}

func (s *Sandbox) forgetExpired(ctx context.Context, db querier) error {
	_, err := db.ExecContext(ctx, `DELETE FROM sessions WHERE expires < ?`, s.now().UnixMilli())
	return err
}
