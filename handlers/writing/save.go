package writing

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// Create adds an item.
func (m Collection) Create(c *gin.Context, v web.Visitor) (web.Response, error) {
	files, err := readForm(c)
	if err != nil {
		return nil, err
	}
	done, err := payForForm(c, v)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err == nil {
		err = m.mayCreate(a)
	}
	if err != nil {
		return nil, err
	}
	inputs, err := m.inputs(c, a, "create", collections.Item{})
	if err != nil {
		return nil, err
	}
	page := m.newPage(a, inputs)
	return m.save(c, v, a, inputs, page, files, change{})
}

// Change changes an item of theirs.
func (m Collection) Change(c *gin.Context, v web.Visitor) (web.Response, error) {
	files, err := readForm(c)
	if err != nil {
		return nil, err
	}
	done, err := payForForm(c, v)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err != nil {
		return nil, err
	}
	found, err := m.mayChange(a, "update", m.of.Members.Edit, c.Param("slug"))
	if err != nil {
		return nil, err
	}
	inputs, err := m.inputs(c, a, "update", found.item)
	if err != nil {
		return nil, err
	}
	return m.save(c, v, a, inputs, m.editPage(c, a, found, inputs), files, found)
}

// payForForm has a member pay for what Directus is asked before anything is stored: also for
// a form that is refused, or a search among the options of a field.
func payForForm(c *gin.Context, v web.Visitor) (done func(), err error) {
	if c.Request.PostForm.Has(templates.SearchButton) {
		return v.Pay(web.Searching)
	}
	return v.Pay(web.Reading)
}

// readForm reads what was sent, with the files by the names of their fields.
func readForm(c *gin.Context) (map[string]*fields.File, error) {
	if !strings.HasSuffix(c.FullPath(), "/files") {
		return nil, web.ReadForm(c)
	}
	files, err := fields.ReadFiles(c)
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		err = web.ErrBadRequest
	}
	return files, err
}

// save stores what was entered: a new item, or, if there is one, what has changed of it.
func (m Collection) save(c *gin.Context, v web.Visitor, a asked, inputs []input, page templates.EntryForm, files map[string]*fields.File, found change) (web.Response, error) {
	values := m.entered(c, a, inputs, &page, files, found)
	if searched := c.Request.PostForm.Get(templates.SearchButton); searched != "" {
		return web.OK(page.Searched(searched).WithoutFiles(len(files))), nil
	}
	if page.Form.Failed() {
		page = page.WithoutFiles(len(files))
		return web.Invalid(page), nil
	}
	if found.key != "" && len(values) == 0 && len(files) == 0 {
		return web.SeeOther{Path: m.afterwards(a), Notice: noticeUnchanged}, nil
	}
	paid, err := v.Pay(web.Writing)
	if err != nil {
		return nil, err
	}
	defer paid()
	stored, err := m.store(a, inputs, values, files, found)
	if err != nil {
		return m.notSaved(c, page.WithoutFiles(len(files)), err)
	}
	key := collections.TextOf(stored[keyOf(a)])
	m.Changed(a.ctx, m.of.Name, cmp.Or(key, found.key))
	notice := noticeAdded
	if found.key != "" {
		notice = noticeSaved
	}
	if address := m.addressOf(a, stored); key != "" && m.isPublished(stored) {
		return web.SeeOther{Path: m.path(address), Notice: notice}, nil
	}
	return web.SeeOther{Path: m.afterwards(a), Notice: notice}, nil
}

// entered returns the values that were entered and have changed, and has the form hold what
// was typed and say what is wrong with it.
func (m Collection) entered(c *gin.Context, a asked, inputs []input, page *templates.EntryForm, files map[string]*fields.File, found change) map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	form := c.Request.PostForm
	for _, in := range inputs {
		shown := page.Form.Field(in.Name)
		if in.Kind == fields.KindFile {
			stored := fields.Plain(in.Value) != ""
			shown.Error = in.checkFile(files[in.Name], in.Required && !stored)
			if remove := page.Form.Field(in.removeName()); remove != nil && form.Get(in.removeName()) == "true" {
				remove.Value = "true"
				if files[in.Name] == nil {
					values[in.Name] = json.RawMessage("null")
				}
			}
			continue
		}
		if !in.Sent(form) {
			if in.Required && found.key == "" && fields.Plain(in.Value) == "" {
				shown.Error = fields.MsgFillIn
			}
			continue // a field that was not sent stays as it is
		}
		typed := in.Posted(form)
		in.Fill(shown, typed)
		if in.Name == m.addressField(a) && in.Kind == "string" {
			if shown.Error = wrongAddress(typed); shown.Error != "" {
				continue
			}
			in.Required = false // one is made of the title
		}
		if in.Untouched(typed) && !(in.Required && typed == "") {
			continue // Directus keeps it, or fills it in
		}
		value, wrong := in.Parse(typed)
		if shown.Error = wrong; wrong == "" {
			values[in.Name] = value
		}
	}
	return values
}

// store uploads the files and stores the values, and returns the item as the member reads
// it; without fields, if they may not.
func (m Collection) store(a asked, inputs []input, values map[string]json.RawMessage, files map[string]*fields.File, found change) (stored collections.Item, err error) {
	var uploaded []string
	defer func() {
		if err != nil && !errors.Is(err, directus.ErrUnavailable) { // else it may be stored
			m.forget(a, uploaded)
		}
	}()
	for _, in := range inputs {
		if file := files[in.Name]; in.Kind == fields.KindFile && file != nil {
			id, err := m.upload(a, file)
			if err != nil {
				return nil, err
			}
			uploaded = append(uploaded, id)
			values[in.Name] = json.RawMessage(`"` + id + `"`)
		}
	}
	action := "create"
	if found.key != "" {
		action = "update"
	}
	address := m.addressField(a)
	made := m.needsAddress(a, action, found.item, values)
	for tried := 0; ; tried += mostAddresses {
		if made {
			title := fields.Plain(values[m.titleField(a)])
			if title == "" {
				title = collections.TextOf(found.item[m.titleField(a)])
			}
			free, err := m.freeAddress(a, title, tried)
			if err != nil {
				return nil, err
			}
			values[address], _ = json.Marshal(free) // a string
		}
		stored, err = m.send(a, values, found)
		// Somebody else's may have it, that the member does not see.
		if !made || tried > 0 || !errors.Is(err, directus.RecordNotUnique) {
			return stored, err
		}
	}
}

func (m Collection) send(a asked, values map[string]json.RawMessage, found change) (stored collections.Item, err error) {
	if found.key == "" {
		err = m.Directus.AddItem(a.ctx, a.visitor, a.own.Token, m.of.Name, values, &stored)
	} else {
		err = m.Directus.ChangeItem(a.ctx, a.visitor, a.own.Token, m.of.Name, found.key, values, &stored)
	}
	return stored, err
}

// notSaved has the form say why Directus has not stored it.
func (m Collection) notSaved(c *gin.Context, page templates.EntryForm, err error) (web.Response, error) {
	status := http.StatusUnprocessableEntity
	switch refusal := fields.NotAccepted(err); {
	case refusal != nil:
		if !fields.Say(&page.Form, refusal) {
			m.Log.Warn("directus does not accept what the fields of a form cannot make right", "error", refusal)
		}
	case errors.Is(err, directus.ContentTooLarge):
		page.Form.Problem = fields.MsgFileLarge
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.ResourceRestricted):
		m.Log.Event(c, web.EventRefusedByDirectus)
		page.Form.Problem = fields.MsgNotChangeable
	case errors.Is(err, directus.ErrUnavailable):
		status, page.Form.Problem = m.Log.FormTrouble(c, err, msgUnsure, msgUnsure)
	default:
		return nil, err
	}
	return web.Page{Status: status, Page: page}, nil
}

const msgUnsure = "error.unsure"

// isPublished reports whether everybody who may see the collection sees the item now.
func (m Collection) isPublished(item collections.Item) bool {
	if status, has := item["status"]; has && !collections.CountsAsPublished(status, m.Published) {
		return false
	}
	return !slices.ContainsFunc([]string{"publish_date", "published_at", "date_published"}, func(field string) bool {
		text := collections.TextOf(item[field])
		date := collections.ParseDate(text, m.TimeZone)
		return text != "" && (date.IsZero() || date.After(m.Now()))
	})
}
