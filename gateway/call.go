package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"
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
	values     []string // of route.bound
	query      url.Values
	metadata   metadata.MD
	body       []byte // whole, except for NDJSON, which is read as it comes
	mergePatch bool
	unmodified string // If-None-Match
}

// call answers a request for the API: it refuses what no service should see, bounds the time and calls the method.
func (g *gateway) call(w http.ResponseWriter, r *http.Request) {
	c := &call{}
	if c.route, c.values = g.tree.find(r.Method, r.URL.Path); c.route == nil {
		g.unknown(w, r)
		return
	}
	if tags := r.Header["If-None-Match"]; len(tags) > 0 {
		c.unmodified = strings.Join(tags, ",")
	}
	timeout := g.Timeout
	if c.route.streams() {
		timeout = g.StreamTimeout
	}
	ctx := r.Context()
	if len(r.Header["Traceparent"]) > 0 && !oteltrace.SpanContextFromContext(ctx).IsValid() { // an instrumented connection continues the caller's trace from here; any other just forwards the header
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := g.check(w, r, c); err != nil {
		g.fail(w, r.WithContext(ctx), c.route, err)
		return
	}
	r = r.WithContext(metadata.NewOutgoingContext(ctx, c.metadata))
	switch {
	case c.route.method.IsStreamingClient():
		g.upload(w, r, c)
	case c.route.method.IsStreamingServer():
		g.download(w, r, c)
	default:
		g.unary(w, r, c)
	}
}

// check reads the request into c. Errors: a problem or a fault that says what to mend.
func (g *gateway) check(w http.ResponseWriter, r *http.Request, c *call) (err error) {
	if r.URL.RawQuery != "" {
		if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			return newProblem(http.StatusBadRequest, reasonQuery, "the query is not well formed: separate parameters with & and percent-encode their values")
		}
		spellOut(c.route, c.query)
		if err := checkQuery(c.route, c.query); err != nil {
			return err
		}
	}
	if c.metadata, err = metadataOf(r.Header); err != nil {
		return err
	}
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

// readBody takes the whole body into c.
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

// unknown answers requests that no route takes.
func (g *gateway) unknown(w http.ResponseWriter, r *http.Request) {
	if allowed := g.allowed(r.URL.Path); len(allowed) > 0 {
		g.notAllowed(w, r, allowed)
		return
	}
	g.fail(w, r, nil, newProblem(http.StatusNotFound, "UNKNOWN_PATH", "there is nothing at this path; /openapi.json lists the paths there are"))
}

func (g *gateway) notAllowed(w http.ResponseWriter, r *http.Request, allowed []string) {
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	g.fail(w, r, nil, newProblem(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "this path takes %s", list))
}
