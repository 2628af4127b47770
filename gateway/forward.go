package gateway

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// forwarded are the headers that pass to services, by the metadata key each becomes.
var forwarded = func() (headers []struct{ name, key string }) {
	for _, key := range wire.Forwarded {
		headers = append(headers, struct{ name, key string }{http.CanonicalHeaderKey(key), key})
	}
	return headers
}()

// metadataOf picks the forwarded headers. Errors: Invalid, listing every header that cannot be sent on.
func metadataOf(header http.Header) (metadata.MD, error) {
	md := make(metadata.MD, len(forwarded))
	var bad fault.Violations
	for _, f := range forwarded {
		values := header[f.name]
		if len(values) == 0 {
			continue
		}
		if f.name == "If-Match" {
			values = slices.Clone(values)
		}
		for i, value := range values {
			if f.name == "If-Match" {
				value = entityTag(value)
				values[i] = value
			}
			switch {
			case !printable(value):
				bad.Add(f.name, "may hold only printable ASCII characters")
			case f.name == "If-Match" && strings.Contains(value, ","):
				bad.Add(f.name, "send one entity tag, the one that was read")
			}
		}
		md[f.key] = values
	}
	if len(bad) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Reason: reasonHeader, Message: "the request has invalid headers", Violations: bad}
	}
	return md, nil
}

// printable says whether the text is ASCII that can be seen.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// setMask says which fields an update changes. The query's updateMask may use either spelling of names. Without one a
// JSON body changes the fields that it names, each as a whole, so that 0, "" and null clear and a Money is never half
// old; a merge patch (RFC 7396) reaches into objects.
func (c *call) setMask(message, body protoreflect.Message) error {
	field := message.Descriptor().Fields().ByName("update_mask")
	if field == nil {
		return nil
	}
	var paths []string
	switch {
	case c.query.Has("updateMask") || c.query.Has("update_mask"):
		mask, _ := message.Get(field).Message().Interface().(*fieldmaskpb.FieldMask)
		for _, path := range mask.GetPaths() {
			paths = append(paths, snake(strings.TrimSpace(path)))
		}
	case c.mergePatch:
		mask, err := runtime.FieldMaskFromRequestBody(bytes.NewReader(c.body), body.Interface())
		if err != nil {
			return explain(c.body, c.route.bodyType, 1)
		}
		paths = slices.DeleteFunc(mask.GetPaths(), func(path string) bool { return path == "" })
	default:
		paths = topLevel(c.body, c.route.bodyType.Descriptor())
	}
	message.Clear(field)
	if len(paths) > 0 {
		message.Set(field, protoreflect.ValueOfMessage((&fieldmaskpb.FieldMask{Paths: paths}).ProtoReflect()))
	}
	return nil
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
