package rpc

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/authz"
)

// method is what the guard worked out about one method at start, so that a call looks nothing up by name.
type method struct {
	name    string
	access  authz.Access
	grant   authz.Grant
	names   *authz.Walk
	texts   *texts
	cost    int                  // of a call, of the caller's allowance
	strict  bool                 // no call is made that cannot be counted
	cached  bool                 // answers are kept until the service writes anything of the organization
	answers func() proto.Message // a new response, to decode a stored one into

	etag         protoreflect.FieldDescriptor // of the request, or of resource; nil if none
	resource     protoreflect.FieldDescriptor // of an update: the message that holds the new values
	updateMask   protoreflect.FieldDescriptor
	allowMissing protoreflect.FieldDescriptor // of an update that may create
	requestID    protoreflect.FieldDescriptor
	validateOnly protoreflect.FieldDescriptor
}

func newMethod(d protoreflect.MethodDescriptor, access authz.Access, policy *authz.Policy) (*method, error) {
	in := d.Input()
	m := &method{
		name: string(d.Name()), access: access, grant: policy.Grant(access.Permission), names: authz.NewWalk(in), answers: maker(d.Output()),
		texts: newTexts(in, map[protoreflect.FullName]*texts{}), etag: text(in, "etag"), requestID: text(in, "request_id"),
	}
	if err := m.findServing(d); err != nil {
		return nil, err
	}
	if len(m.grant.Roles()) == 0 && !access.Anonymous {
		return nil, fmt.Errorf("no role has its permission %s: add it to authz/roles.yaml", access.Permission)
	}
	m.validateOnly, m.allowMissing = flag(in, "validate_only"), flag(in, "allow_missing")
	if strings.HasPrefix(m.name, "Update") {
		m.findResource(in)
	}
	if err := warm(maker(in)()); err != nil {
		return nil, err
	}
	return m, nil
}

// maxCost keeps a slip of the keyboard from closing a method.
const maxCost = 1000

// findServing reads what the method declares about how it is served.
func (m *method) findServing(d protoreflect.MethodDescriptor) error {
	m.cost = 1
	if limit, _ := proto.GetExtension(d.Options(), typev1.E_Limit).(*typev1.Limit); limit != nil {
		m.cost, m.strict = int(limit.GetCost()), limit.GetFailClosed()
	}
	if m.cost < 1 || m.cost > maxCost {
		return fmt.Errorf("its (throughline.type.v1.limit) declares cost %d: write one from 1 to %d", m.cost, maxCost)
	}
	m.cached, _ = proto.GetExtension(d.Options(), typev1.E_Cached).(bool)
	if m.cached && (m.access.Mutation || d.IsStreamingClient() || d.IsStreamingServer()) {
		return errors.New("it declares (throughline.type.v1.cached) and is no plain read: take the option away")
	}
	return nil
}

// findResource finds the resource of a standard update (AIP-134), whose etag lies in the resource.
func (m *method) findResource(in protoreflect.MessageDescriptor) {
	for i := range in.Fields().Len() {
		field := in.Fields().Get(i)
		switch {
		case field.Message() == nil || field.IsList() || field.IsMap():
		case field.Message().FullName() == "google.protobuf.FieldMask":
			m.updateMask = field
		case m.resource == nil:
			m.resource = field
		}
	}
	if m.etag == nil && m.resource != nil {
		m.etag = text(m.resource.Message(), "etag")
	}
}

// text is the singular string field of that name, or nil.
func text(message protoreflect.MessageDescriptor, name protoreflect.Name) protoreflect.FieldDescriptor {
	field := message.Fields().ByName(name)
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return nil
	}
	return field
}

// flag is the singular boolean field of that name, or nil.
func flag(message protoreflect.MessageDescriptor, name protoreflect.Name) protoreflect.FieldDescriptor {
	field := message.Fields().ByName(name)
	if field == nil || field.Kind() != protoreflect.BoolKind || field.IsList() {
		return nil
	}
	return field
}

// maker makes messages of the linked Go type, or dynamic ones if none is linked.
func maker(d protoreflect.MessageDescriptor) func() proto.Message {
	if linked, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName()); err == nil {
		return func() proto.Message { return linked.New().Interface() }
	}
	return func() proto.Message { return dynamicpb.NewMessage(d) }
}

// sets says whether the request is to have an effect that must not happen twice, and names it.
func (m *method) effect(request protoreflect.Message) (requestID string, ok bool) {
	if !m.access.Mutation || m.requestID == nil || (m.validateOnly != nil && request.Get(m.validateOnly).Bool()) {
		return "", false
	}
	requestID = request.Get(m.requestID).String()
	return requestID, requestID != ""
}
