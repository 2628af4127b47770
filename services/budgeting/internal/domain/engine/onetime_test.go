package engine_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// windfall is the town with part of its money for once only.
func windfall(available, oneTime int64) model.Input {
	in := town(available)
	in.Funds[0].OneTime = oneTime * dollar
	in.Params.MaxCutPPM = 1_000_000
	return in
}

func TestOneTimeMoneyMayNotFundOngoingCosts(t *testing.T) {
	plan := mustAllocate(t, windfall(2000, 400)) // 1,600 for 2,000: the cut is shared 1 to 3, and 400 is left
	if plan.Lines[0].Amount != 900_00 || plan.Lines[1].Amount != 700_00 || plan.Totals.Surplus != 400_00 {
		t.Fatalf("fire gets %d, parks %d, %d is left", plan.Lines[0].Amount, plan.Lines[1].Amount, plan.Totals.Surplus)
	}
	if f := plan.Funds[0]; f.OneTime != 400_00 || f.OneTimeUsed != 0 || plan.Totals.OneTime != 0 || len(plan.Blocks[0].OneTime) != 0 {
		t.Fatalf("fund %+v, block %+v", f, plan.Blocks[0])
	}
}

func TestOneTimeCostsUseOneTimeMoneyFirst(t *testing.T) {
	in := windfall(2000, 400)
	in.Programs[1].CostLines = append(in.Programs[1].CostLines,
		model.CostLine{ID: "playground", Fund: "general", Treatment: model.Competes, Amount: 300_00, OneTime: true},
		model.CostLine{ID: "verdict", Fund: "general", Treatment: model.MustPay, Amount: 150_00, OneTime: true})
	plan := mustAllocate(t, in)
	verdict, playground := plan.Lines[1], plan.Lines[3]
	if !verdict.OneTime || verdict.Paid[0] != (model.Payment{Fund: "general", Amount: 150_00, OneTime: 150_00}) {
		t.Fatalf("the verdict is paid by %+v", verdict.Paid)
	}
	// 250 of one-time money are left for the playground. At one rate fire and parks would take more than the 1,600 of ongoing money, so that they
	// stand apart, and the playground has what is its own.
	if want := (model.Payment{Fund: "general", Amount: 250_00, OneTime: 250_00}); !playground.OneTime || playground.Paid[0] != want || plan.Funds[0].OneTimeUsed != 400_00 {
		t.Fatalf("the playground gets %d by %+v; %+v", playground.Amount, playground.Paid, plan.Funds[0])
	}
	if plan.Lines[0].Amount != 900_00 || plan.Lines[2].Amount != 700_00 || plan.Totals.Surplus != 0 {
		t.Fatalf("fire gets %d, parks %d", plan.Lines[0].Amount, plan.Lines[2].Amount)
	}
}

func TestOneTimeMoneyThatNobodyElseMayUseStandsApart(t *testing.T) {
	in := windfall(1900, 400)
	in.Programs[1].CostLines[0].OneTime = true // parks may use all of it, fire 1,500 only: nobody gives but parks and fire share 100
	plan := mustAllocate(t, in)
	if plan.Lines[0].Amount != 975_00 || plan.Lines[1].Amount != 925_00 || plan.Lines[1].Paid[0].OneTime != 400_00 {
		t.Fatalf("fire gets %d, parks %d by %+v", plan.Lines[0].Amount, plan.Lines[1].Amount, plan.Lines[1].Paid)
	}
	in.Funds[0].OneTime = 1200_00 // 700 of ongoing money: fire is alone with it
	plan = mustAllocate(t, in)
	if plan.Lines[0].Amount != 700_00 || plan.Lines[1].Amount != 1000_00 || plan.Lines[1].Paid[0].OneTime != 1000_00 || plan.Totals.Surplus != 200_00 {
		t.Fatalf("fire gets %d, parks %d by %+v", plan.Lines[0].Amount, plan.Lines[1].Amount, plan.Lines[1].Paid)
	}
	if fire, parks := plan.Blocks[plan.Lines[0].Block], plan.Blocks[plan.Lines[1].Block]; len(plan.Blocks) != 2 || fire.Cut == nil ||
		!slices.Equal(fire.Funds, []string{"general"}) || len(parks.Funds) != 0 || !slices.Equal(parks.OneTime, []string{"general"}) {
		t.Fatalf("blocks %+v", plan.Blocks)
	}
}

func TestInfeasibleSaysThatOngoingMoneyIsMissing(t *testing.T) {
	in := windfall(2000, 1500)
	in.Programs[0].Mandate = mandate(600)
	plan := mustAllocate(t, in)
	if plan.Outcome != model.Infeasible || len(plan.Shortfalls) != 1 {
		t.Fatalf("outcome %s, %+v", plan.Outcome, plan.Shortfalls)
	}
	if s := plan.Shortfalls[0]; !slices.Equal(s.Ongoing, []string{"general"}) || s.Required != 600_00 || s.Available != 500_00 {
		t.Fatalf("shortfall %+v", s)
	}
	in.Programs[0].CostLines[0].OneTime = true // the same floor of a one-time cost
	if plan = mustAllocate(t, in); plan.Outcome != model.Optimal {
		t.Fatalf("outcome %s", plan.Outcome)
	}
}

func TestAOneTimeCreditIsOneTimeMoney(t *testing.T) {
	in := town(2000)
	in.Programs[0].CostLines = append(in.Programs[0].CostLines, model.CostLine{ID: "sale", Fund: "general", Treatment: model.Competes, Amount: -300_00, OneTime: true})
	in.Programs[1].Requested = 500_00
	if plan := mustAllocate(t, in); plan.Totals.Surplus != 300_00 || plan.Totals.OneTime != -300_00 {
		t.Fatalf("the sale of a building went to ongoing costs: %+v", plan.Totals)
	}
}

// Whatever the input, no ongoing line is paid with one-time money, no fund spends more of it than it has, and none is left where a one-time line
// could use it in place of ongoing money.
func TestOngoingCostsAreNeverPaidWithOneTimeMoney(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 9))
	used := 0
	for range 4000 {
		in := modeltest.RandomOf(r, engine.Version, []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine}[r.IntN(4)])
		plan := mustAllocate(t, in)
		if plan.Outcome == model.Infeasible {
			continue
		}
		spent, ongoing := map[string]int64{}, map[string]int64{}
		for _, l := range plan.Lines {
			for _, p := range l.Paid {
				if p.OneTime != 0 && !l.OneTime {
					t.Fatalf("%s, an ongoing cost, is paid %d of one-time money", l.Program, p.OneTime)
				}
				spent[p.Fund] += p.OneTime
				if l.OneTime && p.Fund == l.Fund {
					ongoing[p.Fund] += p.Amount - p.OneTime
				}
			}
		}
		for _, f := range plan.Funds {
			if spent[f.Fund] > f.OneTime || spent[f.Fund] != f.OneTimeUsed {
				t.Fatalf("fund %s spends %d of %d of one-time money, and says %d", f.Fund, spent[f.Fund], f.OneTime, f.OneTimeUsed)
			}
			if left := f.OneTime - spent[f.Fund]; left >= 2*in.RoundingUnit && ongoing[f.Fund] >= 2*in.RoundingUnit {
				t.Fatalf("fund %s keeps %d of one-time money and pays %d of one-time costs with ongoing money", f.Fund, left, ongoing[f.Fund])
			}
			if f.OneTimeUsed > 0 {
				used++
			}
		}
	}
	if used < 500 {
		t.Fatalf("one-time money is used %d times only", used)
	}
}
