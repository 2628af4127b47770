package engine_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// BenchmarkAllocate reports milliseconds of CPU of the whole process an allocation, collector included.
func BenchmarkAllocate(b *testing.B) {
	for _, c := range []struct {
		name string
		in   func() model.Input
	}{
		{"20_funds_3000_programs_9000_lines", func() model.Input { return lined(3000, 3) }},
		{"1_fund_3000_programs", func() model.Input { return modeltest.City(1, 3000, engine.Version) }},
		{"20_funds_3000_programs", func() model.Input { return modeltest.City(20, 3000, engine.Version) }},
		{"100_funds_100000_programs", func() model.Input { return modeltest.City(100, 100_000, engine.Version) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			in := c.in()
			from := cpu()
			for b.Loop() {
				if _, _, err := engine.Allocate(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu()-from)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
}

// lined is a government as the service hands it over: names of goals are long, cost lines are numbered, and the lines of a program lie in several of
// 20 funds.
func lined(programs, lines int) model.Input {
	in := modeltest.City(20, 0, engine.Version)
	in.Schema = model.SchemaVersion
	for k := range in.Funds {
		in.Funds[k].Available = 420_000_000 * int64(programs) / 3000
	}
	for j := range in.Goals {
		in.Goals[j].ID = fmt.Sprintf("organizations/o/plans/p/goals/g%d", j)
	}
	for i := range programs {
		p := model.Program{ID: fmt.Sprintf("p%04d", i), Version: "1.1"}
		for j := range lines {
			k := (i*7 + j*(i%3)) % 20
			p.CostLines = append(p.CostLines, model.CostLine{ID: strconv.Itoa(j), Fund: in.Funds[k].ID, Treatment: model.Competes, Amount: 100 * int64(10_000+i*13%900)})
		}
		if i%4 == 0 {
			p.EligibleFunds = []string{in.Funds[(i+11)%20].ID}
		}
		for j, level := range [...]int{i, i / 5, i / 25} {
			p.Alignment = append(p.Alignment, model.Alignment{Goal: in.Goals[j].ID, Level: int64(level % 5)})
		}
		in.Programs = append(in.Programs, p)
	}
	in.Params.MaxCutPPM = 300_000
	return in
}
