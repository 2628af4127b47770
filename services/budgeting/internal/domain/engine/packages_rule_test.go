package engine_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

// pack is a package whose levels cost so many dollars of the general fund.
func pack(id, program string, dollars ...int64) model.Package {
	p := model.Package{ID: id, Program: program}
	for i, d := range dollars {
		p.Levels = append(p.Levels, model.PackageLevel{ID: string(rune('a' + i)), Costs: []model.PackageCost{{Fund: "general", Amount: d * dollar}}})
	}
	return p
}

func replacing(p model.Package) model.Package { p.ReplacesBase = true; return p }

// In the borough fire, parks and pools cost $1,000 each and score 100 %, 50 % and 25 %.
func TestPackagesByHand(t *testing.T) {
	tests := []struct {
		name      string
		available int64
		packages  []model.Package
		change    func(*model.Input)
		levels    string // of each package in order, - for none
		dollars   []int64
		reasons   []model.Reason
		surplus   int64
	}{
		{
			"nothing offered: the base stays", 3500, nil, nil,
			"",
			[]int64{1000, 1000, 1000},
			[]model.Reason{model.AtBase, model.AtBase, model.AtBase},
			500,
		},
		{
			"the most value, not the highest score first", 3600,
			[]model.Package{pack("k1", "fire", 400), pack("k2", "parks", 600), pack("k3", "pools", 200)},
			nil,
			"a-a",
			[]int64{1400, 1000, 1200},
			[]model.Reason{model.Selected, model.NotSelected, model.Selected},
			0,
		},
		{
			"one level of a package", 3900,
			[]model.Package{pack("k1", "fire", 400, 800, 1000)},
			nil,
			"b",
			[]int64{1800, 1000, 1000},
			[]model.Reason{model.Selected, model.AtBase, model.AtBase},
			100,
		},
		{
			"service levels are all of the base", 2900,
			[]model.Package{replacing(pack("k1", "parks", 500, 900, 1500))},
			nil,
			"b",
			[]int64{1000, 900, 1000},
			[]model.Reason{model.AtBase, model.ReplacedBase, model.AtBase},
			0,
		},
		{
			"a mandate bars the cheapest level, whatever it costs others", 2950,
			[]model.Package{replacing(pack("k1", "pools", 500, 900)), pack("k2", "fire", 400)},
			func(in *model.Input) { in.Programs[2].Mandate = mandate(600) },
			"b-",
			[]int64{1000, 1000, 900},
			[]model.Reason{model.NotSelected, model.AtBase, model.ReplacedBase},
			50,
		},
		{
			"the equity floor bars a level too", 2950,
			[]model.Package{replacing(pack("k1", "pools", 500, 900)), pack("k2", "fire", 400)},
			func(in *model.Input) {
				in.Programs[2].EquityBP = 100
				in.Params.EquityFloor, in.Params.EquityCapBP = &model.EquityFloor{MinBP: 100, MaxCutPPM: 100_000}, 0
			},
			"b-",
			[]int64{1000, 1000, 900},
			[]model.Reason{model.NotSelected, model.AtBase, model.ReplacedBase},
			50,
		},
		{
			"a prerequisite comes along", 3700,
			[]model.Package{pack("k1", "fire", 300), pack("k2", "pools", 400), pack("k3", "parks", 600)},
			func(in *model.Input) { in.Packages[0].Requires = []model.PackageRef{{Package: "k2"}} },
			"aa-",
			[]int64{1300, 1000, 1400},
			[]model.Reason{model.Selected, model.NotSelected, model.Selected},
			0,
		},
		{
			"an exclusion keeps one out", 4000,
			[]model.Package{pack("k1", "fire", 300), pack("k2", "pools", 400), pack("k3", "parks", 200)},
			func(in *model.Input) { in.Packages[0].Excludes = []model.PackageRef{{Package: "k2"}} },
			"a-a",
			[]int64{1300, 1200, 1000},
			[]model.Reason{model.Selected, model.Selected, model.NotSelected},
			500,
		},
		{
			"reviewed benefit decides", 3500,
			[]model.Package{pack("k1", "fire", 500), pack("k2", "pools", 500)},
			func(in *model.Input) {
				in.Params.PackageValue = model.Benefit
				in.Packages[0].Levels[0].Benefit, in.Packages[1].Levels[0].Benefit = 10, 41
			},
			"-a",
			[]int64{1000, 1000, 1500},
			[]model.Reason{model.NotSelected, model.AtBase, model.Selected},
			0,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := borough(model.Packages, tc.available)
			in.Packages = tc.packages
			if tc.change != nil {
				tc.change(&in)
			}
			plan := mustAllocate(t, in)
			levels := ""
			for _, p := range plan.Packages {
				levels += map[bool]string{true: "-", false: p.Level}[p.Level == ""]
			}
			if plan.Outcome != model.Optimal || levels != inPlanOrder(&plan, tc.packages, tc.levels) || plan.Totals.Surplus/dollar != tc.surplus {
				t.Fatalf("%s, levels %s, a surplus of %d: %+v", plan.Outcome, levels, plan.Totals.Surplus, plan.Packages)
			}
			for i := range tc.dollars {
				if l := plan.Lines[i]; l.Amount/dollar != tc.dollars[i] || l.Reason != tc.reasons[i] {
					t.Errorf("%s gets %d (%s), want %d dollars (%s)", l.Program, l.Amount, l.Reason, tc.dollars[i], tc.reasons[i])
				}
			}
		})
	}
}

// inPlanOrder brings levels that are listed in the order of ids into the order of the plan: by program first.
func inPlanOrder(plan *model.Plan, packages []model.Package, levels string) string {
	out := ""
	for _, r := range plan.Packages {
		out += string(levels[slices.IndexFunc(packages, func(p model.Package) bool { return p.ID == r.Package })])
	}
	return out
}

func TestCapitalIsWholeOrNotAtAll(t *testing.T) {
	in := borough(model.Packages, 3900)
	in.Programs[1].CostLines = append(in.Programs[1].CostLines, model.CostLine{ID: "hall", Fund: "general", Treatment: model.CapitalProject, Amount: 800_00})
	in.Packages = []model.Package{pack("k1", "fire", 300)}
	plan := mustAllocate(t, in)
	if r := plan.Packages[1]; r.Package != model.CapitalPackage || r.Level != model.CapitalLevel || r.Amount != 800_00 || r.Value != 5000*800 || plan.Packages[0].Level != "" {
		t.Fatalf("packages %+v", plan.Packages)
	}
	in.Packages[0] = pack("k1", "fire", 500)
	plan = mustAllocate(t, in)
	l := plan.Lines[1]
	if l.Treatment != model.CapitalProject || l.Amount != 0 || l.Change() != -800_00 || l.Reason != model.NotSelected || l.Max != 800_00 || plan.Packages[1].Level != "" {
		t.Fatalf("line %+v", l)
	}
	if w := plan.Overall; w.Movable != 3000_00 || w.Steps[0] != (model.Step{Name: "CAPITAL_PROJECT", Amount: 800_00}) {
		t.Fatalf("waterfall %+v", w)
	}
}

// A pool of $400 in the next year can use what the general fund has over only where money may be carried forward; one-time money pays one-time costs.
func TestPackagesOfLaterYears(t *testing.T) {
	city := func(carry bool) model.Plan {
		in := borough(model.Packages, 3300)
		in.Funds[0].OneTime = 100_00
		in.Params.CarryForward = carry
		in.Later = []model.LaterEnvelope{{Fund: "general", Year: 1, Available: 100_00}}
		k := pack("k1", "pools", 0)
		k.Levels[0].Costs = []model.PackageCost{{Fund: "general", Year: 1, Amount: 300_00}, {Fund: "general", Year: 1, Amount: 100_00, OneTime: true}}
		in.Packages = []model.Package{k}
		return mustAllocate(t, in)
	}
	if p := city(false); p.Packages[0].Level != "" || p.Totals.Surplus != 300_00 {
		t.Fatalf("packages %+v", p.Packages)
	}
	p := city(true)
	want := []model.PackagePaid{{Fund: "general", Year: 1, Amount: 100_00}, {Fund: "general", Year: 1, Carried: 1, Amount: 300_00, OneTime: 100_00}}
	if r := p.Packages[0]; r.Level != "a" || r.Amount != 0 || !slices.Equal(r.Paid, want) {
		t.Fatalf("packages %+v", p.Packages)
	}
	if f := p.Funds[0]; f.Competing != 3300_00 || f.Surplus != 0 || f.OneTimeUsed != 100_00 {
		t.Fatalf("fund %+v", f)
	}
}

func TestPackagesThatCannotBePaidSayWhatMust(t *testing.T) {
	in := borough(model.Packages, 2300)
	in.Packages = []model.Package{replacing(pack("k1", "parks", 400, 900))}
	plan := mustAllocate(t, in)
	if plan.Outcome != model.Infeasible || len(plan.Packages) != 0 || plan.Search != nil || len(plan.Shortfalls) != 1 {
		t.Fatalf("plan %+v", plan)
	}
	s := plan.Shortfalls[0]
	if s.Required != 2400_00 || s.Short != 100_00 || len(s.Lines) != 2 || !slices.Equal(s.Packages, []model.RequiredPackage{{Package: "k1", Program: "parks", Amount: 400_00}}) {
		t.Fatalf("shortfall %+v", s)
	}
	in.Funds[0].Available = 2400_00
	in.Packages[0].Excludes = []model.PackageRef{{Package: "k2"}}
	in.Packages = append(in.Packages, replacing(pack("k2", "pools", 0)))
	if plan = mustAllocate(t, in); plan.Outcome != model.Infeasible || plan.Search == nil || len(plan.Shortfalls) != 0 {
		t.Fatalf("plan %+v", plan)
	}
}

func TestPackagesRefuseWhatTheyCannotWeigh(t *testing.T) {
	huge := borough(model.Packages, 4000)
	huge.RoundingUnit = 1
	huge.Packages = []model.Package{pack("k1", "fire", 1<<59/dollar)}
	_, _, err := engine.Allocate(context.Background(), huge)
	if !fault.Is(err, fault.Invalid) || fault.Reason(err) != "VALUES_OVERFLOW" || !strings.Contains(err.Error(), "larger rounding unit") {
		t.Fatalf("error %v", err)
	}
}

// Every program is paid by one fund or by the other, and the funds have what exactly one split of the amounts uses up: a tiny limit neither finds
// it nor proves that there is none.
func TestALimitThatFindsNothingIsNoProof(t *testing.T) {
	in := borough(model.Packages, 0)
	in.Programs, in.Params.WorkLimit = nil, 5
	in.Funds = append(in.Funds, model.Fund{ID: "levy", Class: model.Restricted, Kind: model.SpecialRevenue})
	r := rand.New(rand.NewPCG(1, 12))
	for i := range 24 {
		id, amount := string(rune('a'+i)), 1_000_00+r.Int64N(9_000_00)
		k := replacing(pack("k"+id, id, 0, 0))
		k.Levels[0].Costs[0].Amount = amount
		k.Levels[1].Costs[0] = model.PackageCost{Fund: "levy", Amount: amount}
		in.Funds[r.IntN(2)].Available += amount
		in.Programs, in.Packages = append(in.Programs, program(id, 0, 4)), append(in.Packages, k)
	}
	_, _, err := engine.Allocate(context.Background(), in)
	if !fault.Is(err, fault.FailedPrecondition) || fault.Reason(err) != "WORK_LIMIT" || !strings.Contains(err.Error(), "raise params.work_limit") {
		t.Fatalf("error %v", err)
	}
}

// strained is a city whose packages are worth what they cost and a little: hard to prove.
func strained() model.Input {
	in := borough(model.Packages, 23_457)
	in.Params.PackageValue = model.Benefit
	r := rand.New(rand.NewPCG(4, 4))
	for i := range 40 {
		cost := 300 + r.Int64N(700)
		k := pack("k"+string(rune('a'+i/26))+string(rune('a'+i%26)), "fire", cost)
		k.Levels[0].Benefit = cost + 100
		in.Packages = append(in.Packages, k)
	}
	return in
}

// market is the golden town with all that PACKAGES knows.
func market() model.Input {
	in := goldenTown(model.Packages)
	in.Params.CarryForward = true
	in.Funds[0].Available += 2_000_00
	in.Later = []model.LaterEnvelope{{Fund: "general", Year: 1, Available: 250_00}}
	in.Programs[0].CostLines = append(in.Programs[0].CostLines, model.CostLine{ID: "hall", Fund: "general", Treatment: model.CapitalProject, Amount: 700_50})
	in.Packages = []model.Package{pack("k1", "fire", 400, 900), replacing(pack("k2", "parks", 700, 1300)), pack("k3", "pools", 300), pack("k4", "fire", 200)}
	in.Packages[0].Levels[1].Costs = append(in.Packages[0].Levels[1].Costs, model.PackageCost{Fund: "general", Year: 1, Amount: 300_00})
	in.Packages[2].Requires = []model.PackageRef{{Package: "k2", Level: "b"}}
	in.Packages[3].Excludes = []model.PackageRef{{Package: "k1", Level: "b"}}
	in.Packages[3].Levels[0].Costs[0].OneTime = true
	return in
}

func TestGoldenPackages(t *testing.T) {
	plan, cert, err := engine.Allocate(context.Background(), market())
	if err != nil {
		t.Fatal(err)
	}
	if cert.InputHash != goldenMarket || cert.PlanHash != goldenChoice {
		t.Fatalf("hashes %q, %q of %s: %+v", cert.InputHash, cert.PlanHash, plan.Outcome, plan.Packages)
	}
}

// The bytes of an input and of its plan.
const (
	goldenMarket = "a4a6add375077549395289ebed262c97c19ee0ebd4ffe665ee6c3f72781f0280"
	goldenChoice = "763a8e351a42b6712c3b5e78c9aaa2062ca9702fe0f42f6ede1035c4a481cc1c"
)

func TestATinyWorkLimitGivesACertifiedGap(t *testing.T) {
	in := strained()
	in.Params.WorkLimit = 300
	seen := 0
	first, err := engine.SolveWith(context.Background(), in, engine.Options{Progress: func(s model.Search) {
		if seen++; s.Value > s.Bound {
			t.Errorf("progress %+v", s)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := first.Plan.Search
	if first.Plan.Outcome != model.Feasible || s.Value >= s.Bound || s.Bound > s.DualBound || s.Value == 0 || seen == 0 {
		t.Fatalf("%s with %+v after %d reports", first.Plan.Outcome, s, seen)
	}
	again, err := engine.Solve(context.Background(), in)
	if err != nil || string(again.Encoded) != string(first.Encoded) {
		t.Fatal("the same limit gives another plan", err)
	}
	in.Params.WorkLimit = 0
	if whole := mustAllocate(t, in); whole.Outcome != model.Optimal || whole.Search.Value > s.Bound || whole.Search.Value < s.Value {
		t.Fatalf("%s with %+v", whole.Outcome, whole.Search)
	}
}

func TestPackagesDoNotDependOnTheOrderOfTheInput(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 150 {
		in := modeltest.RandomOf(r, engine.Version, model.Packages)
		before, _ := mustAllocate(t, in).Hash()
		slices.Reverse(in.Packages)
		slices.Reverse(in.Programs)
		slices.Reverse(in.Funds)
		slices.Reverse(in.Later)
		if after, _ := mustAllocate(t, in).Hash(); after != before {
			t.Fatal("another plan")
		}
	}
}
