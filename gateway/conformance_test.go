package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway/internal/encode/encodetest"
)

// otherwise are the differences of refusals that no request shows beforehand.
var otherwise = []struct {
	theirs, ours int
	when         func(trial) bool
	reason       string
}{
	{
		http.StatusBadRequest, http.StatusConflict, func(c trial) bool { return c.code == codes.FailedPrecondition },
		"a state that does not allow a change is a conflict, no mistake in the request",
	},
	{
		http.StatusMethodNotAllowed, http.StatusNotFound, func(c trial) bool { return strings.Contains(c.last(), ":") },
		"a verb that no method has is no id, even though GET would take it for one",
	},
}

// trial is a request for both, and what services answer to it.
type trial struct {
	ours, theirs request
	answer       proto.Message
	pieces       int
	code         codes.Code
}

func (c trial) last() string {
	whole, _, _ := strings.Cut(c.ours.target(), "?")
	return strings.ReplaceAll(strings.ReplaceAll(whole[strings.LastIndex(whole, "/"):], "%3A", ":"), "%3a", ":")
}

// outcome is what came of it.
type outcome struct {
	recorder
	status int
	body   string
}

// Whatever is asked, the gateway calls the same method with the same request, and answers the same, as the generated bindings of grpc-gateway, but for
// the differences in oddities and otherwise. Uploads are left out: the bindings frame them in another way.
func TestSameAsGeneratedBindings(t *testing.T) {
	const plain = 8 // seeds of requests without oddities, and 1 of each oddity
	g := &gateway{Config: Config{
		Goals: &recorder{}, ActionPlanning: &recorder{}, Budgeting: &recorder{}, Performance: &recorder{}, Now: time.Now,
	}, routes: routes{}, tree: &tree{}}
	if err := g.complete(); err != nil {
		t.Fatal(err)
	}
	if err := g.register(); err != nil {
		t.Fatal(err)
	}
	ours, theirs := &recorder{}, &recorder{}
	for _, r := range g.routes {
		r.conn = ours // lineage's, too
	}
	gateway, oracle := g.outermost(http.HandlerFunc(g.serve)), newOracle(t, theirs)
	all, called := bindings(t), 0
	if len(all) != len(g.routes) || len(all) < 150 {
		t.Fatalf("%d bindings, %d routes: the contracts are not linked", len(all), len(g.routes))
	}
	for at, b := range all {
		if b.method.IsStreamingClient() {
			continue
		}
		t.Run(b.String(), func(t *testing.T) {
			reached := false
			for i, o := range oddities {
				if o.on != nil && !o.on(b) {
					continue
				}
				for seed := range map[bool]int{true: plain, false: 1}[i == 0] {
					c := o.trials(t, b).Example(1000*at + 10*i + seed)
					got, want := c.run(t, gateway, ours, c.ours), outcome{status: o.status}
					if o.status == 0 {
						want = c.run(t, oracle, theirs, c.theirs)
					}
					if diff := c.differs(o, got, want); diff != "" {
						t.Errorf("%s: %s\n%s", o.name, c.ours, diff)
					}
					reached = reached || got.status == http.StatusOK
				}
			}
			if reached {
				called++
			} else {
				t.Error("never reached its service")
			}
		})
	}
	t.Logf("%d bindings", called)
}

// trials draws requests with that oddity.
func (o oddity) trials(t *testing.T, b binding) *rapid.Generator[trial] {
	t.Helper()
	return rapid.Custom(func(r *rapid.T) trial {
		c := trial{ours: b.requests().Draw(r, "request"), pieces: 1}
		if b.method.IsStreamingServer() {
			c.pieces = rapid.IntRange(0, 3).Draw(r, "pieces")
		}
		c.theirs = c.ours.clone()
		if b.verb == http.MethodPatch && c.ours.body != "" { // what changes is worked out by the gateway: each field of the body as a whole
			if paths := topLevelOf(t, c.ours.body, b.bodyMessage()); paths != "" {
				c.theirs.query = append(c.theirs.query, "updateMask="+paths)
			}
		}
		if rapid.IntRange(0, 3).Draw(r, "fails") == 0 {
			c.code = codes.Code(rapid.Uint32Range(1, 16).Draw(r, "code"))
		}
		o.change(r, b, &c.ours, &c.theirs)
		found, err := protoregistry.GlobalTypes.FindMessageByName(b.method.Output().FullName())
		if err != nil {
			r.Fatal(err)
		}
		answer := found.New()
		encodetest.Fill(r, answer, 2)
		c.answer = answer.Interface()
		return c
	})
}

// run makes a request of one of them.
func (c trial) run(t *testing.T, handler http.Handler, conn *recorder, r request) (out outcome) {
	t.Helper()
	*conn = recorder{answer: c.answer, pieces: c.pieces}
	if c.code != codes.OK {
		conn.err = status.Error(c.code, "refused")
	}
	w := httptest.NewRecorder()
	func() {
		defer func() { // a file that fails midway is broken off
			if cause := recover(); cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				panic(cause)
			}
		}()
		handler.ServeHTTP(w, r.build(t))
	}()
	return outcome{*conn, w.Code, w.Body.String()}
}

// differs tells how the gateway's outcome is not the bindings', or not the refusal of its own that it should be; "" when it is.
func (c trial) differs(o oddity, got, want outcome) string {
	for _, d := range otherwise {
		if o.status == 0 && want.status == d.theirs && got.status == d.ours && d.when(c) {
			want.status = d.ours
		}
	}
	switch {
	case got.status != want.status:
		return fmt.Sprintf("status %d, want %d: %s", got.status, want.status, got.body)
	case got.calls != want.calls || got.method != want.method:
		return fmt.Sprintf("called %q %d times, want %q %d times", got.method, got.calls, want.method, want.calls)
	case got.calls == 0:
		return ""
	}
	unmask(want.request) // empty is none
	if !proto.Equal(got.request, want.request) {
		return fmt.Sprintf("asked %s\nwant  %s", prototext.Format(got.request), prototext.Format(want.request))
	}
	if passed := c.theirs.passed(); !reflect.DeepEqual(got.metadata, passed) {
		return fmt.Sprintf("metadata %v, want %v", got.metadata, passed)
	}
	if got.status != http.StatusOK {
		return ""
	}
	return c.answersDiffer(got.body, want.body)
}

func (c trial) answersDiffer(got, want string) string {
	file, isFile := c.answer.(*httpbody.HttpBody)
	switch {
	case c.ours.verb == http.MethodHead:
		want = ""
	case isFile: // the bindings put line feeds between its pieces
		want = strings.Repeat(string(file.GetData()), c.pieces)
	default:
		a, b := lines(got), lines(want)
		if c.code != codes.OK && len(a) == len(b) { // both tell in the last line, each in their own way
			a, b = a[:len(a)-1], b[:len(b)-1]
		}
		if slices.EqualFunc(a, b, func(a, b any) bool { return reflect.DeepEqual(a, unwrapped(b)) }) {
			return ""
		}
	}
	if got == want {
		return ""
	}
	return fmt.Sprintf("answers %q\nwant    %q", got, want)
}

// passed is the metadata that a request is to arrive with.
func (r request) passed() metadata.MD {
	md := metadata.MD{}
	for _, name := range []string{"Authorization", "Idempotency-Key", "If-Match", "Traceparent", "X-Request-Id"} {
		if value := r.header.Get(name); r.header.Values(name) != nil {
			md.Set(name, value)
		}
	}
	return md
}

// unmask leaves out of an update mask what names no field, as the bindings' mask of {} does, and the mask with it.
func unmask(m proto.Message) {
	field := m.ProtoReflect().Descriptor().Fields().ByName("update_mask")
	if field == nil {
		return
	}
	mask, _ := m.ProtoReflect().Mutable(field).Message().Interface().(*fieldmaskpb.FieldMask)
	mask.Paths = slices.DeleteFunc(mask.GetPaths(), func(path string) bool { return path == "" })
	if len(mask.GetPaths()) == 0 {
		m.ProtoReflect().Clear(field)
	}
}

// lines are the JSON values of a body, as far as they are JSON.
func lines(text string) []any {
	var all []any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	for decoder.More() {
		var value any
		if err := decoder.Decode(&value); err != nil {
			return append(all, err)
		}
		all = append(all, value)
	}
	return all
}

// unwrapped is a message of a stream, which the bindings call its result.
func unwrapped(value any) any {
	if object, ok := value.(map[string]any); ok && len(object) == 1 && object["result"] != nil {
		return object["result"]
	}
	return value
}
