package rpc_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/authz"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// TestGuardRefusesToStart names what a service must not start with.
func TestGuardRefusesToStart(t *testing.T) {
	b := newBench(t, nil)
	good := rpc.Options{Verifier: b.keys, Now: b.clock.Now, NewID: func() string { return "" }, Logger: slog.New(slog.DiscardHandler)}
	bare := good
	bare.Verifier = nil
	for _, c := range []struct {
		name    string
		options rpc.Options
		service string
		text    string
	}{
		{"method without an access option", good, "Lax", "method throughline.test.v1.Lax.Forgotten declares no (throughline.type.v1.access)"},
		{"permission that no role has", good, "Orphan", `no role has its permission nowhere.things.zap`},
		{"permission that is a pattern", good, "Wild", `declares permission "goals.*": write service.resource.verb`},
		{"cost of nothing", good, "Free", "declares cost 0: write one from 1 to 1000"},
		{"cost out of range", good, "Dear", "declares cost 1001: write one from 1 to 1000"},
		{"mutation whose answers are kept", good, "Stale", "declares (throughline.type.v1.cached) and is no plain read"},
		{"no verifier", bare, "Things", "a guard needs Verifier"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := rpc.NewGuard(c.options, register(t, c.service, nil))
			if err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want …%s…", err, c.text)
			}
		})
	}
}

func TestGuardTellsAccess(t *testing.T) {
	b := newBench(t, nil)
	access := b.guard.Access()
	if got, want := access[fullMethod("CreateThing")], (authz.Access{Permission: "goals.goals.create", Mutation: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(access) != 11 {
		t.Errorf("%d methods", len(access))
	}
}

func TestSlowCallIsLogged(t *testing.T) {
	var b *bench
	took := time.Duration(0)
	b = newBench(t, handlers{"GetThing": unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		b.clock.Advance(took)
		return message(t, "Thing", ""), nil
	})})
	conn := b.inProcess(t, rpc.InProcessConfig{})
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"staff"}}))
	for _, took = range []time.Duration{time.Second - 1, time.Second} {
		if err := conn.Invoke(ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", "")); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `msg="slow call"`) || !strings.Contains(got, "took=1s") || !strings.Contains(got, "subject=ann") {
		t.Errorf("logged %q", got)
	}
}

// An anonymous caller acts within the organization that it names, and within no second one.
func TestAnonymousCaller(t *testing.T) {
	var got authn.Identity
	b := newBench(t, handlers{"GetPublicThing": unaryFunc(func(ctx context.Context, _ *dynamicpb.Message) (proto.Message, error) {
		got, _ = authn.FromContext(ctx)
		return message(t, "Thing", ""), nil
	})})
	conn := b.inProcess(t, rpc.InProcessConfig{})
	if err := conn.Invoke(context.Background(), fullMethod("GetPublicThing"), message(t, "GetThingRequest", `name: "organizations/okc/things/t"`), message(t, "Thing", "")); err != nil {
		t.Fatal(err)
	}
	if got.Organization != "okc" || !got.Anonymous() || !got.HasRole(authn.RolePublic) {
		t.Errorf("identity %+v", got)
	}
}

// TestHeadersBecomeFields looks at what a handler receives.
func TestHeadersBecomeFields(t *testing.T) {
	var received *dynamicpb.Message
	take := unaryFunc(func(_ context.Context, r *dynamicpb.Message) (proto.Message, error) {
		received = r
		return message(t, "Thing", ""), nil
	})
	b := newBench(t, handlers{"CreateThing": take, "UpdateThing": take, "DeleteThing": take})
	conn := b.inProcess(t, rpc.InProcessConfig{})
	token := "Bearer " + b.token(t, authn.Identity{Roles: []string{"manager"}})
	for _, c := range []struct {
		method, request string
		headers         []string
		want            string
	}{
		{"DeleteThing", `name: "organizations/okc/things/t"`, []string{"if-match", `"7"`}, `name: "organizations/okc/things/t" etag: "7"`},
		{"DeleteThing", `name: "organizations/okc/things/t"`, []string{"if-match", `*`}, `name: "organizations/okc/things/t"`},
		{"UpdateThing", `thing { display_name: "x" }`, []string{"if-match", `W/"7"`, "idempotency-key", "k"}, `thing { display_name: "x" etag: "7" } request_id: "k"`},
		{"CreateThing", `thing { display_name: "x" }`, []string{"idempotency-key", `"k"`}, `thing { display_name: "x" } request_id: "k"`},
	} {
		ctx := metadata.AppendToOutgoingContext(context.Background(), append(c.headers, "authorization", token)...)
		if err := conn.Invoke(ctx, fullMethod(c.method), message(t, requestOf(c.method), c.request), message(t, "Thing", "")); err != nil {
			t.Fatalf("%s %v: %v", c.method, c.headers, err)
		}
		if want := message(t, requestOf(c.method), c.want); !proto.Equal(received, want) {
			t.Errorf("%s %v: received %v, want %v", c.method, c.headers, received, want)
		}
	}
}

// TestValidate reads what a person is told about each kind of rule.
func TestValidate(t *testing.T) {
	if err := rpc.Validate(message(t, "Part", `kind: "a"`)); err != nil {
		t.Errorf("a good message: %v", err)
	}
	f, ok := fault.As(rpc.Validate(message(t, "Rules", ``)))
	want := fault.Violations{
		{Field: "color", Detail: "must be one of COLOR_RED, COLOR_BLUE"},
		{Field: "text", Detail: "must not be empty"},
		{Field: "longer", Detail: "must be at least 5 characters"},
		{Field: "list", Detail: "must not be empty"},
		{Field: "part", Detail: "is required"},
		{Field: "code", Detail: "must look like A-1"},
		{Field: "month", Detail: "must be greater than or equal to 1 and less than or equal to 12"},
	}
	if !ok || f.Kind != fault.Invalid || !slices.Equal(f.Violations, want) {
		t.Errorf("got  %v\nwant %v", f, want)
	}
	f, ok = fault.As(rpc.Validate(message(t, "Rules", `color: 9 text: "a" longer: "abcde" list: "a" part { kind: "a" } code: "A-1" month: 1`)))
	if !ok || !slices.Equal(f.Violations, want[:1]) {
		t.Errorf("an unknown enum value: %v", f)
	}
}
