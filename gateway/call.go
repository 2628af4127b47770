package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc/metadata"

	"github.com/throughline/throughline/services/platform/fault"
)

// Media types of bodies.
const (
	typeJSON       = "application/json"
	typeMergePatch = "application/merge-patch+json"
	typeNDJSON     = "application/x-ndjson"
	typeProblem    = "application/problem+json"
)

// call is one request on its way to a method.
type call struct {
	route      *route
	query      url.Values
	metadata   metadata.MD
	body       []byte // whole, except for NDJSON, which is read as it comes
	mergePatch bool
	unmodified string // If-None-Match
	sent       bool   // it reached the service: what fails from now on is the service's answer
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// admit stands before every method: it refuses what no service should see, bounds the time and hands streams to code
// of our own (the generated code wraps each message in a "result" and ends with a bare status).
func (g *gateway) admit(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		c := &call{route: g.routes.of(r), unmodified: strings.Join(r.Header.Values("If-None-Match"), ",")}
		if c.route == nil {
			g.fail(w, r, nil, fmt.Errorf("no route for %s %s", r.Method, r.URL.Path))
			return
		}
		timeout := g.Timeout
		if c.route.streams() {
			timeout = g.StreamTimeout
		}
		// An instrumented connection continues the caller's trace from here; any other just forwards the header.
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, c), timeout)
		defer cancel()
		r = r.WithContext(ctx)
		if err := g.check(w, r, c); err != nil {
			g.fail(w, r, c.route, err)
			return
		}
		switch {
		case c.route.method.IsStreamingClient():
			g.upload(w, r, c, params)
		case c.route.method.IsStreamingServer():
			g.download(w, r, c, params)
		default:
			next(w, r, params)
		}
	}
}

// check reads the request into c. Errors: a problem or a fault that says what to mend.
func (g *gateway) check(w http.ResponseWriter, r *http.Request, c *call) (err error) {
	if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return newProblem(http.StatusBadRequest, reasonQuery, "the query is not well formed: separate parameters with & and percent-encode their values")
	}
	if spellOut(c.route, c.query) { // the generated code reads the query by itself
		spelled := *r.URL
		spelled.RawQuery = c.query.Encode()
		r.URL = &spelled
	}
	if err := checkQuery(c.route, c.query); err != nil {
		return err
	}
	if c.metadata, err = metadataOf(r.Header); err != nil {
		return err
	}
	// The generated code honours these by itself; neither is part of the contract.
	r.Header.Del("Grpc-Timeout")
	r.Header.Del("TE")
	if err := checkType(w, r, c); err != nil || c.route.method.IsStreamingClient() {
		return err
	}
	return g.readBody(w, r, c)
}

// checkType refuses bodies in other formats than the method takes.
func checkType(w http.ResponseWriter, r *http.Request, c *call) error {
	if r.ContentLength == 0 {
		return nil
	}
	if c.route.body == "" {
		return newProblem(http.StatusBadRequest, reasonBody, "this method takes no body; send none")
	}
	accepts := []string{typeJSON}
	switch {
	case c.route.method.IsStreamingClient():
		accepts = []string{typeNDJSON}
	case c.route.verb == http.MethodPatch:
		accepts = append(accepts, typeMergePatch)
	}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := parameters["charset"]
	encoded := r.Header.Get("Content-Encoding")
	if err == nil && slices.Contains(accepts, media) && (charset == "" || strings.EqualFold(charset, "utf-8")) && (encoded == "" || encoded == "identity") {
		c.mergePatch = media == typeMergePatch
		return nil
	}
	w.Header().Set("Accept-"+c.route.verb[:1]+strings.ToLower(c.route.verb[1:]), strings.Join(accepts, ", "))
	return newProblem(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "send the body as %s in UTF-8, not compressed", strings.Join(accepts, " or "))
}

// readBody takes the whole body into c, and gives the generated code a copy to read.
func (g *gateway) readBody(w http.ResponseWriter, r *http.Request, c *call) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > g.MaxBodyBytes {
		return tooLarge(g.MaxBodyBytes)
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(g.Now().Add(g.Timeout)) // best effort: a writer without deadlines has none to set
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, g.MaxBodyBytes))
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		return unread(err)
	}
	c.body = body
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// unread tells why a body could not be read.
func unread(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(http.StatusRequestTimeout, "BODY_TIMEOUT", "the body came too slowly; send it again")
	default:
		return newProblem(http.StatusBadRequest, reasonBody, "the body ended before it was whole; send it again")
	}
}

func tooLarge(limit int64) error {
	return newProblem(http.StatusRequestEntityTooLarge, reasonTooLarge, "a body may hold %d bytes at most; send less at a time", limit)
}

// callFailed answers for the generated code, with what it found wrong in the request or with what the service said.
func (g *gateway) callFailed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(ctx)
	switch {
	case c == nil: // admit always comes first
		g.fail(w, r, nil, err)
	case !c.sent && c.route.bodyType != nil:
		g.fail(w, r, c.route, explain(c.body, c.route.bodyType, 1))
	case !c.sent:
		g.fail(w, r, c.route, fault.New(fault.Invalid, reasonQuery, "the request could not be read; check its path and query"))
	default:
		g.fail(w, r, c.route, err)
	}
}

// routingFailed answers requests that no route takes.
func (g *gateway) routingFailed(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	if code == http.StatusMethodNotAllowed {
		if allowed := g.routes.allowed(r.URL.Path); len(allowed) > 0 {
			g.notAllowed(w, r, allowed)
			return
		}
	}
	g.fail(w, r, nil, newProblem(http.StatusNotFound, "UNKNOWN_PATH", "there is nothing at this path; /openapi.json lists the paths there are"))
}

func (g *gateway) notAllowed(w http.ResponseWriter, r *http.Request, allowed []string) {
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	g.fail(w, r, nil, newProblem(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "this path takes %s", list))
}
