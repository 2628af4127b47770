package rpc

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/fault"
)

// refuse adds what only the handler can see to the violations of the rules beside the fields, so that a caller can mend
// everything at once: the handler is asked in a dry run. A field that has been named, or a part of it, is not named twice.
func (g *Guard) refuse(ctx context.Context, m *method, err error, request proto.Message, handler grpc.UnaryHandler) error {
	f, ok := fault.As(err)
	if !ok || len(f.Violations) == 0 || m.access.Mutation && g.options.DryRun == nil {
		return err
	}
	if g.options.DryRun != nil {
		ctx = g.options.DryRun(ctx)
	}
	told := f.Violations
	for _, v := range asked(ctx, request, handler) {
		if !named(told, v.Field) {
			f.Violations = append(f.Violations, v)
		}
	}
	return f
}

// asked are the handler's violations. A request that breaks the rules that handlers rely on may do anything to one: its
// panic is no news.
func asked(ctx context.Context, request proto.Message, handler grpc.UnaryHandler) (found fault.Violations) {
	defer func() { _ = recover() }()
	_, err := handler(ctx, request)
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
		return f.Violations
	}
	return nil
}

func named(told fault.Violations, field string) bool {
	for _, v := range told {
		if v.Field == field || within(v.Field, field) || within(field, v.Field) {
			return true
		}
	}
	return false
}

// within says whether a field lies inside another, as plan.start_date.year does in plan.start_date.
func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}
