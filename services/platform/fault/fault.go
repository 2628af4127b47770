// Package fault is the one vocabulary of errors that domain and application code speak.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says how a caller can react to an error; transports map it to their own codes.
type Kind int

// Kinds, with the gRPC code and HTTP status each one becomes.
const (
	Internal           Kind = iota // INTERNAL, 500: ours to mend; the message is never shown.
	Invalid                        // INVALID_ARGUMENT, 400: the request is wrong whatever the state is.
	NotFound                       // NOT_FOUND, 404.
	AlreadyExists                  // ALREADY_EXISTS, 409.
	FailedPrecondition             // FAILED_PRECONDITION, 409: the state forbids it; change the state first.
	Aborted                        // ABORTED, 409 (412 for reason ETAG_MISMATCH): read again, then retry.
	PermissionDenied               // PERMISSION_DENIED, 403.
	Unauthenticated                // UNAUTHENTICATED, 401.
	Exhausted                      // RESOURCE_EXHAUSTED, 429: a limit; the message states it.
	Unavailable                    // UNAVAILABLE, 503: try again later.
	Deadline                       // DEADLINE_EXCEEDED, 504.
	Canceled                       // CANCELLED, 499.
)

var kindNames = [...]string{
	"internal", "invalid", "not found", "already exists", "failed precondition", "aborted",
	"permission denied", "unauthenticated", "exhausted", "unavailable", "deadline", "canceled",
}

// String is the kind in lower-case words.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Violation names one bad field (a path such as "plan.period.end_date" or "rows[3].amount") and what would mend it.
type Violation struct {
	Field  string
	Detail string
}

// Error is a fault that is safe to show to the caller. Reason is UPPER_SNAKE_CASE and stable (AIP-193).
type Error struct {
	Kind       Kind
	Reason     string
	Message    string
	Violations []Violation
	Metadata   map[string]string
	Retry      time.Duration // after which the same call may succeed; 0 for no advice
	Cause      error         // logged, never shown
}

// New makes a fault with a formatted, safe message.
func New(kind Kind, reason, format string, args ...any) *Error {
	return &Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Error is the safe message followed by the violations.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for i, v := range e.Violations {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(v.Field)
		b.WriteString(": ")
		b.WriteString(v.Detail)
	}
	return b.String()
}

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.Cause }

// With adds one metadata pair (shown to the caller) and returns the same error.
func (e *Error) With(key, value string) *Error {
	if e.Metadata == nil {
		e.Metadata = map[string]string{}
	}
	e.Metadata[key] = value
	return e
}

// Because records the cause for the log and returns the same error.
func (e *Error) Because(err error) *Error {
	e.Cause = err
	return e
}

// As returns the fault in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is says whether err's chain has a fault of this kind.
func Is(err error, kind Kind) bool {
	e, ok := As(err)
	return ok && e.Kind == kind
}

// Reason is the reason of the fault in err's chain, or "".
func Reason(err error) string {
	if e, ok := As(err); ok {
		return e.Reason
	}
	return ""
}

// Missing is the NotFound fault of a resource name.
func Missing(name string) *Error {
	return New(NotFound, "RESOURCE_NOT_FOUND", "%s was not found", name).With("resource", name)
}

// Exists is the AlreadyExists fault of a resource name.
func Exists(name string) *Error {
	return New(AlreadyExists, "RESOURCE_ALREADY_EXISTS", "%s already exists; choose another id or update it", name).With("resource", name)
}

// EtagMismatch is the Aborted fault of a stale etag.
func EtagMismatch(name string) *Error {
	return New(Aborted, "ETAG_MISMATCH", "%s has changed since it was read; read it again and retry with its new etag", name).With("resource", name)
}

// State is the FailedPrecondition fault of an operation that the resource's state forbids.
func State(reason, format string, args ...any) *Error {
	return New(FailedPrecondition, reason, format, args...)
}

// Violations gathers every bad field of a request, so that all are told at once.
type Violations []Violation

// Add records one bad field with what would mend it.
func (v *Violations) Add(field, format string, args ...any) {
	*v = append(*v, Violation{Field: field, Detail: fmt.Sprintf(format, args...)})
}

// Check records a bad field unless ok.
func (v *Violations) Check(ok bool, field, format string, args ...any) {
	if !ok {
		v.Add(field, format, args...)
	}
}

// Err is nil when nothing was recorded, else one Invalid fault that lists every field.
func (v Violations) Err() error {
	if len(v) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Reason: "INVALID_FIELDS", Message: "the request has invalid fields", Violations: v}
}
