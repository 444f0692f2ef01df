package setup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/sitefolder"
)

// The site cannot keep from strangers what they can read at Directus itself. Setup says
// what that is, and changes it only with --narrow-public.

// exposure is something that strangers can read or change at Directus itself.
type exposure struct {
	what  string
	notes []string
	perms []permission // that allow it

	// narrower is what replaces each of them; nil: a rule that this server does not take,
	// or that nobody can write. drop: the site needs none of them.
	narrower func(permission) permission
	drop     bool
	without  string // what the site lacks if strangers may not read it at all
}

// lookExposed asks Directus as a stranger what can be seen, besides reading the public's
// permissions.
func (s *server) lookExposed(ctx context.Context) error {
	looks := []func(context.Context) ([]exposure, error){s.exposedUsers, s.exposedForms, s.exposedDrafts, s.exposedOwn, s.exposedFiles, s.exposedSent, s.exposedRest}
	for _, look := range looks {
		found, err := look(ctx)
		if err != nil {
			return err
		}
		s.exposed = append(s.exposed, found...)
	}
	return nil
}

// openly are the permissions with which strangers read a field; "" is any.
func (s *server) openly(collection, field string) []permission {
	return slices.DeleteFunc(ofKind(s.access.public, collection, "read"), func(perm permission) bool {
		return s.ignored(perm) || field != "" && len(missingFields(perm, []string{field})) > 0
	})
}

// seenByStrangers counts items; what strangers may not ask for counts as none.
func (s *server) seenByStrangers(ctx context.Context, path string, filter map[string]any) (int, error) {
	rule, err := json.Marshal(filter)
	if err != nil {
		return 0, err
	}
	var answer []struct {
		Count any `json:"count"` // some databases answer with text
	}
	err = s.stranger.Get(ctx, path, url.Values{"aggregate[count]": {"*"}, "filter": {string(rule)}}, &answer)
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
		return 0, nil // or the filter does not fit the fields
	}
	n := 0
	if err == nil && len(answer) == 1 {
		_, _ = fmt.Sscan(fmt.Sprint(answer[0].Count), &n) // any other answer counts as none
	}
	return n, err
}

// exposedUsers finds the addresses of users.
func (s *server) exposedUsers(ctx context.Context) ([]exposure, error) {
	perms := s.openly("directus_users", "email")
	if len(perms) == 0 {
		return nil, nil
	}
	n, err := s.seenByStrangers(ctx, "/users", map[string]any{"email": map[string]any{"_nnull": true}})
	e := exposure{what: fmt.Sprintf("strangers read the email addresses of users: %d users now, and all who sign up", n), perms: perms}
	if !s.writtenByUsers() {
		e.drop = true
		return []exposure{e}, err
	}
	e.without = "posts name no author"
	list := s.schema.collections["posts"].relations["author"].list
	e.narrower = func(perm permission) permission {
		perm.Fields = slices.DeleteFunc([]string{"id", "first_name", "last_name", "title", "avatar"}, func(field string) bool {
			return len(missingFields(perm, []string{field})) > 0
		})
		if list != "" && len(unwrap(perm.Rule)) == 0 {
			perm.Rule = map[string]any{list: map[string]any{"_nnull": true}}
		}
		return perm
	}
	return []exposure{e}, err
}

// exposedForms finds whom forms are mailed to.
func (s *server) exposedForms(context.Context) ([]exposure, error) {
	perms := s.openly("forms", "emails")
	if len(perms) == 0 || !s.hasField("forms", "emails") || !s.hasForms() {
		return nil, nil
	}
	hidden := []string{"emails", "submissions"}
	fields := slices.DeleteFunc(slices.Sorted(maps.Keys(s.schema.collections["forms"].fields)), func(field string) bool { return slices.Contains(hidden, field) })
	return []exposure{{
		what: "strangers read whom forms are mailed to (forms.emails)", perms: perms, without: "the site shows no forms",
		narrower: func(perm permission) permission {
			perm.Fields = slices.DeleteFunc(slices.Clone(fields), func(field string) bool { return len(missingFields(perm, []string{field})) > 0 })
			if s.hasField("forms", "is_active") && len(unwrap(perm.Rule)) == 0 {
				perm.Rule = map[string]any{"is_active": map[string]any{"_eq": true}}
			}
			return perm
		},
	}}, nil
}

// exposedDrafts finds what has a status and is read whatever that is.
func (s *server) exposedDrafts(ctx context.Context) ([]exposure, error) {
	var found []exposure
	for _, name := range slices.Sorted(maps.Keys(s.schema.collections)) {
		c, ours := s.table.Find(name)
		c.Name = name
		shown := slices.ContainsFunc(c.Reads.Of(collections.Visitors), func(right collections.Right) bool { return dependsOn(right, "status") })
		if c.System() || s.schema.collections[name].singleton || !s.hasField(name, "status") || ours && !shown {
			continue
		}
		condition := s.published(c).Rule
		unpublished := map[string]any{"_or": []any{not(condition), map[string]any{"status": map[string]any{"_null": true}}}}
		n, err := s.seenByStrangers(ctx, "/items/"+name, unpublished)
		if err != nil {
			return nil, err
		}
		open := slices.DeleteFunc(s.openly(name, ""), func(perm permission) bool { return n == 0 && mentions(perm.Rule, "status") })
		if len(open) == 0 {
			continue
		}
		e := exposure{what: fmt.Sprintf("strangers read items of %s that are not published, such as drafts: %s now", name, count(n)), perms: open}
		if shown {
			e.without = missingWithout(name)
			e.narrower = func(perm permission) permission {
				perm.Rule = bothRules(perm.Rule, s.visibleRule(name, condition))
				perm.Fields = s.namedOf(c, perm)
				return perm
			}
		} else {
			e.notes = []string{"The site does not show it, and setup does not know what its status means. If strangers are not meant to read it, change the public's permissions in Directus' settings."}
		}
		found = append(found, e)
	}
	return append(found, s.exposedBlocks()...), nil
}

// exposedOwn finds what is open of collections of site.toml, and not by what it says: those
// for members, and fields that it does not name.
func (s *server) exposedOwn(ctx context.Context) ([]exposure, error) {
	var found []exposure
	for _, name := range s.ownRows {
		c, _ := s.table.Find(name)
		perms := slices.DeleteFunc(s.openly(name, ""), func(perm permission) bool {
			return slices.ContainsFunc(s.exposed, func(e exposure) bool { // as it has drafts
				return slices.ContainsFunc(e.perms, func(said permission) bool { return said.ID == perm.ID })
			})
		})
		if o, is := s.ownOf(name); is && o.Read == sitefolder.MembersOnly && len(perms) > 0 {
			n, err := s.seenByStrangers(ctx, "/items/"+name, map[string]any{})
			if err != nil {
				return nil, err
			}
			found = append(found, exposure{what: fmt.Sprintf("strangers read %s, which site.toml keeps for members: %s now", name, count(n)), perms: perms, drop: true})
			continue
		}
		perms = slices.DeleteFunc(perms, func(perm permission) bool {
			return len(missingFields(permission{Fields: s.namedOf(c, perm)}, perm.Fields)) == 0
		})
		if len(perms) > 0 {
			found = append(found, exposure{
				what: "strangers read fields of " + name + " that site.toml does not name", perms: perms, without: missingWithout(name),
				narrower: func(perm permission) permission { perm.Fields = s.namedOf(c, perm); return perm },
			})
		}
	}
	return found, nil
}

// namedOf returns those of a permission's fields that strangers are to read: all of them,
// unless site.toml names some.
func (s *server) namedOf(c collections.Collection, perm permission) []string {
	rights := c.Rights().Of(collections.Visitors).To(collections.Read)
	if !s.isOwn(c.Name) || len(rights) == 0 || len(rights[0].Only) == 0 {
		return perm.Fields
	}
	return slices.DeleteFunc(slices.Clone(rights[0].FieldsOf(s.keyName(c.Name), nil)), func(field string) bool {
		return len(missingFields(perm, []string{field})) > 0
	})
}

// exposedBlocks finds blocks that can be read without the page that they stand on.
func (s *server) exposedBlocks() []exposure {
	e := exposure{
		what:  "strangers read the blocks of all pages, those that are not published too",
		notes: []string{"Directus has no rule that knows which page a block stands on. Write nothing confidential on a page, even in a draft."},
	}
	for _, name := range s.parts() {
		if collections.Whole(name) == "pages" && strings.HasPrefix(name, "block_") && s.hasField("pages", "status") {
			e.perms = append(e.perms, slices.DeleteFunc(s.openly(name, ""), func(perm permission) bool { return len(unwrap(perm.Rule)) > 0 })...)
		}
	}
	if e.perms == nil {
		return nil
	}
	return []exposure{e}
}

// visibleRule is for items that the site shows: published, and no longer to come.
func (s *server) visibleRule(name string, published map[string]any) map[string]any {
	has := func(field string) bool { return s.hasField(name, field) }
	date := cmp.Or(collections.NamingOf(collections.OurName(name)).Theirs(has)["publish_date"], "publish_date")
	if !has(date) || date == "date_created" {
		return published
	}
	return bothRules(published, map[string]any{"_or": []any{
		map[string]any{date: map[string]any{"_null": true}}, map[string]any{date: map[string]any{"_lte": "$NOW"}},
	}})
}

// exposedFiles finds files that nobody put on the site.
func (s *server) exposedFiles(ctx context.Context) ([]exposure, error) {
	perms := slices.DeleteFunc(s.openly("directus_files", ""), func(perm permission) bool { return len(unwrap(perm.Rule)) > 0 })
	private := s.privateFolders()
	if len(perms) == 0 || !s.hasOther && private == nil {
		return nil, nil
	}
	n, err := s.seenByStrangers(ctx, "/files", map[string]any{})
	e := exposure{what: fmt.Sprintf("strangers list and download all files: %d now, and those that are sent in later", n), perms: perms, without: "the site shows no pictures"}
	if private == nil {
		e.notes = []string{"There is no folder for what is private, so setup cannot tell such files from those of the site."}
		return []exposure{e}, err
	}
	e.narrower = func(perm permission) permission {
		perm.Rule = map[string]any{"_or": []any{
			map[string]any{"folder": map[string]any{"_null": true}}, map[string]any{"folder": map[string]any{"_nin": private}},
		}}
		return perm
	}
	return []exposure{e}, err
}

// exposedSent finds files that came with forms, where strangers read files by a rule.
func (s *server) exposedSent(ctx context.Context) ([]exposure, error) {
	folders, perms := s.sentFolders(), s.openly("directus_files", "")
	if folders == nil || !s.hasForms() || perms == nil || slices.ContainsFunc(perms, func(perm permission) bool { return len(unwrap(perm.Rule)) == 0 }) {
		return nil, nil
	}
	n, err := s.seenByStrangers(ctx, "/files", map[string]any{"folder": map[string]any{"_in": folders}})
	open := s.letIn(perms, folders)
	if open == nil && n > 0 {
		open = perms // by a rule that letsIn cannot judge
	}
	if open == nil || err != nil {
		return nil, err
	}
	return []exposure{{
		what: fmt.Sprintf("strangers download files that visitors send with forms: %d now, and those that are sent in later", n), perms: open, without: "the site shows no pictures",
		narrower: func(perm permission) permission {
			perm.Rule = bothRules(perm.Rule, map[string]any{"_or": []any{
				map[string]any{"folder": map[string]any{"_null": true}}, map[string]any{"folder": map[string]any{"_nin": folders}},
			}})
			return perm
		},
	}}, nil
}

// letIn are the permissions for files whose rules let in pictures of one of the folders.
func (s *server) letIn(perms []permission, folders []string) []permission {
	var open []permission
	for _, perm := range perms {
		if rule := unwrap(perm.Rule); len(rule) > 0 && slices.ContainsFunc(folders, func(id string) bool { return letsIn(rule, id) }) {
			open = append(open, perm)
		}
	}
	return open
}

// letsIn reports whether a rule for files is known to let in pictures of a folder. It judges
// by folders and types only: any other condition may keep them out.
func letsIn(rule map[string]any, folder string) bool {
	for key, condition := range rule {
		open := key == "type"
		switch condition := condition.(type) {
		case []any:
			passes := func(part any) bool { rule, _ := part.(map[string]any); return rule != nil && letsIn(rule, folder) }
			fails := func(part any) bool { return !passes(part) }
			open = key == "_and" && !slices.ContainsFunc(condition, fails) || key == "_or" && slices.ContainsFunc(condition, passes)
		case map[string]any:
			open = open || key == "folder" && allowsFolder(condition, folder)
		}
		if !open {
			return false
		}
	}
	return true
}

func allowsFolder(condition map[string]any, folder string) bool {
	for operator, value := range condition {
		values, _ := value.([]any)
		switch operator {
		case "_eq":
			return value == folder
		case "_neq":
			return value != folder
		case "_in":
			return slices.Contains(values, any(folder))
		case "_nin":
			return !slices.Contains(values, any(folder))
		case "_nnull":
			return true
		}
	}
	return false
}

// exposedRest finds what no stranger has any business with.
func (s *server) exposedRest(context.Context) ([]exposure, error) {
	var found []exposure
	for _, closed := range []struct{ collection, what string }{
		{"form_submissions", "which forms were sent in"},
		{"form_submission_values", "what visitors sent in with forms"},
		{"directus_versions", "what editors have not published yet (versions)"},
		{"directus_revisions", "all that was ever changed (revisions)"},
		{"directus_activity", "who did what and from where (activity)"},
	} {
		if perms := s.openly(closed.collection, ""); len(perms) > 0 {
			found = append(found, exposure{what: "strangers read " + closed.what, perms: perms, drop: true})
		}
	}
	e := exposure{notes: []string{"If that is not intended, remove it from the public's permissions in Directus' settings."}}
	var writes []string
	for _, perm := range s.access.public {
		if perm.Action == "update" || perm.Action == "delete" {
			if ours, _ := s.table.Find(perm.Collection); !s.ignored(perm) && len(ours.Writes.Of(collections.Visitors).To(collections.Action(perm.Action))) == 0 {
				writes = append(writes, perm.Action+" "+perm.Collection)
			}
		}
	}
	if writes != nil {
		e.what = "strangers may " + strings.Join(writes, ", ")
		found = append(found, e)
	}
	return found, nil
}

// not turns the condition of published items around.
func not(published map[string]any) map[string]any {
	operator, _ := published["status"].(map[string]any)
	if value, is := operator["_eq"]; is {
		return map[string]any{"status": map[string]any{"_neq": value}}
	}
	return map[string]any{"status": map[string]any{"_nin": operator["_in"]}}
}

func mentions(rule map[string]any, field string) bool {
	written, _ := json.Marshal(rule) // it was JSON before
	return strings.Contains(string(written), `"`+field+`"`)
}

func bothRules(a, b map[string]any) map[string]any {
	if len(unwrap(a)) == 0 {
		return b
	}
	return map[string]any{"_and": []any{a, b}}
}
