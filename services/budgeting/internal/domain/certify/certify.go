// Package certify checks a plan against its input without any code of the solver: it recomputes what the rule asks and proves that no exchange
// of one unit between two claims would fit the rule better.
package certify

import (
	"errors"
	"fmt"
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// check is one thing to prove, with the sentence that goes on the certificate.
type check struct {
	says string
	run  func(*audit) error
}

// sound are the checks of every plan that pays.
var sound = []check{
	{"every line of the input is in the plan once, with its amounts", (*audit).linesMatch},
	{"every line off the top is paid whole by its own fund", (*audit).offTheTop},
	{"priority scores follow from the pinned alignment, attributes, results and equity", (*audit).scores},
	{"every competing line lies within its floor, caps and limits, in whole rounding units", (*audit).bounds},
	{"competing lines are paid only by funds that may pay them, and one-time money pays one-time costs only", (*audit).eligibility},
	{"every fund balances to the minor unit, ongoing and one-time money apart", (*audit).conservation},
}

// feasibleChecks are proven of OPTIMAL and REDUCTION_SHORT plans, in this order.
func feasibleChecks(m model.Method) []check {
	checks := append([]check(nil), sound...)
	if m == model.CutLine {
		checks = append(checks,
			check{"what hangs together by its funds is one block", (*audit).blocks},
			check{"the lines of a block draw only on its funds", (*audit).bottlenecks},
			check{"programs are paid whole in the order of their scores, and each that is not could not be paid or drew on funds whose line was drawn", (*audit).cutLines},
		)
	} else {
		checks = append(checks,
			check{"the lines of a block share one rate, rounded to the nearest unit within bounds", (*audit).blocks},
			check{"every bottleneck is tight: its funds are exhausted and pay only its own lines", (*audit).bottlenecks},
			check{"no unit could move to a line that stands before the one that has it, so the plan is the best there is", (*audit).exchange},
		)
	}
	return append(checks,
		check{"restricted money is used before money that is less bound", (*audit).restrictedFirst},
		check{"every line off the top and every floor can be paid", (*audit).hardMinimum},
		check{"the reasons, the next unit and the revenue lost are right", (*audit).notes},
		check{"grants lost and whole positions short follow from the amounts", (*audit).stakes},
		check{"the cost of the equity floor is the difference to a proven plan without it", (*audit).equity},
		check{"the waterfall and the totals add up", (*audit).totals},
	)
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

// Auditor checks plans against one input, of which it keeps a copy of its own.
type Auditor struct {
	in        model.Input
	memory    *model.Memory // of in
	normal    bool
	canonical []byte
	hash      string
}

// NewAuditor copies, encodes and hashes an input, in any order; a fault of kind Invalid when it is not valid.
func NewAuditor(in model.Input) (*Auditor, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	a := &Auditor{}
	a.memory, _ = memories.Get().(*model.Memory)
	a.in, a.normal = in.NormalizeIn(a.memory)
	a.canonical = a.in.CanonicalOfNormal()
	a.hash = model.Digest(a.canonical)
	return a, nil
}

// memories keeps the memory of copies that nobody uses any more.
var memories = sync.Pool{New: func() any { return &model.Memory{} }}

// Close gives the auditor's copy back, once nothing more is to be checked.
func (a *Auditor) Close() {
	memories.Put(a.memory)
	a.memory, a.in = &model.Memory{}, model.Input{}
}

// Normal says whether the input was in order as it was given.
func (a *Auditor) Normal() bool { return a.normal }

// Copy is a normalized copy of the input for the solver to work on.
func (a *Auditor) Copy() model.Input { return a.in.Normalize() }

// Input is the canonical encoding, which the certificates name by its hash.
func (a *Auditor) Input() []byte { return a.canonical }

// InputHash is the SHA-256 of Input, in hexadecimal.
func (a *Auditor) InputHash() string { return a.hash }

// Check proves a plan, or says what is wrong with it. The encoding is the one that the certificate names by its hash.
func (a *Auditor) Check(plan *model.Plan) (cert model.Certificate, encoded []byte, err error) {
	proven, err := a.prove(plan)
	if err != nil {
		return model.Certificate{}, nil, fmt.Errorf("certify: %w", err)
	}
	if encoded, err = plan.Encode(); err != nil {
		return model.Certificate{}, nil, fmt.Errorf("certify: %w", err)
	}
	return model.Certificate{InputHash: a.hash, PlanHash: model.Digest(encoded), Outcome: plan.Outcome, Checks: proven}, encoded, nil
}

// prove says what is proven of a plan.
func (a *Auditor) prove(plan *model.Plan) ([]string, error) {
	if err := header(&a.in, plan, a.hash); err != nil {
		return nil, err
	}
	work := newAudit(a.in, plan)
	defer work.close()
	checks := feasibleChecks(a.in.Method)
	switch {
	case a.in.Method.ByBallots():
		checks = ballotChecks()
	case a.in.Method == model.Packages:
		checks = packageChecks(plan)
	case plan.Outcome == model.Infeasible:
		checks = infeasibleChecks()
	}
	proven := append(make([]string, 0, 1+len(checks)), "the plan answers this input, by its hash")
	for _, c := range checks {
		if err := c.run(work); err != nil {
			return nil, fmt.Errorf("not proven that %s: %w", c.says, err)
		}
		proven = append(proven, c.says)
	}
	return proven, nil
}

// Check proves a plan against an input that may come in any order, or says what is wrong with it.
func Check(in model.Input, plan model.Plan) (model.Certificate, error) {
	a, err := NewAuditor(in)
	if err != nil {
		return model.Certificate{}, fmt.Errorf("certify: %w", err)
	}
	defer a.Close()
	cert, _, err := a.Check(&plan)
	return cert, err
}

func header(in *model.Input, plan *model.Plan, hash string) error {
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
	if in.Method == model.Packages {
		return packageHeader(plan)
	}
	if len(plan.Packages) > 0 || plan.Search != nil || (plan.Shares != nil) != in.Method.ByBallots() || (len(plan.CutLines) > 0 && in.Method != model.CutLine) {
		return fmt.Errorf("the plan tells what %s does not decide", in.Method)
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
