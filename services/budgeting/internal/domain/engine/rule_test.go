package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

const dollar = 100

// town has one goal and one fund; its two programs of $1,000 score 100 % and 0 %, so that their multipliers are 1 and 3.
func town(available int64) model.Input {
	return model.Input{
		EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: dollar, Params: model.DefaultParams(),
		Goals:     []model.Goal{{ID: "safety", Title: "Safe streets", WeightPPM: 1_000_000}},
		Funds:     []model.Fund{{ID: "general", Available: available * dollar, Class: model.Unassigned, Kind: model.General}},
		Programs:  []model.Program{program("fire", 1000, 4), program("parks", 1000, 0)},
		Revisions: model.Revisions{Priority: model.Revision{Name: "r1", Hash: "aa"}, Results: model.Revision{Name: "s1", Hash: "bb"}},
	}
}

func program(id string, dollars, level int64) model.Program {
	return model.Program{
		ID: id, Alignment: []model.Alignment{{Goal: "safety", Level: level}},
		CostLines: []model.CostLine{{ID: "all", Fund: "general", Treatment: model.Competes, Amount: dollars * dollar}},
	}
}

func capAt(dollars int64) *int64 {
	v := dollars * dollar
	return &v
}

func TestTheRuleByHand(t *testing.T) {
	type want struct {
		amount int64 // minor units
		reason model.Reason
	}
	tests := []struct {
		name      string
		available int64
		change    func(*model.Input)
		outcome   model.Outcome
		fire      want
		parks     want
	}{
		{"enough for base", 2000, nil, model.Optimal, want{1000_00, model.AtBase}, want{1000_00, model.AtBase}},
		{"a shortage of 200 is shared 1 to 3", 1800, nil, model.Optimal, want{950_00, model.AtRate}, want{850_00, model.AtRate}},
		{"the limit of 20 % stops the lower priority", 1650, nil, model.Optimal, want{850_00, model.AtRate}, want{800_00, model.AtMaxCut}},
		{"limits too tight", 1500, nil, model.ReductionShort, want{800_00, model.AtMaxCut}, want{800_00, model.AtMaxCut}},
		{"spread 1 is an equal cut", 1800, func(in *model.Input) { in.Params.SpreadMilli = 1000 }, model.Optimal, want{900_00, model.AtRate}, want{900_00, model.AtRate}},
		{"half a dollar goes to the heavier first", 1798, nil, model.Optimal, want{950_00, model.AtRate}, want{848_00, model.AtRate}},
		{"growth follows D × q", 2100, func(in *model.Input) { in.Programs[0].Requested, in.Programs[1].Requested = 80_00, 80_00 }, model.Optimal, want{1080_00, model.AtRequest}, want{1000_00, model.AtBase}},
		{"a cap takes what it must", 2000, func(in *model.Input) { in.Programs[0].Cap = capAt(700) }, model.Optimal, want{700_00, model.AtCap}, want{1000_00, model.AtBase}},
		{"an attested floor comes off D and holds", 1500, func(in *model.Input) {
			in.Params.MaxCutPPM = 1_000_000
			in.Programs[1].Mandate = &model.Mandate{Minimum: 900_00, Citation: "Code § 1", Attested: true}
		}, model.Optimal, want{600_00, model.AtRate}, want{900_00, model.AtFloor}},
		{"what is above a floor is cut by the same rate", 1600, func(in *model.Input) {
			in.Params.MaxCutPPM = 1_000_000
			in.Programs[1].Mandate = &model.Mandate{Minimum: 900_00, Citation: "Code § 1", Attested: true} // D = 100: weights 1000 and 300
		}, model.Optimal, want{692_00, model.AtRate}, want{908_00, model.AtRate}},
		{"a claimed mandate is no floor", 1800, func(in *model.Input) {
			in.Programs[1].Mandate = &model.Mandate{Minimum: 990_00, Citation: "Code § 1"}
		}, model.Optimal, want{950_00, model.AtRate}, want{850_00, model.AtRate}},
		{"a floor above base must be paid", 1900, func(in *model.Input) {
			in.Programs[1].Mandate = &model.Mandate{Minimum: 1100_00, Citation: "Code § 1", Attested: true}
		}, model.Optimal, want{800_00, model.AtMaxCut}, want{1100_00, model.AtFloor}},
		{"hold-harmless stops the cut", 1700, func(in *model.Input) {
			in.Programs[1].HoldHarmless = &model.Hold{Prior: 1000_00, MaxDecreasePPM: 100_000, MaxIncreasePPM: 500_000}
		}, model.Optimal, want{800_00, model.AtMaxCut}, want{900_00, model.AtHold}},
		{"floors beyond the money", 1800, func(in *model.Input) {
			in.Programs[0].Mandate = &model.Mandate{Minimum: 1000_00, Citation: "Code § 1", Attested: true}
			in.Programs[1].Mandate = &model.Mandate{Minimum: 900_00, Citation: "Code § 2", Attested: true}
		}, model.Infeasible, want{1000_00, model.Unpayable}, want{900_00, model.Unpayable}},
		{"an unnamed enterprise fund holds its lines", 2100, func(in *model.Input) { in.Funds[0].Kind = model.Enterprise }, model.Optimal, want{1000_00, model.NotNamed}, want{1000_00, model.NotNamed}},
		{"odd cents of a base stay in it", 1800, func(in *model.Input) {
			in.Programs[0].CostLines[0].Amount = 1000_37
			in.Funds[0].Available += 37
		}, model.Optimal, want{950_37, model.AtRate}, want{850_00, model.AtRate}},
		{"cents of the envelope go to the remainder", 1800, func(in *model.Input) { in.Funds[0].Available += 99 }, model.Optimal, want{950_00, model.AtRate}, want{850_00, model.AtRate}},
		{"reward moves the score by its points", 1800, func(in *model.Input) {
			in.Programs[1].Results = &model.ResultsGate{Signal: model.Met, Policy: model.Reward, CertainPPM: 1_000_000} // q = 5 %: multiplier 2.9
		}, model.Optimal, want{949_00, model.AtRate}, want{851_00, model.AtRate}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := town(tc.available)
			if tc.change != nil {
				tc.change(&in)
			}
			plan := mustAllocate(t, in)
			if plan.Outcome != tc.outcome {
				t.Fatalf("outcome %s, want %s", plan.Outcome, tc.outcome)
			}
			for i, w := range []want{tc.fire, tc.parks} {
				if l := plan.Lines[i]; l.Amount != w.amount || l.Reason != w.reason {
					t.Errorf("%s gets %d (%s), want %d (%s)", l.Program, l.Amount, l.Reason, w.amount, w.reason)
				}
			}
		})
	}
}

func TestTheRateIsExact(t *testing.T) {
	plan := mustAllocate(t, town(1800))
	b := plan.Blocks[0]
	// Parks' 150th dollar is the last to go, at 149.5 ÷ (1000 × 3); its 151st would be next, at 150.5 ÷ 3000. Between them lies 5 %.
	if b.Direction != model.Shortage || b.Rate != (model.Rate{Num: "1", Den: "20"}) || !b.Exhausted {
		t.Fatalf("block %+v", b)
	}
	if next := plan.Funds[0].Next; next == nil || next.Program != "parks" {
		t.Fatalf("the next dollar goes to %v, want parks", next)
	}
}

func TestReductionShortSaysWhatPackagesMustFind(t *testing.T) {
	plan := mustAllocate(t, town(1500))
	if plan.Totals.Short != 100_00 || plan.Blocks[0].Short != 100_00 || plan.Funds[0].Next != nil {
		t.Fatalf("short %d, block %+v", plan.Totals.Short, plan.Blocks[0])
	}
}

func TestInfeasibleNamesTheLinesAndTheFunds(t *testing.T) {
	in := town(1000)
	in.Funds = append(in.Funds, model.Fund{ID: "water", Available: 50_00, Class: model.Restricted, Kind: model.SpecialRevenue})
	in.Programs = append(in.Programs, model.Program{ID: "debt", CostLines: []model.CostLine{
		{ID: "bond", Fund: "water", Treatment: model.MustPay, Amount: 80_00}, {ID: "credit", Fund: "water", Treatment: model.Interfund, Amount: -10_00},
	}})
	in.Programs[0].EligibleFunds = []string{"water"}
	in.Programs[0].Mandate = &model.Mandate{Minimum: 900_00, Citation: "Code § 9", Attested: true}
	plan := mustAllocate(t, in)
	if plan.Outcome != model.Infeasible || len(plan.Shortfalls) != 1 {
		t.Fatalf("outcome %s with %d shortfalls", plan.Outcome, len(plan.Shortfalls))
	}
	s := plan.Shortfalls[0]
	if len(s.Funds) != 1 || s.Funds[0] != "water" || s.Required != 70_00 || s.Available != 50_00 || s.Short != 20_00 || len(s.Lines) != 2 {
		t.Fatalf("shortfall %+v", s)
	}
	in.Funds[0].Available = 890_00 // now the mandate of fire, which both funds may pay, fails too: one proof over both
	s = mustAllocate(t, in).Shortfalls[0]
	if len(s.Funds) != 2 || s.Required != 970_00 || s.Available != 940_00 || s.Lines[2].Citation != "Code § 9" {
		t.Fatalf("shortfall %+v", s)
	}
}

func TestRestrictedMoneyIsUsedFirst(t *testing.T) {
	in := town(2000)
	in.Funds = append(in.Funds, model.Fund{ID: "grant", Available: 300_00, Class: model.Restricted, Kind: model.SpecialRevenue})
	in.Programs[1].EligibleFunds = []string{"grant"}
	plan := mustAllocate(t, in)
	paid := plan.Lines[1].Paid
	if len(paid) != 2 || paid[0] != (model.Payment{Fund: "general", Amount: 700_00}) || paid[1] != (model.Payment{Fund: "grant", Amount: 300_00}) {
		t.Fatalf("parks is paid by %v", paid)
	}
	if plan.Funds[0].Surplus != 300_00 || plan.Totals.Surplus != 300_00 {
		t.Fatalf("surplus %+v", plan.Funds)
	}
}

func TestProgramRevenueNetsTheBaseAndIsLostWithTheCut(t *testing.T) {
	in := town(1900)
	in.Programs[1].CostLines[0].Amount = 1100_00
	in.Programs[1].Revenue = []model.Revenue{{Fund: "general", Amount: 100_00}} // net base 1,000 again, and 1,800 for the net bases
	plan := mustAllocate(t, in)
	parks := plan.Lines[1]
	if parks.Base != 1000_00 || parks.Amount != 850_00 || parks.RevenueLost != 15_00 {
		t.Fatalf("parks %+v", parks)
	}
	if plan.Totals.GrossBase != 2100_00 || plan.Totals.GrossAmount != 950_00+850_00+85_00 || plan.Totals.RevenueLost != 15_00 {
		t.Fatalf("totals %+v", plan.Totals)
	}
}

func TestTheWaterfallShowsWhatCanMove(t *testing.T) {
	in := town(2500)
	in.Programs[0].CostLines = append(in.Programs[0].CostLines,
		model.CostLine{ID: "debt", Fund: "general", Treatment: model.MustPay, Amount: 300_00},
		model.CostLine{ID: "fleet", Fund: "general", Treatment: model.Interfund, Amount: 100_00},
		model.CostLine{ID: "vacancy", Fund: "general", Treatment: model.Competes, Amount: -50_00})
	in.Programs[1].Mandate = &model.Mandate{Minimum: 200_00, Citation: "Code § 1", Attested: true}
	w := mustAllocate(t, in).Overall
	want := []model.Step{{Name: "MUST_PAY", Amount: 300_00}, {Name: "INTERFUND", Amount: 100_00}, {Name: model.StepFloor, Amount: 200_00}}
	if w.Total != 2350_00 || w.Net != 2250_00 || w.Movable != 1750_00 || w.ToShare != 1900_00 || w.Gap != -150_00 || len(w.Steps) != 3 {
		t.Fatalf("waterfall %+v", w)
	}
	for i := range want {
		if w.Steps[i] != want[i] {
			t.Errorf("step %d is %v, want %v", i, w.Steps[i], want[i])
		}
	}
}

func TestBottlenecksStandApartAndSayWhy(t *testing.T) {
	in := town(900) // general is short by 100 for fire alone
	in.Funds = append(in.Funds, model.Fund{ID: "parks", Available: 1100_00, Class: model.Committed, Kind: model.SpecialRevenue})
	in.Programs[1].EligibleFunds = []string{"parks"}
	plan := mustAllocate(t, in)
	if c := plan.Blocks[0].Cut; len(plan.Blocks) != 2 || c == nil || *c != (model.Cut{Demand: 1000_00, Supply: 900_00}) || plan.Lines[1].Paid[0].Fund != "parks" {
		t.Fatalf("parks should leave general to fire: %+v", plan.Blocks)
	}
	in.Funds[1].Available = 300_00 // 1,200 for 2,000
	in.Params.MaxCutPPM = 1_000_000
	in.Programs[0].CostLines[0].Fund = "parks" // fire now has 300 and nothing else
	plan = mustAllocate(t, in)
	if len(plan.Blocks) != 2 {
		t.Fatalf("blocks %+v", plan.Blocks)
	}
	fire := plan.Blocks[plan.Lines[0].Block]
	if fire.Cut == nil || fire.Cut.Supply != 300_00 || fire.Cut.Demand != 800_00 || fire.Amount != 300_00 {
		t.Fatalf("block %+v, cut %+v", fire, fire.Cut)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(*model.Input)
		kind   fault.Kind
		says   string
	}{
		{"another engine version", func(in *model.Input) { in.EngineVersion = "0" }, fault.FailedPrecondition, "engine version"},
		{"weights beyond 62 bits", func(in *model.Input) {
			in.Params.SpreadMilli = 3001
			in.Programs[0].CostLines[0].Amount = 1 << 50
			in.Funds[0].Available = 1 << 50
			in.Programs[1].CostLines[0].Amount = 3
		}, fault.Invalid, "62 bits"},
		{"a floor on a credit", func(in *model.Input) {
			in.Programs[0].CostLines[0].Amount = -5
			in.Programs[0].Mandate = &model.Mandate{Minimum: 1, Citation: "x", Attested: true}
		}, fault.Invalid, "net to a credit"},
		{"an invalid input", func(in *model.Input) { in.Goals[0].WeightPPM = 1 }, fault.Invalid, "add up to 1 ppm"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := town(1800)
			tc.change(&in)
			_, _, err := engine.Allocate(context.Background(), in)
			if !fault.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("error %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := engine.Allocate(ctx, town(1800)); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Fatalf("a cancelled context gives %v", err)
	}
	if _, _, err := engine.Replay(context.Background(), []byte(`{"schema":3}`)); !fault.Is(err, fault.FailedPrecondition) {
		t.Fatalf("unreadable bytes give %v", err)
	}
}
