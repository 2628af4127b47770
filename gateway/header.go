package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// validators sets ETag from the etag of a resource, and answers 304 to a read of a version that the caller has. Lists
// have no ETag: protojson's text is not the same in every build, so no hash of it would be. A file is described instead.
func validators(ctx context.Context, w http.ResponseWriter, m proto.Message) error {
	if file, ok := m.(*httpbody.HttpBody); ok {
		sent, _ := runtime.ServerMetadataFromContext(ctx)
		describeFile(w.Header(), file.GetContentType(), sent.HeaderMD)
		return nil
	}
	c, etag := callOf(ctx), etagOf(m)
	if c == nil || etag == "" || c.route.verb == http.MethodDelete {
		w.Header().Set("Cache-Control", "no-store")
		return nil
	}
	w.Header().Set("ETag", `"`+etag+`"`)
	if c.route.verb != http.MethodGet {
		w.Header().Set("Cache-Control", "no-store")
		return nil
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Add("Vary", "Authorization")
	for tag := range strings.SplitSeq(c.unmodified, ",") {
		if tag = entityTag(tag); tag == etag || tag == "*" {
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified) // the body that follows is dropped by net/http
			return nil
		}
	}
	return nil
}

// etagOf is a message's etag, if it has one that a header can carry.
func etagOf(m proto.Message) string {
	if m == nil {
		return ""
	}
	message := m.ProtoReflect()
	field := message.Descriptor().Fields().ByName("etag")
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return ""
	}
	etag := message.Get(field).String()
	if strings.ContainsFunc(etag, func(c rune) bool { return c <= ' ' || c == '"' || c == ',' || c > '~' }) {
		return ""
	}
	return etag
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
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
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
	allowed := g.routes.allowed(r.URL.Path)
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
