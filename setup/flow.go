package setup

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
)

const (
	flowName = "Hutch: content changed"
	hookPath = "/hooks/directus" // of the site
)

// flow is how Directus tells Hutch that content has changed: an event and the one
// operation that it starts.
type flow struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Operation string `json:"operation"` // the id of the first
	Options   struct {
		Collections []string `json:"collections"`
		Scope       []string `json:"scope"`
	} `json:"options"`
	Operations []operation `json:"operations"`
}

type operation struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Options struct {
		URL     string   `json:"url"`
		Headers []header `json:"headers"`
	} `json:"options"`
}

type header struct {
	Name  string `json:"header"`
	Value string `json:"value"`
}

func (s *server) lookFlows(ctx context.Context) (err error) {
	s.flows, err = list[flow](ctx, s, "/flows", url.Values{
		"fields":          {"id,status,operation,options,operations.id,operations.type,operations.options"},
		"filter[name]":    {flowName},
		"filter[trigger]": {"event"},
	})
	if errors.Is(err, directus.RouteNotFound) {
		s.noFlows, err = true, nil
	}
	return err
}

// flow plans that Directus calls Hutch when content changes. In an existing flow
// it only corrects the address and the secret, without which the calls would be
// useless, and adds missing collections.
func (p *plan) flow() {
	s := step{what: "flow \"" + flowName + "\": calls the site", state: inPlace}
	switch {
	case p.server.noFlows:
		s.state = refused
		s.note("This server has no flows. As a result, changes appear on the site once Hutch's cache expires.")
	case p.opts.HookSecret == "" || p.opts.PublicURL == "":
		s.state = unchanged
		s.note("Not added, because %s not set. As a result, changes appear on the site once Hutch's cache expires. With PUBLIC_URL, and the same HOOK_SECRET as the site, they appear immediately.", p.unsetForFlow())
	case len(p.server.flows) > 1:
		s.state = unchanged
		s.note("There are %d flows with this name. Setup keeps them as they are.", len(p.server.flows))
	case len(p.server.flows) == 0:
		if !p.room(&s, taken{takesFlow, 1}, 0) {
			s.note("Without it, changes appear on the site once Hutch's cache expires.")
			break
		}
		s.state, s.takes = toDo, taken{takesFlow, 1}
		s.note("It contains HOOK_SECRET, so administrators of Directus can read it.")
		s.note("%s", localNote)
		s.do = p.makeFlow
	default:
		p.existingFlow(&s, p.server.flows[0])
	}
	p.add(s)
}

const localNote = "By default, Directus refuses to call its own machine: see IMPORT_IP_DENY_LIST below."

func (p *plan) unsetForFlow() string {
	var unset []string
	if p.opts.PublicURL == "" {
		unset = append(unset, "PUBLIC_URL")
	}
	if p.opts.HookSecret == "" {
		unset = append(unset, "HOOK_SECRET")
	}
	if len(unset) == 2 {
		return strings.Join(unset, " and ") + " are"
	}
	return unset[0] + " is"
}

// existingFlow plans what an existing flow lacks.
func (p *plan) existingFlow(s *step, found flow) {
	if found.Status != "active" {
		s.note("It is not active. Setup keeps that: the site is not told of changes.")
	}
	change := map[string]any{}
	names := slices.Clone(found.Options.Collections)
	for _, name := range p.server.flowCollections() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if missing := names[len(found.Options.Collections):]; len(missing) > 0 {
		s.note("It did not cover changes to: %s.", strings.Join(missing, ", "))
		options := flowOptions(names)
		if len(found.Options.Scope) > 0 {
			options["scope"] = found.Options.Scope
		}
		change["options"] = options
	}
	at := slices.IndexFunc(found.Operations, func(o operation) bool { return o.ID == found.Operation })
	switch {
	case at < 0:
		s.note("It had no operation.")
	case found.Operations[at].Type != "request":
		s.state = unchanged
		s.note("Its first operation was not created by setup. Setup keeps it.")
		return
	case !p.calls(found.Operations[at]):
		s.note("Its address or its secret was not the site's.")
	case len(change) == 0:
		return
	}
	s.state = toDo
	s.do = func(ctx context.Context) error {
		if at >= 0 {
			if err := p.server.admin.Patch(ctx, "/operations/"+found.Operation, map[string]any{"options": p.callOptions()}); err != nil {
				return err
			}
		} else if err := p.addCall(ctx, found.ID); err != nil {
			return err
		}
		if len(change) == 0 {
			return nil
		}
		return p.server.admin.Patch(ctx, "/flows/"+found.ID, change)
	}
}

// calls reports whether an operation calls this site with its secret.
func (p *plan) calls(o operation) bool {
	return o.Options.URL == p.hookURL() && slices.Contains(o.Options.Headers, p.hookHeader())
}

func (p *plan) hookURL() string {
	return strings.TrimRight(strings.TrimSpace(p.opts.PublicURL), "/") + hookPath
}

func (p *plan) hookHeader() header { return header{"Authorization", "Bearer " + p.opts.HookSecret} }

func (p *plan) makeFlow(ctx context.Context) error {
	id, err := p.server.create(ctx, "/flows", map[string]any{
		"name": flowName, "icon": "campaign", "description": "Tells the site which items have changed, so that it reloads them",
		"status": "active", "trigger": "event", "options": flowOptions(p.server.flowCollections()),
		"accountability": nil, // no log of the runs: it would contain the changed values
	})
	if err != nil {
		return err
	}
	return p.addCall(ctx, id)
}

// addCall adds the operation to a flow; the two refer to each other.
func (p *plan) addCall(ctx context.Context, flow string) error {
	id, err := p.server.create(ctx, "/operations", map[string]any{
		"flow": flow, "name": "Call the site", "key": "call_the_site", "type": "request",
		"position_x": 19, "position_y": 1, "options": p.callOptions(),
	})
	if err != nil {
		return err
	}
	return p.server.admin.Patch(ctx, "/flows/"+flow, map[string]any{"operation": id})
}

func flowOptions(names []string) map[string]any {
	return map[string]any{
		"type":        "action", // after the change
		"scope":       flowScope(),
		"collections": names,
	}
}

// flowScope are the events. A new file is only reported as an upload.
func flowScope() []string {
	return []string{"items.create", "items.update", "items.delete", "files.upload"}
}

// flowCollections are those that the site caches: what it reads as a visitor, and what
// decides how collections of site.toml are read.
func (s *server) flowCollections() []string {
	var names []string
	for _, c := range s.table.ReadBy(collections.Visitors) {
		names = append(names, c.Name)
	}
	if s.writtenByUsers() {
		names = append(names, "directus_users")
	}
	for _, name := range slices.Concat(s.parts(), s.tagCollections(), s.ownChanges()) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// callOptions are the request. For new items, Directus sends the key of each; for
// changed and deleted ones, a list of keys. The other of the two arrives as the
// text "undefined".
func (p *plan) callOptions() map[string]any {
	return map[string]any{
		"method":  "POST",
		"url":     p.hookURL(),
		"headers": []header{p.hookHeader()},
		"body": map[string]any{
			"collection": "{{$trigger.collection}}",
			"event":      "{{$trigger.event}}",
			"key":        "{{$trigger.key}}",
			"keys":       "{{$trigger.keys}}",
		},
	}
}
