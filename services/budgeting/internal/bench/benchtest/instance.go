// Package benchtest makes the instances of division that the engine and its peers are compared on, the same on every machine.
package benchtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// City is one instance on both sides: the input that the whole engine allocates, and the mathematical core of it as the published plan states
// it (cents), which is what the peers get too.
type City struct {
	Input model.Input
	Core  earmark.Problem
}

// NewCity makes a city that is shared to the cent. With random sets, most programs draw on one to four more funds of their own, so that there are
// about as many classes of eligibility as programs; otherwise there are a few per fund.
func NewCity(ctx context.Context, funds, programs int, randomSets bool) (City, error) {
	in := modeltest.City(funds, programs, engine.Version)
	in.RoundingUnit = 1
	r := rand.New(rand.NewPCG(uint64(funds), uint64(programs))) //nolint:gosec // the same city every time
	for k := range in.Funds {                                   // some grow, some shrink: the money must flow, and bottlenecks stand apart
		in.Funds[k].Available = in.Funds[k].Available / 1000 * (930 + r.Int64N(160))
	}
	for i := range in.Programs {
		p := &in.Programs[i]
		switch {
		case !randomSets && i%4 > 0:
			p.EligibleFunds = nil
		case randomSets:
			p.EligibleFunds = nil
			for range r.IntN(6) {
				if id := in.Funds[r.IntN(funds)].ID; id != p.CostLines[0].Fund && !slices.Contains(p.EligibleFunds, id) {
					p.EligibleFunds = append(p.EligibleFunds, id)
				}
			}
		}
	}
	plan, _, err := engine.Allocate(ctx, in) // certified, or an error
	if err != nil {
		return City{}, err
	}
	if plan.Outcome != model.Optimal {
		return City{}, fmt.Errorf("the city of %d funds and %d programs is %s: not an instance to compare on", funds, programs, plan.Outcome)
	}
	c := City{in, core(&in, &plan)}
	got, err := earmark.Solve(ctx, c.Core)
	if err != nil {
		return City{}, err
	}
	at := 0
	for _, l := range plan.Lines {
		if l.Treatment == model.Competes {
			if got.Units[at] != l.Amount {
				return City{}, fmt.Errorf("%s gets %d cents from the core and %d in the certified plan", l.Program, got.Units[at], l.Amount)
			}
			at++
		}
	}
	return c, nil
}

// core reads the problem off a plan: base, bounds and score of each competing line, and what each fund has left for them. The weights are the
// rule's, D × (1 + (spread − 1)(1 − q)) and D × q, in half basis points at the default spread of 3.
func core(in *model.Input, plan *model.Plan) earmark.Problem {
	p := earmark.Problem{}
	number := map[string]int32{}
	for k, f := range plan.Funds {
		number[f.Fund] = int32(k)
		p.Capacity = append(p.Capacity, f.Available-f.Fixed-f.Revenue)
		p.Order = append(p.Order, int32(k))
	}
	others := map[string][]string{}
	for i := range in.Programs {
		others[in.Programs[i].ID] = in.Programs[i].EligibleFunds
	}
	classes := map[string]int32{}
	for _, l := range plan.Lines {
		if l.Treatment != model.Competes {
			continue
		}
		p.Curves = append(p.Curves, waterfill.Curve{Base: l.Base, Lo: l.Min, Hi: l.Max, Cut: l.Movable * (15_000 - l.ScoreBP), Grow: l.Movable * l.ScoreBP})
		set := []int32{number[l.Fund]}
		for _, id := range others[l.Program] {
			set = append(set, number[id])
		}
		p.Class = append(p.Class, class(&p, classes, set))
	}
	return p
}

// class is the number of the class of claims that this set of funds may pay.
func class(p *earmark.Problem, known map[string]int32, set []int32) int32 {
	slices.Sort(set)
	name := fmt.Sprint(set)
	c, ok := known[name]
	if !ok {
		c = int32(len(p.Eligible))
		known[name] = c
		p.Eligible = append(p.Eligible, set)
	}
	return c
}

// Plain is a core without a city around it, for sizes at which only the growth of time matters: claims on funds that are 7 % short on the whole, a
// third of them payable by up to three more funds.
func Plain(funds, claims int) earmark.Problem {
	r := rand.New(rand.NewPCG(uint64(funds), uint64(claims))) //nolint:gosec // the same problem every time
	p := earmark.Problem{Capacity: make([]int64, funds)}
	known := map[string]int32{}
	for i := range claims {
		c := waterfill.Curve{Base: 1_000_000 + r.Int64N(100_000_000)}
		c.Lo, c.Hi = c.Base*4/5, c.Base*11/10
		c.Cut, c.Grow = c.Base*(5000+r.Int64N(10_000)), c.Base*(1+r.Int64N(10_000))
		home := i % funds
		p.Capacity[home] += c.Base * (85 + r.Int64N(17)) / 100
		set := []int32{int32(home)}
		if funds > 1 && r.IntN(3) == 0 {
			for step := range 1 + r.IntN(3) {
				set = append(set, int32((home+1+step*7)%funds))
			}
		}
		p.Curves = append(p.Curves, c)
		p.Class = append(p.Class, class(&p, known, set))
	}
	for k := range funds {
		p.Order = append(p.Order, int32(k))
	}
	return p
}
