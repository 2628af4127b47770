// Package certify checks a plan against its input without any code of the solver: it recomputes what the rule asks and proves that no exchange
// of one unit between two claims would fit the rule better.
package certify

import (
	"errors"
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// check is one thing to prove, with the sentence that goes on the certificate.
type check struct {
	says string
	run  func(*audit) error
}

// feasibleChecks are proven of OPTIMAL and REDUCTION_SHORT plans, in this order.
func feasibleChecks() []check {
	return []check{
		{"every line of the input is in the plan once, with its amounts", (*audit).linesMatch},
		{"every line off the top is paid whole by its own fund", (*audit).offTheTop},
		{"priority scores follow from the pinned alignment, attributes, results and equity", (*audit).scores},
		{"every competing line lies within its floor, caps and limits, in whole rounding units", (*audit).bounds},
		{"competing lines are paid only by funds that may pay them", (*audit).eligibility},
		{"every fund balances to the minor unit", (*audit).conservation},
		{"the lines of a block share one rate, rounded to the nearest unit within bounds", (*audit).blocks},
		{"every bottleneck is tight: its funds are exhausted and pay only its own lines", (*audit).bottlenecks},
		{"no unit could move to a line that stands before the one that has it, so the plan is the best there is", (*audit).exchange},
		{"restricted money is used before money that is less bound", (*audit).restrictedFirst},
		{"every line off the top and every floor can be paid", (*audit).hardMinimum},
		{"the reasons, the next unit and the revenue lost are right", (*audit).notes},
		{"the waterfall and the totals add up", (*audit).totals},
	}
}

// infeasibleChecks are proven of INFEASIBLE plans.
func infeasibleChecks() []check {
	return []check{
		{"every line of the input is in the plan once, with its amounts", (*audit).linesMatch},
		{"priority scores follow from the pinned alignment, attributes, results and equity", (*audit).scores},
		{"the lines of every shortfall exceed the only money that may pay them", (*audit).shortfalls},
		{"nothing is paid", (*audit).nothingPaid},
		{"the waterfall and the totals add up", (*audit).totals},
	}
}

// Check proves a plan, or says what is wrong with it. The input may come in any order; it must be valid.
func Check(in model.Input, plan model.Plan) (model.Certificate, error) {
	if err := in.Validate(); err != nil {
		return model.Certificate{}, fmt.Errorf("certify: %w", err)
	}
	in = in.Normalize()
	hash, err := in.Hash()
	if err != nil {
		return model.Certificate{}, fmt.Errorf("certify: %w", err)
	}
	if err := header(in, plan, hash); err != nil {
		return model.Certificate{}, fmt.Errorf("certify: %w", err)
	}
	a := newAudit(in, &plan)
	checks := feasibleChecks()
	if plan.Outcome == model.Infeasible {
		checks = infeasibleChecks()
	}
	cert := model.Certificate{InputHash: hash, Outcome: plan.Outcome, Checks: []string{"the plan answers this input, by its hash"}}
	for _, c := range checks {
		if err := c.run(a); err != nil {
			return model.Certificate{}, fmt.Errorf("certify: not proven that %s: %w", c.says, err)
		}
		cert.Checks = append(cert.Checks, c.says)
	}
	if cert.PlanHash, err = plan.Hash(); err != nil {
		return model.Certificate{}, fmt.Errorf("certify: %w", err)
	}
	return cert, nil
}

func header(in model.Input, plan model.Plan, hash string) error {
	switch {
	case plan.Schema != model.SchemaVersion:
		return fmt.Errorf("schema version %d, want %d", plan.Schema, model.SchemaVersion)
	case plan.InputHash != hash:
		return errors.New("the plan answers another input: hashes differ")
	case plan.EngineVersion != in.EngineVersion:
		return fmt.Errorf("engine version %q, want %q", plan.EngineVersion, in.EngineVersion)
	case plan.Method != in.Method:
		return fmt.Errorf("method %q, want %q", plan.Method, in.Method)
	}
	short := false
	for i := range plan.Blocks {
		short = short || plan.Blocks[i].Short > 0
	}
	switch plan.Outcome {
	case model.Optimal, model.ReductionShort:
		if short != (plan.Outcome == model.ReductionShort) || len(plan.Shortfalls) > 0 {
			return fmt.Errorf("outcome %s does not agree with the blocks", plan.Outcome)
		}
	case model.Infeasible:
		if len(plan.Shortfalls) == 0 || len(plan.Blocks) > 0 {
			return errors.New("an infeasible plan needs a shortfall and has no blocks")
		}
	default:
		return fmt.Errorf("unknown outcome %q", plan.Outcome)
	}
	return nil
}
