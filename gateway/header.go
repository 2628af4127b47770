package gateway

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Values of headers that never change are shared by all responses: nothing may write into them.
var (
	contentJSON  = []string{typeJSON}
	noStore      = []string{"no-store"}
	noCache      = []string{"private, no-cache"}
	noSniff      = []string{"nosniff"}
	noReferrer   = []string{"no-referrer"}
	policyOfData = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// validators sets ETag from the etag of a resource, and says whether the caller of a read has that version already. Lists have no ETag: no hash
// of their text would be worth it.
func validators(header http.Header, c *call, m protoreflect.Message) (unmodified bool) {
	etag := ""
	if c.route.etag != nil && c.route.verb != http.MethodDelete {
		etag = m.Get(c.route.etag).String()
	}
	if etag == "" || strings.ContainsFunc(etag, func(c rune) bool { return c <= ' ' || c == '"' || c == ',' || c > '~' }) { // none that a header can carry
		header["Cache-Control"] = noStore
		return false
	}
	header["Etag"] = []string{`"` + etag + `"`}
	if c.route.verb != http.MethodGet {
		header["Cache-Control"] = noStore
		return false
	}
	header["Cache-Control"] = noCache
	header["Vary"] = append(header["Vary"], "Authorization")
	if c.unmodified == "" {
		return false
	}
	for tag := range strings.SplitSeq(c.unmodified, ",") {
		if tag = entityTag(tag); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// etagField is the etag of a message, nil if it has none.
func etagField(message protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	field := message.Fields().ByName("etag")
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return nil
	}
	return field
}

// entityTag is the opaque part of an entity tag: without the quotes and the mark of weakness (RFC 9110, 8.8.3).
func entityTag(value string) string {
	value = strings.TrimPrefix(strings.TrimSpace(value), "W/")
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	return value
}

// outermost is what every response has: headers that keep browsers safe, CORS for allowed origins, and an answer even
// when a handler panics.
func (g *gateway) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, r *http.Request) {
		w := &tracker{ResponseWriter: writer}
		header := w.Header()
		header["X-Content-Type-Options"], header["Referrer-Policy"], header["Content-Security-Policy"] = noSniff, noReferrer, policyOfData
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			err, _ := cause.(error)
			aborted := errors.Is(err, http.ErrAbortHandler)
			if !aborted {
				g.Logger.LogAttrs(r.Context(), slog.LevelError, "handler panicked", slog.String("method", r.Method),
					slog.String("path", r.URL.Path), slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
			}
			if w.wrote || aborted {
				panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told to break off a response that has begun
			}
			g.fail(w, r, nil, newProblem(http.StatusInternalServerError, "INTERNAL", "something failed on our side; it has been recorded"))
		}()
		if len(g.AllowedOrigins) > 0 && g.cors(w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// cors lets pages of allowed origins read answers, and answers their preflights itself; true means that it has.
func (g *gateway) cors(w http.ResponseWriter, r *http.Request) bool {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !strings.HasPrefix(r.URL.Path, "/v1/") || !slices.Contains(g.AllowedOrigins, origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "Content-Disposition, ETag, Retry-After")
	allowed := g.allowed(r.URL.Path)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || len(allowed) == 0 {
		return false
	}
	header.Set("Access-Control-Allow-Methods", strings.Join(allowed, ", "))
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, X-Request-Id")
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// tracker knows whether a response has begun.
type tracker struct {
	http.ResponseWriter
	wrote bool
}

// WriteHeader sends the status.
func (t *tracker) WriteHeader(code int) {
	t.wrote = true
	t.ResponseWriter.WriteHeader(code)
}

// Write sends a part of the body.
func (t *tracker) Write(data []byte) (int, error) {
	t.wrote = true
	return t.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// bodiless drops the body, as HEAD asks.
type bodiless struct{ http.ResponseWriter }

// Write says that all was written.
func (bodiless) Write(data []byte) (int, error) { return len(data), nil }

// Unwrap lets http.ResponseController reach the connection.
func (b bodiless) Unwrap() http.ResponseWriter { return b.ResponseWriter }
