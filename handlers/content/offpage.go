package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/lucasb-eyer/go-colorful"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/card"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// What browsers, feed readers and link previews show of the site outside its pages.

// ofSite is for what changes when editors change the site.
const ofSite = "public, max-age=3600"

// Icon answers where browsers and feed readers look for an icon without asking a page:
// with the editors', or with ours.
func (h *Handlers) Icon(c *gin.Context, v web.Visitor) (web.Response, error) {
	ours, size := "icon.png", 160
	if path.Base(c.FullPath()) == "icon-512.png" {
		ours, size = "icon-512.png", 512
	}
	if id := h.SiteInfo(c.Request.Context()).Favicon; id != "" {
		v.Token = secret.Text{}
		icon, err := h.streamAsset(c, v, id, directus.Transform{Width: size, Height: size, Format: "png"})
		if !errors.Is(err, web.ErrNotFound) { // the public may not read it
			if err != nil {
				icon = h.Responder.BriefProblem(c, err)
			}
			return icon, nil
		}
	}
	file, has := h.Static.Named(ours)
	if !has {
		return nil, web.ErrNotFound
	}
	return web.Document{CacheControl: ofSite, Body: web.Plain("image/png", file.Content)}, nil
}

// manifest is a web application manifest (W3C).
type manifest struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Language    string         `json:"lang"`
	StartURL    string         `json:"start_url"`
	Display     string         `json:"display"`
	Theme       string         `json:"theme_color"`
	Background  string         `json:"background_color"`
	Icons       []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Source string `json:"src"`
	Sizes  string `json:"sizes"`
	Type   string `json:"type"`
}

// Manifest answers with what a browser needs to keep the site among the apps.
func (h *Handlers) Manifest(c *gin.Context, _ web.Visitor) (web.Response, error) {
	site := h.SiteInfo(c.Request.Context())
	body, err := json.Marshal(manifest{
		Name: site.Name, Description: site.Description, Language: h.Templates.ContentLanguage(),
		StartURL: "/", Display: "minimal-ui", // with a way back, which our pages leave to the browser
		Theme: paperByDay.Hex(), Background: paperByDay.Hex(),
		Icons: []manifestIcon{{"/icon-512.png", "512x512", "image/png"}},
	})
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return web.Document{CacheControl: ofSite, Body: web.Plain("application/manifest+json", body)}, nil
}

// Card answers with the picture that link previews show of pages without one. It is drawn
// again only when name, description or colour have changed.
func (h *Handlers) Card(c *gin.Context, v web.Visitor) (web.Response, error) {
	q := h.parseQuery(c)
	drawn, err := cache.Derive(c.Request.Context(), h.Cache, "card", q.paid(v), func(ctx context.Context, r *cache.Snapshot) ([]byte, int, error) {
		site := h.siteInfo(ctx, r)
		chosen, err := colorful.Hex("#" + cmp.Or(site.Color, ourColor))
		if err != nil {
			return nil, 0, fmt.Errorf("content: %w", err)
		}
		ground := readable(chosen, paperByDay)
		picture, err := card.Draw(site.Name, cmp.Or(site.Tagline, site.Description), ground, textOn(ground))
		return picture, len(picture), err
	})
	if err != nil {
		return nil, err
	}
	return web.Document{CacheControl: ofSite, Body: web.Plain("image/png", drawn)}, nil
}

// SecurityTxt says whom to tell of a weakness (RFC 9116).
func (h *Handlers) SecurityTxt(*gin.Context, web.Visitor) (web.Response, error) {
	if h.SecurityContact == "" {
		return nil, web.ErrNotFound
	}
	// It has to say until when it holds, for less than a year.
	expires := h.Now().UTC().AddDate(0, 6, 0).Truncate(24 * time.Hour)
	body := fmt.Appendf(nil, "Contact: %s\nExpires: %s\nCanonical: %s/.well-known/security.txt\n", h.SecurityContact, expires.Format(time.RFC3339), h.PublicURL)
	return web.Document{CacheControl: ofSite, Body: web.Plain("text/plain; charset=utf-8", body)}, nil
}
