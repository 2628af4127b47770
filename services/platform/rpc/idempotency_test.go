package rpc_test

import (
	"context"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/once"
	"github.com/throughline/throughline/services/platform/rpc"
)

// kept is what a service's store keeps for once.
type kept struct {
	mu      sync.Mutex
	answers map[once.Key]answerKept
}

type answerKept struct {
	hash     [32]byte
	response []byte
}

func (k *kept) lookup(_ context.Context, key once.Key, hash [32]byte) ([]byte, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	have, ok := k.answers[key]
	if ok && have.hash != hash {
		return nil, false, fault.New(fault.Invalid, once.Reused, "the request id was used before")
	}
	return have.response, ok, nil
}

// do stands for once.Do: it runs the effect and keeps the answer, or reports the twin's.
func (k *kept) do(ctx context.Context, effect func() any) error {
	pending := once.FromContext(ctx)
	if pending == nil {
		effect()
		return nil
	}
	if response, found, err := k.lookup(ctx, pending.Key, pending.PayloadHash); err != nil || found {
		if found {
			err = &once.Replayed{Response: response}
		}
		return err
	}
	response, err := pending.Encode(effect())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers[pending.Key] = answerKept{pending.PayloadHash, response}
	return err
}

func TestIdempotency(t *testing.T) {
	store := &kept{answers: map[once.Key]answerKept{}}
	effects := 0
	create := unaryFunc(func(ctx context.Context, r *dynamicpb.Message) (proto.Message, error) {
		created := message(t, "Thing", `display_name: "number one"`)
		if err := store.do(ctx, func() any { effects++; return created }); err != nil {
			return nil, err
		}
		return created, nil
	})
	fast := newBench(t, handlers{"CreateThing": create}, func(o *rpc.Options) { o.Lookup = store.lookup })
	// The slow path alone: the twin is found inside the handler's transaction.
	slow := newBench(t, handlers{"CreateThing": create}, func(o *rpc.Options) { o.Verifier = fast.keys })

	const payload = `parent: "organizations/okc" thing { display_name: "x" }`
	manager := authn.Identity{Roles: []string{"manager"}}
	for _, c := range []struct {
		name    string
		bench   *bench
		id      authn.Identity
		request string
		header  string
		code    codes.Code
		reason  string
		effects int
	}{
		{"first", fast, manager, payload + `request_id: "r1"`, "", codes.OK, "", 1},
		{"repeat, fast path", fast, manager, payload + `request_id: "r1"`, "", codes.OK, "", 1},
		{"repeat, found in the transaction", slow, manager, payload + `request_id: "r1"`, "", codes.OK, "", 1},
		{"repeat by header", fast, manager, payload, `"r1"`, codes.OK, "", 1},
		{"same id, another payload", fast, manager, payload + `thing_id: "t" request_id: "r1"`, "", codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", 1},
		{"same id, another payload, found in the transaction", slow, manager, payload + `thing_id: "t" request_id: "r1"`, "", codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", 1},
		{"same id, another principal", fast, authn.Identity{Subject: "bob", Roles: []string{"manager"}}, payload + `request_id: "r1"`, "", codes.OK, "", 2},
		{"a dry run is never kept", fast, manager, payload + `validate_only: true request_id: "r1"`, "", codes.OK, "", 3},
		{"no request id", fast, manager, payload, "", codes.OK, "", 4},
		{"authorization comes first", fast, authn.Identity{Roles: []string{"staff"}}, payload + `request_id: "r1"`, "", codes.PermissionDenied, "ROLE_LACKS_PERMISSION", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+fast.token(t, c.id))
			if c.header != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", c.header)
			}
			reply := message(t, "Thing", "")
			err := c.bench.inProcess(t, rpc.InProcessConfig{}).Invoke(ctx, fullMethod("CreateThing"), message(t, "CreateThingRequest", c.request), reply)
			got := answerOf(t, err)
			if got.code != c.code || got.reason != c.reason || effects != c.effects {
				t.Errorf("got %s %q after %d effects, want %s %q after %d", got.code, got.reason, effects, c.code, c.reason, c.effects)
			}
			if c.code == codes.OK && field(reply, "display_name") != "number one" {
				t.Errorf("answered %v", reply)
			}
		})
	}
}

// A service that keeps something else than a message has a defect, and is told so.
func TestKeepingNoMessage(t *testing.T) {
	var got error
	b := newBench(t, handlers{"CreateThing": unaryFunc(func(ctx context.Context, _ *dynamicpb.Message) (proto.Message, error) {
		_, got = once.FromContext(ctx).Encode(42)
		return message(t, "Thing", ""), nil
	})})
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"manager"}}))
	request := message(t, "CreateThingRequest", `parent: "organizations/okc" thing { display_name: "x" } request_id: "r1"`)
	if err := b.inProcess(t, rpc.InProcessConfig{}).Invoke(ctx, fullMethod("CreateThing"), request, message(t, "Thing", "")); err != nil {
		t.Fatal(err)
	}
	if got == nil {
		t.Error("an int was taken for a message")
	}
}
