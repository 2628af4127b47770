package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// answer is what a caller sees of an error.
type answer struct {
	code   codes.Code
	reason string
	fields []string // of BadRequest
	text   string
}

func answerOf(t testing.TB, err error) answer {
	t.Helper()
	st, ok := status.FromError(err)
	if !ok {
		t.Fatalf("not a status: %v", err)
	}
	a := answer{code: st.Code(), text: st.Message()}
	for _, detail := range st.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() != "throughline" {
				t.Errorf("domain %q", detail.GetDomain())
			}
			a.reason = detail.GetReason()
		case *errdetails.BadRequest:
			for _, v := range detail.GetFieldViolations() {
				a.fields = append(a.fields, v.GetField())
			}
		}
	}
	return a
}

// TestRefusals holds every way in which the guard refuses a unary call to its exact code, reason and fields.
func TestRefusals(t *testing.T) {
	reached := false
	fine := unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		reached = true
		return message(t, "Thing", ""), nil
	})
	b := newBench(t, handlers{
		"CreateThing": fine, "UpdateThing": fine, "DeleteThing": fine, "GetThing": fine, "BatchGetThings": fine, "BatchGetPublicThings": fine,
		"GetPublicThing": fine, "CreateOrganization": fine,
	})
	conn := b.inProcess(t, rpc.InProcessConfig{})

	manager := b.token(t, authn.Identity{Roles: []string{"manager"}})
	staff := b.token(t, authn.Identity{Roles: []string{"staff"}})
	operator := b.token(t, authn.Identity{Roles: []string{"operator"}, Organization: authn.NoOrganization})
	unboundManager := b.token(t, authn.Identity{Roles: []string{"manager"}, Organization: authn.NoOrganization})
	short, err := b.keys.Mint(authn.Identity{Subject: "ann", Roles: []string{"manager"}, Organization: "okc"}, time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Minute)

	const good = `parent: "organizations/okc" thing { display_name: "x" }`
	cases := []struct {
		name    string
		method  string
		request string
		token   string
		headers []string // key, value, …
		code    codes.Code
		reason  string
		fields  []string
		text    string // contained in the message
	}{
		{name: "fine", method: "CreateThing", request: good, token: manager, code: codes.OK},
		{name: "no token", method: "GetThing", request: `name: "organizations/okc"`, code: codes.Unauthenticated, reason: "TOKEN_MISSING", text: "Authorization: Bearer"},
		{name: "not a bearer", method: "GetThing", headers: []string{"authorization", "Basic YTpi"}, code: codes.Unauthenticated, reason: "TOKEN_INVALID"},
		{name: "two tokens", method: "GetThing", headers: []string{"authorization", "Bearer " + manager, "authorization", "Bearer " + staff}, code: codes.Unauthenticated, reason: "TOKEN_INVALID"},
		{name: "nonsense token", method: "GetThing", token: "abc", code: codes.Unauthenticated, reason: "TOKEN_INVALID", text: "not a JSON Web Token"},
		{name: "forged token", method: "GetThing", token: manager[:len(manager)-8] + "AAAAAAAA", code: codes.Unauthenticated, reason: "TOKEN_INVALID", text: "signature"},
		{name: "expired token", method: "GetThing", token: short, code: codes.Unauthenticated, reason: "TOKEN_EXPIRED"},
		{name: "bad token on an anonymous method", method: "GetPublicThing", request: `name: "organizations/okc"`, token: "abc", code: codes.Unauthenticated, reason: "TOKEN_INVALID"},
		{name: "no token on an anonymous method", method: "GetPublicThing", request: `name: "organizations/okc/things/t"`, code: codes.OK},
		{name: "role lacks the permission", method: "CreateThing", request: good, token: staff, code: codes.PermissionDenied, reason: "ROLE_LACKS_PERMISSION", text: "call as one of: manager"},
		{name: "unbound token", method: "CreateThing", request: good, token: unboundManager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: "bound to no organization"},
		{name: "operator makes an organization", method: "CreateOrganization", request: `organization_id: "tulsa"`, token: operator, code: codes.OK},
		{name: "operator looks inside one", method: "CreateOrganization", request: `name: "organizations/okc/things/t"`, token: operator, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION"},
		{name: "manager makes an organization", method: "CreateOrganization", request: `organization_id: "tulsa"`, token: manager, code: codes.PermissionDenied, reason: "ROLE_LACKS_PERMISSION", text: "call as one of: operator"},
		{name: "foreign parent", method: "CreateThing", request: `parent: "organizations/tulsa" thing { display_name: "x" }`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: `parent names organization "tulsa"`},
		{name: "foreign before invalid", method: "CreateThing", request: `parent: "organizations/tulsa"`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION"},
		{name: "every organization", method: "GetThing", request: `name: "organizations/-/things/t"`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION"},
		{name: "foreign resource of an update", method: "UpdateThing", request: `thing { name: "organizations/tulsa/things/t" display_name: "x" }`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: "thing.name"},
		{name: "foreign reference in a list", method: "CreateThing", request: `parent: "organizations/okc" thing { display_name: "x" related: ["organizations/okc/things/a", "organizations/tulsa/things/b"] }`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: "thing.related[1]"},
		{name: "foreign reference in a map", method: "CreateThing", request: `parent: "organizations/okc" thing { display_name: "x" children { key: "k" value { name: "organizations/tulsa/things/b" } } }`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: `thing.children["k"].name`},
		{name: "foreign name in a batch", method: "BatchGetThings", request: `names: ["organizations/okc/things/a", "organizations/tulsa/things/b"]`, token: manager, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: "names[1]"},
		{name: "an anonymous caller names two organizations", method: "BatchGetPublicThings", request: `names: ["organizations/okc/things/a", "organizations/tulsa/things/b"]`, code: codes.PermissionDenied, reason: "FOREIGN_ORGANIZATION", text: "names[1]"},
		{name: "an anonymous caller names one", method: "BatchGetPublicThings", request: `names: ["organizations/okc/things/a", "organizations/okc/things/b"]`, code: codes.OK},
		{
			name: "every bad field", method: "CreateThing", request: `parent: "organizations/okc" thing_id: "too-long" thing { parts { kind: "a" } parts { } low: 2 high: 1 }`, token: manager,
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing", "thing.display_name", "thing.parts[1].kind", "thing_id"},
		},
		{name: "required message", method: "CreateThing", request: `parent: "organizations/okc"`, token: manager, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing"}},
		{name: "update with a mask forgives what it leaves out", method: "UpdateThing", request: `thing { name: "organizations/okc/things/t" low: 3 } update_mask { paths: "low" }`, token: manager, code: codes.OK},
		{name: "update without a mask forgives what is not set", method: "UpdateThing", request: `thing { name: "organizations/okc/things/t" low: 3 }`, token: manager, code: codes.OK},
		{name: "update checks what the mask names", method: "UpdateThing", request: `thing { name: "organizations/okc/things/t" } update_mask { paths: ["display_name", "low"] }`, token: manager, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing.display_name"}},
		{name: "update checks inside what is set", method: "UpdateThing", request: `thing { name: "organizations/okc/things/t" parts { } }`, token: manager, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing.parts[0].kind"}},
		{name: "full replacement is checked whole", method: "UpdateThing", request: `thing { name: "organizations/okc/things/t" low: 3 } update_mask { paths: "*" }`, token: manager, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing", "thing.display_name"}},
		{name: "update of nothing", method: "UpdateThing", token: manager, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing"}},
		{name: "etag differs from If-Match", method: "DeleteThing", request: `name: "organizations/okc/things/t" etag: "1"`, token: manager, headers: []string{"if-match", `"2"`}, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"etag"}},
		{name: "etag of a resource differs from If-Match", method: "UpdateThing", request: `thing { name: "organizations/okc/things/t" display_name: "x" etag: "1" }`, token: manager, headers: []string{"if-match", `"2"`}, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"thing.etag"}},
		{name: "several etags", method: "DeleteThing", request: `name: "organizations/okc/things/t"`, token: manager, headers: []string{"if-match", `"1", "2"`}, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"if-match"}},
		{name: "If-Match where there is no etag", method: "CreateThing", request: good, token: manager, headers: []string{"if-match", `"1"`}, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"etag"}},
		{name: "request_id differs from Idempotency-Key", method: "CreateThing", request: good + ` request_id: "a"`, token: manager, headers: []string{"idempotency-key", "b"}, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request_id"}},
		{name: "Idempotency-Key where there is no request_id", method: "DeleteThing", request: `name: "organizations/okc/things/t"`, token: manager, headers: []string{"idempotency-key", "b"}, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request_id"}},
		{name: "headers agree with the fields", method: "DeleteThing", request: `name: "organizations/okc/things/t" etag: "1"`, token: manager, headers: []string{"if-match", `W/"1"`}, code: codes.OK},
		{name: "headers of writes do not matter to reads", method: "GetThing", request: `name: "organizations/okc/things/t"`, token: staff, headers: []string{"if-match", `"9"`, "idempotency-key", "k"}, code: codes.OK},
		{name: "unknown method", method: "Nonsense", request: "", token: manager, code: codes.Unimplemented},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			reached = false
			ctx := metadata.AppendToOutgoingContext(context.Background(), c.headers...)
			if c.token != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
			}
			name := requestOf(c.method)
			if c.method == "Nonsense" {
				name = "GetThingRequest"
			}
			err := conn.Invoke(ctx, fullMethod(c.method), message(t, name, c.request), message(t, "Thing", ""))
			got := answerOf(t, err)
			slices.Sort(got.fields)
			if got.code != c.code || got.reason != c.reason || !slices.Equal(got.fields, c.fields) || !strings.Contains(got.text, c.text) {
				t.Errorf("got  %s %q %q %q\nwant %s %q %q …%q…", got.code, got.reason, got.fields, got.text, c.code, c.reason, c.fields, c.text)
			}
			if reached != (c.code == codes.OK) {
				t.Errorf("handler reached: %v", reached)
			}
		})
	}
}

// TestErrorsOfHandlers holds the translation of whatever a handler returns.
func TestErrorsOfHandlers(t *testing.T) {
	var fails error
	b := newBench(t, handlers{"GetThing": unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		if fails == nil {
			panic("no")
		}
		return nil, fails
	})})
	conn := b.inProcess(t, rpc.InProcessConfig{})
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"staff"}}))
	peer := rpc.ToStatus(fault.Missing("organizations/okc/plans/p")).Err()
	for _, c := range []struct {
		name   string
		err    error
		code   codes.Code
		reason string
		text   string
		logged string
	}{
		{"fault", fault.EtagMismatch("organizations/okc/plans/p"), codes.Aborted, "ETAG_MISMATCH", "has changed since it was read", "ETAG_MISMATCH"},
		{"wrapped fault", fmt.Errorf("get: %w", fault.Missing("x")), codes.NotFound, "RESOURCE_NOT_FOUND", "x was not found", ""},
		{"fault with a cause", fault.New(fault.Unavailable, "DISK_FULL", "try later").Because(errors.New("no space on /dev/sda")), codes.Unavailable, "DISK_FULL", "try later", "no space on /dev/sda"},
		{"internal fault", fault.New(fault.Internal, "BROKEN", "secret detail").Because(errors.New("table gone")), codes.Internal, "INTERNAL", "internal error, reference ref-1", "table gone"},
		{"unknown error", errors.New("pq: password is hunter2"), codes.Internal, "INTERNAL", "internal error, reference ref-1", "hunter2"},
		{"panic", nil, codes.Internal, "INTERNAL", "internal error, reference ref-1", "refusals_test.go"},
		{"deadline", fmt.Errorf("read: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "ran out of time", ""},
		{"canceled", fmt.Errorf("read: %w", context.Canceled), codes.Canceled, "CANCELLED", "ended the call", ""},
		{"status of a peer", fmt.Errorf("goals: %w", peer), codes.NotFound, "RESOURCE_NOT_FOUND", "organizations/okc/plans/p was not found", ""},
		{"status of a transport", status.Error(codes.Unavailable, "dial tcp 10.0.0.7:9090: refused"), codes.Unavailable, "UNAVAILABLE", "try again later", "10.0.0.7"},
		{"internal status of a peer", status.Error(codes.Internal, "stack trace"), codes.Internal, "INTERNAL", "internal error, reference ref-1", "stack trace"},
		{"bare status", status.Error(codes.FailedPrecondition, "private"), codes.FailedPrecondition, "FAILED_PRECONDITION", "refused it (failed precondition)", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			fails = c.err
			before := len(b.log.String())
			got := answerOf(t, conn.Invoke(ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", "")))
			if got.code != c.code || got.reason != c.reason || !strings.Contains(got.text, c.text) {
				t.Errorf("got %s %q %q, want %s %q …%q…", got.code, got.reason, got.text, c.code, c.reason, c.text)
			}
			line := b.log.String()[before:]
			if strings.Count(line, "\n") != 1 || !strings.Contains(line, c.logged) || !strings.Contains(line, "GetThing") || !strings.Contains(line, "organization=okc") {
				t.Errorf("logged %q, want one line with %q", line, c.logged)
			}
		})
	}
}
