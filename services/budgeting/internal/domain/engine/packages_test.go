package engine_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// Every choice of small inputs is tried: the engine's is as valuable, and where it says that nothing can be paid, nothing can.
func TestPackagesAreTheBestChoiceThereIs(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	seen := map[string]int{}
	for n := range 1500 {
		in := modeltest.RandomOf(r, engine.Version, model.Packages)
		in.Params.WorkLimit = 0
		o := newOracle(in)
		if o.choices() > 3000 {
			continue
		}
		o.solve(0, 0)
		plan, _, err := engine.Allocate(context.Background(), in)
		if err != nil {
			b, _ := in.Canonical()
			t.Fatalf("input %d: %v\n%s", n, err, b)
		}
		if feasible := plan.Outcome != model.Infeasible; feasible != o.feasible {
			b, _ := in.Canonical()
			t.Fatalf("input %d: %s, feasible %t\n%s", n, plan.Outcome, o.feasible, b)
		}
		if o.feasible && (plan.Outcome != model.Optimal || plan.Search.Value != o.best) {
			b, _ := in.Canonical()
			t.Fatalf("input %d: %s with %+v, the best is worth %d\n%s", n, plan.Outcome, plan.Search, o.best, b)
		}
		tallyPackages(seen, &in, &plan)
	}
	t.Log(seen)
	for _, kind := range []string{"optimal", "shortfall", "searched", "carried", "one-time", "capital", "service level", "linked", "later", "by prices", "later short"} {
		if seen[kind] < 8 {
			t.Errorf("%s was met %d times only", kind, seen[kind])
		}
	}
}

func tallyPackages(seen map[string]int, in *model.Input, plan *model.Plan) {
	note := func(kind string, is bool) {
		if is {
			seen[kind]++
		}
	}
	note("optimal", plan.Outcome == model.Optimal)
	note("shortfall", len(plan.Shortfalls) > 0)
	note("searched", plan.Outcome == model.Infeasible && plan.Search != nil)
	note("by prices", plan.Outcome == model.Optimal && plan.Search.Value == plan.Search.DualBound && plan.Search.Value > 0)
	linked := false
	for i := range in.Packages {
		linked = linked || len(in.Packages[i].Requires)+len(in.Packages[i].Excludes) > 0
	}
	note("linked", linked && plan.Outcome == model.Optimal)
	for i := range plan.Shortfalls {
		note("later short", len(plan.Shortfalls[i].Later) > 0)
	}
	for i := range plan.Packages {
		p := &plan.Packages[i]
		note("capital", p.Package == model.CapitalPackage && p.Level != "")
		for _, paid := range p.Paid {
			note("carried", paid.Carried > 0)
			note("later", paid.Year > 0)
			note("one-time", paid.OneTime > 0)
		}
	}
	for i := range plan.Lines {
		note("service level", plan.Lines[i].Reason == model.ReplacedBase)
	}
}
