package packages

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// knapsack is a multidimensional knapsack as packages: every item is a group of one level that costs something in every resource, and every
// resource is a node with a class of its own. Values are in tenths.
type knapsack struct {
	Problem
	optimum int64 // 0 if unknown
}

func readKnapsacks(t *testing.T, path string) []knapsack {
	t.Helper()
	data, err := os.ReadFile(path) //nolint:gosec // test data
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(data))
	tenths := func() int64 {
		v, err := strconv.ParseFloat(words[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		words = words[1:]
		return int64(math.Round(v * 10))
	}
	whole := func() int64 { return tenths() / 10 }
	out := make([]knapsack, whole())
	for k := range out {
		items, resources := whole(), whole()
		out[k].optimum = tenths()
		p := &out[k].Problem
		for range items {
			p.Groups = append(p.Groups, Group{Levels: []Level{{Value: tenths()}}})
		}
		for r := range resources {
			p.Eligible = append(p.Eligible, []int32{int32(r)})
			for i := range items {
				level := &p.Groups[i].Levels[0]
				level.Costs = append(level.Costs, Cost{Class: int32(r), Units: whole()})
			}
		}
		for range resources {
			p.Capacity = append(p.Capacity, whole())
		}
	}
	return out
}

func TestKnapsacksOfPetersen(t *testing.T) {
	t.Parallel()
	for i, k := range readKnapsacks(t, modeltest.Shared(t, "mknap_orlib", "mknap1.txt")) {
		s, err := Solve(t.Context(), k.Problem, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Proven || s.Value != k.optimum {
			t.Errorf("problem %d: %d (bound %d, %d states), optimum %d", i+1, s.Value, s.Bound, s.States, k.optimum)
		}
		t.Logf("problem %d: %d items, %d resources: %d proven %v, %d states", i+1, len(k.Groups), len(k.Capacity), s.Value, s.Proven, s.States)
	}
}

func TestKnapsacksOfChuAndBeasley(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"mknapcb1.txt", "mknapcb4.txt"} {
		for i, k := range readKnapsacks(t, modeltest.Shared(t, "mknap_orlib", file))[:1] {
			s, err := Solve(t.Context(), k.Problem, Options{States: 400_000})
			if err != nil {
				t.Fatal(err)
			}
			if s.Bound < k.optimum || s.Value < k.optimum*99/100 {
				t.Errorf("%s %d: value %d bound %d, best known %d", file, i+1, s.Value, s.Bound, k.optimum)
			}
			t.Logf("%s %d: value %d bound %d best known %d (gap %.3f %%), proven %v", file, i+1, s.Value/10, s.Bound/10, k.optimum/10,
				100*float64(s.Bound-s.Value)/float64(s.Value), s.Proven)
		}
	}
}
