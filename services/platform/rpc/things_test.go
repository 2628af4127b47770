package rpc_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"

	_ "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
)

// things is a service with one method of every shape that the guard tells apart.
const things = `
syntax = "proto3";
package throughline.test.v1;
import "buf/validate/validate.proto";
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "google/protobuf/field_mask.proto";
import "throughline/type/v1/access.proto";
import "throughline/type/v1/serving.proto";

enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; COLOR_BLUE = 2; }
message Rules {
  Color color = 1 [(buf.validate.field).enum = {defined_only: true not_in: [0]}];
  string text = 2 [(buf.validate.field).string.min_len = 1];
  string longer = 3 [(buf.validate.field).string.min_len = 5];
  repeated string list = 4 [(buf.validate.field).repeated.min_items = 1];
  Part part = 5 [(buf.validate.field).required = true];
  string code = 6 [(buf.validate.field).cel = { id: "code.shape", message: "must look like A-1", expression: "this.matches('^[A-Z]-[0-9]$')" }];
  int32 month = 7 [(buf.validate.field).int32 = {gte: 1 lte: 12}];
}
message Part { string kind = 1 [(buf.validate.field).string.min_len = 1]; int32 size = 2; }
message Thing {
  option (buf.validate.message).cel = { id: "thing.bounds", message: "low must not be above high", expression: "this.low <= this.high" };
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string display_name = 2 [(buf.validate.field).string.min_len = 1];
  string currency_code = 3 [(google.api.field_behavior) = IMMUTABLE];
  Part part = 4;
  repeated Part parts = 5;
  int32 low = 6;
  int32 high = 7;
  string etag = 8;
  string create_time = 9 [(google.api.field_behavior) = OUTPUT_ONLY];
  repeated string related = 10 [(google.api.resource_reference).type = "throughline.test/Thing"];
  map<string, Thing> children = 11;
  string state = 12 [(google.api.field_behavior) = OUTPUT_ONLY];
}
message CreateThingRequest {
  string parent = 1; string thing_id = 2 [(buf.validate.field).string.max_len = 4];
  Thing thing = 3 [(buf.validate.field).required = true]; string request_id = 4; bool validate_only = 5;
}
message UpdateThingRequest { Thing thing = 1 [(buf.validate.field).required = true]; google.protobuf.FieldMask update_mask = 2; string request_id = 3; }
message DeleteThingRequest { string name = 1; string etag = 2; }
message GetThingRequest { string name = 1 [(buf.validate.field).string.min_len = 1]; string request_id = 2; }
message BatchGetThingsRequest { repeated string names = 1; }
message CreateOrganizationRequest { string organization_id = 1; string name = 2; }
message WatchThingsRequest { string parent = 1; int32 count = 2 [(buf.validate.field).int32.lte = 100]; }
message RecordThingsRequest { string parent = 1; repeated Part rows = 2 [(buf.validate.field).repeated = {max_items: 3 items: {ignore: IGNORE_ALWAYS}}]; bytes padding = 3; }
message RecordThingsResponse { int32 rows = 1; }

service Things {
  rpc CreateThing(CreateThingRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.create" mutation: true}; }
  rpc UpdateThing(UpdateThingRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.update" mutation: true}; }
  rpc DeleteThing(DeleteThingRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.delete" mutation: true}; }
  rpc GetThing(GetThingRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.get"}; }
  rpc BatchGetThings(BatchGetThingsRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.batchGet"}; }
  rpc GetPublicThing(GetThingRequest) returns (Thing) {
    option (throughline.type.v1.access) = {permission: "goals.goals.get" anonymous: true};
    option (throughline.type.v1.limit) = {cost: 7 fail_closed: true};
  }
  rpc GetKeptThing(GetThingRequest) returns (Thing) {
    option (throughline.type.v1.access) = {permission: "goals.goals.get"};
    option (throughline.type.v1.cached) = true;
  }
  rpc BatchGetPublicThings(BatchGetThingsRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.batchGet" anonymous: true}; }
  rpc CreateOrganization(CreateOrganizationRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.organizations.create" mutation: true}; }
  rpc WatchThings(WatchThingsRequest) returns (stream Thing) { option (throughline.type.v1.access) = {permission: "goals.goals.list"}; }
  rpc RecordThings(stream RecordThingsRequest) returns (RecordThingsResponse) { option (throughline.type.v1.access) = {permission: "performance.observations.record" mutation: true}; }
}

service Lax { rpc Forgotten(GetThingRequest) returns (Thing); }
service Orphan { rpc Nobody(GetThingRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "nowhere.things.zap" mutation: true}; } }
service Free { rpc Nothing(GetThingRequest) returns (Thing) {
  option (throughline.type.v1.access) = {permission: "goals.goals.get"};
  option (throughline.type.v1.limit) = {fail_closed: true};
} }
service Dear { rpc Everything(GetThingRequest) returns (Thing) {
  option (throughline.type.v1.access) = {permission: "goals.goals.get"};
  option (throughline.type.v1.limit) = {cost: 1001};
} }
service Stale { rpc CreateThing(CreateThingRequest) returns (Thing) {
  option (throughline.type.v1.access) = {permission: "goals.goals.create" mutation: true};
  option (throughline.type.v1.cached) = true;
} }
service Wild { rpc Everything(GetThingRequest) returns (Thing) { option (throughline.type.v1.access) = {permission: "goals.*"}; } }
`

// compile links the test's proto into the registry once, as generated code would.
var compile = sync.OnceValues(func() (protoreflect.FileDescriptor, error) {
	compiler := protocompile.Compiler{Resolver: protocompile.CompositeResolver{
		&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(map[string]string{"things.proto": things})},
		protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
			file, err := protoregistry.GlobalFiles.FindFileByPath(path)
			return protocompile.SearchResult{Desc: file}, err
		}),
	}}
	files, err := compiler.Compile(context.Background(), "things.proto")
	if err != nil {
		return nil, err
	}
	// Through bytes, so that options come out as the linked Go types.
	encoded, err := proto.Marshal(protodesc.ToFileDescriptorProto(files[0]))
	if err != nil {
		return nil, err
	}
	var plain descriptorpb.FileDescriptorProto
	if err := proto.Unmarshal(encoded, &plain); err != nil {
		return nil, err
	}
	file, err := protodesc.NewFile(&plain, protoregistry.GlobalFiles)
	if err != nil {
		return nil, err
	}
	return file, protoregistry.GlobalFiles.RegisterFile(file)
})

func file(t testing.TB) protoreflect.FileDescriptor {
	t.Helper()
	f, err := compile()
	if err != nil {
		t.Fatalf("compile the test's proto: %v", err)
	}
	return f
}

// message makes a message of the test's proto from prototext.
func message(t testing.TB, name, text string) *dynamicpb.Message {
	t.Helper()
	m := dynamicpb.NewMessage(file(t).Messages().ByName(protoreflect.Name(name)))
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatalf("%s %s: %v", name, text, err)
	}
	return m
}

type (
	unaryFunc  = func(ctx context.Context, request *dynamicpb.Message) (proto.Message, error)
	streamFunc = func(grpc.ServerStream) error
)

// handlers are the methods of a service, by name.
type handlers map[string]any

// register is what generated code's Register…Server does. A method without a handler echoes an empty response.
func register(t testing.TB, service string, h handlers) func(grpc.ServiceRegistrar) {
	d := file(t).Services().ByName(protoreflect.Name(service))
	desc := &grpc.ServiceDesc{ServiceName: string(d.FullName()), HandlerType: (*any)(nil), Metadata: "things.proto"}
	for i := range d.Methods().Len() {
		method := d.Methods().Get(i)
		name := string(method.Name())
		if method.IsStreamingClient() || method.IsStreamingServer() {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{
				StreamName: name, ClientStreams: method.IsStreamingClient(), ServerStreams: method.IsStreamingServer(),
				Handler: func(_ any, stream grpc.ServerStream) error {
					if handle, ok := h[name].(streamFunc); ok {
						return handle(stream)
					}
					return nil
				},
			})
			continue
		}
		info := &grpc.UnaryServerInfo{FullMethod: fmt.Sprintf("/%s/%s", d.FullName(), name)}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: name, Handler: func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			request := dynamicpb.NewMessage(method.Input())
			if err := decode(request); err != nil {
				return nil, err
			}
			handle := func(ctx context.Context, request any) (any, error) {
				if handle, ok := h[name].(unaryFunc); ok {
					return handle(ctx, request.(*dynamicpb.Message))
				}
				return dynamicpb.NewMessage(method.Output()), nil
			}
			if interceptor == nil {
				return handle(ctx, request)
			}
			return interceptor(ctx, request, info, handle)
		}})
	}
	return func(r grpc.ServiceRegistrar) { r.RegisterService(desc, h) }
}

// clock is a settable clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is what a test needs around a guard.
type bench struct {
	clock *clock
	keys  *authn.LocalKeys
	log   *lines
	guard *rpc.Guard
}

// lines collects the log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newBench(t testing.TB, h handlers, change ...func(*rpc.Options)) *bench {
	t.Helper()
	b := &bench{clock: newClock(), log: &lines{}}
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "token.key"), b.clock.Now)
	if err != nil {
		t.Fatalf("open keys: %v", err)
	}
	b.keys = keys
	options := rpc.Options{
		Verifier: keys, Now: b.clock.Now, NewID: func() string { return "ref-1" }, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
	}
	for _, c := range change {
		c(&options)
	}
	if b.guard, err = rpc.NewGuard(options, register(t, "Things", h)); err != nil {
		t.Fatalf("new guard: %v", err)
	}
	return b
}

// token mints a token of organization okc, unless the identity says otherwise.
func (b *bench) token(t testing.TB, id authn.Identity) string {
	t.Helper()
	if id.Organization == "" {
		id.Organization = "okc"
	}
	if id.Subject == "" {
		id.Subject = "ann"
	}
	token, err := b.keys.Mint(id, time.Hour)
	if err != nil {
		t.Fatalf("mint: %v", err)
	}
	return token
}

func (b *bench) inProcess(t testing.TB, config rpc.InProcessConfig) grpc.ClientConnInterface {
	t.Helper()
	channel := rpc.NewInProcess(config)
	b.guard.Register(channel)
	return channel
}

func (b *bench) tcp(t testing.TB, config rpc.ServerConfig, dial rpc.DialConfig) grpc.ClientConnInterface {
	t.Helper()
	server := rpc.NewServer(config)
	b.guard.Register(server)
	conn, err := rpc.Dial(serving(t, server), dial)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// serving runs the server until the test ends and returns its address.
func serving(t testing.TB, server *rpc.Server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return listener.Addr().String()
}

func fullMethod(name string) string { return "/throughline.test.v1.Things/" + name }

// requestOf is the name of a method's request message.
func requestOf(method string) string {
	return strings.NewReplacer("Public", "", "Kept", "").Replace(method) + "Request"
}

// randomText does not compress and is unlike any other.
func randomText(n int) string {
	raw := make([]byte, n/2)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}
