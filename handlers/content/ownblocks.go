package content

import (
	"encoding/json"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/templates"
)

// A block of a kind that only a template knows: what the template reads of it is asked for,
// and nothing else.

// readsOf returns the fields that the template of a kind reads.
func readsOf(kind templates.OwnKind) []string {
	var fields []string
	for _, read := range kind.Reads {
		if read.As == "Image" {
			fields = append(fields, imageFields(read.Path)...)
		} else {
			fields = append(fields, read.Path)
		}
	}
	// Of a relation, either its key or fields of it can be asked for.
	return slices.DeleteFunc(fields, func(field string) bool {
		return slices.ContainsFunc(fields, func(other string) bool { return strings.HasPrefix(other, field+".") })
	})
}

// ownTexts returns those of the fields of blocks that such templates show as texts.
func ownTexts(blockFields []string, own []templates.OwnKind) []string {
	var texts []string
	for _, kind := range own {
		for _, read := range kind.Reads {
			if path := "blocks.item:" + kind.Collection + "." + read.Path; read.As == "Text" && slices.Contains(blockFields, path) {
				texts = append(texts, path)
			}
		}
	}
	return texts
}

// ownBlock returns a block of a kind that only a template knows; nil if none does.
func (q contentQuery) ownBlock(p placed) (templates.Block, error) {
	kinds, err := q.source.Templates.OwnKinds()
	if err != nil || !slices.ContainsFunc(kinds, func(kind templates.OwnKind) bool { return kind.Collection == p.Kind }) {
		return nil, err
	}
	var fields collections.Item
	_ = json.Unmarshal(p.Item, &fields) // what is no item has no fields
	item := q.source.itemView(fields, stored{})
	head := templates.BlockHead{Background: p.Background, Tagline: templates.PlainText(item.Text("tagline")), Headline: templates.PlainText(item.Text("headline"))}
	return templates.OwnBlock{BlockHead: head, Collection: p.Kind, Item: item}, nil
}
