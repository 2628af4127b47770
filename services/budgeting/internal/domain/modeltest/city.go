package modeltest

import (
	"fmt"
	"math/rand/v2"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// City is a large plausible input with one competing line per program, amounts from 10 thousand to some millions of currency units, a tenth of
// the programs under a mandate, a third with one to three more eligible funds, and envelopes 3 % short on the whole: some grow, some shrink.
func City(funds, programs int, version string) model.Input {
	r := rand.New(rand.NewPCG(uint64(funds), uint64(programs))) //nolint:gosec // the same city every time
	in := base(version)
	need := make([]int64, funds)
	for k := range funds {
		in.Funds = append(in.Funds, model.Fund{ID: fmt.Sprintf("f%03d", k), Class: model.FundClasses()[k%4], Kind: model.SpecialRevenue})
	}
	for i := range programs {
		k := r.IntN(funds)
		amount := 100 * (10_000 + r.Int64N(50_000)*(1+r.Int64N(60)))
		p := model.Program{
			ID: fmt.Sprintf("p%06d", i), Requested: amount / 10,
			CostLines: []model.CostLine{
				{ID: "pay", Fund: in.Funds[k].ID, Treatment: model.Competes, Amount: amount},
				{ID: "debt", Fund: in.Funds[k].ID, Treatment: model.MustPay, Amount: amount / 8},
			},
		}
		for _, g := range in.Goals {
			p.Alignment = append(p.Alignment, model.Alignment{Goal: g.ID, Level: r.Int64N(5)})
		}
		if r.IntN(10) == 0 {
			p.Mandate = &model.Mandate{Minimum: amount / 2, Citation: "City Code § 12-4", Attested: true}
		}
		if funds > 1 && r.IntN(3) == 0 {
			for step := range 1 + r.IntN(3) {
				p.EligibleFunds = append(p.EligibleFunds, in.Funds[(k+1+step*7)%funds].ID)
			}
		}
		need[k] += amount + amount/8
		in.Programs = append(in.Programs, p)
	}
	for i := range in.Programs { // a step of seven funds may meet the same fund twice where funds are few
		in.Programs[i].EligibleFunds = distinct(in.Programs[i].EligibleFunds)
	}
	for k := range need {
		in.Funds[k].Available = need[k] / 1000 * (920 + r.Int64N(100))
	}
	return in
}

func distinct(ids []string) []string {
	var out []string
	for i, id := range ids {
		fresh := true
		for _, before := range ids[:i] {
			fresh = fresh && before != id
		}
		if fresh {
			out = append(out, id)
		}
	}
	return out
}
