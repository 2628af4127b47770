package encode_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway/internal/encode"
	"github.com/throughline/throughline/gateway/internal/encode/encodetest"
	_ "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	_ "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	_ "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	_ "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	_ "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// Every message of the API is written as protojson writes it, white space aside.
func TestMessagesAreWhatProtojsonWrites(t *testing.T) {
	var all []protoreflect.MessageType
	protoregistry.GlobalTypes.RangeMessages(func(m protoreflect.MessageType) bool {
		if strings.HasPrefix(string(m.Descriptor().FullName()), "throughline.") && !m.Descriptor().IsMapEntry() {
			all = append(all, m)
		}
		return true
	})
	if len(all) < 300 {
		t.Fatalf("%d messages: the contracts are not linked", len(all))
	}
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(all).Draw(t, "type").New()
		encodetest.Fill(t, m, 4)
		same(t, m.Interface())
	})
}

// Kinds that the API does not use yet are written right, too.
func TestKindsAreWhatProtojsonWrites(t *testing.T) {
	d := kinds(t)
	rapid.Check(t, func(t *rapid.T) {
		m := dynamicpb.NewMessage(d)
		encodetest.Fill(t, m, 3)
		same(t, m)
	})
	same(t, dynamicpb.NewMessage(d))
}

// Every day of the 400 years after which the calendar repeats itself, and the first and the last there are.
func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	from := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, at := range append([]time.Time{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}, days(from, 146_097)...) {
		got, err := encode.Append(nil, timestamppb.New(at))
		if want := at.Format(`"` + time.RFC3339 + `"`); err != nil || string(got) != want {
			t.Fatalf("appended %s (%v), want %s", got, err, want)
		}
	}
}

func days(from time.Time, n int) []time.Time {
	all := make([]time.Time, n)
	for i := range all {
		all[i] = from.AddDate(0, 0, i)
	}
	return all
}

func TestRefusals(t *testing.T) {
	for name, m := range map[string]proto.Message{
		"year 10000":      &timestamppb.Timestamp{Seconds: 253402300800},
		"before year 1":   &timestamppb.Timestamp{Seconds: -62135596801},
		"too many nanos":  &timestamppb.Timestamp{Nanos: 1_000_000_000},
		"negative nanos":  &timestamppb.Timestamp{Nanos: -1},
		"text not UTF-8":  of(t, "throughline.goals.v1.Goal", "display_name", "\xff"),
		"half a sequence": of(t, "throughline.goals.v1.Goal", "display_name", "caf\xc3"),
	} {
		if _, err := protojson.Marshal(m); err == nil {
			t.Errorf("%s: protojson takes it", name)
		}
		if text, err := encode.Append(nil, m); err == nil {
			t.Errorf("%s: written as %s", name, text)
		}
	}
}

func of(t *testing.T, message, field, text string) proto.Message {
	t.Helper()
	found, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(message))
	if err != nil {
		t.Fatal(err)
	}
	m := found.New()
	m.Set(m.Descriptor().Fields().ByName(protoreflect.Name(field)), protoreflect.ValueOfString(text))
	return m.Interface()
}

// tester is a test or a case of a property.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same holds what is appended against protojson's text.
func same(t tester, m proto.Message) {
	t.Helper()
	spaced, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		t.Fatalf("protojson: %v of %s", err, prototext.Format(m))
	}
	var want bytes.Buffer
	if err := json.Compact(&want, spaced); err != nil {
		t.Fatalf("compact: %v", err)
	}
	got, err := encode.Append([]byte("before"), m)
	if err != nil {
		t.Fatalf("append: %v of %s", err, want.Bytes())
	}
	var compact bytes.Buffer // well-known types are still protojson's
	if err := json.Compact(&compact, bytes.TrimPrefix(got, []byte("before"))); err != nil {
		t.Fatalf("append wrote %s: %v", got, err)
	}
	if !bytes.Equal(compact.Bytes(), want.Bytes()) {
		t.Fatalf("appended %s\nprotojson %s", compact.Bytes(), want.Bytes())
	}
}

// kinds is a message with a field of every kind: alone, in a list, optional, as the value and the key of a map, and in a oneof.
func kinds(t *testing.T) protoreflect.MessageDescriptor {
	t.Helper()
	const schema = `
		name: "kinds.proto" package: "test" syntax: "proto3"
		enum_type {
			name: "Color" options { allow_alias: true }
			value { name: "COLOR_UNSPECIFIED" number: 0 } value { name: "COLOR_RED" number: 1 }
			value { name: "COLOR_CRIMSON" number: 1 } value { name: "COLOR_BLUE" number: 7 }
		}
		message_type { name: "Kinds" oneof_decl { name: "choice" } }`
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(schema), file); err != nil {
		t.Fatal(err)
	}
	m := file.GetMessageType()[0]
	field := func(name string, kind descriptorpb.FieldDescriptorProto_Type, label descriptorpb.FieldDescriptorProto_Label, of string) *descriptorpb.FieldDescriptorProto {
		f := &descriptorpb.FieldDescriptorProto{Name: new(name), Type: kind.Enum(), Label: label.Enum()}
		switch {
		case of != "":
			f.TypeName = new(of)
		case kind == descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
			f.TypeName = new(".test.Kinds")
		case kind == descriptorpb.FieldDescriptorProto_TYPE_ENUM:
			f.TypeName = new(".test.Color")
		}
		return f
	}
	const one, many = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL, descriptorpb.FieldDescriptorProto_LABEL_REPEATED
	for number := range int32(len(descriptorpb.FieldDescriptorProto_Type_name)) {
		kind := descriptorpb.FieldDescriptorProto_Type(number + 1)
		name := strings.ToLower(strings.TrimPrefix(kind.String(), "TYPE_"))
		if kind == descriptorpb.FieldDescriptorProto_TYPE_GROUP {
			continue
		}
		perhaps, either := field("perhaps_"+name, kind, one, ""), field("either_"+name, kind, one, "")
		perhaps.Proto3Optional, perhaps.OneofIndex = new(true), new(int32(len(m.GetOneofDecl())))
		m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: new("_perhaps_" + name)})
		either.OneofIndex = new(int32(0))
		m.Field = append([]*descriptorpb.FieldDescriptorProto{either}, append(m.GetField(), field("one_"+name, kind, one, ""), field("many_"+name, kind, many, ""), perhaps)...)
		key := kind
		switch kind { //nolint:exhaustive // these cannot be keys
		case descriptorpb.FieldDescriptorProto_TYPE_DOUBLE, descriptorpb.FieldDescriptorProto_TYPE_FLOAT, descriptorpb.FieldDescriptorProto_TYPE_BYTES,
			descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, descriptorpb.FieldDescriptorProto_TYPE_ENUM:
			key = descriptorpb.FieldDescriptorProto_TYPE_STRING
		}
		entry := "To" + strings.ToUpper(name[:1]) + name[1:] + "Entry"
		m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{
			Name: new(entry), Options: &descriptorpb.MessageOptions{MapEntry: new(true)},
			Field: []*descriptorpb.FieldDescriptorProto{field("key", key, one, ""), field("value", kind, one, "")},
		})
		m.Field = append(m.GetField(), field("to_"+name, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, many, ".test.Kinds."+entry))
	}
	for _, message := range append(m.GetNestedType(), m) {
		for i, f := range message.GetField() {
			f.Number = new(int32(i + 1))
		}
	}
	made, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made.Messages().ByName("Kinds")
}
