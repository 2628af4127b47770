package engine

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
	"github.com/throughline/throughline/services/platform/fault"
)

// byBallots makes the plan of an election. Voters alone decide: a project is paid whole by the fund of the election or not at all, nothing comes off
// the top and nothing is rounded, so that the plan has no blocks. Scores are told for comparisons and decide nothing.
func byBallots(ctx context.Context, in model.Input, hash string) (model.Plan, error) {
	e, rule := poll(in.Election), ruleOfBallots(&in)
	res, err := shares.Run(ctx, e, rule)
	if err != nil {
		return model.Plan{}, refused(err)
	}
	plan := blank(&in, hash)
	plan.Shares = sharesNote(&in, &e, &rule, &res)
	b := book{in: in, purse: newPurse(in.Funds)}
	b.projects(res.Selected(len(e.Projects)))
	for k := range in.Funds {
		f := model.FundResult{Fund: in.Funds[k].ID, Available: in.Funds[k].Available, Surplus: in.Funds[k].Available, Block: -1}
		if f.Fund == in.Election.Fund {
			f.Competing, f.Surplus = res.Cost, f.Available-res.Cost
		}
		plan.Funds = append(plan.Funds, f)
	}
	b.complete(&plan)
	return plan, nil
}

// projects makes a line of every program: they are the projects, in the same order.
func (b *book) projects(selected []bool) {
	v := b.in.Election
	points := score.New(b.in).Points()
	b.lines, b.lineIn = make([]model.Line, len(v.Projects)), make([]int32, len(v.Projects))
	for i, p := range v.Projects {
		l := &b.lines[i]
		*l = model.Line{
			Program: p.Program, Fund: v.Fund, Treatment: model.Competes, ScoreBP: points[i], Max: p.Cost, Reason: model.NotSelected, Block: -1,
		}
		if selected[i] {
			l.Amount, l.Reason = p.Cost, model.Selected
			l.Paid = []model.Payment{{Fund: v.Fund, Amount: p.Cost}}
		}
		b.lineIn[i] = b.place(v.Fund)
	}
}

// refused says in the words of an input why there is no result.
func refused(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Reason == "ADD1_UNSETTLED" {
		return fault.State("ADD_ONE_UNSETTLED", "%s has not settled after %d steps of one unit of the currency per voter; choose another completion",
			model.AddOne, shares.DefaultMaxSteps).Because(err)
	}
	return fmt.Errorf("allocate: %w", err)
}

// sharesNote tells the result, and what there is to say of the projects that were not chosen.
func sharesNote(in *model.Input, e *shares.Election, rule *shares.Rule, res *shares.Result) *model.SharesNote {
	facts := shares.Explain(e, rule, res)
	n := &model.SharesNote{
		Voters: int64(e.Ballots.Voters()), Budget: e.Budget, Spent: res.Cost, Rounds: sharesRounds(e, facts, res.Picks),
	}
	if s := res.Shares; s != nil {
		n.Divided, n.Steps, n.Stop = together(s.Budget, n.Voters), int64(s.Steps), stops[s.Stop]
		if r := s.Refused; r != nil {
			n.Refused = &model.SharesRefused{Divided: together(r.Budget, n.Voters), Cost: r.Cost, Rounds: sharesRounds(e, facts, r.Picks)}
		}
	}
	selected := res.Selected(len(facts))
	for i := range facts {
		if f := &facts[i]; !selected[i] {
			n.Rest = append(n.Rest, model.SharesRest{
				Program: in.Election.Projects[i].Program, Supporters: f.Supporters, Score: f.Score, Money: f.Money, Remaining: f.Remaining,
			})
		}
	}
	return n
}

// stops are the reasons of ADD_ONE.
var stops = map[shares.Stop]model.SharesStop{
	shares.StopFixed: model.StopFixed, shares.StopExhausted: model.StopExhausted, shares.StopOverspends: model.StopOverspends,
}

// together is what all voters have: whole minor units.
func together(each *big.Rat, voters int64) int64 {
	return new(big.Rat).Mul(each, new(big.Rat).SetInt64(voters)).Num().Int64()
}

func sharesRounds(e *shares.Election, facts []shares.Fact, picks []shares.Pick) []model.SharesRound {
	rounds := make([]model.SharesRound, len(picks))
	for i := range picks {
		k := &picks[i]
		p, f := &e.Projects[k.Project], &facts[k.Project]
		rounds[i] = model.SharesRound{Program: p.ID, Phase: model.PhaseVotes, Cost: p.Cost, Supporters: f.Supporters, Score: f.Score}
		if k.Stage == shares.StageShares {
			r := &rounds[i]
			r.Phase, r.Full, r.Emptied = model.PhaseEqualShares, int64(k.Full), int64(k.Rest)
			r.Rate = &model.Rate{Num: k.Rho.Num().String(), Den: k.Rho.Denom().String()}
		}
	}
	return rounds
}
