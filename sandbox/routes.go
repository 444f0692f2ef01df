package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

const (
	maxBody     = 1 << 20 // bytes of a JSON body, Directus' MAX_PAYLOAD_SIZE
	requestTime = 20 * time.Second
)

// call is one request: its content, its sender, and where the answer goes.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	body any    // the JSON body; an empty object when there is none
	who  caller // set by identify
}

// endpoint answers a call or returns the error to answer with.
type endpoint func(*call) error

// routes lists every URL once. The last pattern gives wrong methods and unknown
// paths the same answer, as Directus does.
func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, e endpoint) { mux.Handle(pattern, s.respond(e)) }

	handle("GET /server/info", s.serverInfo)
	handle("GET /graphql/system", s.systemSchema)

	handle("POST /auth/login", s.signIn)
	handle("POST /auth/refresh", s.refresh)
	handle("POST /auth/logout", s.signOut)
	handle("POST /auth/password/request", s.requestReset)
	handle("POST /auth/password/reset", s.reset)

	handle("POST /users/register", s.register)
	handle("GET /users/register/verify-email", s.verifyEmail)
	handle("POST /users/invite", s.invite)
	handle("POST /users/invite/accept", s.acceptInvite)
	handle("GET /users/me", s.readMe)
	handle("PATCH /users/me", s.updateMe)
	handle("POST /users/me/tfa/generate", s.generateTFA)
	handle("POST /users/me/tfa/enable", s.enableTFA)
	handle("POST /users/me/tfa/disable", s.disableTFA)
	handle("POST /users/{key}/tfa/disable", s.disableTFAOf)
	handle("GET /users", s.list("directus_users"))
	handle("POST /users", s.add("directus_users"))
	handle("GET /users/{key}", s.read("directus_users"))
	handle("PATCH /users/{key}", s.change("directus_users"))
	handle("DELETE /users/{key}", s.remove("directus_users"))

	handle("GET /items/{collection}", s.items(s.list))
	handle("SEARCH /items/{collection}", s.items(s.list))
	handle("POST /items/{collection}", s.items(s.add))
	handle("PATCH /items/{collection}", s.items(s.changeSingleton))
	handle("GET /items/{collection}/{key}", s.items(s.read))
	handle("PATCH /items/{collection}/{key}", s.items(s.change))
	handle("DELETE /items/{collection}/{key}", s.items(s.remove))

	handle("GET /files", s.list("directus_files"))
	handle("POST /files", s.upload)
	handle("GET /files/{key}", s.read("directus_files"))
	handle("PATCH /files/{key}", s.changeFile)
	handle("DELETE /files/{key}", s.remove("directus_files"))
	handle("GET /assets/{key}", s.asset)
	handle("GET /assets/{key}/{name}", s.asset)

	handle("GET /fields", s.listFields)
	handle("GET /fields/{collection}", s.listFields)
	handle("GET /permissions/me", s.myAccess)

	handle("GET /settings", s.list("directus_settings"))
	handle("PATCH /settings", s.changeSingleton("directus_settings"))
	for name, collection := range map[string]string{
		"roles": "directus_roles", "policies": "directus_policies",
		"access": "directus_access", "permissions": "directus_permissions", "folders": "directus_folders",
	} {
		handle("GET /"+name, s.list(collection))
		handle("POST /"+name, s.add(collection))
		handle("GET /"+name+"/{key}", s.read(collection))
		handle("PATCH /"+name+"/{key}", s.change(collection))
		handle("DELETE /"+name+"/{key}", s.remove(collection))
	}

	handle("/", func(c *call) error { return routeNotFound(c.r.URL.Path) })

	return s.guard(mux)
}

// guard wraps every route: it recovers from panics, keeps the mux from
// redirecting, and answers the one route that ignores tokens. It detaches the
// work from the client's connection, because Directus finishes a request even if
// the client has gone.
func (s *Sandbox) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil {
				s.options.Log.Error("sandbox: panic", "method", r.Method, "path", r.URL.Path, "fault", fault)
				writeProblem(w, unexpected()) // does no harm if the answer had begun
			}
		}()
		w.Header().Set("X-Powered-By", "Directus")
		if len(r.URL.Path) > 1 {
			r.URL.Path = strings.TrimSuffix(r.URL.Path, "/")
		}
		if r.Method == http.MethodConnect || path.Clean(r.URL.Path) != r.URL.Path {
			s.writeError(w, r, routeNotFound(r.URL.Path))
			return
		}
		if r.URL.Path == "/server/ping" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8") // as Express labels it
			_, _ = io.WriteString(w, "pong")
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTime)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// respond reads the body, then the caller's token, in Directus' order, and writes
// an error as its answer.
func (s *Sandbox) respond(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r}
		err := c.readBody()
		if err == nil {
			err = s.identify(c)
		}
		if err == nil {
			err = e(c)
		}
		if err != nil {
			s.writeError(w, r, err)
		}
	})
}

// readBody reads a JSON object or array. Like Directus, it ignores other types of
// content, so their fields are missing later.
func (c *call) readBody() error {
	c.body = map[string]any{}
	media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if media != "application/json" {
		return nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return invalidPayload("request entity too large")
	}
	if err != nil {
		return invalidPayload("request aborted")
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil
	}
	if raw[0] != '{' && raw[0] != '[' {
		return invalidPayload("The body has to be a JSON object or array")
	}
	if json.Unmarshal(raw, &c.body) != nil { // its error could quote the body
		return invalidPayload("The body is not valid JSON")
	}
	return nil
}

// object returns the body as one JSON object.
func (c *call) object() (map[string]any, error) {
	object, ok := c.body.(map[string]any)
	if !ok {
		return nil, invalidPayload("The body has to be a JSON object")
	}
	return object, nil
}

// answer is the envelope of everything but errors.
type answer struct {
	Meta map[string]any `json:"meta,omitempty"`
	Data any            `json:"data"`
}

// writeData answers 200 with data.
func (c *call) writeData(data any) error { return c.writeAnswer(answer{Data: data}) }

func (c *call) writeAnswer(a answer) error {
	setDataHeaders(c.w)
	writeJSON(c.w, http.StatusOK, a)
	return nil
}

// writeNothing answers 204.
func (c *call) writeNothing() error {
	setDataHeaders(c.w)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// writeError answers with the error, without revealing internal ones.
func (s *Sandbox) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var told *problem
	if !errors.As(err, &told) {
		s.options.Log.Error("sandbox: request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		told = unexpected()
	}
	writeProblem(w, told)
}

func writeProblem(w http.ResponseWriter, p *problem) {
	extensions := map[string]any{"code": p.code}
	for name, value := range p.details {
		extensions[name] = value
	}
	writeJSON(w, p.status, map[string]any{
		"errors": []any{map[string]any{"message": p.message, "extensions": extensions}}})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		http.Error(w, "unexpected", http.StatusInternalServerError) // only plain values get here
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buffer.Bytes()) // the client may have gone
}

// setDataHeaders sets the headers of every answer except errors.
func setDataHeaders(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Vary", "Origin, Cache-Control")
}
