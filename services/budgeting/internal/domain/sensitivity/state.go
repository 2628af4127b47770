package sensitivity

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// Standing is what an allocation does to a program's lines in the formula.
type Standing string

// Standings.
const (
	Unfunded Standing = "UNFUNDED" // nothing
	Cut      Standing = "CUT"      // less than base
	Kept     Standing = "KEPT"     // its base
	Raised   Standing = "RAISED"   // more than base
)

// state is a plan's decisions.
type state struct {
	outcome  model.Outcome
	blocks   []string  // funds of each block
	lines    []line    // in the formula or up for choice, as the plan has them
	programs []program // all of the input's, in order
	packages []pick    // as the plan has them: always the same ones
}

type line struct {
	program, fund string
	treatment     model.Treatment
	oneTime       bool
	reason        model.Reason
	funds         string // of its block
}

type program struct {
	id           string
	lines        int
	base, amount int64
}

type pick struct{ program, name, level string }

func (p program) standing() Standing {
	switch {
	case p.amount == 0:
		return Unfunded
	case p.amount < p.base:
		return Cut
	case p.amount > p.base:
		return Raised
	default:
		return Kept
	}
}

// newState reads a plan of a normalized input: both have their programs in order of id.
func newState(in *model.Input, plan *model.Plan) *state {
	s := &state{outcome: plan.Outcome, programs: make([]program, len(in.Programs))}
	pool := make(map[string]bool, len(in.Funds)) // looked up only
	for _, f := range in.Funds {
		pool[f.ID] = f.InPool()
	}
	for i := range plan.Blocks {
		s.blocks = append(s.blocks, fundsOf(&plan.Blocks[i]))
	}
	for i := range in.Programs {
		s.programs[i].id = in.Programs[i].ID
	}
	at := 0
	for i := range plan.Lines {
		l := &plan.Lines[i]
		if !moves(l, pool) {
			continue
		}
		for at < len(s.programs)-1 && s.programs[at].id < l.Program {
			at++
		}
		p := &s.programs[at]
		p.lines++
		p.base += l.Base
		p.amount += l.Amount
		of := line{l.Program, l.Fund, l.Treatment, l.OneTime, l.Reason, ""}
		if l.Block >= 0 && int(l.Block) < len(s.blocks) {
			of.funds = s.blocks[l.Block]
		}
		s.lines = append(s.lines, of)
	}
	for i := range plan.Packages {
		r := &plan.Packages[i]
		s.packages = append(s.packages, pick{r.Program, r.Package, r.Level})
	}
	return s
}

// moves says whether the line is in the formula, or was up for choice.
func moves(l *model.Line, pool map[string]bool) bool {
	switch l.Reason {
	case model.Selected, model.NotSelected, model.ReplacedBase:
		return true
	default:
		return l.Treatment == model.Competes && l.Base >= 0 && pool[l.Fund]
	}
}

// fundsOf writes the money of a block: "a, b, c (one-time)".
func fundsOf(b *model.Block) string {
	names := slices.Clone(b.Funds)
	for _, f := range b.OneTime {
		names = append(names, f+" (one-time)")
	}
	return strings.Join(names, ", ")
}

// same says whether two states agree in outcome, blocks, limits, packages and standings.
func same(a, b *state) bool {
	return a.outcome == b.outcome && slices.Equal(a.lines, b.lines) && slices.Equal(a.packages, b.packages) &&
		slices.EqualFunc(a.programs, b.programs, func(p, q program) bool { return p.standing() == q.standing() })
}

// flipped says whether two states differ in a funding decision, or in an amount by more than the threshold. Blocks count as the division of the
// funds, whatever lines are in them.
func flipped(a, b *state, threshold int64) bool {
	return a.outcome != b.outcome || !slices.Equal(a.blocks, b.blocks) || !slices.Equal(a.packages, b.packages) ||
		!slices.EqualFunc(a.programs, b.programs, func(p, q program) bool { return p.standing() == q.standing() && apart(p, q) <= threshold })
}

func apart(p, q program) int64 { return max(p.amount-q.amount, q.amount-p.amount) }
