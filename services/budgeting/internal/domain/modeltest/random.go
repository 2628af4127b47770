// Package modeltest makes allocation inputs for tests: small random ones full of corner cases, and large plausible ones.
package modeltest

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// Random is a small valid input: at most 8 programs and 4 funds, often short, sometimes growing or infeasible, with ties and odd minor units.
func Random(r *rand.Rand, version string) model.Input {
	in := base(version)
	in.RoundingUnit = pick[int64](r, 1, 1, 5, 10, 100)
	in.Params.SpreadMilli = pick[int64](r, 1000, 2000, 3000, 3000, 5500)
	in.Params.MaxCutPPM = pick[int64](r, 0, 100_000, 200_000, 500_000, 1_000_000, 1_000_000)
	if r.IntN(3) == 0 {
		in.Params.Attributes = []model.AttributeWeight{{Name: "reliance", WeightPPM: 250_000}, {Name: "demand_change", WeightPPM: 50_000}}
	}
	for k := range 1 + r.IntN(4) {
		in.Funds = append(in.Funds, model.Fund{
			ID: fmt.Sprintf("f%d", k), Class: pick(r, model.FundClasses()...), Rank: r.Int64N(2),
			Kind: pick(r, model.General, model.General, model.SpecialRevenue, model.Enterprise), Named: r.IntN(2) == 0,
		})
	}
	scale := pick[int64](r, 20, 200, 5000)
	for i := range 1 + r.IntN(8) {
		in.Programs = append(in.Programs, randomProgram(r, i, in, scale))
	}
	fundEnvelopes(r, &in)
	return in
}

func base(version string) model.Input {
	return model.Input{
		EngineVersion: version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: 100, Params: model.DefaultParams(),
		Goals: []model.Goal{{ID: "g1", Title: "Safe streets", WeightPPM: 500_000}, {ID: "g2", Title: "Clean water", WeightPPM: 300_000}, {ID: "g3", Title: "Libraries", WeightPPM: 200_000}},
		Revisions: model.Revisions{
			Priority: model.Revision{Name: "organizations/o/priorityRevisions/r1", Hash: "aa"},
			Results:  model.Revision{Name: "organizations/o/resultsRevisions/r1", Hash: "bb"},
		},
	}
}

func randomProgram(r *rand.Rand, i int, in model.Input, scale int64) model.Program {
	p := model.Program{ID: fmt.Sprintf("p%d", i)}
	var competes int64
	for j := range 1 + r.IntN(3) {
		l := model.CostLine{ID: fmt.Sprintf("l%d", j), Fund: pick(r, in.Funds...).ID, Treatment: model.Competes, Amount: r.Int64N(scale)}
		switch r.IntN(10) {
		case 0:
			l.Treatment, l.Amount = pick(r, model.Treatments()...), r.Int64N(1+scale/3)
		case 1:
			l.Amount = -r.Int64N(1 + scale/5)
		}
		if l.Treatment == model.Competes {
			competes += l.Amount
		}
		p.CostLines = append(p.CostLines, l)
	}
	if r.IntN(2) == 0 {
		p.Requested = r.Int64N(scale)
	}
	for _, f := range in.Funds {
		if r.IntN(3) == 0 {
			p.EligibleFunds = append(p.EligibleFunds, f.ID)
		}
	}
	for _, g := range in.Goals {
		if r.IntN(6) > 0 {
			p.Alignment = append(p.Alignment, model.Alignment{Goal: g.ID, Level: r.Int64N(5)})
		}
	}
	if r.IntN(3) == 0 {
		p.Attributes = []model.Attribute{{Name: "demand_change", Level: r.Int64N(9) - 4}}
	}
	if r.IntN(2) == 0 {
		p.Results = RandomGate(r)
	}
	if r.IntN(4) == 0 {
		p.EquityBP = r.Int64N(1500) - 750
	}
	randomBounds(r, &p, max(1, competes))
	return p
}

func randomBounds(r *rand.Rand, p *model.Program, competes int64) {
	competing := false
	for _, l := range p.CostLines {
		competing = competing || (l.Treatment == model.Competes && l.Amount > 0)
	}
	var low int64
	if competing && r.IntN(4) == 0 {
		p.Mandate = &model.Mandate{Minimum: r.Int64N(competes + competes/4 + 1), Citation: "Code § 1", Attested: r.IntN(4) > 0}
		if p.Mandate.Attested {
			low = p.Mandate.Minimum
		}
	}
	if competing && r.IntN(5) == 0 {
		h := model.Hold{Prior: r.Int64N(competes + 1), MaxDecreasePPM: pick[int64](r, 0, 50_000, 123_457), MaxIncreasePPM: pick[int64](r, 0, 100_000, 5_000_000)}
		if least, most := h.Range(); most >= low {
			p.HoldHarmless = &h
			low = max(low, least)
		}
	}
	if r.IntN(4) == 0 {
		c := low + r.Int64N(competes+1)
		p.Cap = &c
	}
	if r.IntN(5) == 0 && len(p.CostLines) > 0 {
		p.Revenue = []model.Revenue{{Fund: p.CostLines[0].Fund, Amount: r.Int64N(competes/3 + 1)}}
	}
	if p.Mandate != nil && p.Mandate.Attested || p.HoldHarmless != nil {
		p.Revenue = nil // a credit may not carry a floor
		for i := range p.CostLines {
			p.CostLines[i].Amount = max(p.CostLines[i].Amount, -p.CostLines[i].Amount)
		}
	}
}

// fundEnvelopes gives each fund from nothing to more than it needs, near its own lines most of the time.
func fundEnvelopes(r *rand.Rand, in *model.Input) {
	for k := range in.Funds {
		var need, income int64
		for _, p := range in.Programs {
			for _, v := range p.Revenue {
				if v.Fund == in.Funds[k].ID {
					income += v.Amount
				}
			}
			for _, l := range p.CostLines {
				if l.Fund == in.Funds[k].ID {
					need += l.Amount
				}
			}
		}
		need = max(need, 10)
		in.Funds[k].Available = max(income, need*pick[int64](r, 0, 5, 7, 8, 9, 10, 10, 11, 14)/10+r.Int64N(need/10+1))
	}
}

// RandomGate is a policy with the verdicts on up to four measures.
func RandomGate(r *rand.Rand) *model.ResultsGate {
	gate := &model.ResultsGate{Policy: pick(r, model.Policies()...)}
	for i := range r.IntN(5) {
		gate.Factors = append(gate.Factors, model.ResultsFactor{
			Measure: "m" + strconv.Itoa(i), Variation: pick(r, model.Variations()...), Assurance: pick(r, model.Assurances()...),
			Weight: pick[int64](r, 1, 1, 2, 3, 7, 1_000_000), CertainPPM: pick[int64](r, 1_000_000, 500_000, 0), Reason: "r",
		})
	}
	return gate
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }
