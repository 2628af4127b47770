package throughline_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/once"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/telemetry"
)

// stub answers at once, so that nothing but the call itself is measured.
type stub struct {
	goalsv1.UnimplementedGoalsServiceServer
	goal *goalsv1.Goal
}

// GetGoal implements goalsv1.GoalsServiceServer.
func (s stub) GetGoal(context.Context, *goalsv1.GetGoalRequest) (*goalsv1.Goal, error) {
	return s.goal, nil
}

// CreateGoal implements goalsv1.GoalsServiceServer.
func (s stub) CreateGoal(context.Context, *goalsv1.CreateGoalRequest) (*goalsv1.Goal, error) {
	return s.goal, nil
}

// BenchmarkGuard holds a server whose methods are guarded (token, permission, organization, deadline, rules, idempotency, recovery, log) against a
// bare gRPC server with the same methods: the CPU of this process for each call, the callers' not. Goal: a read at most 1.3 times the peer's. A call
// within the process is held against the same peer; there the caller's CPU counts.
func BenchmarkGuard(b *testing.B) {
	const atOnce = 64
	goal := &goalsv1.Goal{
		Name: riverbend + "/plans/p/goals/g", DisplayName: "Neighborhoods where people feel safe", Etag: "1",
		Description: "Residents of every district say that they feel safe walking alone after dark.", MeasuresOfSuccess: []string{"Share who feel safe"},
	}
	register := func(r grpc.ServiceRegistrar) { goalsv1.RegisterGoalsServiceServer(r, stub{goal: goal}) }
	guard, token := newGuard(b, register)
	guarded, bare := rpc.NewServer(rpc.ServerConfig{}), grpc.NewServer()
	guard.Register(guarded)
	register(bare)
	ours, peer := listenAs(b), listenAs(b)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- guarded.Serve(ctx, ours) }()
	go func() { ended <- bare.Serve(peer) }()
	b.Cleanup(func() {
		stop()
		bare.Stop()
		for range 2 {
			if err := <-ended; err != nil {
				b.Error(err)
			}
		}
	})
	calls := startCallers(b)
	over := func(address, method string, message proto.Message, keyed bool) side {
		encoded, err := proto.Marshal(message)
		if err != nil {
			b.Fatal(err)
		}
		return calls.side(batch{Address: address, Method: method, Message: encoded, Token: token, Keyed: keyed, Times: 2500, Callers: atOnce})
	}
	get, create := &goalsv1.GetGoalRequest{Name: goal.GetName()}, &goalsv1.CreateGoalRequest{
		Parent: riverbend + "/plans/p", GoalId: "g", Goal: proto.CloneOf(goal),
	}
	peerGet := over(peer.Addr().String(), goalsv1.GoalsService_GetGoal_FullMethodName, get, false)
	b.Run("tcp/get", func(b *testing.B) {
		compare(b, over(ours.Addr().String(), goalsv1.GoalsService_GetGoal_FullMethodName, get, false), peerGet)
	})
	for name, keyed := range map[string]bool{"tcp/create": false, "tcp/create with a request id, looked up": true} {
		b.Run(name, func(b *testing.B) {
			compare(b, over(ours.Addr().String(), goalsv1.GoalsService_CreateGoal_FullMethodName, create, keyed),
				over(peer.Addr().String(), goalsv1.GoalsService_CreateGoal_FullMethodName, create, keyed))
		})
	}
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	guard.Register(channel)
	caller := goalsv1.NewGoalsServiceClient(channel)
	b.Run("in process/get", func(b *testing.B) {
		ctx := rpc.WithToken(b.Context(), token)
		compare(b, side{calls: 20_000, run: func(b *testing.B) time.Duration {
			b.Helper()
			before := processCPU(b)
			for range 20_000 {
				if _, err := caller.GetGoal(ctx, get); err != nil {
					b.Fatal(err)
				}
			}
			return processCPU(b) - before
		}}, peerGet)
	})
}

// newGuard guards the methods as services do, with a database that knows which request ids were used.
func newGuard(b *testing.B, register func(grpc.ServiceRegistrar)) (*rpc.Guard, string) {
	b.Helper()
	dir := b.TempDir()
	db, err := sqldb.OpenSQLite(b.Context(), sqldb.Config{Path: filepath.Join(dir, "guard.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	keys, err := authn.OpenLocalKeys(filepath.Join(dir, "key"), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	token, err := keys.Mint(authn.Identity{Subject: "mia", Organization: "riverbend", Roles: []string{"manager"}}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	logs, err := telemetry.Start(b.Context(), telemetry.Service{Name: "bench", Logs: b.Output()}, telemetry.Config{LogFormat: "json", LogLevel: "info", SampleRatio: 1})
	if err != nil {
		b.Fatal(err)
	}
	guard, err := rpc.NewGuard(rpc.Options{
		Verifier: keys, Now: time.Now, NewID: func() string { return "reference" }, Logger: logs.Log,
		Lookup: func(ctx context.Context, key once.Key, hash [32]byte) (response []byte, found bool, err error) {
			err = db.Read(ctx, func(tx sqldb.Tx) error {
				response, found, err = once.Lookup(tx, key, hash)
				return err
			})
			return response, found, err
		},
	}, register)
	if err != nil {
		b.Fatal(err)
	}
	return guard, token
}
