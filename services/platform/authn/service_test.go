package authn_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/throughline/throughline/services/platform/authn"
)

// recorder is a connection that keeps the authorization it was sent.
type recorder struct{ sent []string }

func (r *recorder) Invoke(ctx context.Context, _ string, _, _ any, _ ...grpc.CallOption) error {
	md, _ := metadata.FromOutgoingContext(ctx)
	r.sent = append(r.sent, md.Get("authorization")...)
	return nil
}

func (r *recorder) NewStream(ctx context.Context, _ *grpc.StreamDesc, _ string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, r.Invoke(ctx, "", nil, nil)
}

func TestServiceTokens(t *testing.T) {
	c := newClock()
	keys := open(t, filepath.Join(t.TempDir(), "key"), c)
	tokens := authn.NewServiceTokens("budgeting", keys, c.Now)
	wire := &recorder{}
	conn := tokens.Wrap(wire)
	call := func(id authn.Identity) string {
		t.Helper()
		wire.sent = nil
		if err := conn.Invoke(authn.NewContext(context.Background(), id), "/x/y", nil, nil); err != nil {
			t.Fatal(err)
		}
		token, ok := strings.CutPrefix(strings.Join(wire.sent, ","), "Bearer ")
		if !ok {
			t.Fatalf("sent %q", wire.sent)
		}
		return token
	}
	ann := authn.Identity{Subject: "ann", Organization: "okc", Roles: []string{"finance"}}
	first := call(ann)
	got, err := keys.Verify(context.Background(), first)
	if want := (authn.Identity{Subject: "service:budgeting", Organization: "okc", Roles: []string{"service"}, Actor: "ann"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if call(ann) != first {
		t.Error("a second token for the same caller")
	}
	wire.sent = nil
	if _, err := conn.NewStream(authn.NewContext(context.Background(), ann), nil, "/x/y"); err != nil || wire.sent[0] != "Bearer "+first {
		t.Errorf("stream sent %q, %v", wire.sent, err)
	}
	tulsa := ann
	tulsa.Organization = "tulsa"
	if call(tulsa) == first {
		t.Error("one token for two organizations")
	}
	if other := call(authn.Identity{Subject: "bob", Organization: "okc"}); other == first {
		t.Error("one token for two actors")
	}
	// A service in the middle passes the person on, not itself.
	if middle := call(authn.Identity{Subject: "service:actionplanning", Organization: "okc", Roles: []string{"service"}, Actor: "ann"}); middle != first {
		t.Error("the actor was lost on the way")
	}
	c.now = c.now.Add(4*time.Minute + time.Second)
	renewed := call(ann)
	if renewed == first {
		t.Error("a token was used in its last minute")
	}
	c.now = c.now.Add(3 * time.Minute)
	if _, err := keys.Verify(context.Background(), first); err == nil {
		t.Error("a service token lives longer than five minutes")
	}
	if _, err := keys.Verify(context.Background(), renewed); err != nil {
		t.Error(err)
	}
}

func TestServiceTokensNeedAnOrganization(t *testing.T) {
	c := newClock()
	tokens := authn.NewServiceTokens("goals", open(t, filepath.Join(t.TempDir(), "key"), c), c.Now)
	conn := tokens.Wrap(&recorder{})
	for name, ctx := range map[string]context.Context{
		"no identity": context.Background(),
		"operator":    authn.NewContext(context.Background(), authn.Identity{Subject: "root", Organization: authn.NoOrganization, Roles: []string{"operator"}}),
	} {
		if err := conn.Invoke(ctx, "/x/y", nil, nil); !errors.Is(err, authn.ErrNoOrganization) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := conn.NewStream(ctx, nil, "/x/y"); !errors.Is(err, authn.ErrNoOrganization) {
			t.Errorf("%s, stream: %v", name, err)
		}
	}
	job := authn.NewContext(context.Background(), tokens.Identity("okc"))
	if err := conn.Invoke(job, "/x/y", nil, nil); err != nil {
		t.Errorf("a background job: %v", err)
	}
}
