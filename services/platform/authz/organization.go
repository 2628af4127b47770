package authz

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
)

// ReasonForeign is the reason of a call that names a resource outside the caller's organization.
const ReasonForeign = "FOREIGN_ORGANIZATION"

const organizations = "organizations/"

// Walk finds the resource names in messages of one type. It is made once per request type and is immutable.
type Walk struct{ fields []step }

// step is a field that holds a resource name, or messages that lead to one.
type step struct {
	field protoreflect.FieldDescriptor
	next  *Walk // nil: the field itself holds names
}

// NewWalk finds every field that is a resource reference or is called name, names or parent, at any depth.
func NewWalk(message protoreflect.MessageDescriptor) *Walk {
	seen := map[protoreflect.FullName]*Walk{}
	root := build(message, seen)
	prune(seen)
	return root
}

func build(message protoreflect.MessageDescriptor, seen map[protoreflect.FullName]*Walk) *Walk {
	if walk, ok := seen[message.FullName()]; ok {
		return walk
	}
	walk := &Walk{}
	seen[message.FullName()] = walk
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		value := field
		if field.IsMap() {
			value = field.MapValue()
		}
		switch {
		case value.Kind() == protoreflect.StringKind && holdsName(field):
			walk.fields = append(walk.fields, step{field: field})
		case value.Message() != nil && !strings.HasPrefix(string(value.Message().FullName()), "google."):
			walk.fields = append(walk.fields, step{field: field, next: build(value.Message(), seen)})
		}
	}
	return walk
}

func holdsName(field protoreflect.FieldDescriptor) bool {
	switch field.Name() {
	case "name", "names", "parent":
		return true
	default:
		return proto.HasExtension(field.Options(), annotations.E_ResourceReference)
	}
}

// prune drops the messages that lead to no name, until nothing more can be dropped (messages may contain themselves).
func prune(walks map[protoreflect.FullName]*Walk) {
	leads := map[*Walk]bool{}
	for changed := true; changed; {
		changed = false
		for _, walk := range walks {
			for _, s := range walk.fields {
				if !leads[walk] && (s.next == nil || leads[s.next]) {
					leads[walk], changed = true, true
				}
			}
		}
	}
	for _, walk := range walks {
		kept := walk.fields[:0]
		for _, s := range walk.fields {
			if s.next == nil || leads[s.next] {
				kept = append(kept, s)
			}
		}
		walk.fields = kept
	}
}

// Check holds the caller to its organization, before anything is looked up.
//
// Every name in m that starts with "organizations/" must name the identity's organization. An identity bound to none may
// call only methods on organizations themselves. An anonymous caller is bound to the first organization it names, and
// the identity returned says so. A refusal is a PermissionDenied fault with reason FOREIGN_ORGANIZATION.
func (w *Walk) Check(permission string, id authn.Identity, m protoreflect.Message) (authn.Identity, error) {
	if !id.Anonymous() && !id.Bound() && !strings.Contains(permission, ".organizations.") {
		return id, fault.New(fault.PermissionDenied, ReasonForeign,
			"the caller's token is bound to no organization and may only manage organizations; use a token of the organization").
			With("permission", permission)
	}
	if len(w.fields) == 0 {
		return id, nil
	}
	var foreign string
	path, stopped := w.find(m, func(name string) bool {
		rest, ok := strings.CutPrefix(name, organizations)
		if !ok {
			return false
		}
		organization, _, deeper := strings.Cut(rest, "/")
		switch {
		case id.Bound():
			foreign = organization
			return organization != id.Organization
		case id.Anonymous():
			id.Organization = organization
			return false
		default:
			foreign = organization
			return deeper
		}
	})
	if stopped {
		return id, fault.New(fault.PermissionDenied, ReasonForeign,
			"%s names organization %q, but the caller's token is for %q; use a token of that organization", path, foreign, id.Organization).
			With("field", path).With("organization", foreign)
	}
	return id, nil
}

// find calls visit with every name in m until it says stop, and returns the path of the field where it did.
func (w *Walk) find(m protoreflect.Message, visit func(string) bool) (path string, stopped bool) {
	for _, s := range w.fields {
		if !m.Has(s.field) {
			continue
		}
		if path, stopped = s.find(m.Get(s.field), visit); stopped {
			return string(s.field.Name()) + path, true
		}
	}
	return "", false
}

func (s step) find(value protoreflect.Value, visit func(string) bool) (path string, stopped bool) {
	switch {
	case s.field.IsList():
		list := value.List()
		for i := range list.Len() {
			if path, stopped = s.one(list.Get(i), visit); stopped {
				return fmt.Sprintf("[%d]%s", i, path), true
			}
		}
	case s.field.IsMap():
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			if path, stopped = s.one(value, visit); stopped {
				path = fmt.Sprintf("[%q]%s", key.String(), path)
			}
			return !stopped
		})
		return path, stopped
	default:
		return s.one(value, visit)
	}
	return "", false
}

func (s step) one(value protoreflect.Value, visit func(string) bool) (path string, stopped bool) {
	if s.next == nil {
		return "", visit(value.String())
	}
	path, stopped = s.next.find(value.Message(), visit)
	return "." + path, stopped
}
