package rpc

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// identify verifies the bearer token. A method open to all takes callers without one as the public.
func (g *Guard) identify(ctx context.Context, m *method) (authn.Identity, error) {
	values := metadata.ValueFromIncomingContext(ctx, wire.Authorization)
	if len(values) == 0 || values[0] == "" {
		if m.access.Anonymous {
			return authn.Identity{Roles: []string{authn.RolePublic}}, nil
		}
		return authn.Identity{}, authn.Missing()
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || len(values) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return authn.Identity{}, fault.New(fault.Unauthenticated, authn.ReasonInvalid,
			"the authorization is not one bearer token: send it as \"Authorization: Bearer <token>\"")
	}
	return g.options.Verifier.Verify(ctx, strings.TrimSpace(token))
}

// fill copies If-Match and Idempotency-Key into the fields that mean the same, so that handlers know only the fields.
func (m *method) fill(ctx context.Context, request protoreflect.Message) error {
	if !m.access.Mutation {
		return nil
	}
	var bad fault.Violations
	if etag := header(ctx, wire.IfMatch, &bad); etag != "" && etag != "*" {
		holder, path := request, "etag"
		if m.resource != nil && m.etag != nil && m.etag.Parent() == m.resource.Message() {
			path = string(m.resource.Name()) + ".etag"
			holder = nil
			if request.Has(m.resource) { // an unset resource is for validation to report
				holder = request.Mutable(m.resource).Message()
			}
		}
		agree(holder, m.etag, path, "If-Match", etag, &bad)
	}
	if key := header(ctx, wire.IdempotencyKey, &bad); key != "" {
		agree(request, m.requestID, "request_id", "Idempotency-Key", key, &bad)
	}
	return bad.Err()
}

// agree sets the field to the header's value, unless it already holds another.
func agree(holder protoreflect.Message, field protoreflect.FieldDescriptor, path, header, value string, bad *fault.Violations) {
	switch {
	case field == nil:
		bad.Add(path, "this method takes no %s; call it without that header", header)
	case holder == nil:
	case holder.Get(field).String() == "":
		holder.Set(field, protoreflect.ValueOfString(value))
	case holder.Get(field).String() != value:
		bad.Add(path, "differs from the %s header; send one of them, or both alike", header)
	}
}

// header is the one value of a metadata key without HTTP's quotes (RFC 9110: entity tags are quoted, perhaps weak).
func header(ctx context.Context, key string, bad *fault.Violations) string {
	values := metadata.ValueFromIncomingContext(ctx, key)
	if len(values) == 0 {
		return ""
	}
	value := strings.TrimSpace(values[0])
	if len(values) > 1 || strings.Contains(value, `",`) {
		bad.Add(key, "send one value, not several")
		return ""
	}
	value = strings.TrimPrefix(value, "W/")
	if len(value) >= 2 && strings.HasPrefix(value, `"`) && strings.HasSuffix(value, `"`) {
		value = value[1 : len(value)-1]
	}
	return value
}
