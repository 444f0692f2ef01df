package collections

import "slices"

// Who is somebody that a right is given to.
type Who int

// The zero value is nobody, so that a right that forgets to say whom it is for
// opens nothing.
const (
	_        Who = iota
	Visitors     // people who are not signed in, and Hutch itself when it reads what it publishes
	Members      // people who are signed in; in Directus they have none of the visitors' rights
	Service      // the service account, with which Hutch does what members cannot
)

// Action is what a right allows, in Directus' words.
type Action string

// The actions. One who may update or delete an item need not be able to read it.
const (
	Read   Action = "read"
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Rights are the rights that a row gives. None of them takes anything away
// from another.
type Rights []Right

// Right allows somebody one action on some items and some of their fields.
type Right struct {
	Who    Who
	Action Action // empty among Reads
	Items  []Condition
	Only   []string // these fields (and for reading the key); empty is all of them
	Except []string // all fields but these
	// OrAll: where the server cannot tell these items and fields from others, all are
	// better than none.
	OrAll bool
	// Presets are values of new items that do not say otherwise.
	Presets map[string]any
}

// Condition is what an item must fulfil.
type Condition struct {
	Field string         // the field it depends on
	Rule  map[string]any // Directus' filter
	Words string         // the condition as the end of a sentence
}

// Nobody states that a collection is closed.
func Nobody() Rights { return Rights{} }

// Everybody lets visitors and members read items that fulfil all conditions.
func Everybody(items ...Condition) Rights {
	return Rights{{Who: Visitors, Items: items}, {Who: Members, Items: items}}
}

// Published is the condition of items that may be seen.
func Published() Condition {
	c, _ := PublishedAs("string", []string{DefaultStatus})
	return c
}

// NotForMembers is the condition of items that are not reserved for members.
func NotForMembers() Condition {
	return Condition{Field: "members_only", Words: "that are not for members",
		Rule: map[string]any{"_or": []any{
			map[string]any{"members_only": map[string]any{"_neq": true}},
			map[string]any{"members_only": map[string]any{"_null": true}},
		}}}
}

// Own is the condition of items whose field names the person who asks.
func Own(field string) Condition {
	return Condition{Field: field, Words: "of their own",
		Rule: map[string]any{field: map[string]any{"_eq": "$CURRENT_USER"}}}
}

// Image is the condition of files that are images.
func Image() Condition {
	return Condition{Field: "type", Words: "that are images",
		Rule: map[string]any{"type": map[string]any{"_starts_with": "image/"}}}
}

// UploadsFolder is the folder for what visitors send with forms, which is not for
// everybody.
const UploadsFolder = "b3b9f1c2-7a64-8d0e-9c35-5e1f0a7d2c48"

// notSent is the condition of files that did not come with a form, into our folder or
// others.
func notSent(others []string) Condition {
	elsewhere := map[string]any{"_neq": UploadsFolder}
	if others = slices.DeleteFunc(slices.Sorted(slices.Values(others)), func(id string) bool { return id == UploadsFolder }); len(others) > 0 {
		none := []any{UploadsFolder}
		for _, id := range others {
			none = append(none, id)
		}
		elsewhere = map[string]any{"_nin": none}
	}
	return Condition{Field: "folder", Words: "that nobody has sent", Rule: map[string]any{"_or": []any{
		map[string]any{"folder": map[string]any{"_null": true}}, map[string]any{"folder": elsewhere},
	}}}
}

// Of returns the rights of somebody.
func (r Rights) Of(who Who) Rights {
	return slices.DeleteFunc(slices.Clone(r), func(right Right) bool { return who == 0 || right.Who != who })
}

// To returns the rights for one action.
func (r Rights) To(action Action) Rights {
	return slices.DeleteFunc(slices.Clone(r), func(right Right) bool { return right.Action != action })
}

// Rights returns all rights of a row, each with its action.
func (c Collection) Rights() Rights {
	var all Rights
	for _, right := range c.Reads {
		right.Action = Read
		all = append(all, right)
	}
	return append(all, c.Writes...)
}

// Rule is the filter for the items of a right, nil for all of them.
func Rule(items []Condition) map[string]any {
	switch len(items) {
	case 0:
		return nil
	case 1:
		return items[0].Rule
	}
	parts := make([]any, len(items))
	for i, condition := range items {
		parts[i] = condition.Rule
	}
	return map[string]any{"_and": parts}
}

// FieldsOf are the fields that a right is for, in Directus' notation. For a
// right that leaves some out, names are all that the collection has.
func (r Right) FieldsOf(key string, names []string) []string {
	switch {
	case len(r.Only) > 0 && r.Action == Read && !slices.Contains(r.Only, key):
		return append(slices.Clone(r.Only), key)
	case len(r.Only) > 0:
		return r.Only
	case len(r.Except) > 0:
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(r.Except, name) })
	}
	return []string{"*"}
}

// The rights on Directus' own collections. The lists of fields are in the order
// that Directus uses: without a licence, Directus 12 accepts a rule only if it
// equals the one it recommends itself, field by field.

// ReadOwnUser lets members read their own row.
func ReadOwnUser() Right {
	return Right{Who: Members, Action: Read, Items: []Condition{Own("id")}}
}

// UpdateOwnUser lets members change their own row, as Directus recommends it.
func UpdateOwnUser() Right {
	return Right{Who: Members, Action: Update, Items: []Condition{Own("id")}, Only: []string{
		"first_name", "last_name", "email", "password", "location", "title", "description", "avatar",
		"language", "appearance", "theme_light", "theme_dark", "theme_light_overrides", "theme_dark_overrides",
		"tfa_secret",
	}}
}

// DeleteOwnUser lets members delete their account.
func DeleteOwnUser() Right {
	return Right{Who: Members, Action: Delete, Items: []Condition{Own("id")}}
}

// CreateFiles lets members upload. filename_disk is left out: with it, an upload
// to an older Directus can overwrite and read other people's files.
func CreateFiles() Right {
	return Right{Who: Members, Action: Create, Only: []string{
		"id", "storage", "type", "title", "description", "filename_download", "folder", "tags",
	}}
}

// ReadImages lets somebody read the files that are images, but not those that came with a
// form, into our folder or the project's.
func ReadImages(who Who, sentInto ...string) Right {
	return Right{Who: who, Action: Read, Items: []Condition{Image(), notSent(sentInto)}}
}

// ReadOwnFiles lets members read what they uploaded.
func ReadOwnFiles() Right {
	return Right{Who: Members, Action: Read, Items: []Condition{Own("uploaded_by")}}
}

// DeleteOwnFiles lets members delete what they uploaded, as Directus recommends it.
func DeleteOwnFiles() Right {
	return Right{Who: Members, Action: Delete, Items: []Condition{Own("uploaded_by")}}
}

// ReadFields lets members read how the fields are described that they may read.
func ReadFields() Right {
	return Right{Who: Members, Action: Read}
}

func ofDirectus() Table {
	return Table{
		{Name: "directus_users", Reads: Rights{ReadOwnUser()}, Writes: Rights{UpdateOwnUser(), DeleteOwnUser()}},
		{Name: "directus_files", Reads: Rights{ReadImages(Visitors), ReadImages(Members), ReadOwnFiles()}, Writes: Rights{CreateFiles(), DeleteOwnFiles()}},
		{Name: "directus_fields", Reads: Rights{ReadFields()}, Writes: Nobody()},
	}
}
