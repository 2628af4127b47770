package engine_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

func TestEveryRandomInputGetsACertifiedPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	outcomes := map[model.Outcome]int{}
	for trial := range 3000 {
		in := modeltest.Random(r, engine.Version)
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
	if outcomes[model.Optimal] < 800 || outcomes[model.ReductionShort] < 400 || outcomes[model.Infeasible] < 150 {
		t.Fatalf("the inputs are too narrow: %v", outcomes)
	}
	t.Log(outcomes)
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
