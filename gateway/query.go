package gateway

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

var noFilter = utilities.NewDoubleArray(nil)

// checkQuery refuses parameters that the method does not have, that are sent twice or whose values do not fit; the
// generated code would ignore the first. Errors: Invalid, listing every one.
func checkQuery(r *route, query url.Values) error {
	if len(query) == 0 {
		return nil
	}
	var bad fault.Violations
	seen := map[string]string{} // key by path of proto names
	for _, key := range slices.Sorted(maps.Keys(query)) {
		field, path := r.resolve(key)
		switch {
		case field == nil:
			if names := r.parameters(); len(names) > 0 {
				bad.Add(key, "is not a parameter of this method; use %s", strings.Join(names, ", "))
			} else {
				bad.Add(key, "is not a parameter: this method takes none")
			}
			continue
		case seen[path] != "":
			bad.Add(key, "says the same as %s; send one of them", seen[path])
		case len(query[key]) > 1 && !field.IsList():
			bad.Add(key, "is sent %d times; send it once", len(query[key]))
		default:
			if err := runtime.PopulateQueryParameters(r.input.New().Interface(), url.Values{key: query[key]}, noFilter); err != nil {
				bad.Add(key, "must be %s", wants(field, false))
			}
		}
		seen[path] = key
	}
	if len(bad) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Reason: reasonQuery, Message: "the query has invalid parameters", Violations: bad}
}

// spellOut writes enum values of a query as the contract does: they may leave out what all values of their enum begin with, as in "format=CSV" for
// EXPORT_FORMAT_CSV.
func spellOut(r *route, query url.Values) {
	for key, values := range query {
		field := r.parameter(key)
		if field == nil || field.Enum() == nil {
			continue
		}
		start, _ := wire.Words(field.Enum())
		known := field.Enum().Values()
		for i, value := range values {
			if whole := protoreflect.Name(start + value); known.ByName(protoreflect.Name(value)) == nil && known.ByName(whole) != nil {
				values[i] = string(whole)
			}
		}
	}
}

// parameter is the field that a query parameter sets, by its JSON or proto name, dotted into messages; nil when the
// method has no such parameter because it is unknown, set by the path or part of the body.
func (r *route) parameter(key string) protoreflect.FieldDescriptor {
	field, _ := r.resolve(key)
	return field
}

// resolve is parameter, with the path of proto names that leads there: two messages of one type have the same fields.
func (r *route) resolve(key string) (field protoreflect.FieldDescriptor, path string) {
	message := r.method.Input()
	names := strings.Split(key, ".")
	for i, name := range names {
		if i > 0 {
			if field.Message() == nil || field.IsList() || field.IsMap() || leaf(field) {
				return nil, ""
			}
			message = field.Message()
		}
		if field = fieldOf(message, name); field == nil {
			return nil, ""
		}
		if i == 0 && (r.body == "*" || field.Name() == r.body || r.binds(field)) {
			return nil, ""
		}
		names[i] = string(field.Name())
	}
	return field, strings.Join(names, ".")
}

// binds says whether the path sets the field itself.
func (r *route) binds(field protoreflect.FieldDescriptor) bool {
	return slices.ContainsFunc(r.bound, func(b bound) bool { return b.name == string(field.Name()) })
}

// parameters are the JSON names of what a query may set, at the top level.
func (r *route) parameters() []string {
	var names []string
	for i := range r.method.Input().Fields().Len() {
		if field := r.method.Input().Fields().Get(i); r.parameter(field.JSONName()) != nil {
			names = append(names, field.JSONName())
		}
	}
	return names
}

// fieldOf finds a field by its JSON or proto name, as protojson does.
func fieldOf(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(name); field != nil {
		return field
	}
	return message.Fields().ByName(protoreflect.Name(name))
}
