package encode

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A generated message is a struct with a field for each of its own, tagged `protobuf:"bytes,2,opt,name=display_name,…"`. Reading the struct costs a
// fifth of asking protoreflect for its fields.

// open is how to write a field out of its message's struct.
type open struct {
	index int
	value func(to []byte, v reflect.Value) ([]byte, error)
}

var (
	messageType = reflect.TypeFor[proto.Message]()
	timeType    = reflect.TypeFor[*timestamppb.Timestamp]()
)

// unfold finds how to write the fields out of structs that t points to; those that must be asked for (of oneofs, maps) are left out.
func (p *plan) unfold(t reflect.Type) {
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return
	}
	p.held = t
	at := map[string]int{} // by number
	for i := range t.Elem().NumField() {
		if parts := strings.Split(t.Elem().Field(i).Tag.Get("protobuf"), ","); len(parts) > 1 {
			at[parts[1]] = i
		}
	}
	for i := range p.fields {
		f := &p.fields[i]
		index, ok := at[strconv.Itoa(int(f.Number()))]
		if !ok || !t.Elem().Field(index).IsExported() {
			continue
		}
		in := t.Elem().Field(index).Type
		switch f.form {
		case plain:
			f.open = open{index, openWriter(f.FieldDescriptor, in)}
		case message:
			f.open = open{index, orNull(openWriter(f.FieldDescriptor, in))}
		case list:
			f.open = open{index, openList(openWriter(f.FieldDescriptor, in.Elem()))}
		case optional, choice, mapping:
		}
	}
	p.whole = !slices.ContainsFunc(p.fields, func(f field) bool { return f.open.value == nil })
}

// appendOpen is append of a message that is held in a struct.
func (p *plan) appendOpen(to []byte, v reflect.Value) ([]byte, error) {
	p.once.Do(p.prepare)
	if p.whole && v.Type() == p.held && !v.IsNil() {
		return p.appendFields(to, nil, v.Elem())
	}
	m, _ := reflect.TypeAssert[proto.Message](v)
	return p.append(to, m.ProtoReflect())
}

// openWriter is how to write a value of the field's kind, held as type t; nil when t is not what it is for generated messages.
func openWriter(fd protoreflect.FieldDescriptor, t reflect.Type) func([]byte, reflect.Value) ([]byte, error) {
	switch kind := fd.Kind(); {
	case kind == protoreflect.StringKind && t.Kind() == reflect.String:
		return func(to []byte, v reflect.Value) ([]byte, error) { return appendText(to, v.String()) }
	case kind == protoreflect.BoolKind && t.Kind() == reflect.Bool:
		return func(to []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(to, v.Bool()), nil }
	case kind == protoreflect.EnumKind && t.Kind() == reflect.Int32:
		write := enumWriter(fd.Enum())
		return func(to []byte, v reflect.Value) ([]byte, error) {
			return write(to, protoreflect.EnumNumber(v.Int())), nil
		}
	case t.Kind() == reflect.Int32:
		return func(to []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(to, v.Int(), 10), nil }
	case t.Kind() == reflect.Uint32:
		return func(to []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(to, v.Uint(), 10), nil }
	case t.Kind() == reflect.Int64:
		return func(to []byte, v reflect.Value) ([]byte, error) {
			return append(strconv.AppendInt(append(to, '"'), v.Int(), 10), '"'), nil
		}
	case t.Kind() == reflect.Uint64:
		return func(to []byte, v reflect.Value) ([]byte, error) {
			return append(strconv.AppendUint(append(to, '"'), v.Uint(), 10), '"'), nil
		}
	case t.Kind() == reflect.Float32:
		return func(to []byte, v reflect.Value) ([]byte, error) { return appendFloat(to, v.Float(), 32), nil }
	case t.Kind() == reflect.Float64:
		return func(to []byte, v reflect.Value) ([]byte, error) { return appendFloat(to, v.Float(), 64), nil }
	case kind == protoreflect.BytesKind && t.Kind() == reflect.Slice:
		return func(to []byte, v reflect.Value) ([]byte, error) {
			return append(base64.StdEncoding.AppendEncode(append(to, '"'), v.Bytes()), '"'), nil
		}
	case t == timeType:
		return func(to []byte, v reflect.Value) ([]byte, error) {
			stamp, _ := reflect.TypeAssert[*timestamppb.Timestamp](v)
			return appendStamp(to, stamp)
		}
	case t.Implements(messageType) && t.Kind() == reflect.Pointer:
		p := planOf(fd.Message())
		return p.appendOpen
	}
	return nil
}

func orNull(value func([]byte, reflect.Value) ([]byte, error)) func([]byte, reflect.Value) ([]byte, error) {
	if value == nil {
		return nil
	}
	return func(to []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(to, null...), nil
		}
		return value(to, v)
	}
}

func openList(value func([]byte, reflect.Value) ([]byte, error)) func([]byte, reflect.Value) ([]byte, error) {
	if value == nil {
		return nil
	}
	return func(to []byte, items reflect.Value) (_ []byte, err error) {
		to = append(to, '[')
		for i := range items.Len() {
			if i > 0 {
				to = append(to, ',')
			}
			if to, err = value(to, items.Index(i)); err != nil {
				return to, err
			}
		}
		return append(to, ']'), nil
	}
}
