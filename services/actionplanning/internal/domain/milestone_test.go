package domain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

func TestMilestoneNamesEveryBadField(t *testing.T) {
	good := Milestone{
		Organization: "o", Strategy: "s", Objective: "x", ID: "m", DisplayName: "Hire", PlannedStart: "2027-01-01", PlannedEnd: "2027-01-31", Weight: 3,
	}
	other := MilestoneName("o", "s", "x", "n")
	for name, c := range map[string]struct {
		edit func(*Milestone)
		want []string
	}{
		"planned":                    {func(*Milestone) {}, nil},
		"one day":                    {func(m *Milestone) { m.PlannedEnd = m.PlannedStart }, nil},
		"started":                    {func(m *Milestone) { m.ActualStart, m.Percent = "2026-12-31", 99 }, nil},
		"done":                       {func(m *Milestone) { m.ActualStart, m.ActualEnd, m.Percent = "2027-02-01", "2027-02-01", 100 }, nil},
		"a century":                  {func(m *Milestone) { m.PlannedEnd = "2127-01-01" }, nil},
		"more than a century":        {func(m *Milestone) { m.PlannedEnd = "2127-01-02" }, []string{"milestone.planned_end_date"}},
		"no name":                    {func(m *Milestone) { m.DisplayName = " " }, []string{"milestone.display_name"}},
		"ends too early":             {func(m *Milestone) { m.PlannedEnd = "2026-12-31" }, []string{"milestone.planned_end_date"}},
		"no such days":               {func(m *Milestone) { m.PlannedStart, m.PlannedEnd = "", "2027-02-29" }, []string{"milestone.planned_start_date", "milestone.planned_end_date"}},
		"done, never started":        {func(m *Milestone) { m.ActualEnd, m.Percent = "2027-02-01", 100 }, []string{"milestone.actual_start_date"}},
		"done before it started":     {func(m *Milestone) { m.ActualStart, m.ActualEnd, m.Percent = "2027-02-02", "2027-02-01", 100 }, []string{"milestone.actual_end_date"}},
		"started on no day":          {func(m *Milestone) { m.ActualStart = "2027-02-30" }, []string{"milestone.actual_start_date"}},
		"done by half":               {func(m *Milestone) { m.ActualStart, m.ActualEnd, m.Percent = "2027-02-01", "2027-02-01", 50 }, []string{"milestone.percent"}},
		"all of it, and not done":    {func(m *Milestone) { m.ActualStart, m.Percent = "2027-02-01", 100 }, []string{"milestone.percent"}},
		"more than all":              {func(m *Milestone) { m.Percent = 101 }, []string{"milestone.percent"}},
		"too heavy":                  {func(m *Milestone) { m.Weight = 1001 }, []string{"milestone.weight"}},
		"waits for another":          {func(m *Milestone) { m.DependsOn = []string{other} }, nil},
		"waits for itself and twice": {func(m *Milestone) { m.DependsOn = []string{other, m.Name(), other} }, []string{"milestone.depends_on[1]", "milestone.depends_on[2]"}},
		"waits for too many": {func(m *Milestone) {
			for i := range 201 {
				m.DependsOn = append(m.DependsOn, MilestoneName("o", "s", "x", fmt.Sprint(i)))
			}
		}, []string{"milestone.depends_on"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := good
			c.edit(&m)
			_, err := NewMilestone(m, "milestone", noon)
			if got := fields(err); !slices.Equal(got, c.want) {
				t.Errorf("fields at fault %v (%v), want %v", got, err, c.want)
			}
			if got := fields(err); len(got) > 0 {
				_, err := good.Changed(m, "milestones[3]", noon)
				if moved := strings.Replace(got[0], "milestone.", "milestones[3].", 1); fields(err)[0] != moved {
					t.Errorf("in a batch the field is %v, want %s", fields(err), moved)
				}
			}
		})
	}
}

func TestMilestoneVersions(t *testing.T) {
	first, err := NewMilestone(Milestone{Organization: "o", Strategy: "s", Objective: "x", ID: "m", DisplayName: "Hire", PlannedStart: "2027-01-01", PlannedEnd: "2027-01-31"}, "milestone", noon)
	if err != nil {
		t.Fatal(err)
	}
	same, err := first.Changed(first, "milestone", noon.Add(time.Hour))
	if err != nil || !first.Same(same) || same.Version != 2 {
		t.Errorf("%+v is not the same as %+v (%v)", same, first, err)
	}
	same.DependsOn = []string{"a"}
	if first.Same(same) {
		t.Error("another dependency is the same")
	}
	same.DependsOn, same.Percent = nil, 1
	if first.Same(same) {
		t.Error("another percentage is the same")
	}
	if err := first.Deletable("a", nil); fault.Reason(err) != "MILESTONE_HAS_DEPENDENTS" {
		t.Errorf("deleted under its dependent: %v", err)
	}
}

func TestCycleIsNamed(t *testing.T) {
	chain := map[string][]string{}
	names := make([]string, 20_000)
	for i := range names {
		names[i] = fmt.Sprintf("m%05d", i)
		if i > 0 {
			chain[names[i]] = []string{names[i-1]}
		}
	}
	ring := map[string][]string{names[0]: {names[len(names)-1]}}
	maps.Copy(ring, chain)
	for name, c := range map[string]struct {
		graph map[string][]string
		from  []string
		want  string
	}{
		"none":                       {map[string][]string{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}, []string{"a"}, ""},
		"two":                        {map[string][]string{"a": {"b"}, "b": {"a"}}, []string{"a"}, "a > b > a"},
		"found from outside":         {map[string][]string{"z": {"a"}, "a": {"b"}, "b": {"c"}, "c": {"a"}}, []string{"z", "b"}, "b > c > a > b"},
		"the shorter of two":         {map[string][]string{"a": {"b", "d"}, "b": {"c"}, "c": {"d"}, "d": {"a"}}, []string{"a"}, "a > d > a"},
		"not reached":                {map[string][]string{"a": {"b"}, "c": {"d"}, "d": {"c"}}, []string{"a"}, ""},
		"a chain of twenty thousand": {chain, names, ""},
		"a ring of twenty thousand":  {ring, names[:1], "m00000 > m19999 > m19998 > m19997 > m19996 > (19991 more) > m00004 > m00003 > m00002 > m00001 > m00000"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := CycleText(DependencyCycle(c.graph, c.from)); got != c.want {
				t.Errorf("cycle %q, want %q", got, c.want)
			}
		})
	}
}

// A cycle is found exactly when something can reach itself, and is one.
func TestCyclesOfRandomGraphs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c", "d", "e", "f"}
		graph := map[string][]string{}
		for range rapid.IntRange(0, 9).Draw(t, "edges") {
			from := rapid.SampledFrom(names).Draw(t, "from")
			graph[from] = append(graph[from], rapid.SampledFrom(names).Draw(t, "to"))
		}
		reach := map[[2]string]bool{} // Warshall's closure
		for from, to := range graph {
			for _, d := range to {
				reach[[2]string{from, d}] = true
			}
		}
		for _, k := range names {
			for _, i := range names {
				for _, j := range names {
					if reach[[2]string{i, k}] && reach[[2]string{k, j}] {
						reach[[2]string{i, j}] = true
					}
				}
			}
		}
		circular := false
		for _, n := range names {
			circular = circular || reach[[2]string{n, n}]
		}
		got := DependencyCycle(graph, names)
		if circular != (got != nil) {
			t.Fatalf("cycle %v of %v", got, graph)
		}
		for i := range max(0, len(got)-1) {
			if !slices.Contains(graph[got[i]], got[i+1]) {
				t.Errorf("%s does not depend on %s in %v", got[i], got[i+1], got)
			}
		}
		if got != nil && got[0] != got[len(got)-1] {
			t.Errorf("%v does not close", got)
		}
	})
}
