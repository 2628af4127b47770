package engine_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// formulas are the methods that divide without packages and ballots.
var formulas = []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine}

// Thousands of inputs, a hundred thousand in `make check`, most of them tiny, where corner cases are thickest: every plan is proven by the
// certificate before it comes back.
func TestEveryRandomInputGetsACertifiedPlan(t *testing.T) {
	for _, method := range formulas {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 4))
			outcomes := map[model.Outcome]int{}
			trials := modeltest.Cases(5_000)
			for trial := range trials {
				in := modeltest.RandomOf(r, engine.Version, method)
				if r.IntN(8) > 0 {
					in.Programs = in.Programs[:min(len(in.Programs), 3)]
				}
				plan, cert, err := engine.Allocate(context.Background(), in)
				if err != nil {
					b, _ := in.Canonical()
					t.Fatalf("trial %d: %v: %v\n%s", trial, err, unwrap(err), b)
				}
				if cert.Outcome != plan.Outcome || cert.InputHash != plan.InputHash || len(cert.PlanHash) != 64 {
					t.Fatalf("trial %d: certificate %+v for outcome %s", trial, cert, plan.Outcome)
				}
				outcomes[plan.Outcome]++
			}
			if outcomes[model.Optimal] < trials*2/5 || outcomes[model.ReductionShort] < trials*3/50 || outcomes[model.Infeasible] < trials/25 {
				t.Fatalf("the inputs are too narrow: %v", outcomes)
			}
			t.Log(outcomes)
		})
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
