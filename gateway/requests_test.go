package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway/internal/encode/encodetest"
)

// binding is a method as one rule of its annotation shows it, read apart from the code under test.
type binding struct {
	verb, template, body string
	method               protoreflect.MethodDescriptor
	segments             []string // of the path, "*" and "**" for what is bound
	custom               string
	bound                []string // top-level fields that the path sets, wholly or in part
}

var variables = regexp.MustCompile(`\{([^=}]+)=([^}]*)\}`)

// bindings are all of the API, additional ones included.
func bindings(t *testing.T) []binding {
	t.Helper()
	var all []binding
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				rule, _ := proto.GetExtension(methods.Get(j).Options(), annotations.E_Http).(*annotations.HttpRule)
				if rule == nil {
					continue
				}
				for _, rule := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
					all = append(all, bindingOf(methods.Get(j), rule))
				}
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b binding) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func bindingOf(method protoreflect.MethodDescriptor, rule *annotations.HttpRule) binding {
	b := binding{method: method, body: rule.GetBody()}
	b.verb, b.template = http.MethodGet, rule.GetGet()
	for verb, template := range map[string]string{
		http.MethodPost: rule.GetPost(), http.MethodPatch: rule.GetPatch(), http.MethodDelete: rule.GetDelete(), http.MethodPut: rule.GetPut(),
	} {
		if template != "" {
			b.verb, b.template = verb, template
		}
	}
	path := variables.ReplaceAllStringFunc(b.template, func(variable string) string {
		parts := variables.FindStringSubmatch(variable)
		field, _, _ := strings.Cut(parts[1], ".")
		b.bound = append(b.bound, field)
		return parts[2]
	})
	path, b.custom, _ = strings.Cut(path, ":")
	b.segments = strings.Split(strings.TrimPrefix(path, "/"), "/")
	return b
}

// String is the name of its test, such as "GET /v1/{name=organizations/*}".
func (b binding) String() string { return b.verb + " " + b.template }

// request is an HTTP request that can be made more than once.
type request struct {
	verb     string
	segments []string // escaped
	custom   string   // ":adopt", or ""
	query    []string // escaped "key=value"
	body     string
	header   http.Header
}

func (r request) target() string {
	target := "/" + strings.Join(r.segments, "/") + r.custom
	if len(r.query) > 0 {
		target += "?" + strings.Join(r.query, "&")
	}
	return target
}

// String is what is sent.
func (r request) String() string { return r.verb + " " + r.target() + "\n" + r.body }

// build makes the request as net/http does on its arrival.
func (r request) build(t *testing.T) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(r.target())
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	made, err := http.NewRequestWithContext(t.Context(), r.verb, "http://city.example/", bytes.NewReader([]byte(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	made.URL, made.RequestURI, made.Header = u, r.target(), r.header.Clone()
	return made
}

func (r request) clone() request {
	r.segments, r.query, r.header = slices.Clone(r.segments), slices.Clone(r.query), r.header.Clone()
	return r
}

// requests draws requests of a binding that a caller may well make.
func (b binding) requests() *rapid.Generator[request] {
	return rapid.Custom(func(t *rapid.T) request {
		r := request{verb: b.verb, header: http.Header{}}
		if b.custom != "" {
			r.custom = ":" + b.custom
		}
		for _, segment := range b.segments {
			switch segment {
			case "*":
				r.segments = append(r.segments, ids.Draw(t, "id"))
			case deep:
				r.segments = append(r.segments, rapid.SliceOfN(ids, 1, 4).Draw(t, "ids")...)
			default:
				r.segments = append(r.segments, segment)
			}
		}
		if b.body != "*" {
			parameters(t, &r, b.method.Input(), "", append([]string{b.body, "update_mask"}, b.bound...), 2)
		}
		if b.body != "" && rapid.IntRange(0, 9).Draw(t, "no body") > 0 {
			r.body = b.draw(t)
			r.header.Set("Content-Type", rapid.SampledFrom([]string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"}).Draw(t, "type"))
		}
		for _, name := range []string{"Authorization", "Idempotency-Key", "If-Match", "Traceparent", "X-Request-Id", "Cookie", "Accept-Language", "Grpc-Metadata-Admin", "X-Forwarded-For"} {
			if rapid.Bool().Draw(t, name) {
				r.header.Set(name, rapid.StringMatching(`[!-+\--~]([ -+\--~]{0,8}[!-+\--~])?`).Filter(func(s string) bool { return entityTag(s) == s }).Draw(t, "value"))
			}
		}
		return r
	})
}

// ids are segments of paths, escaped as callers may.
var ids = rapid.Custom(func(t *rapid.T) string {
	id := rapid.OneOf(
		rapid.StringMatching(`[a-z][a-z0-9-]{0,6}`),
		rapid.SampledFrom([]string{
			"a b", "a+b", "100%", "é", "日本", "a:b", "p:adopt", "a:b:c", "x:", ".", "..", "~", "*", "**", "{id}", "name=x", "a=b&c", "a;b", "A", "%2e", "%", "organizations", "plans", "\x00", "\xff", "a?b", "a#b",
		}),
		rapid.StringN(1, 5, 12).Filter(func(s string) bool { return !strings.Contains(s, "/") && s[0] != ':' }),
	).Draw(t, "id")
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:+=&;*,@!$", c) >= 0
		if plain && rapid.IntRange(0, 9).Draw(t, "escape") > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, rapid.SampledFrom([]string{"%%%02x", "%%%02X"}).Draw(t, "case"), c)
		}
	}
	return b.String()
})

// draw makes a body as JSON.
func (b binding) draw(t *rapid.T) string {
	found, err := protoregistry.GlobalTypes.FindMessageByName(b.bodyMessage().FullName())
	if err != nil {
		t.Fatal(err)
	}
	m := found.New()
	encodetest.Fill(t, m, 2)
	text, err := protojson.MarshalOptions{
		UseProtoNames: rapid.Bool().Draw(t, "proto names"), EmitUnpopulated: rapid.IntRange(0, 4).Draw(t, "unpopulated") == 0,
	}.Marshal(m.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// bodyMessage is the message that is the body.
func (b binding) bodyMessage() protoreflect.MessageDescriptor {
	if b.body == "*" {
		return b.method.Input()
	}
	return b.method.Input().Fields().ByName(protoreflect.Name(b.body)).Message()
}

// parameters draws some of the fields of a message as parameters of the query, by either of their names and dotted into messages.
func parameters(t *rapid.T, r *request, m protoreflect.MessageDescriptor, prefix string, without []string, depth int) {
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		if prefix == "" && slices.Contains(without, string(field.Name())) || rapid.Bool().Draw(t, "unset") || field.IsMap() {
			continue
		}
		key := prefix + rapid.SampledFrom([]string{field.JSONName(), string(field.Name())}).Draw(t, "name")
		if field.Message() != nil && !leaf(field) {
			if !field.IsList() && depth > 0 {
				parameters(t, r, field.Message(), key+".", nil, depth-1)
			}
			continue
		}
		times := 1
		if field.IsList() {
			times = rapid.IntRange(1, 3).Draw(t, "times")
		}
		for range times {
			r.query = append(r.query, url.QueryEscape(key)+"="+url.QueryEscape(parameter(t, field)))
		}
	}
}

// parameter draws the text of a value.
func parameter(t *rapid.T, field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return rapid.SampledFrom([]string{"true", "false", "1", "0", "t", "F", "True"}).Draw(t, "bool")
	case protoreflect.StringKind:
		return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "organizations/o", "a,b", `display_name = "x"`, "\xff"})).Draw(t, "text")
	case protoreflect.EnumKind:
		value := field.Enum().Values().Get(rapid.IntRange(0, field.Enum().Values().Len()-1).Draw(t, "enum"))
		return rapid.SampledFrom([]string{string(value.Name()), strconv.Itoa(int(value.Number()))}).Draw(t, "enum as")
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return strconv.Itoa(int(rapid.Int32().Draw(t, "int32")))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return strconv.FormatInt(rapid.Int64().Draw(t, "int64"), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return strconv.Itoa(int(rapid.Uint32().Draw(t, "uint")))
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return strconv.FormatFloat(rapid.Float64Range(-1e9, 1e9).Draw(t, "float"), 'g', -1, 64)
	case protoreflect.BytesKind:
		return "aGk="
	case protoreflect.MessageKind, protoreflect.GroupKind:
	}
	switch field.Message().Name() {
	case "Timestamp":
		return time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, "time"), 5e6).In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)
	case "Duration":
		return "3.5s"
	default: // FieldMask
		return "display_name,period"
	}
}

// topLevelOf are the proto names of the fields that a JSON object names, in their order.
func topLevelOf(t *testing.T, body string, m protoreflect.MessageDescriptor) string {
	t.Helper()
	var paths []string
	decoder := json.NewDecoder(strings.NewReader(body))
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		name, _ := key.(string)
		field := m.Fields().ByJSONName(name)
		if field == nil {
			field = m.Fields().ByName(protoreflect.Name(name))
		}
		paths = append(paths, string(field.Name()))
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(paths, ",")
}
