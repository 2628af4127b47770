package gateway

import (
	"net/http"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"
)

// oddity is what may be odd about a request. The generated bindings are sent what change makes of theirs, the gateway what it makes of ours: where
// they are to be told apart, the gateway takes or refuses what the bindings do not, and says why.
type oddity struct {
	name   string
	on     func(binding) bool // bindings that it may befall; nil for all
	change func(t *rapid.T, b binding, ours, theirs *request)
	status int    // of a refusal that is the gateway's own; 0 where it answers as the bindings do
	reason string // why it does not, or is not sent the same
}

func reads(b binding) bool     { return b.verb == http.MethodGet }
func patches(b binding) bool   { return b.verb == http.MethodPatch }
func takesBody(b binding) bool { return b.body != "" }
func takesNone(b binding) bool { return b.body == "" }
func shallow(b binding) bool   { return b.segments[len(b.segments)-1] != deep }

// onBoth changes the request for both.
func onBoth(change func(t *rapid.T, b binding, r *request)) func(*rapid.T, binding, *request, *request) {
	return func(t *rapid.T, b binding, ours, theirs *request) {
		mask := theirs.query[len(ours.query):] // is theirs alone, for it is the gateway that works it out
		change(t, b, ours)
		*theirs = ours.clone()
		theirs.query = append(theirs.query, mask...)
	}
}

// onPath changes the path of a request that has nothing else to be refused for, should it be another's.
func onPath(change func(t *rapid.T, b binding, r *request)) func(*rapid.T, binding, *request, *request) {
	return func(t *rapid.T, b binding, ours, theirs *request) {
		ours.query, ours.body = nil, ""
		ours.header.Del("Content-Type")
		change(t, b, ours)
		*theirs = ours.clone()
	}
}

// onBody changes what is sent where there is a body.
func onBody(text func(t *rapid.T, b binding, was string) string) func(*rapid.T, binding, *request, *request) {
	return onBoth(func(t *rapid.T, b binding, r *request) {
		r.header.Set("Content-Type", typeJSON)
		if r.body == "" {
			r.body = "{}"
		}
		r.body = text(t, b, r.body)
	})
}

func onQuery(text ...string) func(*rapid.T, binding, *request, *request) {
	return onBoth(func(t *rapid.T, _ binding, r *request) {
		r.query = append(r.query, rapid.SampledFrom(text).Draw(t, "query"))
	})
}

func onHeader(name string, values ...string) func(*rapid.T, binding, *request, *request) {
	return onBoth(func(t *rapid.T, _ binding, r *request) {
		r.header.Set(name, rapid.SampledFrom(values).Draw(t, name))
	})
}

// oddities, and all differences there are between the gateway and the generated bindings of requests.
var oddities = []oddity{
	{name: "none", change: onBoth(func(*rapid.T, binding, *request) {})},

	// Paths.
	{name: "wrong method", change: onPath(func(t *rapid.T, b binding, r *request) {
		r.verb = rapid.SampledFrom([]string{"PUT", "OPTIONS", "DELETE", "PATCH", "POST", "GET", "TRACE", "get"}).Draw(t, "verb")
	})},
	{
		name: "HEAD", on: reads, change: func(_ *rapid.T, _ binding, ours, _ *request) { ours.verb = http.MethodHead },
		reason: "the bindings know no HEAD; it answers what GET does, but for the body",
	},
	{
		name: "trailing slash", status: http.StatusNotFound, reason: "an empty segment names nothing",
		change: onPath(func(_ *rapid.T, _ binding, r *request) { r.custom += "/" }),
	},
	{
		name: "empty segment", on: shallow, status: http.StatusNotFound, reason: "an empty segment names nothing",
		change: onPath(func(t *rapid.T, _ binding, r *request) {
			r.segments[rapid.IntRange(0, len(r.segments)-1).Draw(t, "segment")] = ""
		}),
	},
	{name: "segment more", on: shallow, change: onPath(func(_ *rapid.T, _ binding, r *request) { r.segments = append(r.segments, "more") })},
	{name: "segment less", on: shallow, change: onPath(func(_ *rapid.T, _ binding, r *request) { r.segments = r.segments[:len(r.segments)-1] })},
	{name: "other literal", on: shallow, change: onPath(func(t *rapid.T, b binding, r *request) {
		at := rapid.IntRange(0, len(r.segments)-1).Draw(t, "segment")
		r.segments[at] = strings.ToUpper(r.segments[at])
	})},
	{name: "unknown verb", change: onPath(func(_ *rapid.T, _ binding, r *request) { r.custom = ":frobnicate" })},
	{name: "verb twice", change: onPath(func(_ *rapid.T, _ binding, r *request) { r.custom += r.custom })},
	{name: "no verb", change: onPath(func(_ *rapid.T, _ binding, r *request) { r.custom = "" })},
	{
		name: "slash in a segment", status: http.StatusBadRequest, reason: "the bindings split the id at it",
		change: onPath(func(t *rapid.T, _ binding, r *request) {
			r.segments[rapid.IntRange(0, len(r.segments)-1).Draw(t, "segment")] += rapid.SampledFrom([]string{"%2f", "%2F"}).Draw(t, "slash") + "x"
		}),
	},

	// Queries.
	{
		name: "unknown parameter", status: http.StatusBadRequest, reason: "the bindings ignore it, and nobody notices the misspelling",
		change: onQuery("frobnicate=1", "page_siz=1", "parent.x=1", "=", "filter.x=1", "etag.x.y="),
	},
	{
		name: "parameter of the path", status: http.StatusBadRequest, reason: "the bindings ignore it", on: func(b binding) bool { return len(b.bound) > 0 },
		change: onBoth(func(_ *rapid.T, b binding, r *request) { r.query = append(r.query, b.bound[0]+"=organizations/other") }),
	},
	{
		name: "parameter of the body", status: http.StatusBadRequest, reason: "the bindings ignore it", on: takesBody,
		change: onBoth(func(_ *rapid.T, b binding, r *request) {
			name := b.body
			if name == "*" {
				name = b.method.Input().Fields().Get(0).JSONName()
			}
			r.query = append(r.query, name+".name=x")
		}),
	},
	{name: "malformed query", status: http.StatusBadRequest, reason: "the bindings do not read the query when all is in the body", change: onQuery("x=%zz", "a=1;b=2", "%")},
	{name: "parameter twice", on: has(single), change: onBoth(func(t *rapid.T, b binding, r *request) {
		f := pick(b, single)
		one := string(f.Name()) + "=" + plainValue(f)
		r.query = []string{one, one}
	})},
	{
		name: "parameter by both names", on: has(twoNames), status: http.StatusBadRequest, reason: "which the bindings take is chance",
		change: onBoth(func(_ *rapid.T, b binding, r *request) {
			f := pick(b, twoNames)
			r.query = []string{string(f.Name()) + "=" + plainValue(f), f.JSONName() + "=" + plainValue(f)}
		}),
	},
	{name: "parameter of a wrong type", on: has(typed), change: onBoth(func(t *rapid.T, b binding, r *request) {
		r.query = []string{string(pick(b, typed).Name()) + "=" + rapid.SampledFrom([]string{"x", "1.5.2", "-", "NaN%20", "99999999999999999999", "tomorrow"}).Draw(t, "value")}
	})},
	{
		name: "enum in short", on: has(enum), reason: "enum values may leave out their prefix",
		change: func(_ *rapid.T, b binding, ours, theirs *request) {
			f := pick(b, enum)
			whole := string(f.Enum().Values().Get(1).Name())
			first := string(f.Enum().Values().Get(0).Name()) // …_UNSPECIFIED
			ours.query = []string{f.JSONName() + "=" + strings.TrimPrefix(whole, strings.TrimSuffix(first, "UNSPECIFIED"))}
			theirs.query = []string{f.JSONName() + "=" + whole}
		},
	},
	{
		name: "mask in JSON names", on: patches, reason: "the mask may use either spelling",
		change: func(_ *rapid.T, b binding, ours, theirs *request) {
			ours.query, theirs.query = []string{"updateMask=displayName,startDate.year,%20code"}, []string{"updateMask=display_name,start_date.year,code"}
		},
	},

	// Bodies.
	{name: "no body", on: takesBody, change: onPath(func(*rapid.T, binding, *request) {})},
	{name: "blank body", on: takesBody, change: onPath(func(_ *rapid.T, _ binding, r *request) {
		r.body = " \r\n\t"
		r.header.Set("Content-Type", typeJSON)
	})},
	{name: "no object", on: takesBody, change: onBody(func(t *rapid.T, _ binding, _ string) string {
		return rapid.SampledFrom([]string{"null", "[]", "12", `"x"`, "true", "nul", "\x00", "\ufeff{}"}).Draw(t, "body")
	})},
	{name: "unknown field", on: takesBody, change: onBody(func(_ *rapid.T, _ binding, was string) string {
		return strings.TrimSuffix(`{"frobnicate":1,`+was[1:], ",}") + map[bool]string{true: "}"}[was == "{}"]
	})},
	{name: "field twice", on: takesBody, change: onBody(func(_ *rapid.T, b binding, _ string) string {
		one := `"` + b.bodyMessage().Fields().Get(0).JSONName() + `":null`
		return "{" + one + "," + one + "}"
	})},
	{name: "field of a wrong type", on: takesBody, change: onBody(func(t *rapid.T, b binding, _ string) string {
		f := b.bodyMessage().Fields().Get(rapid.IntRange(0, b.bodyMessage().Fields().Len()-1).Draw(t, "field"))
		wrong := "[]"
		if f.IsList() || f.IsMap() || f.Message() != nil && !leaf(f) {
			wrong = "7"
		}
		return `{"` + f.JSONName() + `":` + wrong + `}`
	})},
	{name: "two values", on: takesBody, change: onBody(func(_ *rapid.T, _ binding, was string) string { return was + " {}" })},
	{name: "broken off", on: takesBody, change: onBody(func(_ *rapid.T, _ binding, was string) string { return was[:len(was)-1] })},
	{name: "not UTF-8", on: takesBody, change: onBody(func(_ *rapid.T, _ binding, was string) string { return "{\"\xff\":1," + was[1:] })},
	{
		name: "merge patch", on: patches, reason: "a merge patch reaches into objects, as the bindings always do",
		change: func(_ *rapid.T, _ binding, ours, theirs *request) {
			theirs.query = theirs.query[:len(ours.query)]
			if ours.body != "" {
				ours.header.Set("Content-Type", typeMergePatch)
			}
		},
	},
	{
		name: "unasked body", on: takesNone, status: http.StatusBadRequest, reason: "the bindings drop it",
		change: onBoth(func(_ *rapid.T, _ binding, r *request) {
			r.body = "{}"
			r.header.Set("Content-Type", typeJSON)
		}),
	},
	{
		name: "other media type", on: takesBody, status: http.StatusUnsupportedMediaType, reason: "the bindings take anything for JSON",
		change: func(t *rapid.T, _ binding, ours, _ *request) {
			ours.body = "{}"
			ours.header.Set("Content-Type", rapid.SampledFrom([]string{
				"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "", "application/x-ndjson", "json",
			}).Draw(t, "type"))
		},
	},

	// Headers.
	{name: "header not ASCII", status: http.StatusBadRequest, reason: "gRPC could not carry it", change: onHeader("Authorization", "é", "a\tb", "\x7f")},
	{name: "two entity tags", status: http.StatusBadRequest, reason: "a resource has one version", change: onHeader("If-Match", `"1", "2"`)},
	{name: "entity tag in quotes", reason: "services know etags without the marks of HTTP", change: func(_ *rapid.T, _ binding, ours, theirs *request) {
		ours.header.Set("If-Match", `W/"7"`)
		theirs.header.Set("If-Match", "7")
	}},
	{name: "gRPC's timeout", reason: "it is not part of the contract, and passes unread", change: func(_ *rapid.T, _ binding, ours, _ *request) {
		ours.header.Set("Grpc-Timeout", "soon")
	}},
	{name: "method override", change: onHeader("X-Http-Method-Override", "DELETE", "GET")},
}

func single(f protoreflect.FieldDescriptor) bool { return !f.IsList() && f.Message() == nil }

func twoNames(f protoreflect.FieldDescriptor) bool {
	return single(f) && f.JSONName() != string(f.Name())
}

func typed(f protoreflect.FieldDescriptor) bool {
	return single(f) && f.Kind() != protoreflect.StringKind && f.Kind() != protoreflect.BytesKind || f.Message() != nil && f.Message().Name() == "Timestamp"
}

func enum(f protoreflect.FieldDescriptor) bool {
	return f.Enum() != nil && strings.HasSuffix(string(f.Enum().Values().Get(0).Name()), "_UNSPECIFIED")
}

func has(kind func(protoreflect.FieldDescriptor) bool) func(binding) bool {
	return func(b binding) bool { return pick(b, kind) != nil }
}

// pick is the first field of that kind that the query may set.
func pick(b binding, kind func(protoreflect.FieldDescriptor) bool) protoreflect.FieldDescriptor {
	for i := range b.method.Input().Fields().Len() {
		f := b.method.Input().Fields().Get(i)
		if b.body != "*" && string(f.Name()) != b.body && !strings.Contains(" "+strings.Join(b.bound, " ")+" ", " "+string(f.Name())+" ") && kind(f) {
			return f
		}
	}
	return nil
}

func plainValue(f protoreflect.FieldDescriptor) string {
	if f.Kind() == protoreflect.BoolKind {
		return "true"
	}
	return "1"
}
