package rpc_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

const maxBytes = 64 << 10

// counter counts calls that began.
type counter struct{ began atomic.Int64 }

func (c *counter) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (c *counter) HandleRPC(_ context.Context, s stats.RPCStats) {
	if _, ok := s.(*stats.Begin); ok {
		c.began.Add(1)
	}
}
func (c *counter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (c *counter) HandleConn(context.Context, stats.ConnStats)                       {}

// TestTransports holds TCP and the in-process channel to one behaviour.
func TestTransports(t *testing.T) {
	for _, transport := range []string{"tcp", "in process", "in process with telemetry"} {
		t.Run(transport, func(t *testing.T) {
			seen := &counter{}
			connect := func(t *testing.T, s *scene) grpc.ClientConnInterface {
				switch transport {
				case "tcp":
					return s.tcp(t, rpc.ServerConfig{MaxMessageBytes: maxBytes, Stats: seen}, rpc.DialConfig{MaxMessageBytes: 2 * maxBytes})
				case "in process":
					return s.inProcess(t, rpc.InProcessConfig{MaxMessageBytes: maxBytes})
				default:
					return s.inProcess(t, rpc.InProcessConfig{MaxMessageBytes: maxBytes, ServerStats: seen})
				}
			}
			for _, c := range []struct {
				name string
				run  func(*testing.T, *scene)
			}{
				{"unary", unaryCall},
				{"response metadata", responseMetadata},
				{"caller's deadline", callersDeadline},
				{"default deadline", defaultDeadline},
				{"longest deadline", longestDeadline},
				{"a handler deaf to its deadline holds no caller", deafHandler},
				{"cancellation reaches the handler", cancellation},
				{"ended before it began", endedBefore},
				{"unary message too large", unaryTooLarge},
				{"server stream", serverStream},
				{"server stream refused", serverStreamRefused},
				{"server stream panics", serverStreamPanics},
				{"client stream", clientStream},
				{"client stream with a foreign organization", clientStreamForeign},
				{"client stream with an invalid message", clientStreamInvalid},
				{"client stream message too large", clientStreamTooLarge},
				{"client stream whose caller goes silent", clientStreamSilent},
				{"client stream canceled", clientStreamCanceled},
				{"the sides share no memory", noSharing},
			} {
				t.Run(c.name, func(t *testing.T) {
					s := newScene(t) // of its own: a handler may outlive its caller, and the case
					s.conn = connect(t, s)
					c.run(t, s)
				})
			}
			if told := seen.began.Load() > 0; told != (transport != "in process") {
				t.Errorf("the stats handler saw calls: %v", told)
			}
		})
	}
}

// scene is one transport with handlers that tests replace.
type scene struct {
	*bench
	conn   grpc.ClientConnInterface
	ctx    context.Context
	get    unaryFunc
	watch  streamFunc
	record streamFunc
}

func newScene(t *testing.T) *scene {
	s := &scene{}
	s.bench = newBench(t, handlers{
		"GetThing":     unaryFunc(func(ctx context.Context, r *dynamicpb.Message) (proto.Message, error) { return s.get(ctx, r) }),
		"WatchThings":  streamFunc(func(ss grpc.ServerStream) error { return s.watch(ss) }),
		"RecordThings": streamFunc(func(ss grpc.ServerStream) error { return s.record(ss) }),
	}, func(o *rpc.Options) { o.DefaultDeadline, o.MaxDeadline = 150*time.Millisecond, 300*time.Millisecond })
	s.ctx = metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+s.token(t, authn.Identity{Roles: []string{"staff"}}))
	return s
}

func (s *scene) invoke(ctx context.Context, t *testing.T, opts ...grpc.CallOption) (*dynamicpb.Message, error) {
	reply := message(t, "Thing", "")
	err := s.conn.Invoke(ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "organizations/okc/things/t"`), reply, opts...)
	return reply, err
}

func (s *scene) open(ctx context.Context, t *testing.T, method string) grpc.ClientStream {
	t.Helper()
	stream, err := s.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: method == "WatchThings", ClientStreams: method == "RecordThings"}, fullMethod(method))
	if err != nil {
		t.Fatalf("open %s: %v", method, err)
	}
	return stream
}

// fails wants the code and the reason, as a peer of this suite reads them.
func fails(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if err = rpc.FromStatus(err); !fault.Is(err, kind) || fault.Reason(err) != reason {
		t.Errorf("got %v (reason %q), want %s, reason %q", err, fault.Reason(err), kind, reason)
	}
}

func field(m *dynamicpb.Message, name string) string {
	return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name))).String()
}

func unaryCall(t *testing.T, s *scene) {
	s.get = func(ctx context.Context, r *dynamicpb.Message) (proto.Message, error) {
		id, ok := authn.FromContext(ctx)
		if !ok || id.Subject != "ann" || id.Organization != "okc" {
			t.Errorf("identity %+v", id)
		}
		md, _ := metadata.FromIncomingContext(ctx)
		if got := md.Get("x-trace"); len(got) != 1 || got[0] != "t1" {
			t.Errorf("metadata %v", got)
		}
		return message(t, "Thing", `display_name: "`+field(r, "name")+`"`), nil
	}
	reply, err := s.invoke(metadata.AppendToOutgoingContext(s.ctx, "X-Trace", "t1"), t)
	if err != nil || field(reply, "display_name") != "organizations/okc/things/t" {
		t.Errorf("got %v, %v", reply, err)
	}
}

func responseMetadata(t *testing.T, s *scene) {
	s.get = func(ctx context.Context, _ *dynamicpb.Message) (proto.Message, error) {
		if method, ok := grpc.Method(ctx); !ok || method != fullMethod("GetThing") {
			t.Errorf("method %q", method)
		}
		if _, ok := peer.FromContext(ctx); !ok {
			t.Error("the handler cannot tell where the call came from")
		}
		err := errors.Join(grpc.SetHeader(ctx, metadata.Pairs("x-head", "1")), grpc.SendHeader(ctx, metadata.Pairs("x-head", "2")),
			grpc.SetTrailer(ctx, metadata.Pairs("x-tail", "3")))
		if grpc.SetHeader(ctx, metadata.Pairs("x-head", "late")) == nil {
			t.Error("a header was set after they were sent")
		}
		return message(t, "Thing", ""), err
	}
	var from peer.Peer
	for _, opts := range [][]grpc.CallOption{{grpc.StaticMethod()}, {grpc.Peer(&from)}} {
		var head, tail metadata.MD
		if _, err := s.invoke(s.ctx, t, append(opts, grpc.Header(&head), grpc.Trailer(&tail))...); err != nil {
			t.Fatal(err)
		}
		if h, l := head.Get("x-head"), tail.Get("x-tail"); !slices.Equal(h, []string{"1", "2"}) || !slices.Equal(l, []string{"3"}) {
			t.Errorf("header %v, trailer %v", head, tail)
		}
	}
	if from.Addr == nil {
		t.Error("the caller cannot tell whom it called")
	}
}

// waits is a handler that works until its context ends.
func waits(ctx context.Context, _ *dynamicpb.Message) (proto.Message, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func callersDeadline(t *testing.T, s *scene) {
	s.get = waits
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Millisecond)
	defer cancel()
	_, err := s.invoke(ctx, t)
	fails(t, err, fault.Deadline, rpc.ReasonDeadline)
}

func deafHandler(t *testing.T, s *scene) {
	release, ended := make(chan struct{}), make(chan struct{})
	s.get = func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		defer close(ended)
		<-release
		return message(t, "Thing", ""), nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Millisecond)
	defer cancel()
	_, err := s.invoke(ctx, t)
	fails(t, err, fault.Deadline, rpc.ReasonDeadline)
	close(release)
	<-ended
}

func defaultDeadline(t *testing.T, s *scene) {
	s.get = waits
	_, err := s.invoke(s.ctx, t)
	fails(t, err, fault.Deadline, rpc.ReasonDeadline)
}

func longestDeadline(t *testing.T, s *scene) {
	s.get = func(ctx context.Context, _ *dynamicpb.Message) (proto.Message, error) {
		if until, ok := ctx.Deadline(); !ok || time.Until(until) > 300*time.Millisecond {
			t.Errorf("deadline in %s", time.Until(until))
		}
		return message(t, "Thing", ""), nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, time.Hour)
	defer cancel()
	if _, err := s.invoke(ctx, t); err != nil {
		t.Error(err)
	}
}

func cancellation(t *testing.T, s *scene) {
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan error, 1)
	s.get = func(ctx context.Context, r *dynamicpb.Message) (proto.Message, error) {
		cancel()
		reply, err := waits(ctx, r)
		ended <- err
		return reply, err
	}
	_, err := s.invoke(ctx, t)
	fails(t, err, fault.Canceled, rpc.ReasonCanceled)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended with %v", err)
	}
}

func endedBefore(t *testing.T, s *scene) {
	s.get = func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		t.Error("the handler was reached")
		return message(t, "Thing", ""), nil
	}
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := s.invoke(ctx, t)
	fails(t, err, fault.Canceled, rpc.ReasonCanceled)
}

func unaryTooLarge(t *testing.T, s *scene) {
	s.get = func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		t.Error("the handler was reached")
		return message(t, "Thing", ""), nil
	}
	err := s.conn.Invoke(s.ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "`+randomText(maxBytes+100)+`"`), message(t, "Thing", ""))
	fails(t, err, fault.Exhausted, rpc.ReasonTooLarge)
}

func serverStream(t *testing.T, s *scene) {
	s.watch = func(ss grpc.ServerStream) error {
		request := message(t, "WatchThingsRequest", "")
		if err := ss.RecvMsg(request); err != nil {
			return err
		}
		if id, ok := authn.FromContext(ss.Context()); !ok || id.Organization != "okc" {
			t.Errorf("identity %+v", id)
		}
		for _, name := range []string{"a", "b", "c"} {
			if err := ss.SendMsg(message(t, "Thing", `name: "`+name+`"`)); err != nil {
				return err
			}
		}
		return fault.New(fault.Unavailable, "LATER", "the rest comes later")
	}
	stream := s.open(s.ctx, t, "WatchThings")
	if err := errors.Join(stream.SendMsg(message(t, "WatchThingsRequest", `parent: "organizations/okc" count: 3`)), stream.CloseSend()); err != nil {
		t.Fatal(err)
	}
	var got string
	for {
		reply := message(t, "Thing", "")
		if err := stream.RecvMsg(reply); err != nil {
			fails(t, err, fault.Unavailable, "LATER")
			break
		}
		got += field(reply, "name")
	}
	if got != "abc" {
		t.Errorf("received %q", got)
	}
}

func serverStreamRefused(t *testing.T, s *scene) {
	s.watch = func(ss grpc.ServerStream) error {
		return ss.RecvMsg(message(t, "WatchThingsRequest", ""))
	}
	for _, c := range []struct {
		name, request, reason string
		kind                  fault.Kind
		ctx                   context.Context
	}{
		{"no token", `parent: "organizations/okc"`, authn.ReasonMissing, fault.Unauthenticated, context.Background()},
		{"foreign", `parent: "organizations/tulsa"`, "FOREIGN_ORGANIZATION", fault.PermissionDenied, s.ctx},
		{"invalid", `parent: "organizations/okc" count: 1000`, "INVALID_FIELDS", fault.Invalid, s.ctx},
	} {
		stream := s.open(c.ctx, t, "WatchThings")
		_ = stream.SendMsg(message(t, "WatchThingsRequest", c.request))
		_ = stream.CloseSend()
		t.Run(c.name, func(t *testing.T) { fails(t, stream.RecvMsg(message(t, "Thing", "")), c.kind, c.reason) })
	}
}

func serverStreamPanics(t *testing.T, s *scene) {
	s.watch = func(grpc.ServerStream) error { panic("no") }
	stream := s.open(s.ctx, t, "WatchThings")
	_ = stream.SendMsg(message(t, "WatchThingsRequest", ""))
	_ = stream.CloseSend()
	fails(t, stream.RecvMsg(message(t, "Thing", "")), fault.Internal, rpc.ReasonInternal)
}

// sum is a client-stream handler that counts rows.
func sum(t *testing.T) streamFunc {
	return func(ss grpc.ServerStream) error {
		rows := 0
		for {
			request := message(t, "RecordThingsRequest", "")
			err := ss.RecvMsg(request)
			if errors.Is(err, io.EOF) {
				return ss.SendMsg(message(t, "RecordThingsResponse", "rows: "+string(rune('0'+rows))))
			}
			if err != nil {
				return err
			}
			rows += request.Get(request.Descriptor().Fields().ByName("rows")).List().Len()
		}
	}
}

// send sends the requests and returns the answer.
func (s *scene) send(ctx context.Context, t *testing.T, requests ...string) (*dynamicpb.Message, error) {
	t.Helper()
	s.record = sum(t)
	stream := s.open(ctx, t, "RecordThings")
	for _, request := range requests {
		if err := stream.SendMsg(message(t, "RecordThingsRequest", request)); err != nil {
			break // the error is RecvMsg's to tell
		}
	}
	_ = stream.CloseSend()
	reply := message(t, "RecordThingsResponse", "")
	return reply, stream.RecvMsg(reply)
}

func clientStream(t *testing.T, s *scene) {
	reply, err := s.send(s.ctx, t, `parent: "organizations/okc" rows { kind: "a" } rows { }`, `rows { kind: "b" }`)
	if err != nil || field(reply, "rows") != "3" {
		t.Errorf("got %v, %v", reply, err)
	}
}

func clientStreamForeign(t *testing.T, s *scene) {
	_, err := s.send(s.ctx, t, `parent: "organizations/okc"`, `parent: "organizations/tulsa"`)
	fails(t, err, fault.PermissionDenied, "FOREIGN_ORGANIZATION")
}

func clientStreamInvalid(t *testing.T, s *scene) {
	_, err := s.send(s.ctx, t, `rows { } rows { } rows { } rows { }`)
	fails(t, err, fault.Invalid, "INVALID_FIELDS")
}

func clientStreamTooLarge(t *testing.T, s *scene) {
	_, err := s.send(s.ctx, t, `padding: "`+randomText(maxBytes+100)+`"`)
	fails(t, err, fault.Exhausted, rpc.ReasonTooLarge)
}

// A caller that opens a stream, says nothing and sets no deadline holds nothing longer than the longest deadline.
func clientStreamSilent(t *testing.T, s *scene) {
	s.record = sum(t)
	stream := s.open(s.ctx, t, "RecordThings")
	fails(t, stream.RecvMsg(message(t, "RecordThingsResponse", "")), fault.Deadline, rpc.ReasonDeadline)
}

func clientStreamCanceled(t *testing.T, s *scene) {
	ended := make(chan error, 1)
	count := sum(t)
	s.record = func(ss grpc.ServerStream) error {
		err := count(ss)
		<-ss.Context().Done()
		ended <- ss.Context().Err()
		return err
	}
	ctx, cancel := context.WithCancel(s.ctx)
	stream := s.open(ctx, t, "RecordThings")
	if err := stream.SendMsg(message(t, "RecordThingsRequest", `rows { kind: "a" }`)); err != nil {
		t.Fatal(err)
	}
	cancel()
	fails(t, stream.RecvMsg(message(t, "RecordThingsResponse", "")), fault.Canceled, rpc.ReasonCanceled)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended with %v", err)
	}
}

func noSharing(t *testing.T, s *scene) {
	kept := message(t, "Thing", `display_name: "server"`)
	s.get = func(_ context.Context, r *dynamicpb.Message) (proto.Message, error) {
		r.Clear(r.Descriptor().Fields().ByName("name"))
		return kept, nil
	}
	request, reply := message(t, "GetThingRequest", `name: "organizations/okc/things/t"`), message(t, "Thing", "")
	if err := s.conn.Invoke(s.ctx, fullMethod("GetThing"), request, reply); err != nil {
		t.Fatal(err)
	}
	reply.Clear(reply.Descriptor().Fields().ByName("display_name"))
	if field(request, "name") == "" || field(kept, "display_name") != "server" {
		t.Errorf("one side changed the other's message: %v, %v", request, kept)
	}
}

// TestCodes keeps FromStatus and ToStatus each other's inverse for every kind that is shown.
func TestCodes(t *testing.T) {
	for kind := fault.Invalid; kind <= fault.Canceled; kind++ {
		f := fault.New(kind, "SOME_REASON", "words").With("key", "value")
		f.Violations = fault.Violations{{Field: "a.b", Detail: "is wrong"}}
		got, ok := fault.As(rpc.FromStatus(rpc.ToStatus(f).Err()))
		if !ok || got.Kind != kind || got.Reason != f.Reason || got.Message != f.Message || got.Metadata["key"] != "value" ||
			len(got.Violations) != 1 || got.Violations[0] != f.Violations[0] {
			t.Errorf("%s came back as %+v", kind, got)
		}
	}
	if rpc.FromStatus(nil) != nil {
		t.Error("nil became an error")
	}
	if plain := errors.New("plain"); rpc.FromStatus(plain) != plain {
		t.Error("an error that is no status was changed")
	}
	if got := rpc.ToStatus(fault.New(fault.Aborted, "R", "m")).Code(); got != codes.Aborted {
		t.Errorf("code %s", got)
	}
}
