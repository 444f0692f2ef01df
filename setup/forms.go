package setup

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// formCollections are what a project needs for forms.
func formCollections() []string {
	return []string{"forms", "form_fields", "form_submissions", "form_submission_values"}
}

// folder is one of Directus' folders of files.
type folder struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent"`
}

func (s *server) lookFolders(ctx context.Context) (err error) {
	s.folders, err = list[folder](ctx, s, "/folders", url.Values{"fields": {"id,name,parent"}})
	return err
}

// hasForms reports whether the project has forms once setup is done. Many projects have a
// collection "forms" of another kind.
func (s *server) hasForms() bool { return s.willExist("forms") && s.willExist("form_fields") }

// sentFolders are those that files sent in with forms go to: that of FORMS_FOLDER and that
// of the field, else the one that is called so.
func (s *server) sentFolders() []string {
	var ids []string
	for _, id := range []string{s.formsFolder, s.schema.collections["form_submission_values"].fields["file"].folder} {
		if s.hasFolder(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if at := slices.IndexFunc(s.folders, func(f folder) bool { return strings.Contains(f.Name, "Uploads") }); at >= 0 && ids == nil {
		ids = []string{s.folders[at].ID}
	}
	return ids
}

func (s *server) hasFolder(id string) bool {
	return slices.ContainsFunc(s.folders, func(f folder) bool { return f.ID == id })
}

// uploads is the folder that the site puts such files into; empty: there is none yet.
func (s *server) uploads() string {
	if ids := s.sentFolders(); ids != nil {
		return ids[0]
	}
	return ""
}

// privateFolders are those whose files are not for the site, by their names, and those in
// them.
func (s *server) privateFolders() []string {
	var private []string
	for added := true; added; {
		added = false
		for _, f := range s.folders {
			named := slices.Contains(s.sentFolders(), f.ID) || strings.Contains(f.Name, "Private") || strings.Contains(f.Name, "System")
			if (named || slices.Contains(private, f.Parent)) && !slices.Contains(private, f.ID) {
				private, added = append(private, f.ID), true
			}
		}
	}
	return private
}

// forms plans the account with which the site sends in forms.
func (p *plan) forms() {
	asked := p.opts.Forms || p.opts.NewFormsToken
	wanted := asked || len(p.server.holdersOf(formsName)) > 0
	s := step{what: "forms account", state: unchanged}
	missing := slices.DeleteFunc(formCollections(), p.server.willExist)
	switch {
	case !wanted && !p.server.hasForms():
		return
	case len(missing) > 0 && wanted:
		s.note("This project has no forms: it lacks %s. setup --blocks makes them on a new project.", strings.Join(missing, ", "))
	case len(missing) > 0:
		s.note("Visitors see the project's forms, but cannot send them: it lacks %s.", strings.Join(missing, ", "))
	case p.publicSends() && len(p.server.holdersOf(formsName)) == 0:
		if !wanted {
			return
		}
		s.state = inPlace
		s.note("Not needed: the public may send in forms itself%s.", p.publicUploads())
	case wanted:
		p.formsAccount()
		return
	case p.opts.FormsToken: // of an account that setup did not make
		return
	default:
		s.note("Visitors see the project's forms, but cannot send them: FORMS_TOKEN is not set, and the public may not create form_submissions. setup --forms makes an account for it.")
	}
	p.add(s)
}

// formsAccount plans it where it is needed.
func (p *plan) formsAccount() {
	p.formsWanted = true
	p.formsAgent = agent{
		name: formsName, icon: "inbox", purpose: "Sends in the forms that visitors fill in", lastName: "forms account",
		needs: formsNeed, renew: p.opts.NewFormsToken, flag: "--new-forms-token",
	}
	holder := p.agentHolder(&p.formsAgent)
	needs := []*step{holder}
	for _, name := range formCollections()[2:] {
		needs = append(needs, p.agentPermission(&p.formsAgent, "the forms account creates "+name,
			permission{Collection: name, Action: "create", Fields: []string{"*"}}, nil, append(needs[:1:1], p.parts[name]...)))
	}
	if p.server.major > 11 {
		needs = append(needs, p.formsRead(append(needs[:1:1], p.parts["form_submission_values"]...)))
	}
	needs = append(needs, p.formsUpload(needs[:1]))
	p.agentAccount(&p.formsAgent, "forms account", "The site uses it for nothing else.", needs)
}

// publicSends reports whether the public may send in forms.
func (p *plan) publicSends() bool {
	return !slices.ContainsFunc(formCollections()[2:], func(name string) bool { return !p.server.publicCreates(name) })
}

func (s *server) publicCreates(collection string) bool {
	return slices.ContainsFunc(ofKind(s.access.public, collection, "create"), func(perm permission) bool { return !s.ignored(perm) })
}

func (p *plan) publicUploads() string {
	if p.server.publicCreates("directus_files") {
		return ", with files"
	}
	return ", but upload no files, so fields for files cannot be sent"
}

// formsRead lets the account read the values of submissions, without which Directus 12
// makes none along with their submission. It needs to see no row.
func (p *plan) formsRead(needs []*step) *step {
	wanted := permission{Collection: "form_submission_values", Action: "read", Fields: []string{"id"},
		Rule: map[string]any{"id": map[string]any{"_null": true}}}
	what := "the forms account may ask for form_submission_values, and sees none"
	var notes []string
	if p.server.ignored(wanted) {
		wanted.Fields, wanted.Rule = []string{"*"}, nil
		what = "the forms account reads form_submission_values"
		notes = []string{"Directus 12 makes no submission with values for somebody who may not read values, and without a licence it takes all or nothing. So anyone who has the token can read what visitors sent in."}
	}
	return p.agentPermission(&p.formsAgent, what, wanted, nil, needs, notes...)
}

// formsUpload lets the account upload files, and where there are rules into one folder
// only. No rule knows the size: a file's row is made before the file arrives.
func (p *plan) formsUpload(needs []*step) *step {
	p.uploadsID = p.server.uploads()
	if set := p.server.formsFolder; set != "" && set != p.uploadsID {
		p.add(step{what: "folder of FORMS_FOLDER", state: unchanged, notes: []string{
			"This Directus has no folder of that id, so it refuses the files that visitors send. Set it to the one that setup --new-forms-token prints.",
		}})
	}
	if p.uploadsID == "" {
		needs = append(slices.Clone(needs), p.add(step{what: `folder "Uploads", for files that visitors send in`, state: toDo, do: func(ctx context.Context) (err error) {
			p.uploadsID, err = p.server.create(ctx, "/folders", map[string]any{"id": collections.UploadsFolder, "name": "Uploads"})
			return err
		}}))
	}
	wanted := permission{Collection: "directus_files", Action: "create", Fields: collections.CreateFiles().Only}
	if p.server.ignored(wanted) {
		wanted.Fields = []string{"*"}
		return p.agentPermission(&p.formsAgent, "the forms account uploads files", wanted, nil, needs,
			"Without a licence, Directus 12 takes all or nothing: the account may upload any file into any folder.")
	}
	into := func() permission {
		perm := wanted
		perm.Validation = map[string]any{"folder": map[string]any{"_eq": p.uploadsID}}
		perm.Presets = map[string]any{"folder": p.uploadsID}
		return perm
	}
	what := "the forms account uploads files into the folder for what visitors send in, and no other"
	if found := ofKind(p.server.agentHas(formsName), wanted.Collection, wanted.Action); len(found) > 0 {
		return p.existing(what, found, into(), wanted.Fields)
	}
	return p.add(step{what: what, state: toDo, needs: needs,
		notes: []string{"Directus cannot hold the account to a size: FILES_MAX_UPLOAD_SIZE limits all uploads."},
		do:    func(ctx context.Context) error { return p.server.grant(ctx, p.formsAgent.holder, into()) },
	})
}

// formsNeed reports whether the account needs a permission.
func formsNeed(perm permission) bool {
	switch perm.Action {
	case "create":
		return slices.Contains(append(formCollections()[2:], "directus_files"), perm.Collection)
	case "read":
		return perm.Collection == "form_submission_values"
	}
	return false
}
