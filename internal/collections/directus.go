package collections

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

// ReadImages lets somebody read the files that are images.
func ReadImages(who Who) Right {
	return Right{Who: who, Action: Read, Items: []Condition{Image()}}
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
