package rpc_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
)

// BenchmarkGuard compares a bare unary call with the same call behind the guard, on both transports: the difference is
// what the fused interceptor costs (deadline, token, permission, organization, headers, rules).
func BenchmarkGuard(b *testing.B) {
	s := newBench(b, nil)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+s.token(b, authn.Identity{Roles: []string{"staff"}}))
	bareServer := rpc.NewServer(rpc.ServerConfig{})
	register(b, "Things", nil)(bareServer)
	bareTCP, err := rpc.Dial(serving(b, bareServer), rpc.DialConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer bareTCP.Close()
	bareChannel := rpc.NewInProcess(rpc.InProcessConfig{})
	register(b, "Things", nil)(bareChannel)
	for _, c := range []struct {
		name string
		conn grpc.ClientConnInterface
	}{
		{"in process/bare", bareChannel},
		{"in process/guarded", s.inProcess(b, rpc.InProcessConfig{})},
		{"tcp/bare", bareTCP},
		{"tcp/guarded", s.tcp(b, rpc.ServerConfig{}, rpc.DialConfig{})},
	} {
		b.Run(c.name, func(b *testing.B) {
			request, reply := message(b, "GetThingRequest", `name: "organizations/okc/things/t"`), message(b, "Thing", "")
			b.ReportAllocs()
			for b.Loop() {
				if err := c.conn.Invoke(ctx, fullMethod("GetThing"), request, reply); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
