package setup

import (
	"context"
	"slices"
)

// readOwnUser lets members read their own row. Directus 12 refuses it without a
// licence.
func readOwnUser() permission {
	return permission{Collection: "directus_users", Action: "read", Fields: []string{"*"}, Rule: own("id")}
}

// updateOwnUser lets members change their own row: exactly what Directus
// recommends for its app, fields in this order, since without a licence,
// Directus 12 takes nothing else.
func updateOwnUser() permission {
	return permission{Collection: "directus_users", Action: "update", Rule: own("id"), Fields: []string{
		"first_name", "last_name", "email", "password", "location", "title", "description", "avatar",
		"language", "appearance", "theme_light", "theme_dark", "theme_light_overrides", "theme_dark_overrides",
		"tfa_secret",
	}}
}

// deleteOwnUser lets members leave. Directus 12 refuses it without a licence.
func deleteOwnUser() permission {
	return permission{Collection: "directus_users", Action: "delete", Fields: []string{"*"}, Rule: own("id")}
}

// createFiles lets members upload, and where it can, without filename_disk: by
// that, whoever uploads to an older Directus overwrites and reads the files of
// others. 12 without a licence takes only all fields, but guards this one itself.
func (s *server) createFiles() permission {
	perm := permission{Collection: "directus_files", Action: "create", Fields: uploadFields()}
	if s.ignored(perm) {
		perm.Fields = []string{"*"}
	}
	return perm
}

func uploadFields() []string {
	return []string{"id", "storage", "type", "title", "description", "filename_download", "folder", "tags"}
}

// readOwnFiles lets members read what they uploaded. Directus 12 refuses it
// without a licence.
func readOwnFiles() permission {
	return permission{Collection: "directus_files", Action: "read", Fields: []string{"*"}, Rule: own("uploaded_by")}
}

// readOwnFilesAndImages is for Directus 10, where of two permissions for the same
// action only the first counts.
func readOwnFilesAndImages() permission {
	perm := readOwnFiles()
	perm.Rule = map[string]any{"_or": []any{own("uploaded_by"), readImages().Rule}}
	return perm
}

// deleteOwnFiles is exactly what Directus recommends, as updateOwnUser is.
func deleteOwnFiles() permission {
	return permission{Collection: "directus_files", Action: "delete", Fields: []string{"*"}, Rule: own("uploaded_by")}
}

// readFields lets members see how the fields are described that they may read.
func readFields() permission {
	return permission{Collection: "directus_fields", Action: "read", Fields: []string{"*"}}
}

// readOwnPermissions lets members of v10 see what they may do, which later ones
// tell everybody.
func readOwnPermissions() permission {
	return permission{Collection: "directus_permissions", Action: "read", Fields: []string{"*"},
		Rule: map[string]any{"role": map[string]any{"_eq": "$CURRENT_ROLE"}}}
}

// own is the rule for items whose field names whoever asks.
func own(field string) map[string]any {
	return map[string]any{field: map[string]any{"_eq": "$CURRENT_USER"}}
}

// userFields are the fields of a member that Hutch shows.
func userFields() []string {
	return []string{
		"id", "email", "first_name", "last_name", "title", "location", "description",
		"language", "appearance", "avatar", "provider", "tfa_secret",
	}
}

// beyondMembers names what permissions allow beyond what Hutch's members need.
func (p *plan) beyondMembers(permissions []permission) []string {
	need := append(p.memberContentReads(),
		readOwnUser(), updateOwnUser(), deleteOwnUser(),
		p.server.createFiles(), readOwnFiles(), deleteOwnFiles(), readFields(),
	)
	if p.server.major == 10 {
		need = append(need, readOwnPermissions(), readOwnFilesAndImages())
	}
	var more []string
	for _, perm := range permissions {
		if !slices.ContainsFunc(need, func(need permission) bool { return within(perm, need) }) {
			more = append(more, perm.Action+" "+perm.Collection)
		}
	}
	return more
}

// within reports whether a permission allows no more than the one needed.
func within(perm, need permission) bool {
	if perm.Action == "create" && len(missingFields(need, perm.Fields)) > 0 {
		return false // a field of a file that need leaves out on purpose
	}
	return perm.Collection == need.Collection && perm.Action == need.Action && !raises(perm) &&
		(len(need.Rule) == 0 || sameRule(perm.Rule, need.Rule))
}

// raises reports whether whoever may update their user by this permission can
// give themselves other rights.
func raises(perm permission) bool {
	return perm.Collection == "directus_users" && perm.Action == "update" &&
		slices.ContainsFunc([]string{"*", "role", "policies", "status"}, func(field string) bool {
			return slices.Contains(perm.Fields, field)
		})
}

// memberPermissions plans what members may do. Where one is found, it stays.
func (p *plan) memberPermissions(holder *step, holds *string) {
	p.memberRead(holder, holds)
	p.memberUpdate(holder, holds)
	p.memberDelete(holder, holds)
	p.memberFiles(holder, holds)
	p.memberFields(holder, holds)
	if p.server.major == 10 {
		p.memberPermission(holder, holds, "members read what they may do", readOwnPermissions(), []string{"collection", "action", "fields"})
	}
}

// memberPermission plans one of them, which must cover the fields that Hutch
// needs. What follows is told where the server refuses it.
func (p *plan) memberPermission(holder *step, holds *string, what string, wanted permission, need []string, follows ...string) *step {
	found := ofKind(p.has.permissions, wanted.Collection, wanted.Action)
	if same(wanted, readOwnFiles()) {
		found = exceptFor(found, p.readPublicFiles()) // which is memberImages'
	}
	if len(found) > 0 {
		return p.existing(what, found, wanted, need)
	}
	s := step{what: what, state: toDo, needs: []*step{holder}}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *holds, wanted) }
	if p.server.ignored(wanted) {
		s.state = refused
		s.notes = follows
	}
	return p.add(s)
}

func (p *plan) memberRead(holder *step, holds *string) {
	follows := "What follows: members can change their own user, but cannot read it. Hutch reads it for them, with the service account below. With a licence, or with App Access for members, it would not need to: run setup again then."
	if p.has.app {
		follows = "With App Access, members may read their own row all the same, by a rule that Directus itself brings."
	}
	p.memberPermission(holder, holds, "members read their own user", readOwnUser(), userFields(),
		"Without a licence, Directus 12 takes no rules such as \"one's own row only\" (custom_permission_rules_enabled).", follows)
}

func (p *plan) memberUpdate(holder *step, holds *string) {
	s := p.memberPermission(holder, holds, "members change their own user", updateOwnUser(), updateOwnUser().Fields)
	if slices.ContainsFunc(ofKind(p.has.permissions, "directus_users", "update"), raises) {
		s.note("Mind that it includes the member's own role or status: members can give themselves other rights.")
	}
}

func (p *plan) memberDelete(holder *step, holds *string) {
	follows := "What follows: members cannot delete their account with Hutch. With --delete-accounts, the service account does it for them; it can then delete any account."
	if p.serviceDeletes() {
		follows = "What follows: the service account below does it for them."
	}
	s := p.memberPermission(holder, holds, "members delete their own user", deleteOwnUser(), nil,
		"Without a licence, Directus 12 takes no such rule.", follows)
	if s.state == toDo {
		s.note("Directus deletes nobody of whom it still has files: those go first.")
	}
	if p.opts.DeleteAccounts && !p.server.ignored(deleteOwnUser()) {
		s.note("--delete-accounts is not needed here: members can be given the right themselves.")
	}
}

// memberFiles plans what members do with files, such as their picture.
func (p *plan) memberFiles(holder *step, holds *string) {
	upload := p.memberPermission(holder, holds, "members upload files", p.server.createFiles(), uploadFields())
	if upload.state == toDo && p.server.licence.rules {
		upload.note("Images among them are for everybody to see, like those of editors.")
	} else if upload.state == toDo {
		upload.note("What they upload is for everybody to see where all files are public (see below).")
	}
	if p.server.major == 10 {
		p.memberFilesTogether(holder, holds)
	} else {
		p.memberOwnFiles(holder, holds)
	}
	p.memberPermission(holder, holds, "members delete their own files", deleteOwnFiles(), nil)
}

// memberFilesTogether plans for Directus 10 that members read their own files
// and the images that everybody sees.
func (p *plan) memberFilesTogether(holder *step, holds *string) {
	what, wanted := "members read their own files", readOwnFiles()
	if p.publicReadsFiles() {
		what, wanted = what+", and files that are images", readOwnFilesAndImages()
	}
	s := p.memberPermission(holder, holds, what, wanted, []string{"id", "type"})
	if s.state == there && !p.publicReadsFiles() {
		return
	}
	if slices.ContainsFunc(ofKind(p.has.permissions, "directus_files", "read"), func(perm permission) bool { return same(perm, readOwnFiles()) }) {
		s.note("So members do not see the images of what is for members. To let them, give this permission one more choice in Directus' settings: the type starts with image/.")
	}
}

func (p *plan) memberOwnFiles(holder *step, holds *string) {
	p.memberPermission(holder, holds, "members read their own files", readOwnFiles(), []string{"id", "type"},
		"Without a licence, Directus 12 takes no such rule.",
		"What follows: members see of files what everybody sees, and that is all files or none (see below). Where it is none, Directus stores what they upload, but does not answer with it.")
}

func (p *plan) memberFields(holder *step, holds *string) {
	s := p.memberPermission(holder, holds, "members read how fields are described", readFields(), nil)
	if p.needsReader() {
		s.note("Only of what they may read. Their own user is not among it here, so Directus does not describe its fields to them.")
	} else {
		s.note("Only of what they may read.")
	}
}
