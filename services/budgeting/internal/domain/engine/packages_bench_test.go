package engine_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages/packagestest"
)

// processor is the processor time of this process so far.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// published is an input whose packages are a published problem: each group is a program with one package, whose benefits are the values at a score
// of 100 %.
func published(p *packages.Problem) model.Input {
	in := borough(model.Packages, 0)
	in.Params.PackageValue = model.Benefit
	in.Funds, in.Programs = nil, nil
	for k, units := range p.Capacity {
		in.Funds = append(in.Funds, model.Fund{ID: fmt.Sprintf("f%d", k), Available: units, Class: model.Assigned, Kind: model.SpecialRevenue})
	}
	for g := range p.Groups {
		set := p.Eligible[p.Groups[g].Levels[0].Costs[0].Class]
		q := program(fmt.Sprintf("p%05d", g), 0, 4)
		q.CostLines[0].Fund = in.Funds[set[0]].ID
		for _, n := range set[1:] {
			q.EligibleFunds = append(q.EligibleFunds, in.Funds[n].ID)
		}
		k := model.Package{ID: "k" + q.ID, Program: q.ID}
		for l, level := range p.Groups[g].Levels {
			k.Levels = append(k.Levels, model.PackageLevel{
				ID: fmt.Sprint(l), Benefit: level.Value, Costs: []model.PackageCost{{Fund: q.CostLines[0].Fund, Amount: level.Costs[0].Units}},
			})
		}
		in.Programs, in.Packages = append(in.Programs, q), append(in.Packages, k)
	}
	return in
}

// BenchmarkPackages compares the processor time of a whole allocation with that of the solver alone.
func BenchmarkPackages(b *testing.B) {
	for _, nodes := range []int{1, 5} {
		b.Run(fmt.Sprintf("3000x4/funds=%d", nodes), func(b *testing.B) {
			for b.Loop() {
				var whole, alone []float64
				for seed := range uint64(10) {
					p := packagestest.Random(seed, 3000, 4, nodes)
					in := published(&p)
					from := processor()
					solved, err := engine.Solve(b.Context(), in)
					if err != nil {
						b.Fatal(err)
					}
					middle := processor()
					s, err := packages.Solve(b.Context(), p, packages.Options{})
					if err != nil || s.Value*10_000 != solved.Plan.Search.Value {
						b.Fatal(err, s.Value, solved.Plan.Search.Value)
					}
					whole = append(whole, float64((middle-from).Microseconds())/1000)
					alone = append(alone, float64((processor()-middle).Microseconds())/1000)
				}
				slices.Sort(whole)
				slices.Sort(alone)
				b.ReportMetric(whole[5], "whole-cpu-ms")
				b.ReportMetric(alone[5], "solver-cpu-ms")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
