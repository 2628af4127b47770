package rpc_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
)

func TestTextsThatCannotBeStoredAreRefused(t *testing.T) {
	b := newBench(t, handlers{"CreateThing": unaryFunc(func(context.Context, *dynamicpb.Message) (proto.Message, error) {
		return message(t, "Thing", ""), nil
	})})
	conn, token := b.inProcess(t, rpc.InProcessConfig{}), b.token(t, authn.Identity{Roles: []string{"manager"}})
	const start, end = `parent: "organizations/okc" thing { display_name: "x" `, ` }`
	for _, c := range []struct {
		name, request string
		fields        []string
	}{
		{"plain text", start + `etag: "Zoë 😀 \t\n"` + end, nil},
		{"a field", start + `etag: "a\000b"` + end, []string{"thing.etag"}},
		{"the first character", start + `etag: "\000"` + end, []string{"thing.etag"}},
		{"a message inside", start + `part { kind: "a\000" }` + end, []string{"thing.part.kind"}},
		{"a list", start + `related: ["a", "b\000"]` + end, []string{"thing.related[1]"}},
		{"a list of messages", start + `parts { kind: "a" } parts { kind: "\000" }` + end, []string{"thing.parts[1].kind"}},
		{"a map", start + `children { key: "k" value { display_name: "y" parts { kind: "\000" } } }` + end, []string{`thing.children["k"].parts[0].kind`}},
		{"a map's key", start + `children { key: "k\000" value { display_name: "y" } }` + end, []string{`thing.children["k\x00"]`}},
		{"a header's field", `parent: "organizations/okc" request_id: "\000" thing { display_name: "x" }`, []string{"request_id"}},
		{
			"several, with a rule that is broken", `parent: "organizations/okc" thing_id: "fiver" thing { display_name: "\000" etag: "\000" }`,
			[]string{"thing.display_name", "thing.etag", "thing_id"},
		},
		{"more than anyone reads", start + strings.Repeat(`related: "\000" `, 30) + end, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := conn.Invoke(as(token), fullMethod("CreateThing"), message(t, "CreateThingRequest", c.request), message(t, "Thing", ""))
			got := answerOf(t, err)
			if strings.Contains(c.request, strings.Repeat(`related: "\000" `, 30)) {
				if len(got.fields) != 20 {
					t.Errorf("%d fields", len(got.fields))
				}
				return
			}
			slices.Sort(got.fields)
			if (got.code == codes.InvalidArgument) != (c.fields != nil) || !slices.Equal(got.fields, c.fields) {
				t.Errorf("got %v %v, want %v", got.code, got.fields, c.fields)
			}
		})
	}
	// Only a caller in the same process can send what is not UTF-8: any other's bytes are refused before they are a message.
	request := message(t, "CreateThingRequest", start+end)
	thing := request.Mutable(request.Descriptor().Fields().ByName("thing")).Message()
	thing.Set(thing.Descriptor().Fields().ByName("etag"), protoreflect.ValueOfString("\xff"))
	err := conn.Invoke(as(token), fullMethod("CreateThing"), request, message(t, "Thing", ""))
	if got := answerOf(t, err); got.code != codes.InvalidArgument || !slices.Equal(got.fields, []string{"thing.etag"}) {
		t.Errorf("invalid UTF-8: %+v", got)
	}
}

func TestTextsOfAStreamAreRefused(t *testing.T) {
	b := newBench(t, handlers{"RecordThings": streamFunc(func(stream grpc.ServerStream) error {
		for {
			if err := stream.RecvMsg(message(t, "RecordThingsRequest", "")); errors.Is(err, io.EOF) {
				return stream.SendMsg(message(t, "RecordThingsResponse", ""))
			} else if err != nil {
				return err
			}
		}
	})})
	conn := b.inProcess(t, rpc.InProcessConfig{})
	stream, err := conn.NewStream(as(b.token(t, authn.Identity{Roles: []string{"manager"}})), &grpc.StreamDesc{ClientStreams: true}, fullMethod("RecordThings"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`rows { kind: "a" } padding: "\000"`, `rows { kind: "a" } rows { kind: "b\000" }`} {
		if err := stream.SendMsg(message(t, "RecordThingsRequest", `parent: "organizations/okc" `+text)); err != nil {
			t.Fatal(err)
		}
	}
	_ = stream.CloseSend()
	err = stream.RecvMsg(message(t, "RecordThingsResponse", ""))
	if got := answerOf(t, err); got.code != codes.InvalidArgument || !slices.Equal(got.fields, []string{"rows[1].kind"}) {
		t.Errorf("%+v", got)
	}
}
