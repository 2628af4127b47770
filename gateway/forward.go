package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/throughline/throughline/services/platform/fault"
)

// forwarded are the headers that pass to services, by the metadata key each becomes. Nothing else passes.
var forwarded = map[string]string{
	"Authorization":   "authorization",
	"Idempotency-Key": "idempotency-key",
	"If-Match":        "if-match",
	"Traceparent":     "traceparent",
	"X-Request-Id":    "x-request-id",
}

// metadataOf picks the forwarded headers. Errors: Invalid, listing every header that cannot be sent on.
func metadataOf(header http.Header) (metadata.MD, error) {
	md := metadata.MD{}
	var bad fault.Violations
	for name, key := range forwarded {
		for _, value := range header.Values(name) {
			if name == "If-Match" {
				value = entityTag(value)
			}
			switch {
			case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }):
				bad.Add(name, "may hold only printable ASCII characters")
			case name == "If-Match" && strings.Contains(value, ","):
				bad.Add(name, "send one entity tag, the one that was read")
			default:
				md.Append(key, value)
			}
		}
	}
	slices.SortFunc(bad, func(a, b fault.Violation) int { return strings.Compare(a.Field, b.Field) })
	if len(bad) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Reason: reasonHeader, Message: "the request has invalid headers", Violations: bad}
	}
	return md, nil
}

// forwarder is the connection as the generated code sees it: the one place where calls leave the gateway. It replaces
// all metadata by what may pass, so that nothing a library adds does.
type forwarder struct{ grpc.ClientConnInterface }

// Invoke calls a method on behalf of the request in ctx.
func (f forwarder) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	ctx, c := leave(ctx)
	if request, ok := args.(proto.Message); ok && c != nil {
		c.setMask(request)
	}
	return f.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
}

// NewStream opens a stream on behalf of the request in ctx.
func (f forwarder) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, _ = leave(ctx)
	return f.ClientConnInterface.NewStream(ctx, desc, method, opts...)
}

func leave(ctx context.Context) (context.Context, *call) {
	c := callOf(ctx)
	md := metadata.MD{}
	if c != nil {
		md, c.sent = c.metadata, true
	}
	return metadata.NewOutgoingContext(ctx, md), c
}

// setMask says which fields an update changes. The query's updateMask may use either spelling of names. Without one a
// JSON body changes the fields that it names, each as a whole, so that 0, "" and null clear and a Money is never half
// old; a merge patch (RFC 7396) reaches into objects, as the generated code has worked out already.
func (c *call) setMask(request proto.Message) {
	message := request.ProtoReflect()
	field := message.Descriptor().Fields().ByName("update_mask")
	if field == nil || c.route.verb != http.MethodPatch {
		return
	}
	mask, _ := message.Get(field).Message().Interface().(*fieldmaskpb.FieldMask)
	var paths []string
	switch {
	case c.query.Has("updateMask") || c.query.Has("update_mask"):
		for _, path := range mask.GetPaths() {
			paths = append(paths, snake(strings.TrimSpace(path)))
		}
	case c.mergePatch:
		paths = slices.DeleteFunc(slices.Clone(mask.GetPaths()), func(path string) bool { return path == "" })
	default:
		paths = topLevel(c.body, c.route.bodyType.Descriptor())
	}
	message.Clear(field)
	if len(paths) > 0 {
		message.Set(field, message.NewField(field))
		if set, ok := message.Mutable(field).Message().Interface().(*fieldmaskpb.FieldMask); ok {
			set.Paths = paths
		}
	}
}

// snake turns a path of JSON names into one of proto names: "period.startDate" into "period.start_date".
func snake(path string) string {
	var b strings.Builder
	for _, c := range path {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
