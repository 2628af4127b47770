// Package encodetest draws messages for tests of what is written and read.
package encodetest

import (
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// Fill sets some of the fields of a message, nested to a depth.
func Fill(t *rapid.T, m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if fd.Message() != nil && depth == 0 || !rapid.Bool().Draw(t, "set") {
			continue
		}
		switch {
		case fd.IsMap():
			entries := m.Mutable(fd).Map()
			for range rapid.IntRange(0, 4).Draw(t, "entries") {
				entries.Set(value(t, fd.MapKey(), nil, depth).MapKey(), value(t, fd.MapValue(), entries.NewValue, depth-1))
			}
		case fd.IsList():
			items := m.Mutable(fd).List()
			for range rapid.IntRange(0, 3).Draw(t, "items") {
				items.Append(value(t, fd, items.NewElement, depth-1))
			}
		default:
			m.Set(fd, value(t, fd, func() protoreflect.Value { return m.NewField(fd) }, depth-1))
		}
	}
}

var texts = rapid.OneOf(
	rapid.String(),
	rapid.SampledFrom([]string{"", "plain", `"quoted"`, `back\slash`, "line\nfeed\r\t\b\f\x00\x1f\x7f", "<a href='x'>&", "\u2028\ufffd", "São João 🏛"}),
)

func value(t *rapid.T, fd protoreflect.FieldDescriptor, empty func() protoreflect.Value, depth int) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(rapid.OneOf(rapid.Float32(), rapid.SampledFrom([]float32{1e-6, 9e-7, 1e21, 1e20, float32(math.Inf(1))})).Draw(t, "float"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
			1e-6, 9.99e-7, 1e21, 1e-10, 12.5, -0.1, math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1),
		})).Draw(t, "double"))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(texts.Draw(t, "text"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "bytes"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(-1, 20).Draw(t, "enum")))
	case protoreflect.MessageKind, protoreflect.GroupKind:
	}
	v := empty()
	switch m := v.Message().Interface().(type) {
	case *timestamppb.Timestamp:
		m.Seconds = rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds")
		m.Nanos = rapid.OneOf(rapid.Int32Range(0, 999_999_999), rapid.SampledFrom([]int32{0, 1000, 120_000, 5_000_000, 999_000_000})).Draw(t, "nanos")
	default:
		if fd.Message().ParentFile().Package() != "google.protobuf" { // those have rules of their own for what they hold
			Fill(t, v.Message(), depth)
		}
	}
	return v
}
