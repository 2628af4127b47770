package rpc

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/throughline/throughline/services/platform/authz"
	"github.com/throughline/throughline/services/platform/fault"
)

func TestRefuseTellsEachFieldOnce(t *testing.T) {
	rules := func() error {
		var v fault.Violations
		v.Add("plan.display_name", "rule")
		v.Add("plan.start_date.year", "rule")
		return v.Err()
	}
	dry := func(ctx context.Context) context.Context { return context.WithValue(ctx, dryKey{}, true) }
	handler := func(ctx context.Context, _ any) (any, error) {
		if ctx.Value(dryKey{}) == nil {
			t.Error("the handler was asked in earnest")
		}
		var v fault.Violations
		v.Add("plan.display_name", "domain")
		v.Add("plan.start_date", "domain")
		v.Add("plan.start_date_note", "domain")
		return nil, v.Err()
	}
	for name, c := range map[string]struct {
		dryRun  func(context.Context) context.Context
		handler func(context.Context, any) (any, error)
		want    []string
	}{
		"both":                  {dry, handler, []string{"plan.display_name", "plan.start_date.year", "plan.start_date_note"}},
		"no dry run, not asked": {nil, handler, []string{"plan.display_name", "plan.start_date.year"}},
		"a handler that panics": {dry, func(context.Context, any) (any, error) { panic("nil") }, []string{"plan.display_name", "plan.start_date.year"}},
		"a handler that passes": {dry, func(context.Context, any) (any, error) { return nil, nil }, []string{"plan.display_name", "plan.start_date.year"}},
		"another kind of error": {dry, func(context.Context, any) (any, error) { return nil, fault.Missing("x") }, []string{"plan.display_name", "plan.start_date.year"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := &Guard{options: Options{DryRun: c.dryRun}}
			m := &method{access: authz.Access{Mutation: true}}
			f, ok := fault.As(g.refuse(t.Context(), m, rules(), &emptypb.Empty{}, c.handler))
			if !ok {
				t.Fatal("no fault")
			}
			var got []string
			for _, v := range f.Violations {
				got = append(got, v.Field)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("fields %v, want %v", got, c.want)
			}
		})
	}
}

type dryKey struct{}
