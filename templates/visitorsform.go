package templates

// FormBlock is a form that editors made and visitors fill in.
type FormBlock struct {
	BlockHead
	Title string
	Form  Form
}

// Kind is the name of the collection.
func (FormBlock) Kind() string { return "block_form" }

func (b FormBlock) words() []string {
	words := []string{b.Title}
	for _, field := range b.Form.Fields {
		words = append(words, field.LabelText)
	}
	return words
}

// VisitorsForm shows such a form alone. Its form is also what htmx puts in place of one in
// a [BlockPage].
type VisitorsForm struct {
	withForm
	Heading string
}

// VisitorsFormID is the id of such a form, if it is the only one of the page; on a page of
// blocks a hyphen and a number follow.
const VisitorsFormID = "visitors-form"

// NewVisitorsForm returns the page.
func NewVisitorsForm(heading string, form Form) VisitorsForm {
	return VisitorsForm{withForm{form}, heading}
}

func (VisitorsForm) file() string { return "visitorsform.html" }

// FormSent thanks for a form.
type FormSent struct {
	Message string // the editor's, with line breaks, or HTML; empty for ours
}

func (FormSent) file() string { return "formsent.html" }

// HTML returns the message for the sanitiser.
func (p FormSent) HTML() string { return paragraphs(p.Message) }
