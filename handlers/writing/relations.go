package writing

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/fields"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// mostOptions is how many items a select offers. Of more, a search finds others.
const mostOptions = 50

// relate makes a field that refers to one item a select of those that the member may read;
// ok is false if they may read none.
func (m Collection) relate(c *gin.Context, a asked, in *input) (ok bool, err error) {
	related, key := in.described.Schema.ForeignTable, in.described.Schema.ForeignKey
	known, err := m.permissionsOf(a, related)
	if err != nil {
		return false, err
	}
	labels := labelsOf(in.described, known.Fields)
	if len(labels) == 0 {
		labels = []string{key}
	}
	in.Kind, in.Search = in.described.Type, strings.TrimSpace(c.Request.PostForm.Get(templates.SearchName(in.Name)))
	query := directus.Query{Fields: append([]string{key}, labels...), Sort: labels[:1], Limit: mostOptions + 1}
	if in.Search != "" {
		var ways []directus.Filter
		for _, label := range labels {
			ways = append(ways, directus.Contains(label, in.Search))
		}
		query.Filter = directus.Either(ways...)
	}
	options, err := m.optionsOf(a, related, key, labels, query)
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	in.Narrowed = len(options) > mostOptions || in.Search != ""
	options = options[:min(len(options), mostOptions)]
	if !in.Required || fields.Plain(in.Value) == "" {
		options = append([]templates.Option{{Text: "–"}}, options...)
	}
	// What is chosen is offered, whatever was searched for.
	stored := collections.TextOf(in.Value)
	for _, chosen := range []string{stored, c.Request.PostForm.Get(in.Name)} {
		if chosen == "" || offers(options, chosen) || !couldRefer(in.described.Type, chosen) {
			continue
		}
		query.Filter, query.Limit = directus.Equal(key, chosen), 1
		found, err := m.optionsOf(a, related, key, labels, query)
		if err != nil && !errors.Is(err, directus.Forbidden) && !errors.Is(err, directus.InvalidQuery) {
			return false, err
		}
		options = append(options, found...)
	}
	in.Options = fields.WithCurrent(options, stored)
	return true, nil
}

func offers(options []templates.Option, value string) bool {
	return slices.ContainsFunc(options, func(o templates.Option) bool { return o.Value == value })
}

func couldRefer(fieldType, key string) bool {
	switch fieldType {
	case "integer", "bigInteger":
		_, err := strconv.ParseInt(key, 10, 32)
		return err == nil
	case "uuid":
		return uuid.Validate(key) == nil
	}
	return true
}

func (m Collection) optionsOf(a asked, collection, key string, labels []string, q directus.Query) ([]templates.Option, error) {
	var items []collections.Item
	if err := m.Directus.Items(a.ctx, a.visitor, a.own.Token, collection, q, &items); err != nil {
		return nil, err
	}
	var options []templates.Option
	for _, item := range items {
		var words []string
		for _, label := range labels {
			if word := collections.TextOf(item[label]); word != "" {
				words = append(words, word)
			}
		}
		value := collections.TextOf(item[key])
		options = append(options, templates.Option{Value: value, Text: templates.PlainText(strings.Join(words, " "))})
		if options[len(options)-1].Text == "" {
			options[len(options)-1].Text = value
		}
	}
	return options, nil
}

// labelsOf returns the fields that name an item for people: those of the editors' template,
// else the usual ones, as far as the member may read them.
func labelsOf(d directus.Field, described []directus.Field) []string {
	isText := func(name string) bool {
		return slices.ContainsFunc(described, func(f directus.Field) bool {
			return f.Name == name && (f.Type == "string" || f.Type == "text") && f.Schema.ForeignTable == ""
		})
	}
	if wanted := slices.DeleteFunc(d.Template(), func(name string) bool { return !isText(name) }); len(wanted) > 0 {
		return wanted
	}
	for _, usual := range [][]string{{"title"}, {"name"}, {"headline"}, {"first_name", "last_name"}, {"slug"}} {
		if usual = slices.DeleteFunc(usual, func(name string) bool { return !isText(name) }); len(usual) > 0 {
			return usual
		}
	}
	return nil
}
