// Package rpc is how every service is called: one guard in front of its methods, over TCP or within the process.
package rpc

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/throughline/throughline/services/platform/fault"
)

// ErrorDomain is the domain of every google.rpc.ErrorInfo (AIP-193) that a service answers.
const ErrorDomain = "throughline"

// Reasons of the faults of this package.
const (
	ReasonInternal      = "INTERNAL"
	ReasonDeadline      = "DEADLINE_EXCEEDED"
	ReasonCanceled      = "CANCELLED"
	ReasonTooLarge      = "REQUEST_TOO_LARGE"
	ReasonUnknownMethod = "UNKNOWN_METHOD"
	ReasonUnavailable   = "UNAVAILABLE"
)

var codeOf = map[fault.Kind]codes.Code{
	fault.Internal: codes.Internal, fault.Invalid: codes.InvalidArgument, fault.NotFound: codes.NotFound,
	fault.AlreadyExists: codes.AlreadyExists, fault.FailedPrecondition: codes.FailedPrecondition, fault.Aborted: codes.Aborted,
	fault.PermissionDenied: codes.PermissionDenied, fault.Unauthenticated: codes.Unauthenticated,
	fault.Exhausted: codes.ResourceExhausted, fault.Unavailable: codes.Unavailable, fault.Deadline: codes.DeadlineExceeded,
	fault.Canceled: codes.Canceled,
}

var kindOf = func() map[codes.Code]fault.Kind {
	kinds := map[codes.Code]fault.Kind{codes.OutOfRange: fault.Invalid}
	for kind, code := range codeOf {
		kinds[code] = kind
	}
	return kinds
}()

// ToStatus is the gRPC status of a fault: its code, its message, an ErrorInfo, when fields are at fault a BadRequest that lists
// every one, and a RetryInfo when it says how long to wait.
func ToStatus(f *fault.Error) *status.Status {
	st := status.New(codeOf[f.Kind], f.Message)
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: f.Reason, Domain: ErrorDomain, Metadata: f.Metadata}}
	if len(f.Violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range f.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Detail})
		}
		details = append(details, bad)
	}
	if f.Retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.Retry)})
	}
	detailed, err := st.WithDetails(details...)
	if err != nil { // metadata that is not UTF-8: the code and the message are still right
		return st
	}
	return detailed
}

// FromStatus turns the error of a call to a peer back into a fault; the original is its cause. What a peer of this
// suite said comes through whole; the text of a transport is replaced, for it names hosts. Faults, errors that are no
// status, and nil are returned as they are.
func FromStatus(err error) error {
	if _, ok := fault.As(err); ok || err == nil {
		return err
	}
	st, ok := status.FromError(err)
	if !ok {
		return err
	}
	kind, ok := kindOf[st.Code()]
	if !ok {
		kind = fault.Internal
	}
	f := foreign(kind, st.Message())
	for _, detail := range st.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == ErrorDomain {
				f.Message, f.Reason, f.Metadata = st.Message(), detail.GetReason(), detail.GetMetadata()
			}
		case *errdetails.BadRequest:
			for _, v := range detail.GetFieldViolations() {
				f.Violations = append(f.Violations, fault.Violation{Field: v.GetField(), Detail: v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			f.Retry = detail.GetRetryDelay().AsDuration()
		}
	}
	return f.Because(err)
}

// foreign is the fault for a status that this suite did not write.
func foreign(kind fault.Kind, text string) *fault.Error {
	switch kind {
	case fault.Unavailable:
		return fault.New(kind, ReasonUnavailable, "a service that this call needs is not available; try again later")
	case fault.Deadline:
		return deadline()
	case fault.Canceled:
		return canceled()
	case fault.Exhausted:
		if strings.Contains(text, "larger than max") { // grpc-go's words; it offers no code of its own for this
			return fault.New(kind, ReasonTooLarge, "the message is larger than the receiver takes; send less at a time")
		}
		return fault.New(kind, "RESOURCE_EXHAUSTED", "a limit was reached; try again later")
	default:
		return fault.New(kind, reasonOf(kind), "a service that this call needs refused it (%s)", kind)
	}
}

func reasonOf(kind fault.Kind) string {
	return strings.ToUpper(strings.ReplaceAll(kind.String(), " ", "_"))
}

func deadline() *fault.Error {
	return fault.New(fault.Deadline, ReasonDeadline, "the call ran out of time; allow it more or ask for less")
}

func canceled() *fault.Error {
	return fault.New(fault.Canceled, ReasonCanceled, "the caller ended the call")
}

// classify finds the fault in any error that a handler returned; false when there is none that may be shown.
func classify(ctx context.Context, err error) (*fault.Error, bool) {
	if f, ok := fault.As(err); ok {
		return f, f.Kind != fault.Internal
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return deadline().Because(err), true
	case errors.Is(err, context.Canceled):
		return canceled().Because(err), true
	}
	if f, ok := fault.As(FromStatus(err)); ok {
		return f, f.Kind != fault.Internal
	}
	switch ctx.Err() { // what failed because the call was over, whatever the driver called it
	case context.DeadlineExceeded:
		return deadline().Because(err), true
	case context.Canceled:
		return canceled().Because(err), true
	}
	return nil, false
}
