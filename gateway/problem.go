package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/services/platform/fault"
)

// Reasons of requests that no service sees.
const (
	reasonQuery         = "INVALID_QUERY"
	reasonHeader        = "INVALID_HEADER"
	reasonBody          = "INVALID_BODY"
	reasonTooLarge      = "REQUEST_TOO_LARGE"
	reasonUnimplemented = "UNIMPLEMENTED"
)

// statusClosed is what proxies log for a caller that went away.
const statusClosed = 499

// problem is an error as REST tells it (RFC 9457). Its type is always about:blank: status and reason say the kind.
type problem struct {
	Type       string            `json:"type"`
	Title      string            `json:"title"`
	Status     int               `json:"status"`
	Detail     string            `json:"detail,omitempty"`
	Instance   string            `json:"instance,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Violations []violation       `json:"violations,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`

	retryAfter int // seconds; 0 for no advice
}

// violation is one bad field: its path in the body as it was sent, in JSON names, or a query parameter or header.
type violation struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error is the detail.
func (p *problem) Error() string { return p.Detail }

func newProblem(code int, reason, format string, args ...any) *problem {
	title := http.StatusText(code)
	if code == statusClosed {
		title = "Client Closed Request"
	}
	return &problem{Type: "about:blank", Title: title, Status: code, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// problemOf translates any error; route may be nil. This is the one place where gRPC's errors become HTTP's.
func problemOf(err error, r *route) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	path := func(field string) string { return field } // the gateway's own faults name fields as the client does
	f, ok := fault.As(err)
	if !ok {
		f, path = answered(err), r.jsonPath
	}
	p = newProblem(statusOf(f), f.Reason, "%s", f.Message)
	p.Metadata = f.Metadata
	for _, v := range f.Violations {
		p.Violations = append(p.Violations, violation{Field: path(v.Field), Detail: v.Detail})
	}
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		p.retryAfter = retryAfter(err)
	}
	return p
}

// answered is the fault in what a call returned. Only the words of a service of this suite, known by the domain of its
// ErrorInfo, are repeated; those of a transport name hosts.
func answered(err error) *fault.Error {
	st := status.FromContextError(err) // for connections that return the context's error as it is
	if converted, ok := status.FromError(err); ok {
		st = converted
	}
	f := unexplained(st)
	for _, detail := range st.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == errorDomain {
				f.Message, f.Reason, f.Metadata = st.Message(), detail.GetReason(), detail.GetMetadata()
			}
		case *errdetails.BadRequest:
			for _, v := range detail.GetFieldViolations() {
				f.Violations = append(f.Violations, fault.Violation{Field: v.GetField(), Detail: v.GetDescription()})
			}
		}
	}
	return f
}

// errorDomain marks the errors of services of this suite (google.rpc.ErrorInfo, AIP-193).
const errorDomain = "throughline"

// kinds are what each code means here; the reason and the words stand in for those that a status lacks.
var kinds = map[codes.Code]*fault.Error{
	codes.InvalidArgument:    fault.New(fault.Invalid, "INVALID_ARGUMENT", "the request is not valid"),
	codes.OutOfRange:         fault.New(fault.Invalid, "OUT_OF_RANGE", "the request asks for more than there is"),
	codes.Unauthenticated:    fault.New(fault.Unauthenticated, "UNAUTHENTICATED", "the call needs a valid bearer token"),
	codes.PermissionDenied:   fault.New(fault.PermissionDenied, "PERMISSION_DENIED", "the caller may not do this"),
	codes.NotFound:           fault.New(fault.NotFound, "NOT_FOUND", "it was not found"),
	codes.AlreadyExists:      fault.New(fault.AlreadyExists, "ALREADY_EXISTS", "it exists already"),
	codes.Aborted:            fault.New(fault.Aborted, "ABORTED", "another change came first; read again and retry"),
	codes.FailedPrecondition: fault.New(fault.FailedPrecondition, "FAILED_PRECONDITION", "its state does not allow this"),
	codes.ResourceExhausted:  fault.New(fault.Exhausted, "RESOURCE_EXHAUSTED", "a limit was reached; try again later"),
	codes.Unavailable:        fault.New(fault.Unavailable, "UNAVAILABLE", "a service that this call needs is not available; try again later"),
	codes.DeadlineExceeded:   fault.New(fault.Deadline, "DEADLINE_EXCEEDED", "the call ran out of time; ask for less or try again later"),
	codes.Canceled:           fault.New(fault.Canceled, "CANCELLED", "the caller ended the call"),
	codes.Unimplemented:      fault.New(fault.Internal, reasonUnimplemented, "the service does not offer this method; it may run an older version"),
}

func unexplained(st *status.Status) *fault.Error {
	f := fault.New(fault.Internal, "INTERNAL", "something failed on our side; it has been recorded")
	if known, ok := kinds[st.Code()]; ok {
		*f = *known
	}
	if st.Code() == codes.ResourceExhausted && strings.Contains(st.Message(), "larger than max") { // grpc-go has no code for it
		f.Reason, f.Message = reasonTooLarge, "the message is larger than the receiver takes; send or ask for less at a time"
	}
	return f
}

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized, fault.PermissionDenied: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.AlreadyExists: http.StatusConflict, fault.Aborted: http.StatusConflict,
	fault.FailedPrecondition: http.StatusConflict, fault.Exhausted: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
	fault.Deadline: http.StatusGatewayTimeout, fault.Canceled: statusClosed, fault.Internal: http.StatusInternalServerError,
}

// statusOf is the status of a fault: of its reason where HTTP has a status for it, else of its kind.
func statusOf(f *fault.Error) int {
	switch {
	case f.Kind == fault.Aborted && f.Reason == "ETAG_MISMATCH":
		return http.StatusPreconditionFailed
	case f.Kind == fault.Invalid && (f.Reason == "IDEMPOTENCY_KEY_REUSED" || f.Reason == "SYNC_ID_REUSED"):
		return http.StatusUnprocessableEntity
	case f.Kind == fault.Exhausted && f.Reason == reasonTooLarge:
		return http.StatusRequestEntityTooLarge
	case f.Kind == fault.Internal && f.Reason == reasonUnimplemented:
		return http.StatusNotImplemented
	}
	return statuses[f.Kind]
}

// retryAfter is the service's advice (google.rpc.RetryInfo) in whole seconds, else one.
func retryAfter(err error) int {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return max(1, int((info.GetRetryDelay().AsDuration()+999_999_999)/1_000_000_000))
		}
	}
	return 1
}

// wholeBody is the field of a violation that is about the body as such.
const wholeBody = "body"

// jsonPath turns a field path of the request message into the path that the client knows: JSON names, and without the
// field that is the HTTP body. Of CreatePlan, "plan.period.end_date" becomes "period.endDate" and "plan_id" "planId".
func (r *route) jsonPath(field string) string {
	if r != nil && r.body != "" && r.body != "*" {
		rest, within := strings.CutPrefix(field, string(r.body))
		switch {
		case within && rest == "":
			return wholeBody
		case within && rest[0] == '.':
			field = rest[1:]
		}
	}
	return camel(field)
}

// camel turns a path of proto names into one of JSON names; what is in brackets, such as a map's key, is left alone.
func camel(path string) string {
	var b strings.Builder
	bracketed, upper := false, false
	for _, c := range path {
		switch {
		case c == '[' || c == ']':
			bracketed = c == '['
		case bracketed:
		case c == '_':
			upper = true
			continue
		case upper && c >= 'a' && c <= 'z':
			c += 'A' - 'a'
		}
		upper = false
		b.WriteRune(c)
	}
	return b.String()
}

// fail answers with a problem. What is ours to mend is logged whole. HEAD answers it without its body, as it must.
func (g *gateway) fail(w http.ResponseWriter, r *http.Request, route *route, err error) {
	p := problemOf(err, route)
	if p.Status >= http.StatusInternalServerError {
		g.Logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.Int("status", p.Status), slog.String("request_id", r.Header.Get("X-Request-ID")), slog.Any("error", err))
	}
	header := w.Header()
	for _, name := range []string{"Etag", "Content-Length", "Transfer-Encoding", "Trailer"} {
		header.Del(name)
	}
	header.Set("Content-Type", typeProblem)
	header.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		challenge := "Bearer"
		if r.Header.Get("Authorization") != "" {
			challenge = `Bearer error="invalid_token"`
		}
		header.Set("WWW-Authenticate", challenge)
	}
	if p.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(p.encode(r), '\n')) //nolint:gosec // JSON, named so and not to be sniffed; the caller is gone if this fails
}

// encode is the document on one line.
func (p *problem) encode(r *http.Request) []byte {
	p.Instance = r.URL.Path
	data, err := json.Marshal(p)
	if err != nil { // strings and numbers always encode
		return []byte(`{"type":"about:blank"}`)
	}
	return data
}
