// Package encode writes messages as JSON in a fraction of protojson's time.
//
// It writes what protojson does with EmitUnpopulated, byte for byte but for protojson's random white space: what there is to know about a type is
// worked out once, instead of for every message.
package encode

import (
	"fmt"
	"reflect"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// wellKnown is the rest of package google.protobuf, whose types have forms of their own.
var wellKnown = protojson.MarshalOptions{EmitUnpopulated: true}

// Append adds m as one line of JSON. Errors: text that is not UTF-8, or a well-known type that holds no value of its kind, such as a time of the year 10000.
func Append(to []byte, m proto.Message) ([]byte, error) {
	message := m.ProtoReflect()
	return planOf(message.Descriptor()).append(to, message)
}

// plans by message descriptor.
var plans sync.Map

// plan is how to write messages of one type.
type plan struct {
	message protoreflect.MessageDescriptor
	once    sync.Once
	fields  []field
	held    reflect.Type                                            // pointer to the struct that its fields are read out of; nil for none
	whole   bool                                                    // so are all its fields
	write   func(to []byte, m protoreflect.Message) ([]byte, error) // of a type with a form of its own; else nil
}

// field is how to write one field.
type field struct {
	protoreflect.FieldDescriptor
	key   []byte // `"displayName":`
	form  form
	value func(to []byte, v protoreflect.Value) ([]byte, error) // as protoreflect tells it, or an element of it
	open  open                                                  // as the struct has it, where that is simple
}

// form is what kind of field it is.
type form int

const (
	plain    form = iota // a value, or the zero value
	message              // a message, or null
	optional             // a value, or null
	choice               // of a oneof: a value, or nothing
	list
	mapping
)

func planOf(d protoreflect.MessageDescriptor) *plan {
	known, ok := plans.Load(d)
	if !ok {
		known, _ = plans.LoadOrStore(d, &plan{message: d})
	}
	p, _ := known.(*plan)
	return p
}

// prepare does not prepare what the type refers to, for that may be the type itself.
func (p *plan) prepare() {
	switch {
	case p.message.FullName() == "google.protobuf.Timestamp":
		p.write = appendTime
		return
	case p.message.ParentFile().Package() == "google.protobuf":
		p.write = appendWellKnown
		return
	}
	for i := range p.message.Fields().Len() {
		fd := p.message.Fields().Get(i)
		f := field{FieldDescriptor: fd, key: append(quote(nil, fd.JSONName()), ':')}
		single := fd
		switch {
		case fd.IsMap():
			f.form, single = mapping, fd.MapValue()
		case fd.IsList():
			f.form = list
		case fd.ContainingOneof() != nil:
			f.form = choice
		case fd.Message() != nil:
			f.form = message
		case fd.HasPresence():
			f.form = optional
		}
		f.value = writer(single)
		p.fields = append(p.fields, f)
	}
	if linked, err := protoregistry.GlobalTypes.FindMessageByName(p.message.FullName()); err == nil && linked.Descriptor() == p.message {
		p.unfold(reflect.TypeOf(linked.Zero().Interface()))
	}
}

// append writes a message as protoreflect tells it, or out of its struct if that is known.
func (p *plan) append(to []byte, m protoreflect.Message) ([]byte, error) {
	p.once.Do(p.prepare)
	if p.write != nil {
		return p.write(to, m)
	}
	held := reflect.ValueOf(m.Interface())
	if p.held != nil && held.Type() == p.held && !held.IsNil() {
		held = held.Elem()
	} else {
		held = reflect.Value{}
	}
	return p.appendFields(to, m, held)
}

func (p *plan) appendFields(to []byte, m protoreflect.Message, held reflect.Value) (_ []byte, err error) {
	to = append(to, '{')
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		if f.form == choice && !m.Has(f.FieldDescriptor) {
			continue
		}
		if !first {
			to = append(to, ',')
		}
		first = false
		to = append(to, f.key...)
		if held.IsValid() && f.open.value != nil {
			to, err = f.open.value(to, held.Field(f.open.index))
		} else {
			to, err = f.append(to, m)
		}
		if err != nil {
			return to, fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return append(to, '}'), nil
}

func (f *field) append(to []byte, m protoreflect.Message) ([]byte, error) {
	v := m.Get(f.FieldDescriptor)
	switch f.form {
	case list:
		return f.appendList(to, v.List())
	case mapping:
		return f.appendMap(to, v.Map())
	case message:
		if !v.Message().IsValid() {
			return append(to, null...), nil
		}
	case optional:
		if !m.Has(f.FieldDescriptor) {
			return append(to, null...), nil
		}
	case plain, choice:
	}
	return f.value(to, v)
}

const null = "null"

func (f *field) appendList(to []byte, items protoreflect.List) (_ []byte, err error) {
	to = append(to, '[')
	for i := range items.Len() {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = f.value(to, items.Get(i)); err != nil {
			return to, err
		}
	}
	return append(to, ']'), nil
}
