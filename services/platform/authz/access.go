package authz

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// Access is what a method declares about who may call it.
type Access struct {
	Permission string // service.resource.verb
	Anonymous  bool   // may be called without a token
	Mutation   bool   // changes state
}

// Collect reads the access option of every method, keyed by full method ("/package.Service/Method"). The error names
// every method that lacks the option or declares an ill-formed permission: a service must not start with one.
func Collect(services ...protoreflect.ServiceDescriptor) (map[string]Access, error) {
	all := map[string]Access{}
	var errs []error
	for _, service := range services {
		methods := service.Methods()
		for i := range methods.Len() {
			method := methods.Get(i)
			full := fmt.Sprintf("/%s/%s", service.FullName(), method.Name())
			access, err := Of(method)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			all[full] = access
		}
	}
	return all, errors.Join(errs...)
}

// Of reads one method's access option.
func Of(method protoreflect.MethodDescriptor) (Access, error) {
	option, ok := proto.GetExtension(method.Options(), typev1.E_Access).(*typev1.Access)
	if !ok || option == nil {
		return Access{}, fmt.Errorf("method %s declares no (throughline.type.v1.access): nobody may call it", method.FullName())
	}
	if strings.Count(option.GetPermission(), ".") != 2 || strings.ContainsAny(option.GetPermission(), "*@ ") {
		return Access{}, fmt.Errorf("method %s declares permission %q: write service.resource.verb", method.FullName(), option.GetPermission())
	}
	return Access{Permission: option.GetPermission(), Anonymous: option.GetAnonymous(), Mutation: option.GetMutation()}, nil
}
