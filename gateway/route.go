package gateway

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// route is one method as REST shows it, read from its google.api.http annotation.
type route struct {
	verb, template string   // "PATCH", "/v1/{plan.name=organizations/*/plans/*}"
	segments       []string // of the template: "v1", "organizations", "*", "plans", "*"
	custom         string   // custom verb, such as "adopt"; mostly ""
	binding        int      // 0 for the annotation itself, then its additional_bindings
	method         protoreflect.MethodDescriptor
	fullMethod     string // its name on the wire, such as "/throughline.goals.v1.GoalsService/GetPlan"
	access         *typev1.Access
	input, output  protoreflect.MessageType
	body           protoreflect.Name            // field that is the HTTP body, "*" for the whole request, "" for none
	bodyField      protoreflect.FieldDescriptor // of that name; nil for none
	bodyType       protoreflect.MessageType     // message of the body; nil for none
	bound          []bound
	etag           protoreflect.FieldDescriptor // of the answer; nil for none
	conn           grpc.ClientConnInterface
	usual          atomic.Int64 // bytes of the last answer: room for the next, so that a buffer need not grow by copying
}

// bound is a field that the path sets.
type bound struct {
	name         string                         // such as "parent" or "plan.name"
	fields       []protoreflect.FieldDescriptor // that lead to it, itself the last
	first, count int                            // the segments that are its value; a count of 0 means all that follow
}

// routes by HTTP method and template, as in "GET /v1/{name=organizations/*}".
type routes map[string]*route

// add reads the routes of every service of a file. Errors: a method without an annotation, or whose types are unknown.
func (rs routes) add(file protoreflect.FileDescriptor, conn grpc.ClientConnInterface) error {
	for i := range file.Services().Len() {
		methods := file.Services().Get(i).Methods()
		for j := range methods.Len() {
			if err := rs.addMethod(methods.Get(j), conn); err != nil {
				return fmt.Errorf("read the route of %s: %w", methods.Get(j).FullName(), err)
			}
		}
	}
	return nil
}

func (rs routes) addMethod(method protoreflect.MethodDescriptor, conn grpc.ClientConnInterface) error {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	for binding, bound := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		r, err := newRoute(method, bound, conn)
		if err != nil {
			return err
		}
		r.binding = binding
		rs[r.verb+" "+r.template] = r
	}
	return nil
}

func newRoute(method protoreflect.MethodDescriptor, rule *annotations.HttpRule, conn grpc.ClientConnInterface) (*route, error) {
	access, _ := proto.GetExtension(method.Options(), typev1.E_Access).(*typev1.Access)
	r := &route{
		method: method, fullMethod: "/" + string(method.Parent().FullName()) + "/" + string(method.Name()),
		access: access, body: protoreflect.Name(rule.GetBody()), conn: conn,
	}
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		r.verb, r.template = http.MethodGet, pattern.Get
	case *annotations.HttpRule_Post:
		r.verb, r.template = http.MethodPost, pattern.Post
	case *annotations.HttpRule_Patch:
		r.verb, r.template = http.MethodPatch, pattern.Patch
	case *annotations.HttpRule_Delete:
		r.verb, r.template = http.MethodDelete, pattern.Delete
	default:
		return nil, fmt.Errorf("it needs a google.api.http annotation with get, post, patch or delete")
	}
	var err error
	if r.input, err = protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName()); err != nil {
		return nil, err
	}
	if r.output, err = protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName()); err != nil {
		return nil, err
	}
	switch r.body {
	case "":
	case "*":
		r.bodyType = r.input
	default:
		field := method.Input().Fields().ByName(r.body)
		if field == nil || field.Message() == nil {
			return nil, fmt.Errorf("its body %q is not a message field", r.body)
		}
		r.bodyField = field
		if r.bodyType, err = protoregistry.GlobalTypes.FindMessageByName(field.Message().FullName()); err != nil {
			return nil, err
		}
	}
	r.etag = etagField(r.output.Descriptor())
	return r, r.parse()
}

// parse reads the template. Errors: it binds what is no text field.
func (r *route) parse() error {
	text, custom, _ := strings.Cut(strings.TrimPrefix(r.template, "/"), ":")
	r.custom = custom
	for text != "" {
		if text[0] != '{' {
			segment, rest, _ := strings.Cut(text, "/")
			r.segments, text = append(r.segments, segment), rest
			continue
		}
		variable, rest, _ := strings.Cut(text[1:], "}")
		name, pattern, given := strings.Cut(variable, "=")
		if !given {
			pattern = "*"
		}
		segments := strings.Split(pattern, "/")
		b := bound{name: name, first: len(r.segments), count: len(segments)}
		if segments[len(segments)-1] == deep {
			b.count = 0
		}
		message := r.method.Input()
		for part := range strings.SplitSeq(name, ".") {
			if message == nil || message.Fields().ByName(protoreflect.Name(part)) == nil {
				return fmt.Errorf("its path binds %q, which is no field", name)
			}
			field := message.Fields().ByName(protoreflect.Name(part))
			b.fields, message = append(b.fields, field), field.Message()
		}
		if last := b.fields[len(b.fields)-1]; last.Kind() != protoreflect.StringKind || last.IsList() {
			return fmt.Errorf("its path binds %q, which is no text", name)
		}
		r.segments, r.bound, text = append(r.segments, segments...), append(r.bound, b), strings.TrimPrefix(rest, "/")
	}
	return nil
}

// operation is the method's id in the OpenAPI document, such as "GoalsService_GetPlan"; of its first additional binding it ends in "_1".
func (r *route) operation() string {
	id := string(r.method.Parent().Name()) + "_" + string(r.method.Name())
	if r.binding > 0 {
		id += "_" + strconv.Itoa(r.binding)
	}
	return id
}

// streams says whether either side sends more than one message.
func (r *route) streams() bool { return r.method.IsStreamingClient() || r.method.IsStreamingServer() }

// file says whether the method answers the bytes of a file (google.api.HttpBody).
func (r *route) file() bool { return r.output.Descriptor().FullName() == "google.api.HttpBody" }

// allowed are the HTTP methods that a path takes, sorted; none when no route has the path.
//
// A last segment with a verb, such as "plans/p:adopt", is only matched by routes with that verb, even though GET would take it for an id: a path that
// asks for an unknown verb does not exist.
func (g *gateway) allowed(path string) []string {
	var verbs []string
	asks := strings.Contains(path[strings.LastIndexByte(path, '/')+1:], ":")
	for _, verb := range []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost} {
		if r, _ := g.tree.find(verb, path); r == nil || asks && r.custom == "" {
			continue
		}
		verbs = append(verbs, verb)
		if verb == http.MethodGet {
			verbs = append(verbs, http.MethodHead)
		}
	}
	return verbs
}
