package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/platform/fault"
)

// byPackages makes the plan of PACKAGES. The base of every program stays whole; a package that replaces the base is chosen at exactly one level,
// any other at one level or not at all, and the CAPITAL_PROJECT lines of a program are a package of their own. Amounts are whole packages to the
// minor unit: nothing is rounded, and the plan has no blocks. The waterfall is that of the other methods, so that it can be compared: what could
// move before anything was offered.
func byPackages(ctx context.Context, in model.Input, hash string, o Options) (model.Plan, error) {
	scorer := score.New(in)
	b, err := newBook(in, scorer, o.sheet)
	if err != nil {
		return model.Plan{}, err
	}
	plan := blank(&in, hash)
	plan.Flags = scorer.Flags()
	s := newShop(b, scorer.Points())
	if err := s.choose(ctx, o, &plan); err != nil {
		return model.Plan{}, err
	}
	if plan.Outcome == model.Infeasible {
		s.infeasible(&plan)
	} else if err := s.fill(ctx, &plan); err != nil {
		return model.Plan{}, err
	}
	b.complete(&plan)
	return plan, nil
}

// choose picks a level of every package that is taken, or proves that what must be paid cannot be.
func (s *shop) choose(ctx context.Context, o Options, plan *model.Plan) error {
	proofs, err := s.provenShort(ctx)
	if err != nil {
		return fmt.Errorf("allocate: %w", err)
	}
	if len(proofs) > 0 {
		plan.Outcome, plan.Shortfalls = model.Infeasible, proofs
		return nil
	}
	p, err := s.problem()
	if err != nil {
		return err
	}
	options := packages.Options{States: s.in.Params.WorkLimit}
	if o.Progress != nil {
		options.Progress = func(p packages.Progress) {
			o.Progress(model.Search{Value: p.Value, Bound: p.Bound, DualBound: p.Bound, States: p.States, Prices: []model.FundPrice{}})
		}
	}
	got, err := packages.Solve(ctx, p, options)
	if err != nil {
		return s.unsolved(err)
	}
	plan.Search = s.search(&got)
	switch {
	case got.Feasible:
		if !got.Proven {
			plan.Outcome = model.Feasible
		}
		for i := range s.offers {
			s.offers[i].chosen = got.Chosen[len(p.Groups)-len(s.offers)-s.barrier+i]
		}
		return nil
	case got.Proven:
		plan.Outcome = model.Infeasible
		if proof, proven := s.wideShort(got.Short); proven {
			plan.Shortfalls, plan.Search = append(plan.Shortfalls, proof), nil
		}
		return nil
	default:
		return fault.State("WORK_LIMIT",
			"%d states were searched without finding levels that can be paid together, nor that there are none; raise params.work_limit", got.States)
	}
}

// unsolved says in the words of an input why the solver refused it.
func (s *shop) unsolved(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("allocate: %w", err)
	}
	if fault.Reason(err) == "TOO_MANY_LINKED_PACKAGES" {
		return fault.New(fault.Invalid, "TOO_MANY_LINKED_PACKAGES", "requires and excludes tie %s into one decision with too many combinations of levels to try; "+
			"remove links or levels so that fewer packages hang together", s.mostLinked()).Because(err)
	}
	return fault.New(fault.Internal, "PACKAGES_REFUSED", "the packages could not be put to the solver").Because(err)
}

// search publishes how far the choice is proven.
func (s *shop) search(got *packages.Solution) *model.Search {
	out := &model.Search{
		Value: got.Value, Bound: got.Bound, DualBound: got.DualBound, Prices: []model.FundPrice{}, Shift: int64(got.Shift), States: got.States,
	}
	for k := range s.in.Funds {
		add := func(n int32) {
			if n >= 0 && got.Prices[n] != 0 {
				p := &s.pockets[n]
				out.Prices = append(out.Prices, model.FundPrice{Fund: s.in.Funds[k].ID, Year: p.year, OneTime: p.once, Price: got.Prices[n]})
			}
		}
		add(int32(k))
		add(s.once[k])
		for _, n := range s.later[years*k+1 : years*(k+1)] {
			add(n)
		}
	}
	return out
}
