package modeltest

import (
	"math/rand/v2"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// RandomOf is a small valid input of any method, as Random makes them, with one-time money and costs, an equity floor, grants and positions
// besides.
func RandomOf(r *rand.Rand, version string, method model.Method) model.Input {
	in := Random(r, version)
	in.Method = method
	if r.IntN(3) == 0 {
		in.Params.EquityFloor = &model.EquityFloor{MinBP: 1 + r.Int64N(500), MaxCutPPM: pick[int64](r, 0, 20_000, 100_000, 500_000)}
	}
	if r.IntN(2) == 0 {
		oneTime(r, &in)
	}
	for i := range in.Programs {
		stakes(r, &in.Programs[i])
	}
	switch method {
	case model.Packages:
		randomPackages(r, &in)
	case model.EqualShares, model.GreedyVotes:
		randomElection(r, &in)
	case model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine:
	}
	return in
}

// oneTime turns some lines into costs of this year only and some money into money that does not come again.
func oneTime(r *rand.Rand, in *model.Input) {
	for i := range in.Programs {
		for j := range in.Programs[i].CostLines {
			in.Programs[i].CostLines[j].OneTime = r.IntN(3) == 0
		}
	}
	for k := range in.Funds {
		f := &in.Funds[k]
		var income int64
		for i := range in.Programs {
			for _, v := range in.Programs[i].Revenue {
				if v.Fund == f.ID {
					income += v.Amount
				}
			}
		}
		if r.IntN(3) > 0 {
			f.OneTime = r.Int64N(f.Available - income + 1)
		}
	}
}

func stakes(r *rand.Rand, p *model.Program) {
	var cost int64
	for _, l := range p.CostLines {
		cost += max(l.Amount, 0)
	}
	for j := range r.IntN(3) {
		g := model.GrantAward{ID: "grant" + strconv.Itoa(j), Award: r.Int64N(cost + 2), MatchPPM: pick[int64](r, 0, 250_000, 333_333, 1_000_000)}
		if r.IntN(2) == 0 {
			g.Effort = r.Int64N(cost + 2)
		}
		p.Grants = append(p.Grants, g)
	}
	for j := range r.IntN(3) {
		p.Positions = append(p.Positions, model.Position{Title: "job" + strconv.Itoa(j), Count: 1 + r.Int64N(4), Cost: 1 + r.Int64N(cost/4+1)})
	}
}
