package explain_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// market has fire, which scores 100 %, and parks, which scores 25 %, at $1,000 each, and a levy that may pay for fire too.
func market(available int64, packages ...model.Package) model.Input {
	in := town()
	in.Method, in.Funds[0].Available = model.Packages, available*100
	in.Programs[0].CostLines = in.Programs[0].CostLines[:1]
	in.Packages = packages
	return in
}

func pack(id, program string, dollars ...int64) model.Package {
	p := model.Package{ID: id, Program: program}
	for i, d := range dollars {
		p.Levels = append(p.Levels, model.PackageLevel{ID: string(rune('a' + i)), Benefit: d, Costs: []model.PackageCost{{Fund: "general", Amount: d * 100}}})
	}
	return p
}

func TestPackagesCanBeReadOut(t *testing.T) {
	patrol, trails := pack("k1", "fire", 300), pack("k2", "parks", 400)
	patrol.Title = "Night patrol"
	replacing := pack("k3", "fire", 300, 600, 1400)
	replacing.ReplacesBase = true
	later := pack("k4", "parks", 100)
	later.Levels[0].Costs = append(later.Levels[0].Costs, model.PackageCost{Fund: "general", Year: 1, Amount: 50_00})
	needs, excludes := pack("k5", "fire", 100), pack("k6", "parks", 100)
	needs.Requires, excludes.Excludes = []model.PackageRef{{Package: "k2"}}, []model.PackageRef{{Package: "k1"}}
	tests := []struct {
		name    string
		in      model.Input
		program string
		change  func(*model.Input)
		phrases []string
	}{
		{"chosen", market(2300, patrol, trails), "fire", nil, []string{
			`Program "fire" goes from 1,000.00 USD to 1,300.00 USD.`, "Its priority score is 100 %.",
			`Package "Night patrol" (k1) is chosen at level "a" of 1: 300.00 USD.`,
			`It is worth 1 for each 1.00 USD, and the price of fund "general" is 0.`, `What was chosen adds 300.00 USD to it.`,
			`Fund "general" pays 1,300.00 USD of it.`, "The choice is the best there is",
		}},
		{"plenty", market(2700, patrol, trails), "fire", nil, []string{"the money that may pay it is not scarce, its price is 0"}},
		{"too dear", market(2500, pack("k1", "fire", 300, 600), trails), "parks", nil, []string{
			`Package "k2" is not chosen; it would cost 400.00 USD.`, "It is worth 0.25 for each 1.00 USD, and the price of fund \"general\" is 1: too dear.",
			"It would be chosen if its priority score were about 100 % instead of 25 %.", `its competing base of 1,000.00 USD stays whole.`,
		}},
		{"service levels", market(1700, replacing), "fire", nil, []string{
			`Package "k3" is all of the program's competing cost at one of 3 service levels: level "b" is picked, at 600.00 USD.`,
			`Level "a", at 300.00 USD, keeps less than the 400.00 USD that its attested mandate (City Charter § 5) asks for.`,
			`Level "c" would cost 800.00 USD more and be worth 1 for each 1.00 USD of that`,
			`what was chosen costs 600.00 USD of competing money, instead of a base of 1,000.00 USD.`,
		}},
		{"later years", market(2100, later), "parks", func(in *model.Input) {
			in.Later = []model.LaterEnvelope{{Fund: "general", Year: 1, Available: 60_00}}
		}, []string{"100.00 USD in the budget's year and 50.00 USD in later years"}},
		{"prerequisite", market(2150, needs, trails), "fire", nil, []string{`It needs package "k2", which is not chosen.`}},
		{"exclusion", market(2900, patrol, excludes), "parks", nil, []string{`It may not stand beside package "k1", which is chosen.`}},
		{"excluded", market(2900, func() model.Package {
			p := pack("k7", "fire", 200)
			p.Excludes = []model.PackageRef{{Package: "k8"}}
			return p
		}(), pack("k8", "parks", 100)), "parks", nil, []string{`Package "k7", which is chosen, excludes it.`}},
		{"no score", market(2900, patrol, trails), "parks", func(in *model.Input) { in.Programs[1].Alignment[1].Level = 0 }, []string{"Its priority score is 0 %, so that it adds no value."}},
		{"benefit", market(2300, patrol, trails), "fire", func(in *model.Input) { in.Params.PackageValue = model.Benefit }, []string{"points of benefit for each 1,000.00 USD"}},
		{"capital left out", market(2200, patrol), "parks", func(in *model.Input) {
			in.Programs[1].CostLines = append(in.Programs[1].CostLines, model.CostLine{ID: "z", Fund: "general", Treatment: model.CapitalProject, Amount: 900_00})
		}, []string{"The capital project is not chosen; it would cost 900.00 USD.", `its capital project of 900.00 USD is left out`}},
		{"infeasible", market(1500, patrol), "fire", nil, []string{`What only fund "general" may pay comes to 2,000.00 USD; 1,500.00 USD is available, 500.00 USD too little.`}},
		{"infeasible levels", market(1300, replacing), "fire", nil, []string{`package "k3" of program "fire" asks for 600.00 USD at its least service level`}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if tc.change != nil {
				tc.change(&tc.in)
			}
			r, err := explain.Program(tc.in, allocate(t, tc.in), tc.program)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, r.Sentences, tc.phrases...)
		})
	}
}

func TestEveryPackageHasAReason(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	told := map[string]int{}
	for range 300 {
		in := modeltest.RandomOf(r, engine.Version, model.Packages)
		in.Params.EquityFloor = nil
		plan := allocate(t, in)
		for _, c := range explain.Choices(in, plan) {
			if c.Reason == "" || len(c.Sentences) == 0 {
				t.Fatalf("nothing is said of %+v", c)
			}
			for _, kind := range []string{"is chosen", "too dear", "It needs", "It may not stand", "excludes it", "is all of", "packages are whole", "no value", "whole:"} {
				if strings.Contains(c.Reason, kind) {
					told[kind]++
				}
			}
		}
		for i := range in.Programs {
			if _, err := explain.Program(in, plan, in.Programs[i].ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(told) < 9 {
		t.Errorf("told %v", told)
	}
}
