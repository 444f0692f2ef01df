package setup

import (
	"slices"

	"hutch/internal/collections"
)

// systemRight is the permission for a right on one of Directus' own collections.
func systemRight(collection string, right collections.Right) permission {
	return permission{
		Collection: collection, Action: string(right.Action),
		Fields: right.FieldsOf("id", nil), Rule: collections.Rule(right.Items),
	}
}

// Directus 12 refuses three of these without a licence: reading and deleting
// one's own user, and reading one's own files.

func readOwnUser() permission { return systemRight("directus_users", collections.ReadOwnUser()) }

func updateOwnUser() permission { return systemRight("directus_users", collections.UpdateOwnUser()) }

func deleteOwnUser() permission { return systemRight("directus_users", collections.DeleteOwnUser()) }

func readOwnFiles() permission { return systemRight("directus_files", collections.ReadOwnFiles()) }

func deleteOwnFiles() permission { return systemRight("directus_files", collections.DeleteOwnFiles()) }

func readFields() permission { return systemRight("directus_fields", collections.ReadFields()) }

func readImages() permission {
	return systemRight("directus_files", collections.ReadImages(collections.Visitors))
}

// createFiles lets members upload. Directus 12 without a licence accepts only
// all fields, but protects filename_disk itself.
func (s *server) createFiles() permission {
	perm := systemRight("directus_files", collections.CreateFiles())
	if s.ignored(perm) {
		perm.Fields = []string{"*"}
	}
	return perm
}

// readOwnFilesAndImages is for Directus 10, which counts only the first of two
// permissions for the same action.
func readOwnFilesAndImages() permission {
	perm := readOwnFiles()
	perm.Rule = map[string]any{"_or": []any{perm.Rule, readImages().Rule}}
	return perm
}

// readOwnPermissions lets members of v10 see what they may do; later versions
// show this to everybody.
func readOwnPermissions() permission {
	return permission{Collection: "directus_permissions", Action: "read", Fields: []string{"*"},
		Rule: map[string]any{"role": map[string]any{"_eq": "$CURRENT_ROLE"}}}
}

// userFields are the fields of a user that Hutch shows to its owner.
func userFields() []string {
	return []string{
		"id", "email", "first_name", "last_name", "title", "location", "description",
		"language", "appearance", "avatar", "provider", "tfa_secret",
	}
}

// beyondMembers lists what permissions allow that Hutch's members do not need.
func (p *plan) beyondMembers(permissions []permission) []string {
	need := append(p.memberContentRights(),
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

// within reports whether a permission allows no more than the needed one.
func within(perm, need permission) bool {
	if perm.Action == "create" && len(missingFields(need, perm.Fields)) > 0 {
		return false // such as a field of a file that is left out on purpose
	}
	return perm.Collection == need.Collection && perm.Action == need.Action && !raises(perm) &&
		(len(need.Rule) == 0 || sameRule(perm.Rule, need.Rule))
}

// raises reports whether members could use a permission to update their user to
// give themselves other rights.
func raises(perm permission) bool {
	return perm.Collection == "directus_users" && perm.Action == "update" &&
		slices.ContainsFunc([]string{"*", "role", "policies", "status"}, func(field string) bool {
			return slices.Contains(perm.Fields, field)
		})
}

// memberPermissions plans what members may do with their user and their files.
func (p *plan) memberPermissions(holder *step, holds *string) {
	p.memberReadsUser(holder, holds)
	p.memberUpdate(holder, holds)
	p.memberDelete(holder, holds)
	p.memberFiles(holder, holds)
	p.memberFields(holder, holds)
	if p.server.major == 10 {
		p.memberPermission(holder, holds, "members read their own permissions", readOwnPermissions(), []string{"collection", "action", "fields"})
	}
}

// memberPermission plans one permission of members. One that exists stays, and is
// checked for the fields that Hutch needs. consequences are printed if the server
// refuses it.
func (p *plan) memberPermission(holder *step, holds *string, what string, wanted permission, need []string, consequences ...string) *step {
	found := ofKind(p.has.permissions, wanted.Collection, wanted.Action)
	if same(wanted, readOwnFiles()) {
		found = exceptFor(found, p.readPublicFiles()) // memberImages plans that one
	}
	s := p.permit(holds, what, found, wanted, need, []*step{holder})
	if len(found) == 0 && p.server.ignored(wanted) {
		s.state, s.notes = refused, consequences
	}
	return s
}

func (p *plan) memberReadsUser(holder *step, holds *string) {
	consequence := "As a result, members can change their own user but cannot read it. Hutch reads it for them with the service account below. If you add a licence, or App Access for members, run setup again: then Hutch no longer needs it."
	if p.has.app {
		consequence = "With App Access, members may read their own user anyway, by a rule that Directus itself brings."
	}
	p.memberPermission(holder, holds, "members read their own user", readOwnUser(), userFields(),
		"Without a licence, Directus 12 accepts no rule such as \"own user only\" (custom_permission_rules_enabled).", consequence)
}

func (p *plan) memberUpdate(holder *step, holds *string) {
	s := p.memberPermission(holder, holds, "members change their own user", updateOwnUser(), updateOwnUser().Fields)
	if slices.ContainsFunc(ofKind(p.has.permissions, "directus_users", "update"), raises) {
		s.note("It includes the member's own role or status, so members can give themselves other rights.")
	}
}

func (p *plan) memberDelete(holder *step, holds *string) {
	consequence := "As a result, members cannot delete their account. With --delete-accounts, the service account does it for them; it can then delete any account."
	if p.serviceDeletes() {
		consequence = "The service account below does it for them."
	}
	s := p.memberPermission(holder, holds, "members delete their own user", deleteOwnUser(), nil,
		noRules, consequence)
	if s.state == toDo {
		s.note("Directus refuses to delete a user who still owns files, so Hutch deletes those first.")
	}
	if p.opts.DeleteAccounts && !p.server.ignored(deleteOwnUser()) {
		s.note("--delete-accounts is not needed here: this Directus can give members the right itself.")
	}
}

// memberFiles plans what members may do with files, such as their picture.
func (p *plan) memberFiles(holder *step, holds *string) {
	upload := p.memberPermission(holder, holds, "members upload files", p.server.createFiles(), collections.CreateFiles().Only)
	if upload.state == toDo && p.server.licence.rules {
		upload.note("Everybody can see the images among them, as with those of editors.")
	} else if upload.state == toDo {
		upload.note("If all files are public (see below), everybody can see what members upload.")
	}
	if p.server.major == 10 {
		p.memberFilesTogether(holder, holds)
	} else {
		p.memberOwnFiles(holder, holds)
	}
	p.memberPermission(holder, holds, "members delete their own files", deleteOwnFiles(), nil)
}

// memberFilesTogether plans for Directus 10 that members read their own files and
// the images that everybody sees.
func (p *plan) memberFilesTogether(holder *step, holds *string) {
	what, wanted := "members read their own files", readOwnFiles()
	if p.publicReadsFiles() {
		what, wanted = what+", and files that are images", readOwnFilesAndImages()
	}
	s := p.memberPermission(holder, holds, what, wanted, []string{"id", "type"})
	if s.state == inPlace && !p.publicReadsFiles() {
		return
	}
	if slices.ContainsFunc(ofKind(p.has.permissions, "directus_files", "read"), func(perm permission) bool { return same(perm, readOwnFiles()) }) {
		s.note("So members do not see the images of content for members. To change that, add an alternative to this permission in Directus' settings: the type starts with image/.")
	}
}

func (p *plan) memberOwnFiles(holder *step, holds *string) {
	p.memberPermission(holder, holds, "members read their own files", readOwnFiles(), []string{"id", "type"},
		noRules,
		"As a result, members see the files that everybody sees: all or none (see below). If none, Directus stores what they upload but does not answer with it.")
}

func (p *plan) memberFields(holder *step, holds *string) {
	s := p.memberPermission(holder, holds, "members read how fields are described", readFields(), nil)
	if p.needsReader() {
		s.note("This covers only what they may read. Here that does not include their own user, so Directus does not describe its fields to them.")
	} else {
		s.note("This covers only what they may read.")
	}
}
