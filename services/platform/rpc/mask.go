package rpc

import (
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/throughline/throughline/services/platform/fault"
)

const maskField = "update_mask"

// checkMask refuses paths that are not fields of message: an Invalid fault on update_mask that lists every bad path and
// the paths allowed. An empty mask and "*" alone are good. Paths through lists and maps are not taken (AIP-161 leaves
// them optional): name the list.
func checkMask(mask *fieldmaskpb.FieldMask, message proto.Message) error {
	var bad fault.Violations
	descriptor := message.ProtoReflect().Descriptor()
	for _, path := range mask.GetPaths() {
		switch {
		case path == "*":
			bad.Check(len(mask.GetPaths()) == 1, maskField, "\"*\" replaces everything; send it alone")
		case !known(descriptor, path):
			bad.Add(maskField, "%q is not a field that can be updated; use %s", clip(path), strings.Join(updatable(descriptor), ", "))
		}
	}
	return bad.Err()
}

func known(d protoreflect.MessageDescriptor, path string) bool {
	head, rest, deeper := strings.Cut(path, ".")
	field := d.Fields().ByName(protoreflect.Name(head))
	if field == nil || !deeper {
		return field != nil
	}
	return field.Message() != nil && !field.IsList() && !field.IsMap() && known(field.Message(), rest)
}

// updatable are the top-level fields that an update may change.
func updatable(d protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range d.Fields().Len() {
		if field := d.Fields().Get(i); !serverOwned(field) && !behaves(field, annotations.FieldBehavior_IMMUTABLE) {
			names = append(names, string(field.Name()))
		}
	}
	return names
}

// serverOwned fields are never taken from an update: output-only ones and the name (AIP-203), and the etag, which is a
// condition and no content.
func serverOwned(field protoreflect.FieldDescriptor) bool {
	return behaves(field, annotations.FieldBehavior_OUTPUT_ONLY) || behaves(field, annotations.FieldBehavior_IDENTIFIER) || field.Name() == "etag"
}

func behaves(field protoreflect.FieldDescriptor, behavior annotations.FieldBehavior) bool {
	behaviors, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behaviors, behavior)
}

// ApplyMask updates dst, the resource as stored, with what mask names of src, a message of the same type (AIP-134):
//
//   - no mask: every field that src sets, whole;
//   - "*": full replacement, so that what src leaves unset is cleared;
//   - otherwise the named fields; a named field that src leaves unset is cleared.
//
// Output-only fields, the name and the etag stay as they are and naming them is no error. An immutable field may be
// sent if it is the same; a change is an Invalid fault. dst is unchanged on error.
func ApplyMask(dst, src proto.Message, mask *fieldmaskpb.FieldMask) error {
	if err := checkMask(mask, dst); err != nil {
		return err
	}
	paths, from := mask.GetPaths(), src.ProtoReflect()
	if all := len(paths) == 1 && paths[0] == "*"; all || len(paths) == 0 {
		paths = nil
		for i := range from.Descriptor().Fields().Len() {
			if field := from.Descriptor().Fields().Get(i); all || from.Has(field) {
				paths = append(paths, string(field.Name()))
			}
		}
	}
	merged := proto.Clone(dst)
	var bad fault.Violations
	for _, path := range paths {
		apply(merged.ProtoReflect(), from, path, path, &bad)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	proto.Reset(dst)
	proto.Merge(dst, merged)
	return nil
}

// apply copies the field at path, the rest of whole.
func apply(to, from protoreflect.Message, path, whole string, bad *fault.Violations) {
	head, rest, deeper := strings.Cut(path, ".")
	field := to.Descriptor().Fields().ByName(protoreflect.Name(head))
	switch {
	case serverOwned(field):
	case behaves(field, annotations.FieldBehavior_IMMUTABLE):
		if !to.Get(field).Equal(from.Get(field)) && from.Has(field) {
			bad.Add(whole, "cannot change after creation; leave it out or send the value it has")
		}
	case deeper:
		if from.Has(field) || to.Has(field) { // nothing to clear inside what neither has
			apply(to.Mutable(field).Message(), from.Get(field).Message(), rest, whole, bad)
		}
	case from.Has(field):
		to.Set(field, from.Get(field))
	default:
		to.Clear(field)
	}
}
