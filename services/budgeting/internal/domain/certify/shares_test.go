package certify_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// retell has lines, funds and totals follow the rounds, so that nothing but the rule can refuse them.
func retell(in *model.Input, p *model.Plan) {
	n := p.Shares
	n.Spent, p.Totals.PriorityValue = 0, 0
	for i := range p.Lines {
		l := &p.Lines[i]
		l.Amount, l.Reason, l.Paid = 0, model.NotSelected, nil
		if slices.ContainsFunc(n.Rounds, func(r model.SharesRound) bool { return r.Program == l.Program }) {
			l.Amount, l.Reason, l.Paid = l.Max, model.Selected, []model.Payment{{Fund: l.Fund, Amount: l.Max}}
		}
		n.Spent += l.Amount
		value, _ := money.MulDivHalfEven(l.Amount, l.ScoreBP, 10_000)
		p.Totals.PriorityValue += value
	}
	t := &p.Totals
	t.GrossAmount, t.NetAmount, t.Change, t.Surplus = n.Spent, n.Spent, n.Spent, 0
	for k := range p.Funds {
		f := &p.Funds[k]
		if f.Fund == in.Election.Fund {
			f.Competing = n.Spent
		}
		f.Surplus = f.Available - f.Competing
		t.Surplus += f.Surplus
	}
}

// account changes the account and has everything else follow; round does so for one round of a phase, unchosen for a project of the rest.
func account(do func(r *rand.Rand, in *model.Input, n *model.SharesNote)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, in *model.Input, p *model.Plan) bool {
		do(r, in, p.Shares)
		retell(in, p)
		return true
	}
}

func round(phase model.SharesPhase, do func(n *model.SharesNote, i int)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return account(func(r *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if len(n.Rounds) > 0 {
			if i := r.IntN(len(n.Rounds)); n.Rounds[i].Phase == phase {
				do(n, i)
			}
		}
	})
}

func unchosen(do func(n *model.SharesNote, i int)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return account(func(r *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if len(n.Rest) > 0 {
			do(n, r.IntN(len(n.Rest)))
		}
	})
}

func refused(do func(r *model.SharesRefused)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if n.Refused != nil {
			do(n.Refused)
		}
	})
}

// leave takes a round out and tells its project as not chosen.
func leave(n *model.SharesNote, i int) {
	r := n.Rounds[i]
	n.Rounds = slices.Delete(n.Rounds, i, i+1)
	at, _ := slices.BinarySearchFunc(n.Rest, r.Program, func(x model.SharesRest, id string) int {
		if x.Program < id {
			return -1
		}
		return 1
	})
	n.Rest = slices.Insert(n.Rest, at, model.SharesRest{Program: r.Program, Supporters: r.Supporters, Score: r.Score})
}

// take chooses a project that is not chosen, in the place of a round of the same cost, or by votes at the end.
func take(in *model.Input, n *model.SharesNote, i int, over *model.SharesRound) {
	x := n.Rest[i]
	cost := in.Election.Projects[slices.IndexFunc(in.Election.Projects, func(p model.Project) bool { return p.Program == x.Program })].Cost
	r := model.SharesRound{Program: x.Program, Phase: model.PhaseVotes, Cost: cost, Supporters: x.Supporters, Score: x.Score}
	n.Rest = slices.Delete(n.Rest, i, i+1)
	if over == nil {
		n.Rounds = append(n.Rounds, r)
		return
	}
	r.Phase, r.Rate, r.Full, r.Emptied = over.Phase, over.Rate, over.Full, over.Emptied
	*over = r
}

var ballotTampers = []tamper{
	{"voters", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Voters++ })},
	{"budget", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Budget++ })},
	{"divided", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Divided += n.Voters })},
	{"steps", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Steps++ })},
	{"steps beyond all money", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Steps = 1 << 62 })},
	{"steps below none", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Steps = -1 })},
	{"stop", account(func(r *rand.Rand, _ *model.Input, n *model.SharesNote) {
		n.Stop = []model.SharesStop{model.StopFixed, model.StopExhausted, model.StopOverspends, ""}[r.IntN(4)]
	})},
	{"spent", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.Shares.Spent--; return true }},
	{"the account is missing", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.Shares = nil; return true }},
	{"a project is paid in part", func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		l := &p.Lines[r.IntN(len(p.Lines))]
		if l.Amount < 2 {
			return false
		}
		l.Amount--
		l.Paid[0].Amount--
		return true
	}},
	{"a block", func(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
		p.Blocks = append(p.Blocks, model.Block{Funds: []string{in.Election.Fund}, Direction: model.Held, Rate: model.Rate{Num: "0", Den: "1"}})
		return true
	}},
	{"an unknown round", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) {
		n.Rounds = append(n.Rounds, model.SharesRound{Program: "x", Phase: model.PhaseVotes})
	})},
	{"a round twice", round(model.PhaseVotes, func(n *model.SharesNote, i int) { n.Rounds = append(n.Rounds, n.Rounds[i]) })},
	{"supporters", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Supporters++ })},
	{"score", round(model.PhaseVotes, func(n *model.SharesNote, i int) { n.Rounds[i].Score++ })},
	{"cost", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Cost-- })},
	{"rate", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Rate.Num += "1" })},
	{"rate not in lowest terms", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) {
		n.Rounds[i].Rate.Num += "0"
		n.Rounds[i].Rate.Den += "0"
	})},
	{"rate below nothing", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Rate.Num = "-1" })},
	{"rate of nothing", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Rate.Den = "0" })},
	{"a rate by votes", round(model.PhaseVotes, func(n *model.SharesNote, i int) { n.Rounds[i].Rate = &model.Rate{Num: "1", Den: "1"} })},
	{"who paid in full", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Full-- })},
	{"who was emptied", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Emptied++ })},
	{"bought without a rate", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) { n.Rounds[i].Rate = nil })},
	{"bought, told as by votes", round(model.PhaseEqualShares, func(n *model.SharesNote, i int) {
		n.Rounds[i].Phase, n.Rounds[i].Rate, n.Rounds[i].Full, n.Rounds[i].Emptied = model.PhaseVotes, nil, 0, 0
	})},
	{"a round left out", account(func(r *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if len(n.Rounds) > 0 {
			leave(n, r.IntN(len(n.Rounds)))
		}
	})},
	{"the last round left out", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if len(n.Rounds) > 0 {
			leave(n, len(n.Rounds)-1)
		}
	})},
	{"rounds in another order", account(func(r *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if len(n.Rounds) > 1 {
			i := r.IntN(len(n.Rounds) - 1)
			n.Rounds[i], n.Rounds[i+1] = n.Rounds[i+1], n.Rounds[i]
		}
	})},
	{"another project of the same cost", account(func(r *rand.Rand, in *model.Input, n *model.SharesNote) {
		if len(n.Rest) == 0 || len(n.Rounds) == 0 {
			return
		}
		i, over := r.IntN(len(n.Rest)), n.Rounds[r.IntN(len(n.Rounds))]
		other := n.Rest[i].Program
		if slices.ContainsFunc(in.Election.Projects, func(p model.Project) bool { return p.Program == other && p.Cost == over.Cost }) {
			at := slices.IndexFunc(n.Rounds, func(x model.SharesRound) bool { return x.Program == over.Program })
			take(in, n, i, &n.Rounds[at])
			x := model.SharesRest{Program: over.Program, Supporters: over.Supporters, Score: over.Score}
			n.Rest = append(n.Rest, x)
			slices.SortFunc(n.Rest, func(a, b model.SharesRest) int {
				if a.Program < b.Program {
					return -1
				}
				return 1
			})
		}
	})},
	{"one more project", account(func(r *rand.Rand, in *model.Input, n *model.SharesNote) {
		if len(n.Rest) > 0 {
			take(in, n, r.IntN(len(n.Rest)), nil)
		}
	})},
	{"money of supporters", unchosen(func(n *model.SharesNote, i int) { n.Rest[i].Money++ })},
	{"what was left at a turn", unchosen(func(n *model.SharesNote, i int) { n.Rest[i].Remaining++ })},
	{"supporters of a project not chosen", unchosen(func(n *model.SharesNote, i int) { n.Rest[i].Supporters++ })},
	{"a project not told", unchosen(func(n *model.SharesNote, i int) { n.Rest = slices.Delete(n.Rest, i, i+1) })},
	{"a project told twice", unchosen(func(n *model.SharesNote, i int) { n.Rest = append(n.Rest, n.Rest[i]) })},
	{"no refused step", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) { n.Refused = nil })},
	{"cost of the refused step", refused(func(r *model.SharesRefused) { r.Cost++ })},
	{"money of the refused step", refused(func(r *model.SharesRefused) { r.Divided++ })},
	{"the refused step ends early", refused(func(r *model.SharesRefused) {
		last := r.Rounds[len(r.Rounds)-1]
		r.Rounds, r.Cost = r.Rounds[:len(r.Rounds)-1], r.Cost-last.Cost
	})},
	{"rate of the refused step", refused(func(r *model.SharesRefused) { r.Rounds[0].Rate.Num += "1" })},
	{"a refused step made up", account(func(_ *rand.Rand, _ *model.Input, n *model.SharesNote) {
		if n.Refused == nil {
			n.Refused = &model.SharesRefused{Divided: n.Divided + n.Voters, Rounds: []model.SharesRound{}}
		}
	})},
	{"the parts were not raised", func(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
		if p.Shares.Steps == 0 || in.Election.Rule.Completion != model.AddOne {
			return false
		}
		fixed := in.Normalize()
		fixed.Election.Rule.Completion = model.NoCompletion
		plan, _, err := engine.Allocate(context.Background(), fixed)
		if err != nil {
			return false
		}
		hash, stop, refusedStep := p.InputHash, p.Shares.Stop, p.Shares.Refused
		*p = plan
		p.InputHash, p.Shares.Stop, p.Shares.Refused = hash, stop, refusedStep
		return true
	}},
}

func TestTamperedElectionsAreRefused(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 9))
	tried := map[string]int{}
	for i := range 700 {
		in := modeltest.RandomOf(r, engine.Version, model.EqualShares).Normalize()
		switch i % 4 {
		case 0:
			in.Method = model.GreedyVotes
		case 1:
			in.Currency = "JPY"
			in.Election.Rule.Completion = model.AddOne
		}
		s, err := engine.Solve(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, tamper := range ballotTampers {
			if r.IntN(3) > 0 {
				continue
			}
			bad, other := decoded(t, s.Encoded), in.Normalize()
			if !tamper.do(r, &other, &bad) {
				continue
			}
			changed, err := bad.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if string(changed) == string(s.Encoded) {
				continue
			}
			tried[tamper.name]++
			if _, err := certify.Check(other, bad); err == nil {
				t.Fatalf("%s: a tampered plan is certified\n%s\n%s\n%s", tamper.name, s.Input, s.Encoded, changed)
			}
		}
	}
	for _, tamper := range ballotTampers {
		if tried[tamper.name] < 5 {
			t.Errorf("%s was tried %d times only", tamper.name, tried[tamper.name])
		}
	}
	t.Log(len(ballotTampers), "kinds of tampering")
}
