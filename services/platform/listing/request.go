package listing

import (
	"maps"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/wire"
)

// Message is a generated list request (AIP-132).
type Message interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
	GetFilter() string
	GetOrderBy() string
}

// Of checks a list request against the schema. extra is whatever else selects the rows, such as the parent. A field that is
// an enum in the listed resource is compared as one: a value that it does not have is refused, not looked for in vain.
func Of(m Message, extra string, s Schema) (Query, error) {
	return Parse(Request{
		PageSize: m.GetPageSize(), PageToken: m.GetPageToken(), Filter: m.GetFilter(), OrderBy: m.GetOrderBy(), Extra: extra,
	}, s.typed(m.ProtoReflect().Descriptor()))
}

// typed is s with the enums of the resource that the request lists.
func (s Schema) typed(request protoreflect.MessageDescriptor) Schema {
	resource := listed(request)
	if resource == nil {
		return s
	}
	s.Fields = maps.Clone(s.Fields)
	for name, f := range s.Fields {
		if d := resource.Fields().ByName(protoreflect.Name(name)); d != nil && d.Enum() != nil {
			f.Type = Enum
			f.Prefix, f.Values = wire.Words(d.Enum())
			s.Fields[name] = f
		}
	}
	return s
}

// listed is what the first repeated field of the request's response holds, or nil.
func listed(request protoreflect.MessageDescriptor) protoreflect.MessageDescriptor {
	name := strings.TrimSuffix(string(request.Name()), "Request") + "Response"
	response := request.ParentFile().Messages().ByName(protoreflect.Name(name))
	if response == nil {
		return nil
	}
	for i := range response.Fields().Len() {
		if f := response.Fields().Get(i); f.IsList() {
			return f.Message()
		}
	}
	return nil
}

// Timed adds to a resource's own fields the times that most resources can be sorted by.
func Timed(fields map[string]Field) map[string]Field {
	all := map[string]Field{
		"create_time": {Column: "create_time", Type: Time, Sortable: true},
		"update_time": {Column: "update_time", Type: Time, Sortable: true},
	}
	maps.Copy(all, fields)
	return all
}

// Described is Timed for resources that have a display_name.
func Described(fields map[string]Field) map[string]Field {
	all := Timed(fields)
	all["display_name"] = Field{Column: "display_name", Filterable: true, Sortable: true}
	return all
}
