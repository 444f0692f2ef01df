package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"

	"hutch/internal/directus"
	"hutch/session"
)

// Directus has no recovery codes, and only an administrator can turn off two-factor
// authentication without a code. So each recovery code seals the secret of the
// authenticator app: the code recovers the secret, and the secret makes a code that
// Directus accepts. The service token stores the sealed secrets in a collection of
// its own, and cannot open them.

const (
	recoveryCollection = "hutch_recovery_codes"
	recoveryCodes      = 10
	// recoveryLength is in characters of five bits each: 100 bits cannot be guessed.
	recoveryLength = 20
)

// recoveryRow is an item of that collection.
type recoveryRow struct {
	ID     string `json:"id,omitempty"`
	Member string `json:"member"`
	Hash   string `json:"hash"`   // of the code, to find the row by
	Sealed string `json:"sealed"` // the secret, under a key derived from the code
}

// recoveryRows returns a member's; it is an error if this site has no recovery codes.
func (h *Handlers) recoveryRows(ctx context.Context, v directus.Visitor, memberID string) ([]recoveryRow, error) {
	return h.readRecovery(ctx, v, directus.Equal("member", memberID), 2*recoveryCodes)
}

func (h *Handlers) readRecovery(ctx context.Context, v directus.Visitor, which directus.Filter, limit int) ([]recoveryRow, error) {
	if h.ServiceToken.Empty() {
		return nil, errNoRecovery
	}
	var rows []recoveryRow
	err := h.Directus.Items(ctx, v, h.ServiceToken, recoveryCollection, directus.Query{
		Fields: []string{"id", "member", "hash", "sealed"},
		Filter: which,
		Limit:  limit,
	}, &rows)
	if errors.Is(err, directus.Forbidden) || directus.TokenRefused(err) {
		// The service account has no such permission, or no longer exists.
		return nil, errNoRecovery
	}
	return rows, err
}

// errNoRecovery means that there is no service token that may store recovery codes.
var errNoRecovery = errors.New("this site has no recovery codes")

// makeRecovery makes new codes for the secret, which replace the member's earlier
// ones.
func (h *Handlers) makeRecovery(ctx context.Context, v directus.Visitor, memberID, secret string) ([]string, error) {
	if err := h.voidRecovery(ctx, v, memberID); err != nil {
		return nil, err
	}
	var codes []string
	var rows []recoveryRow
	for range recoveryCodes {
		code := rand.Text()[:recoveryLength]
		sealer, err := session.NewSealer([]string{code}, "recovery")
		if err != nil {
			return nil, err
		}
		sealed, err := sealer.Seal(secret)
		if err != nil {
			return nil, err
		}
		codes = append(codes, spelled(code))
		rows = append(rows, recoveryRow{Member: memberID, Hash: hashed(code), Sealed: sealed})
	}
	return codes, h.Directus.CreateItem(ctx, v, h.ServiceToken, recoveryCollection, rows)
}

// voidRecovery deletes a member's codes.
func (h *Handlers) voidRecovery(ctx context.Context, v directus.Visitor, memberID string) error {
	rows, err := h.recoveryRows(ctx, v, memberID)
	for _, row := range rows {
		err = errors.Join(err, h.Directus.DeleteItem(ctx, v, h.ServiceToken, recoveryCollection, row.ID))
	}
	return err
}

// spelled returns a code as people read it: ABCDE-FGHIJ-KLMNO-PQRST.
func spelled(code string) string {
	var parts []string
	for i := 0; i < len(code); i += 5 {
		parts = append(parts, code[i:i+5])
	}
	return strings.Join(parts, "-")
}

// spelledCode is what spelled returns.
var spelledCode = regexp.MustCompile(`^[A-Z2-7]{5}(-[A-Z2-7]{5}){3}$`)

// hashed needs neither salt nor a slow hash: a code is as random as a key.
func hashed(code string) string {
	sum := sha256.Sum256([]byte("hutch recovery code " + code))
	return hex.EncodeToString(sum[:])
}
