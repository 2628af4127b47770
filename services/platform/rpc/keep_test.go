package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// shelf is a service's state: a text for each name, and how often each organization's changed.
type shelf struct {
	mu        sync.Mutex
	texts     map[string]string
	revisions map[string]int
	asked     int
	err       error // of reading a revision
}

func (s *shelf) revision(_ context.Context, organization string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(s.revisions[organization]), s.err
}

// get answers who asks as etag.
func (s *shelf) get(t testing.TB) unaryFunc {
	return func(ctx context.Context, request *dynamicpb.Message) (proto.Message, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
		name := request.Get(request.Descriptor().Fields().ByName("name")).String()
		text, found := s.texts[name]
		if !found {
			return nil, fault.Missing(name)
		}
		id, _ := authn.FromContext(ctx)
		return message(t, "Thing", fmt.Sprintf("name: %q display_name: %q etag: %q", name, text, id.Subject)), nil
	}
}

func newShelf() *shelf { return &shelf{texts: map[string]string{}, revisions: map[string]int{}} }

func (s *shelf) put(organization, name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[name] = text
	s.revisions[organization]++
}

func (s *shelf) clear(organization string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.texts, func(name, _ string) bool { return strings.HasPrefix(name, "organizations/"+organization+"/") })
	s.revisions[organization]++
}

func store(t testing.TB, bytes int) cache.Store {
	t.Helper()
	s, err := cache.NewInProcess(cache.Config{Bytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever is written and read by whomever, an answer that was kept is the one that would be given.
func TestKeptAnswersAreRight(t *testing.T) {
	s := newShelf()
	b := newBench(t, handlers{"GetKeptThing": s.get(t), "GetThing": s.get(t)}, func(o *rpc.Options) {
		o.Cache, o.Revision = store(t, 20_000), s.revision
	})
	conn := b.inProcess(t, rpc.InProcessConfig{})
	tokens := map[string][]string{}
	for _, organization := range []string{"okc", "tulsa"} {
		for _, subject := range []string{"ann", "bob"} {
			tokens[organization] = append(tokens[organization], b.token(t, authn.Identity{Subject: subject, Organization: organization, Roles: []string{"staff"}}))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		for organization := range tokens { // a write like any other
			s.clear(organization)
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			organization := rapid.SampledFrom([]string{"okc", "tulsa"}).Draw(rt, "organization")
			name := "organizations/" + organization + "/things/" + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "name")
			if rapid.IntRange(0, 2).Draw(rt, "write") == 0 {
				s.put(organization, name, rapid.StringMatching("[a-z]{1,3}").Draw(rt, "text"))
				continue
			}
			ctx := as(tokens[organization][rapid.IntRange(0, 1).Draw(rt, "caller")])
			kept, err := get(ctx, t, conn, "GetKeptThing", name)
			fresh, otherwise := get(ctx, t, conn, "GetThing", name)
			if (err == nil) != (otherwise == nil) {
				rt.Fatalf("%s: %v, and otherwise %v", name, err, otherwise)
			}
			if fresh.Clear(fresh.Descriptor().Fields().ByName("etag")); !proto.Equal(kept, fresh) { // nobody is told who asks of what is kept
				rt.Fatalf("%s: kept %v, otherwise %v", name, kept, fresh)
			}
		}
	})
}

func get(ctx context.Context, t testing.TB, conn grpc.ClientConnInterface, method, name string) (*dynamicpb.Message, error) {
	reply := message(t, "Thing", "")
	return reply, conn.Invoke(ctx, fullMethod(method), message(t, "GetThingRequest", fmt.Sprintf("name: %q", name)), reply)
}

func TestWhatIsKeptIsNotAskedAgain(t *testing.T) {
	s := newShelf()
	s.put("okc", "organizations/okc/things/a", "one")
	b := newBench(t, handlers{"GetKeptThing": s.get(t)}, func(o *rpc.Options) { o.Cache, o.Revision = store(t, 20_000), s.revision })
	conn := b.inProcess(t, rpc.InProcessConfig{})
	for i, step := range []struct {
		name, token string
		before      func()
		code        codes.Code
		asked       int
	}{
		{"organizations/okc/things/a", b.token(t, authn.Identity{Roles: []string{"staff"}}), nil, codes.OK, 1},
		{"organizations/okc/things/a", b.token(t, authn.Identity{Subject: "bob", Roles: []string{"manager"}}), nil, codes.OK, 1},
		{"organizations/okc/things/a", b.token(t, authn.Identity{Roles: []string{"public"}}), nil, codes.PermissionDenied, 1},
		{"organizations/okc/things/a", b.token(t, authn.Identity{Organization: "tulsa", Roles: []string{"staff"}}), nil, codes.PermissionDenied, 1},
		{"organizations/okc/things/b", b.token(t, authn.Identity{Roles: []string{"staff"}}), nil, codes.NotFound, 2},
		{"organizations/okc/things/b", b.token(t, authn.Identity{Roles: []string{"staff"}}), nil, codes.NotFound, 3}, // a refusal is not kept
		{"organizations/okc/things/a", b.token(t, authn.Identity{Roles: []string{"staff"}}), func() { s.put("okc", "organizations/okc/things/b", "two") }, codes.OK, 4},
		{"organizations/okc/things/a", b.token(t, authn.Identity{Roles: []string{"staff"}}), func() { s.err = errors.New("disk") }, codes.Internal, 4},
	} {
		if step.before != nil {
			step.before()
		}
		reply, err := get(as(step.token), t, conn, "GetKeptThing", step.name)
		if got := codeOf(t, err); got != step.code || s.asked != step.asked {
			t.Errorf("step %d: %s and the handler asked %d times, want %s and %d", i, got, s.asked, step.code, step.asked)
		}
		if name := reply.Get(reply.Descriptor().Fields().ByName("name")).String(); err == nil && name != step.name {
			t.Errorf("step %d: got %s", i, reply)
		}
	}
}

func codeOf(t testing.TB, err error) codes.Code {
	t.Helper()
	if err == nil {
		return codes.OK
	}
	return answerOf(t, err).code
}
