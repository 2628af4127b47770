package audit

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// contracts are the services by name.
var contracts = map[string]protoreflect.ServiceDescriptor{
	"goals":          goalsv1.File_throughline_goals_v1_service_proto.Services().Get(0),
	"actionplanning": actionplanningv1.File_throughline_actionplanning_v1_service_proto.Services().Get(0),
	"budgeting":      budgetingv1.File_throughline_budgeting_v1_service_proto.Services().Get(0),
	"performance":    performancev1.File_throughline_performance_v1_service_proto.Services().Get(0),
}

// lister is a method that lists versioned resources below a parent, as every contract spells it (AIP-132).
type lister struct {
	service     string
	method      string // full name, to be invoked
	getter      string // method that answers one of them whole; "" when there is none
	getInput    protoreflect.MessageType
	input       protoreflect.MessageType
	output      protoreflect.MessageType
	item        protoreflect.MessageType
	items       protoreflect.FieldDescriptor // of output
	parent      string                       // type, such as "throughline.goals/Plan"
	resource    string                       // type
	collections string                       // such as "organizations/plans/goals"
}

// listers are all methods that list versioned resources, from the contracts themselves: what a contract adds is audited.
func listers() (all []lister, err error) {
	for name, service := range contracts {
		for i := range service.Methods().Len() {
			m := service.Methods().Get(i)
			l, ok := listerOf(m)
			if !ok {
				continue
			}
			l.service = name
			types := map[protoreflect.MessageDescriptor]*protoreflect.MessageType{m.Input(): &l.input, m.Output(): &l.output, l.items.Message(): &l.item}
			if get := service.Methods().ByName("Get" + l.items.Message().Name()); get != nil {
				l.getter = methodName(get)
				types[get.Input()] = &l.getInput
			}
			for d, to := range types {
				if *to, err = protoregistry.GlobalTypes.FindMessageByName(d.FullName()); err != nil {
					return nil, err
				}
			}
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b lister) int { return cmp.Compare(a.method, b.method) })
	return all, nil
}

func methodName(m protoreflect.MethodDescriptor) string {
	return "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
}

func listerOf(m protoreflect.MethodDescriptor) (l lister, ok bool) {
	parent := m.Input().Fields().ByName("parent")
	if !strings.HasPrefix(string(m.Name()), "List") || parent == nil || m.Output().Fields().ByName("next_page_token") == nil {
		return l, false
	}
	for i := range m.Output().Fields().Len() {
		field := m.Output().Fields().Get(i)
		if !field.IsList() || field.Message() == nil || field.Message().Fields().ByName("etag") == nil {
			continue
		}
		resource, _ := proto.GetExtension(field.Message().Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
		reference, _ := proto.GetExtension(parent.Options(), annotations.E_ResourceReference).(*annotations.ResourceReference)
		if len(resource.GetPattern()) != 1 || reference.GetType() == "" {
			continue
		}
		l = lister{method: methodName(m), items: field, parent: reference.GetType(), resource: resource.GetType()}
		l.collections, ok = collectionsOf(resource.GetPattern()[0])
		return l, ok && l.collections != lineItemCollections
	}
	return l, false
}

// lineItemCollections have a check of their own, for one event tells of many.
const lineItemCollections = "organizations/budgets/lineItems"
