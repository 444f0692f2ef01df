package directus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

const someID = "3f2b4c1e-8a55-4f0e-9c6d-1b2a3c4d5e6f"

// aCall makes one of the client's calls and returns what is wrong with a result
// that came without an error.
type aCall func(context.Context, *directus.Client, directus.Visitor) (wrong string, err error)

func calls() []aCall {
	session := func(s directus.Session, err error) (string, error) {
		if err == nil && (s.Token.Empty() || s.ExpiresIn <= 0 || uuid.Validate(s.UserID) != nil) {
			return fmt.Sprintf("a session of %q for %s", s.UserID, s.ExpiresIn), nil
		}
		return "", err
	}
	user := func(u directus.User, err error) (string, error) {
		if err == nil && (uuid.Validate(u.ID) != nil || u.Row == nil) {
			return "a user without an id", nil
		}
		return "", err
	}
	nothing := func(err error) (string, error) { return "", err }
	return []aCall{
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return session(c.Login(ctx, v, directus.Credentials{Email: "a@b.example", Password: secret.Of("p")}))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return session(c.Refresh(ctx, v, secret.Of("t")))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return user(c.Me(ctx, v, secret.Of("t")))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return user(c.ReadUser(ctx, v, secret.Of("t"), someID, "email"))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			access, err := c.Access(ctx, v, secret.Of("t"))
			if err != nil && (access.May("read", "posts") || access.MayField("read", "posts", "title")) {
				return "a permission in spite of an error", nil
			}
			return "", err
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			fields, err := c.Fields(ctx, v, secret.Of("t"), "posts")
			for _, field := range fields {
				_, _ = field.Choices(), field.Names()
			}
			return "", err
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			var items []struct {
				Slug  string `json:"slug"`
				Count int    `json:"count"`
			}
			return "", c.Items(ctx, v, secret.Of("t"), "posts", directus.Query{}, &items)
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			list, err := c.List(ctx, v, secret.Of("t"), "posts", directus.Query{})
			if err == nil && !json.Valid(list.Items) {
				return "a list that is no JSON", nil
			}
			return "", err
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			info, err := c.Info(ctx, v, secret.Of("t"))
			_ = info.EndsOtherSessions()
			return "", err
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			_, err := c.GenerateTwoFactor(ctx, v, secret.Of("t"), "p")
			return "", err
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return nothing(c.VerifyEmail(ctx, v, "t"))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return nothing(c.ResetPassword(ctx, v, "t", "p"))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			_, err := c.Logout(ctx, v, secret.Of("t"))
			return nothing(err)
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			return nothing(c.UpdateUser(ctx, v, secret.Of("t"), someID, directus.NewEmail("b@c.example")))
		},
		func(ctx context.Context, c *directus.Client, v directus.Visitor) (string, error) {
			asset, err := c.AssetPart(ctx, v, secret.Of("t"), someID, 0, 9)
			if err != nil {
				return "", err
			}
			_, _ = io.Copy(io.Discard, asset.Body)
			_ = asset.Body.Close()
			if asset.Size < -1 || asset.Partial && asset.Size < 0 {
				return fmt.Sprintf("a file of %d bytes", asset.Size), nil
			}
			return "", nil
		},
	}
}

// FuzzAnswers lets the upstream answer anything. Each call must then return what it
// promises, or an error that repeats none of the answer.
func FuzzAnswers(f *testing.F) {
	statuses := []int{200, 204, 206, 302, 400, 401, 403, 404, 413, 422}
	var status int
	var kind, head, body string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{kind}
		w.Header()["Set-Cookie"] = []string{"directus_session_token=" + head}
		w.Header()["Content-Range"], w.Header()["Retry-After"], w.Header()["Location"] = []string{head}, []string{head}, []string{head}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	f.Cleanup(upstream.Close)
	client, err := directus.NewWith(upstream.URL, directus.Options{TripAfter: math.MaxUint32}) // keep asking, whatever comes
	if err != nil {
		f.Fatal(err)
	}

	const (
		jsonType = "application/json"
		token    = "e30.eyJpZCI6IjNmMmI0YzFlLThhNTUtNGYwZS05YzZkLTFiMmEzYzRkNWU2ZiJ9.x" // {"id": someID}
	)
	for i := range calls() {
		for _, seed := range []string{
			`{"data":{"id":"` + someID + `","expires":900000,"email":null,"tfa_secret":"x"}}`, `{"data":[{"slug":"a","count":1,"field":"f","meta":{"options":{"choices":[{"value":"a"}]}}}],"meta":{"filter_count":3}}`,
			`{"data":{"expires":99999999999999999,"id":1}}`, `{"data":null}`, `{"data":{"posts":{"read":{"access":"full","fields":["*"]}}}}`, `{"data":[[[[]]]]}`, ``, `{`, `[]`, `"x"`, `{"data":{"version":"11.5.0","project":{"project_name":"x"}}}`,
		} {
			f.Add(uint8(i), uint8(0), jsonType, token, seed)
		}
		f.Add(uint8(i), uint8(5), jsonType, "99999999999", `{"errors":[{"message":"m","extensions":{"code":"INVALID_CREDENTIALS","field":"email"}}]}`)
		f.Add(uint8(i), uint8(6), jsonType, "-1", `{"errors":[{"extensions":{"code":"hunter2 in a code"}}]}`)
		f.Add(uint8(i), uint8(2), "image/png", "bytes 0-9/-5", "xx")
		f.Add(uint8(i), uint8(3), "text/html", "/elsewhere", "<p>")
	}
	code := regexp.MustCompile(`^[A-Z0-9_]{1,64}$`)
	// Found by fuzzing.
	f.Add(byte('\x00'), byte('\x03'), "0", "00000000", "0")
	f.Add(byte('\x00'), byte('D'), "0A0A", "0", "0")
	f.Add(byte('\x02'), byte('\x05'), "AppliCAtion/json", "0", "{\"\":0  \"")
	f.Add(byte('`'), byte('\x00'), "0000000000000000", "0", "0")
	f.Add(byte('\x00'), byte('\x00'), "AppliCAtion/json", "0", "{\"\": {\"\":1,\"\x00")
	f.Add(byte('\x03'), byte('\x00'), "AppliCAtion/json", "0", "nul")
	f.Add(byte('\x00'), byte('\x06'), "0 0", "0", "0")
	f.Add(byte('4'), byte(')'), "application/json", "e30.eyJpZCI6IjNmMmI0YzFlLThhNTUtNGYwZS05YzZkLTFiMmEzYzRkNWU2ZiJ9.x", "{\"data\":{\"id\":\"3f2b4c1e-8a55-4f0e-9c6d-1b2a3c4d5e6f\",\"expires\":900000,\"email\":null,\"tfa_secret\":\"x\"}}")
	f.Add(byte('O'), byte('3'), "0", "0", "")
	f.Fuzz(func(t *testing.T, which, asStatus uint8, contentType, header, answer string) {
		if strings.ContainsAny(contentType+header, "\r\n\x00") {
			return // no server can send it
		}
		status, kind, head, body = statuses[int(asStatus)%len(statuses)], contentType, header, answer
		call := calls()[int(which)%len(calls())]
		wrong, err := call(t.Context(), client, directus.Visitor{IP: "192.0.2.1", UserAgent: "fuzz"})
		if wrong != "" {
			t.Fatalf("%d %q %q %q: %s", status, kind, head, body, wrong)
		}
		if err == nil {
			return
		}
		if wait := directus.RetryAfter(err); wait < 0 || wait.Hours() > 1 {
			t.Fatalf("%q: to be asked again in %s", head, wait)
		}
		var refusal *directus.Error
		switch {
		case errors.As(err, &refusal):
			if !code.MatchString(string(refusal.Code)) || slices.ContainsFunc(refusal.Faults, func(f directus.Fault) bool { return !code.MatchString(string(f.Code)) || len(f.Field) > 255 }) {
				t.Fatalf("%q becomes the code %q with %q", body, refusal.Code, refusal.Faults)
			}
		case !errors.Is(err, directus.ErrUnavailable):
			t.Fatalf("%d %q: an error of no kind: %v", status, body, err)
		case len(body) > 8 && strings.Contains(err.Error(), body):
			t.Fatalf("%d %q: the error repeats what was answered: %v", status, body, err)
		}
		if directus.TokenRefused(err) && (refusal == nil || status != 401 && refusal.Code != directus.InvalidToken) {
			t.Fatalf("%d %q counts as a refusal of the token", status, body)
		}
	})
}
