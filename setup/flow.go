package setup

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/directus"
)

const (
	flowName = "Hutch: content changed"
	hookPath = "/hooks/directus" // of the site
)

// flow is how Directus tells Hutch that content has changed: an event, and the
// one operation that it starts.
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

// flow plans that Directus calls Hutch when content changes. What somebody
// changed in it stays, but for the address and the secret, without which it
// calls in vain, and for collections that are missing.
func (p *plan) flow() {
	s := step{what: "flow \"" + flowName + "\": a call to the site", state: there}
	switch {
	case p.server.noFlows:
		s.state = refused
		s.note("This server has no flows. What follows: Hutch sees changes once its cache's time is over.")
	case p.opts.HookSecret == "" || p.opts.PublicURL == "":
		s.state = left
		s.note("It is left out: %s not set. What follows: Hutch sees changes once its cache's time is over. With PUBLIC_URL, and with HOOK_SECRET as the site has it, Directus tells it at once.", p.unsetForFlow())
	case len(p.server.flows) > 1:
		s.state = left
		s.note("There are %d of this name, and they stay as they are.", len(p.server.flows))
	case len(p.server.flows) == 0:
		s.state = toDo
		s.note("It holds HOOK_SECRET, which administrators of Directus can read.")
		s.note(localNote)
		s.do = p.makeFlow
	default:
		p.existingFlow(&s, p.server.flows[0])
	}
	p.add(s)
}

const localNote = "Directus makes no calls to its own machine unless its environment says so: see IMPORT_IP_DENY_LIST below."

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

// existingFlow plans what an existing one lacks.
func (p *plan) existingFlow(s *step, found flow) {
	if found.Status != "active" {
		s.note("It is not active, and stays so: nothing is told.")
	}
	change := map[string]any{}
	collections := slices.Clone(found.Options.Collections)
	for _, name := range flowCollections() {
		if !slices.Contains(collections, name) {
			collections = append(collections, name)
		}
	}
	if missing := collections[len(found.Options.Collections):]; len(missing) > 0 {
		s.note("It is not told of changes to: %s.", strings.Join(missing, ", "))
		options := flowOptions()
		options["collections"] = collections
		if len(found.Options.Scope) > 0 {
			options["scope"] = found.Options.Scope
		}
		change["options"] = options
	}
	at := slices.IndexFunc(found.Operations, func(o operation) bool { return o.ID == found.Operation })
	switch {
	case at < 0:
		s.note("It does nothing yet.")
	case found.Operations[at].Type != "request":
		s.state = left
		s.note("Its first operation is none of setup's. It stays so.")
		return
	case !p.calls(found.Operations[at]):
		s.note("Its address or its secret is not the site's.")
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
		"name": flowName, "icon": "campaign", "description": "Tells the site which items have changed, so that it shows them anew",
		"status": "active", "trigger": "event", "options": flowOptions(),
		"accountability": nil, // no log of each run: it would hold what was changed
	})
	if err != nil {
		return err
	}
	return p.addCall(ctx, id)
}

// addCall gives a flow its operation: each of the two names the other.
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

func flowOptions() map[string]any {
	return map[string]any{
		"type":        "action", // after the change
		"scope":       flowScope(),
		"collections": flowCollections(),
	}
}

// flowScope are the events: of a new file, Directus says only that it was uploaded.
func flowScope() []string {
	return []string{"items.create", "items.update", "items.delete", "files.upload"}
}

func flowCollections() []string {
	var names []string
	for _, c := range collections() {
		names = append(names, c.name)
	}
	return append(names, "directus_files")
}

// callOptions are the request. Of new items, Directus tells the key one by one; of
// changed and deleted ones, the keys in a list. The other of the two arrives as
// the text "undefined".
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
