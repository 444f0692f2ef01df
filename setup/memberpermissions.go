package setup

import (
	"context"
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

func (s *server) readImages() permission {
	var sentInto []string
	if s.hasForms() {
		sentInto = s.sentFolders()
	}
	return systemRight("directus_files", collections.ReadImages(collections.Visitors, sentInto...))
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
func (s *server) readOwnFilesAndImages() permission {
	perm := readOwnFiles()
	perm.Rule = map[string]any{"_or": []any{perm.Rule, s.readImages().Rule}}
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
		systemRight("directus_files", collections.ReadImages(collections.Members)), // as it was before the project had forms
	)
	if p.server.major == 10 {
		need = append(need, readOwnPermissions(), p.server.readOwnFilesAndImages())
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
		what, wanted = what+", and files that are images", p.server.readOwnFilesAndImages()
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

// memberContent plans that members read the site's content: in Directus they
// have none of the public's permissions. They get no more than the public, apart
// from what is for members; and if somebody else decided what the public reads,
// setup does not decide it for members.
func (p *plan) memberContent() {
	for _, c := range p.server.table {
		if c.System() {
			continue
		}
		p.memberReads(c)
		p.memberWrites(c)
	}
	if p.server.major > 10 { // on 10, memberFilesTogether does this
		p.memberImages()
	}
}

func (p *plan) memberReads(c collections.Collection) {
	right, wanted, ok := p.memberRead(c)
	if right.Who == 0 {
		return
	}
	what := "members read " + c.Name
	if found := ofKind(p.has.permissions, c.Name, "read"); len(found) > 0 {
		p.existing(what, found, wanted, p.server.needed(c, wanted))
		return
	}
	s := step{what: what + words(wanted, right) + p.server.fieldWords(c, right), state: toDo, needs: slices.Concat([]*step{p.memberHolder}, p.parts[c.Name])}
	drafts := dependsOn(right, collections.Published().Field)
	public := p.server.publicReading(c)
	switch {
	case slices.ContainsFunc(public, plain):
	case slices.ContainsFunc(public, func(perm permission) bool { return !p.server.isOurs(c, perm) }):
		s.state = unchanged
		s.note("What the public reads of it was set by somebody else, and setup gives members no more. As a result, they see it as visitors do, and nothing of it is for members only. To let them read it, say so in Directus' settings.")
	case !ok && !p.server.isOwn(c.Name) && len(c.Reads.Of(collections.Visitors)) > 0:
		s.state = refused
		s.note("As for everybody, see above.")
	case !ok && p.server.isOwn(c.Name) && len(right.Only) > 0:
		s.refuseFields(c)
	case !ok && drafts:
		s.state = refused
		s.note("Without a licence, Directus 12 allows all or nothing, and all would let members read drafts. As a result, Hutch cannot show %s. If nothing in it is confidential, let members read it in Directus' settings.", c.Name)
	case ok && drafts && wanted.Rule == nil && len(c.Reads.Of(collections.Visitors)) == 0:
		s.note("Without a licence, Directus 12 allows all or nothing. Hutch does not show drafts, but a member who asks Directus itself can read them there.")
	case !ok:
		s.state = refused
		s.note("%s", noRules)
	}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *p.memberHolds, wanted) }
	p.add(s)
}

// memberRead is how members read a collection: all of it, if somebody opened all
// of it to everybody. The right is the zero value if the table gives them none.
func (p *plan) memberRead(c collections.Collection) (right collections.Right, perm permission, ok bool) {
	rights := p.server.readRights(c, collections.Members)
	if len(rights) == 0 {
		return right, perm, false
	}
	right = merged(c, rights)
	perm, ok = p.server.permissionFor(c, right)
	if slices.ContainsFunc(p.server.publicReading(c), plain) {
		perm.Rule, ok = nil, true
	}
	return right, perm, ok
}

// publicReading are the public's permissions to read a collection, as far as they decide
// what members read: for those of site.toml, it decides.
func (s *server) publicReading(c collections.Collection) []permission {
	if s.isOwn(c.Name) {
		return nil
	}
	return ofKind(s.access.public, c.Name, "read")
}

func (p *plan) memberWrites(c collections.Collection) {
	for _, right := range c.Writes.Of(collections.Members) {
		wanted, ok := p.server.permissionFor(c, right)
		s := p.permit(p.memberHolds, "members may "+wanted.Action+" "+c.Name+words(wanted, right),
			ofKind(p.has.permissions, c.Name, wanted.Action), wanted, right.Only, slices.Concat([]*step{p.memberHolder}, p.parts[c.Name]))
		s.refuseUnless(ok)
	}
}

// isOurs reports whether setup would have made a permission of the public.
func (s *server) isOurs(c collections.Collection, perm permission) bool {
	rights := s.readRights(c, collections.Visitors)
	if len(rights) == 0 {
		return false
	}
	return slices.ContainsFunc(append(rights, merged(c, rights)), func(right collections.Right) bool {
		our, _ := s.permissionFor(c, right)
		if len(right.Only) == 0 {
			our.Fields = s.needed(c, our)
		}
		return sameRule(perm.Rule, our.Rule) && missingFields(perm, our.Fields) == nil && len(perm.Validation)+len(perm.Presets) == 0
	})
}

// memberImages plans that members see the images that everybody sees.
func (p *plan) memberImages() {
	wanted, what := p.readPublicFiles(), "members read files that are images"
	if wanted.Rule == nil {
		what = "members read all files"
	}
	found := exceptFor(ofKind(p.has.permissions, wanted.Collection, wanted.Action), readOwnFiles())
	if len(found) > 0 {
		s := p.existing(what, found, wanted, []string{"id", "type", "description"})
		if folders := p.server.sentFolders(); p.server.hasForms() && p.server.letIn(found, folders) != nil {
			s.note("It also lets members read files that visitors send with forms. To change that, edit its rule in Directus' settings.")
		}
		return
	}
	s := step{what: what, state: toDo, needs: []*step{p.memberHolder}}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *p.memberHolds, wanted) }
	if !p.publicReadsFiles() {
		s.state = unchanged
		s.note("The public does not read them, and members get no more: see above.")
	}
	p.add(s)
}

// readPublicFiles lets members read the files that everybody sees.
func (p *plan) readPublicFiles() permission {
	perm := p.server.readImages()
	if p.server.ignored(perm) {
		perm.Rule = nil
	}
	return perm
}

// memberContentRights are the permissions of members on the site's collections.
func (p *plan) memberContentRights() []permission {
	var rights []permission
	for _, c := range p.server.table {
		if c.System() {
			continue
		}
		if right, perm, ok := p.memberRead(c); ok && right.Who != 0 {
			rights = append(rights, perm)
		}
		for _, right := range c.Writes.Of(collections.Members) {
			if perm, ok := p.server.permissionFor(c, right); ok {
				rights = append(rights, perm)
			}
		}
	}
	if p.publicReadsFiles() {
		rights = append(rights, p.readPublicFiles())
	}
	return rights
}
