package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// route is one method as REST shows it, read from its google.api.http annotation.
type route struct {
	verb, template string // "PATCH", "/v1/{plan.name=organizations/*/plans/*}"
	binding        int    // 0 for the annotation itself, then its additional_bindings
	path           *regexp.Regexp
	method         protoreflect.MethodDescriptor
	access         *typev1.Access
	input, output  protoreflect.MessageType
	body           protoreflect.Name        // field that is the HTTP body, "*" for the whole request, "" for none
	bodyType       protoreflect.MessageType // message of the body; nil for none
	bound          []string                 // fields that the path sets, such as "parent" or "plan.name"
	conn           forwarder
}

// routes by HTTP method and template, as in "GET /v1/{name=organizations/*}".
type routes map[string]*route

// add reads the routes of every service of a file. Errors: a method without an annotation, or whose types are unknown.
func (rs routes) add(file protoreflect.FileDescriptor, conn forwarder) error {
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

func (rs routes) addMethod(method protoreflect.MethodDescriptor, conn forwarder) error {
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

func newRoute(method protoreflect.MethodDescriptor, rule *annotations.HttpRule, conn forwarder) (*route, error) {
	access, _ := proto.GetExtension(method.Options(), typev1.E_Access).(*typev1.Access)
	r := &route{method: method, access: access, body: protoreflect.Name(rule.GetBody()), conn: conn}
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
		if r.bodyType, err = protoregistry.GlobalTypes.FindMessageByName(field.Message().FullName()); err != nil {
			return nil, err
		}
	}
	return r, r.compile()
}

var variable = regexp.MustCompile(`\{([^=}]+)(?:=([^}]*))?\}`)

// compile finds the bound fields and makes the expression that matches paths.
func (r *route) compile() error {
	plain := variable.ReplaceAllStringFunc(r.template, func(v string) string {
		parts := variable.FindStringSubmatch(v)
		r.bound = append(r.bound, parts[1])
		if parts[2] == "" {
			return "*"
		}
		return parts[2]
	})
	plain = strings.ReplaceAll(regexp.QuoteMeta(plain), `\*\*`, `.+`)
	path, err := regexp.Compile("^" + strings.ReplaceAll(plain, `\*`, `[^/]+`) + "$")
	r.path = path
	return err
}

// fullMethod is the method's name on the wire, such as "/throughline.goals.v1.GoalsService/GetPlan".
func (r *route) fullMethod() string {
	return "/" + string(r.method.Parent().FullName()) + "/" + string(r.method.Name())
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

// of is the route that the mux chose for a request.
func (rs routes) of(r *http.Request) *route {
	pattern, ok := runtime.HTTPPattern(r.Context())
	if !ok {
		return nil
	}
	return rs[r.Method+" "+pattern.String()]
}

// allowed are the HTTP methods that a path takes, sorted; none when no route has the path.
//
// A last segment with a verb, such as "plans/p:adopt", is only matched by routes with that verb: a path that asks for an
// unknown verb does not exist.
func (rs routes) allowed(path string) []string {
	verbs := map[string]bool{}
	last := path[strings.LastIndexByte(path, '/')+1:]
	_, custom, _ := strings.Cut(last, ":")
	for _, r := range rs {
		if r.path.MatchString(path) && (custom == "" || strings.HasSuffix(r.template, ":"+custom)) {
			verbs[r.verb] = true
			if r.verb == http.MethodGet {
				verbs[http.MethodHead] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(verbs))
}
