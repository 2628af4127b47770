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
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/rpc"
)

// tally answers as it is told and remembers what was taken.
type tally struct {
	wait  time.Duration
	err   error
	taken []string
}

func (c *tally) Take(_ context.Context, caller string, cost int, strict bool) (time.Duration, error) {
	c.taken = append(c.taken, fmt.Sprintf("%s %d %v", caller, cost, strict))
	if !strict {
		return c.wait, nil
	}
	return c.wait, c.err
}

// as calls with a token; "" is none.
func as(token string) context.Context {
	if token == "" {
		return context.Background()
	}
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
}

func TestCallsAreCharged(t *testing.T) {
	c := &tally{}
	b := newBench(t, nil, func(o *rpc.Options) { o.Limiter = c })
	conn := b.inProcess(t, rpc.InProcessConfig{})
	staff := b.token(t, authn.Identity{Roles: []string{"staff"}})
	service := b.token(t, authn.Identity{Subject: "service:budgeting", Actor: "ann", Roles: []string{authn.RoleService}})
	for _, call := range []struct {
		name, method, token, request string
		want                         []string
	}{
		{"a plain read", "GetThing", staff, `name: "organizations/okc/things/t"`, []string{"okc/ann 1 false"}},
		{"a declared cost", "GetPublicThing", staff, `name: "organizations/okc/things/t"`, []string{"okc/ann 7 true"}},
		{"nobody known pays for the organization's public", "GetPublicThing", "", `name: "organizations/okc/things/t"`, []string{"okc/ 7 true"}},
		{"one service calling another", "GetThing", service, `name: "organizations/okc/things/t"`, nil},
		{"foreign callers pay nothing of others'", "GetThing", staff, `name: "organizations/tulsa/things/t"`, nil},
		{"a call without a token", "GetThing", "", `name: "organizations/okc/things/t"`, nil},
	} {
		c.taken = nil
		_ = conn.Invoke(as(call.token), fullMethod(call.method), message(t, requestOf(call.method), call.request), message(t, "Thing", ""))
		if !slices.Equal(c.taken, call.want) {
			t.Errorf("%s: took %q, want %q", call.name, c.taken, call.want)
		}
	}
}

func TestACallerWhoAskedTooMuchIsToldWhenToCome(t *testing.T) {
	c := &tally{wait: 1500 * time.Millisecond}
	b := newBench(t, handlers{
		"RecordThings": streamFunc(func(grpc.ServerStream) error { return errors.New("reached") }),
	}, func(o *rpc.Options) { o.Limiter = c })
	token := b.token(t, authn.Identity{Roles: []string{"manager"}})
	for name, conn := range map[string]grpc.ClientConnInterface{
		"in process": b.inProcess(t, rpc.InProcessConfig{}), "tcp": b.tcp(t, rpc.ServerConfig{}, rpc.DialConfig{}),
	} {
		stream, err := conn.NewStream(as(token), &grpc.StreamDesc{ClientStreams: true}, fullMethod("RecordThings"))
		if err == nil {
			err = stream.RecvMsg(message(t, "RecordThingsResponse", ""))
		}
		for shape, err := range map[string]error{
			"unary":  conn.Invoke(as(token), fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", "")),
			"stream": err,
		} {
			got := answerOf(t, err)
			if got.code != codes.ResourceExhausted || got.reason != limit.ReasonLimited || !strings.Contains(got.text, "wait 1.5s and call again") {
				t.Errorf("%s, %s: %+v", name, shape, got)
			}
			if f, ok := fault.As(rpc.FromStatus(err)); !ok || f.Retry != c.wait || f.Reason != limit.ReasonLimited {
				t.Errorf("%s, %s: a peer reads %+v", name, shape, f)
			}
			if advised := slices.ContainsFunc(status.Convert(err).Details(), func(d any) bool {
				info, ok := d.(*errdetails.RetryInfo)
				return ok && info.GetRetryDelay().AsDuration() == c.wait
			}); !advised {
				t.Errorf("%s, %s: no RetryInfo in %v", name, shape, status.Convert(err).Details())
			}
		}
	}
}

// What cannot be counted goes on, but for methods that fail closed.
func TestUncountedCalls(t *testing.T) {
	c := &tally{err: fault.New(fault.Unavailable, limit.ReasonUncounted, "away")}
	b := newBench(t, nil, func(o *rpc.Options) { o.Limiter = c })
	conn, token := b.inProcess(t, rpc.InProcessConfig{}), b.token(t, authn.Identity{Roles: []string{"staff"}})
	request := message(t, "GetThingRequest", `name: "organizations/okc/things/t"`)
	if err := conn.Invoke(as(token), fullMethod("GetThing"), request, message(t, "Thing", "")); err != nil {
		t.Errorf("a method that fails open: %v", err)
	}
	err := conn.Invoke(as(token), fullMethod("GetPublicThing"), request, message(t, "Thing", ""))
	if got := answerOf(t, err); got.code != codes.Unavailable || got.reason != limit.ReasonUncounted {
		t.Errorf("a method that fails closed: %+v", got)
	}
}
