package rpc

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/fault"
)

// maxBadTexts bounds the fields that one answer names.
const maxBadTexts = 20

// texts finds the strings in messages of one type. It is made once per request type and is immutable.
type texts struct{ fields []textField }

// textField is a field that holds strings, or messages that lead to some.
type textField struct {
	field protoreflect.FieldDescriptor
	next  *texts // nil: the field itself holds strings, or is a map with strings for keys alone
	plain bool   // neither list nor map
}

// newTexts finds every field that is a string or has one somewhere inside; made holds what is made already.
func newTexts(message protoreflect.MessageDescriptor, made map[protoreflect.FullName]*texts) *texts {
	if t, ok := made[message.FullName()]; ok {
		return t
	}
	t := &texts{}
	made[message.FullName()] = t
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if !holdsText(field, map[protoreflect.FullName]bool{}) {
			continue
		}
		f, value := textField{field: field, plain: !field.IsList() && !field.IsMap()}, field
		if field.IsMap() {
			value = field.MapValue()
		}
		if value.Message() != nil {
			f.next = newTexts(value.Message(), made)
		}
		t.fields = append(t.fields, f)
	}
	return t
}

// holdsText says whether a field is a string or may have one inside; messages that were seen are not asked again.
func holdsText(field protoreflect.FieldDescriptor, seen map[protoreflect.FullName]bool) bool {
	inside := field.Message()
	if inside == nil || seen[inside.FullName()] {
		return field.Kind() == protoreflect.StringKind
	}
	seen[inside.FullName()] = true
	for i := range inside.Fields().Len() { // of a map these are its key and its value
		if holdsText(inside.Fields().Get(i), seen) {
			return true
		}
	}
	return false
}

// clean says whether every string is text that databases and JSON can hold: UTF-8 without the character NUL.
func (t *texts) clean(m protoreflect.Message) bool {
	for i := range t.fields {
		f := &t.fields[i]
		if f.plain && f.next == nil { // an unset string is cheaper to look at than to ask for
			if !isText(m.Get(f.field).String()) {
				return false
			}
		} else if m.Has(f.field) && !f.clean(m.Get(f.field)) {
			return false
		}
	}
	return true
}

func (f *textField) clean(value protoreflect.Value) bool {
	if f.field.IsMap() {
		return len(f.bad("", value, 1)) == 0
	}
	if f.plain {
		return f.next.clean(value.Message())
	}
	list := value.List()
	for i := range list.Len() {
		if f.next == nil && !isText(list.Get(i).String()) || f.next != nil && !f.next.clean(list.Get(i).Message()) {
			return false
		}
	}
	return true
}

func isText(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// bad names the strings that are not clean, at most that many.
func (t *texts) bad(path string, m protoreflect.Message, most int) (bad fault.Violations) {
	for i := range t.fields {
		if f := &t.fields[i]; len(bad) < most && m.Has(f.field) {
			bad = append(bad, f.bad(path+string(f.field.Name()), m.Get(f.field), most-len(bad))...)
		}
	}
	return bad
}

func (f *textField) bad(path string, value protoreflect.Value, most int) (bad fault.Violations) {
	switch {
	case f.field.IsList():
		list := value.List()
		for i := 0; i < list.Len() && len(bad) < most; i++ {
			bad = append(bad, f.one(fmt.Sprintf("%s[%d]", path, i), list.Get(i), most-len(bad))...)
		}
	case f.field.IsMap():
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			at := fmt.Sprintf("%s[%q]", path, key.String())
			if f.field.MapKey().Kind() == protoreflect.StringKind && !isText(key.String()) {
				bad.Add(at, "%s", notText)
			}
			bad = append(bad, f.one(at, value, most-len(bad))...)
			return len(bad) < most
		})
	default:
		bad = f.one(path, value, most)
	}
	return bad
}

const notText = "must be text in UTF-8 without the character NUL (U+0000); take that character out, or save the text in UTF-8"

func (f *textField) one(path string, value protoreflect.Value, most int) (bad fault.Violations) {
	if f.next != nil {
		return f.next.bad(path+".", value.Message(), most)
	}
	if text, ok := value.Interface().(string); ok && !isText(text) {
		bad.Add(path, "%s", notText)
	}
	return bad
}
