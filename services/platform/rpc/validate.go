package rpc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/fault"
)

// Validate checks m against the rules beside its fields and returns one Invalid fault that lists every field at fault.
// The guard does this to every request; call it for rows that a request marks to be checked one by one.
func Validate(m proto.Message) error {
	violations, err := violations(m)
	if err != nil {
		return err
	}
	return violations.Err()
}

// warm compiles the rules of a message and of what it holds; later calls find them compiled.
func warm(m proto.Message) error {
	_, err := violations(m)
	return err
}

func violations(m proto.Message) (fault.Violations, error) {
	err := protovalidate.GlobalValidator.Validate(m)
	if err == nil {
		return nil, nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return nil, fmt.Errorf("validate %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	all := make(fault.Violations, 0, len(invalid.Violations))
	for _, v := range invalid.Violations {
		all = append(all, fault.Violation{Field: protovalidate.FieldPathString(v.Proto.GetField()), Detail: detail(v)})
	}
	return all, nil
}

// detail says what would mend the field, in words for the rules whose own text speaks of numbers and lists.
func detail(v *protovalidate.Violation) string {
	one := v.RuleValue.IsValid() && fmt.Sprint(v.RuleValue.Interface()) == "1"
	switch id := v.Proto.GetRuleId(); {
	case id == "required":
		return "is required"
	case (id == "string.min_len" || id == "repeated.min_items") && one:
		return "must not be empty"
	case (id == "enum.defined_only" || id == "enum.not_in") && v.FieldDescriptor != nil && v.FieldDescriptor.Enum() != nil:
		return "must be one of " + choices(v.FieldDescriptor.Enum())
	case v.Proto.GetMessage() == "":
		return "breaks the rule " + id
	default:
		return v.Proto.GetMessage()
	}
}

// choices are the names of an enum but for its first, which means unspecified.
func choices(enum protoreflect.EnumDescriptor) string {
	var names []string
	for i := 1; i < enum.Values().Len(); i++ {
		names = append(names, string(enum.Values().Get(i).Name()))
	}
	return strings.Join(names, ", ")
}

// validate checks a request: its texts, and the rules beside its fields. The resource of an update is partial by nature: only what the mask names is held against the
// rules, or what is set if there is no mask or the update may create, which ignores the mask; the whole is the domain's to
// check once merged.
func (m *method) validate(request proto.Message) error {
	found, err := violations(request)
	if err != nil {
		return err
	}
	if len(found) > 0 && m.updateMask != nil && m.resource != nil {
		message := request.ProtoReflect()
		found = slices.DeleteFunc(found, func(v fault.Violation) bool {
			path, inside := strings.CutPrefix(v.Field, string(m.resource.Name())+".")
			whole := v.Field == string(m.resource.Name()) && message.Has(m.resource) // a rule over the whole resource
			return (inside || whole) && !m.updates(message, path, whole)
		})
	}
	if message := request.ProtoReflect(); !m.texts.clean(message) {
		found = append(m.texts.bad("", message, maxBadTexts), found...)
	}
	return found.Err()
}

// updates says whether the update covers a path of the resource (or, for whole, replaces it all).
func (m *method) updates(request protoreflect.Message, path string, whole bool) bool {
	var paths []string
	list := request.Get(m.updateMask).Message().Get(m.updateMask.Message().Fields().ByName("paths")).List()
	for i := range list.Len() {
		paths = append(paths, list.Get(i).String())
	}
	if slices.Contains(paths, "*") {
		return true
	}
	if whole {
		return false
	}
	if len(paths) == 0 || m.allowMissing != nil && request.Get(m.allowMissing).Bool() {
		top := path[:len(path)-len(strings.TrimLeft(path, "abcdefghijklmnopqrstuvwxyz0123456789_"))]
		resource := request.Get(m.resource).Message()
		field := resource.Descriptor().Fields().ByName(protoreflect.Name(top))
		if field == nil || resource.Has(field) {
			return true
		}
	}
	return slices.ContainsFunc(paths, func(masked string) bool { return covers(masked, path) || covers(path, masked) })
}

// covers says whether the field path outer is inner or contains it.
func covers(outer, inner string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
