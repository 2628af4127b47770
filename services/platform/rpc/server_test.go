package rpc_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	return listener
}

// dial is a connection that does not mind the server's health, as probes have it.
func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestStop holds the bounded stop: health turns, watches end, a call under way finishes, a stuck one is cut off.
func TestStop(t *testing.T) {
	entered, release := make(chan string, 2), make(chan struct{})
	b := newBench(t, handlers{
		"GetThing": unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
			entered <- "quick"
			<-release
			return message(t, "Thing", `name: "done"`), nil
		}),
		"WatchThings": streamFunc(func(ss grpc.ServerStream) error {
			entered <- "stuck"
			<-ss.Context().Done()
			return ss.Context().Err()
		}),
	})
	server := rpc.NewServer(rpc.ServerConfig{StopTimeout: 200 * time.Millisecond})
	b.guard.Register(server)
	listener, adminListener := listen(t), listen(t)
	ctx, stop := context.WithCancel(context.Background())
	adminCtx, stopAdmin := context.WithCancel(context.Background())
	ended, adminEnded := make(chan error, 1), make(chan error, 1)
	go func() { adminEnded <- server.ServeAdmin(adminCtx, adminListener) }()
	admin := healthv1.NewHealthClient(dial(t, adminListener.Addr().String()))

	check := func(want healthv1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for _, service := range []string{"", "throughline.test.v1.Things"} {
			got, err := admin.Check(context.Background(), &healthv1.HealthCheckRequest{Service: service})
			if err != nil || got.GetStatus() != want {
				t.Errorf("health of %q: %v, %v; want %v", service, got.GetStatus(), err, want)
			}
		}
	}
	check(healthv1.HealthCheckResponse_NOT_SERVING)

	go func() { ended <- server.Serve(ctx, listener) }()
	conn := dial(t, listener.Addr().String())
	watch, err := healthv1.NewHealthClient(conn).Watch(context.Background(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := watch.Recv(); err != nil || got.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Fatalf("watch: %v, %v", got, err)
	}
	check(healthv1.HealthCheckResponse_SERVING)

	callCtx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"staff"}}))
	quick := make(chan error, 1)
	go func() {
		quick <- conn.Invoke(callCtx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", ""))
	}()
	<-entered
	stuck, err := conn.NewStream(callCtx, &grpc.StreamDesc{ServerStreams: true}, fullMethod("WatchThings"))
	if err != nil {
		t.Fatal(err)
	}
	_ = stuck.SendMsg(message(t, "WatchThingsRequest", ""))
	<-entered

	stop()
	if got, err := watch.Recv(); err == nil && got.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("watch after stop: %v", got)
	}
	close(release)
	if err := <-quick; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	if code := status.Code(stuck.RecvMsg(message(t, "Thing", ""))); code != codes.Unavailable && code != codes.Canceled {
		t.Errorf("the stuck stream ended with %s", code)
	}
	check(healthv1.HealthCheckResponse_NOT_SERVING)
	stopAdmin()
	if err := <-adminEnded; err != nil {
		t.Errorf("serve admin: %v", err)
	}
	server.Stop() // again: nothing
}

// TestReflection is served to operators only.
func TestReflection(t *testing.T) {
	b := newBench(t, nil)
	server := rpc.NewServer(rpc.ServerConfig{})
	b.guard.Register(server)
	public := serving(t, server)
	adminListener := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.ServeAdmin(ctx, adminListener) }()
	t.Cleanup(func() { stop(); <-ended })

	list := func(address string) ([]string, error) {
		stream, err := reflectionv1.NewServerReflectionClient(dial(t, address)).ServerReflectionInfo(context.Background())
		if err != nil {
			return nil, err
		}
		_ = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}) // Recv tells why not
		reply, err := stream.Recv()
		var names []string
		for _, service := range reply.GetListServicesResponse().GetService() {
			names = append(names, service.GetName())
		}
		return names, err
	}
	names, err := list(adminListener.Addr().String())
	if err != nil || !slices.Equal(names, []string{"grpc.health.v1.Health", "throughline.test.v1.Things"}) {
		t.Errorf("admin lists %v, %v", names, err)
	}
	if _, err := list(public); status.Code(err) != codes.Unimplemented {
		t.Errorf("the public listener answers reflection: %v", err)
	}
}

// TestRetry: a read is tried again while the peer is unavailable, a mutation is not.
func TestRetry(t *testing.T) {
	for _, c := range []struct {
		method, request, role string
		tries                 int
	}{
		{"GetThing", `name: "x"`, "staff", 3},
		{"DeleteThing", `name: "x"`, "manager", 1},
	} {
		tries := 0
		b := newBench(t, handlers{c.method: unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
			tries++
			return nil, status.Error(codes.Unavailable, "restarting")
		})})
		conn := b.tcp(t, rpc.ServerConfig{}, rpc.DialConfig{Services: []string{"throughline.test.v1.Things"}})
		ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{c.role}}))
		err := conn.Invoke(ctx, fullMethod(c.method), message(t, requestOf(c.method), c.request), message(t, "Thing", ""))
		if status.Code(err) != codes.Unavailable || tries != c.tries {
			t.Errorf("%s: %v after %d tries, want %d", c.method, err, tries, c.tries)
		}
		if got := status.Convert(err).Message(); strings.Contains(got, "retries") || strings.Contains(got, "rpc error") {
			t.Errorf("%s is told in the words of the transport: %s", c.method, got)
		}
	}
}

func TestDialRefuses(t *testing.T) {
	for _, services := range [][]string{{"no.such.Service"}, {"throughline.test.v1.Thing"}, {"throughline.test.v1.Lax"}} {
		file(t)
		if conn, err := rpc.Dial("localhost:1", rpc.DialConfig{Services: services}); err == nil {
			_ = conn.Close()
			t.Errorf("%v was taken", services)
		}
	}
}

// TestHealthyReplicas: callers leave out a replica that is not ready, without a failed call.
func TestHealthyReplicas(t *testing.T) {
	var addresses []resolver.Address
	for _, problem := range []error{errors.New("no database"), nil} {
		b := newBench(t, handlers{"GetThing": unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
			if problem != nil {
				t.Error("the replica that is not ready was called")
			}
			return message(t, "Thing", ""), nil
		})})
		server := rpc.NewServer(rpc.ServerConfig{Ready: func(context.Context) error { return problem }})
		b.guard.Register(server)
		addresses = append(addresses, resolver.Address{Addr: serving(t, server)})
		if problem != nil {
			continue
		}
		replicas := manual.NewBuilderWithScheme("replicas")
		replicas.InitialState(resolver.State{Addresses: addresses})
		resolver.Register(replicas)
		conn, err := rpc.Dial("replicas:///things", rpc.DialConfig{})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"staff"}}))
		for range 20 {
			err := conn.Invoke(ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", ""), grpc.WaitForReady(true))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What is out of rotation is back as soon as its database is.
func TestBackInRotationSoon(t *testing.T) {
	asked := 0
	b := newBench(t, nil)
	server := rpc.NewServer(rpc.ServerConfig{ReadyEvery: 2 * time.Second, Ready: func(context.Context) error {
		if asked++; asked <= 3 { // six seconds of them, were it asked no sooner
			return errors.New("no database")
		}
		return nil
	}})
	b.guard.Register(server)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	watch, err := healthv1.NewHealthClient(dial(t, serving(t, server))).Watch(ctx, &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		got, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got.GetStatus() == healthv1.HealthCheckResponse_SERVING {
			return
		}
	}
}

// TestReady: health follows what the server depends on, liveness does not.
func TestReady(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	b := newBench(t, nil)
	server := rpc.NewServer(rpc.ServerConfig{ReadyEvery: time.Millisecond, Ready: func(context.Context) error {
		if broken.Load() {
			return errors.New("no database")
		}
		return nil
	}})
	b.guard.Register(server)
	client := healthv1.NewHealthClient(dial(t, serving(t, server)))
	watch, err := client.Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []healthv1.HealthCheckResponse_ServingStatus{
		healthv1.HealthCheckResponse_NOT_SERVING, healthv1.HealthCheckResponse_SERVING, healthv1.HealthCheckResponse_NOT_SERVING,
	} {
		if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
			t.Fatalf("message %d: %v, %v; want %v", i, got, err, want)
		}
		live, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: rpc.Liveness})
		if err != nil || live.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("liveness while %v: %v, %v", want, live, err)
		}
		broken.Store(!broken.Load())
	}
}
