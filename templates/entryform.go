package templates

import (
	"slices"

	"hutch/internal/i18n"
)

// EntryForm is the form for an item of a collection of the team's own that a member writes.
type EntryForm struct {
	withForm
	Heading   string // what the collection is called
	List      string // the address of its list
	Mine      string // that of the member's own items; empty: there is none
	Subject   string // what the item is called; empty: it is new
	Path      string // of the item; empty: it is new
	Deletable bool
}

// NewEntryForm returns the form for a new item of the collection whose list is there.
func NewEntryForm(heading, list string, fields []Field) EntryForm {
	return EntryForm{Heading: heading, List: list, withForm: entryForm(list+"/new", "entry.submit", fields)}
}

// NewEntryEdit returns the form for an item that is there.
func NewEntryEdit(heading, list, path string, fields []Field) EntryForm {
	return EntryForm{Heading: heading, List: list, Path: path, withForm: entryForm(path+"/edit", "entry.save", fields)}
}

func entryForm(action string, submit i18n.Message, fields []Field) withForm {
	form := Form{ID: "entry", Action: action, Submit: submit, Busy: "entry.saving", Fields: fields}
	if form.Multipart() {
		form.Action += "/files"
	}
	return withForm{form}
}

// Searched returns the page after a search among the options of a field.
func (p EntryForm) Searched(field string) EntryForm {
	p.Form.Fields = slices.Clone(p.Form.Fields)
	for i, f := range p.Form.Fields {
		p.Form.Fields[i].Error = "" // nothing was sent yet
		p.Form.Fields[i].Focused = f.Name == field
	}
	return p
}

// WithoutFiles returns the page after so many files were sent in vain: browsers send none
// back.
func (p EntryForm) WithoutFiles(sent int) EntryForm {
	if sent > 0 {
		p.Form.Note = "entry.nofile"
	}
	return p
}

func (EntryForm) file() string { return "entryform.html" }

// OwnEntries lists what a member has written in a collection.
type OwnEntries struct {
	Heading string // what the collection is called
	List    string // the address of its list
	Items   []OwnEntry
	Addable bool
	Page    int
	More    bool // there is a page after this one
}

// OwnEntry is one of them.
type OwnEntry struct {
	Path                string
	Heading             string
	Published           bool
	Editable, Deletable bool
}

// Previous and Next are the numbers of the pages beside it; 0 for none.
func (o OwnEntries) Previous() int { return o.Page - 1 }
func (o OwnEntries) Next() int {
	if o.More {
		return o.Page + 1
	}
	return 0
}

func (OwnEntries) file() string { return "ownentries.html" }

// DeleteEntry asks whether an item is to be deleted.
type DeleteEntry struct {
	withForm
	Heading string // what the collection is called
	List    string // the address of its list
	Mine    string // that of the member's own items; empty: there is none
	Subject string // what the item is called
}

// NewDeleteEntry returns the page for an item.
func NewDeleteEntry(heading, list, path, subject string) DeleteEntry {
	return DeleteEntry{Heading: heading, List: list, Subject: subject, withForm: withForm{Form{
		ID: "delete-entry", Action: path + "/delete", Submit: "entry.deletesubmit", Busy: "entry.deleting", Grave: true,
	}}}
}

func (DeleteEntry) file() string { return "deleteentry.html" }
