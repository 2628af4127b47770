package gateway

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// leaf says whether JSON writes the field, or each element of it, as one value rather than as the object of its fields.
func leaf(field protoreflect.FieldDescriptor) bool {
	message := field.Message()
	return message == nil || message.ParentFile().Package() == "google.protobuf"
}

// wants says what a field takes, to follow "must be".
func wants(field protoreflect.FieldDescriptor, element bool) string {
	switch {
	case field.IsMap():
		return "an object of " + field.MapKey().Kind().String() + " to " + wants(field.MapValue(), true)
	case field.IsList() && !element:
		return "a list in brackets, each " + wants(field, true)
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.EnumKind:
		return "one of " + strings.Join(valueNames(field.Enum()), ", ")
	case protoreflect.StringKind:
		return "a string in quotes"
	case protoreflect.BytesKind:
		return "bytes as a base64 string"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "a number"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return "a whole number from -2147483648 to 2147483647"
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return "a whole number from 0 to 4294967295"
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return `a whole number of 64 bits, best as a string such as "1250"`
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return `a whole number of 64 bits from 0, best as a string such as "1250"`
	case protoreflect.MessageKind, protoreflect.GroupKind: // by its name, below
	}
	switch field.Message().Name() {
	case "Timestamp":
		return `a time such as "2026-07-01T00:00:00Z" (RFC 3339)`
	case "Duration":
		return `a duration such as "3.5s"`
	case "FieldMask":
		return `field names separated by commas, such as "displayName,period"`
	default:
		return "an object in braces"
	}
}

// valueNames are the values of an enum that mean something.
func valueNames(enum protoreflect.EnumDescriptor) []string {
	var names []string
	for i := range enum.Values().Len() {
		if value := enum.Values().Get(i); value.Number() != 0 {
			names = append(names, string(value.Name()))
		}
	}
	return names
}

// fieldNames are the JSON names of a message's fields.
func fieldNames(message protoreflect.MessageDescriptor) []string {
	names := make([]string, message.Fields().Len())
	for i := range names {
		names[i] = message.Fields().Get(i).JSONName()
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
