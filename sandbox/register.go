package sandbox

import (
	"maps"
	"slices"
)

// register is POST /users/register {email, password, first_name?, last_name?}.
// New and known addresses are answered alike, after the same work.
func (s *Sandbox) register(c *call) error {
	body, err := c.object()
	if err != nil {
		return err
	}
	email, err := emailIn(body)
	if err != nil {
		return err
	}
	password, err := textIn(body, "password")
	if err != nil {
		return err
	}
	account := item{"email": email, "status": "active"}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		switch name {
		case "email", "password":
		case "first_name", "last_name":
			if account[name], err = textIn(body, name); err != nil {
				return err
			}
		case "verification_url": // none is on the list of allowed addresses
			return invalidPayload(`URL "%v" can't be used to verify registered users`, body[name])
		default:
			return invalidPayload(`"%s" is not allowed`, name)
		}
	}
	ctx := c.r.Context()
	settings, err := s.settings(ctx, s.db)
	if err != nil {
		return err
	}
	if settings["public_registration"] != true {
		return forbidden()
	}
	if settings["public_registration_verify_email"] == true {
		account["status"] = "unverified" // no mail is sent: see doc.go
	}
	account["role"] = settings["public_registration_role"]
	if err := s.checkPolicy(ctx, s.db, password); err != nil {
		return err
	}
	if account["password"], err = s.hashPassword(password); err != nil {
		return err
	}
	err = s.inTransaction(ctx, func(tx querier) error {
		var known bool
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM directus_users WHERE lower(email) = lower(?)`, email).Scan(&known)
		if err != nil || known {
			return err
		}
		_, err = s.insert(ctx, tx, s.collections["directus_users"], account)
		return err
	})
	if err != nil {
		return err
	}
	return c.writeNothing()
}
