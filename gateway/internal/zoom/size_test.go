package zoom_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway/internal/zoom"
)

// wide is a goal with many objectives of one strategy, each with an assignment of its own.
func wide(objectives int) *city {
	c := newCity()
	c.add("goals", "goal", "plans/p/goals/g")
	c.add("actionplanning", "strategy", "strategies/s")
	c.link("actionplanning", "strategies/s", "serves", "plans/p/goals/g", 1)
	for i := range objectives {
		objective := fmt.Sprintf("strategies/s/objectives/o%05d", i)
		c.add("actionplanning", "objective", objective)
		c.link("actionplanning", objective, "is part of", "strategies/s", 1)
		assignment := fmt.Sprintf("assignments/a%05d", i)
		c.add("actionplanning", "assignment", assignment, effort(1000))
		c.link("actionplanning", assignment, "works on", objective, 0)
	}
	return c
}

// Ten thousand descendants take a call a service and level, more only for each thousand names and for what does not fit one page.
func TestTenThousandDescendants(t *testing.T) {
	const objectives = 5000
	c := wide(objectives)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	runtime.ReadMemStats(&after)
	if a.Total.GetNodes() != 2*objectives+2 || a.Total.GetEffortPpm() != 1000*objectives || a.Truncated {
		t.Errorf("total %v, truncated %t", a.Total, a.Truncated)
	}
	adds(t, a)
	// The goal, the strategy, five thousand objectives and as many assignments: 1 + 1 + 5 + 5.
	for name, s := range c.services {
		if len(s.calls) != 12 {
			t.Errorf("%s was called %d times", name, len(s.calls))
		}
		for _, names := range s.calls {
			if len(names) > 1000 {
				t.Errorf("%d names in a call", len(names))
			}
		}
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 100<<20 { // most of it the fakes'
		t.Errorf("%d bytes allocated", spent)
	}
}

func TestOneCallPerServiceAndLevel(t *testing.T) {
	c := wide(300)
	c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	for name, s := range c.services {
		if len(s.calls) != 4 {
			t.Errorf("%s was called %d times for 4 levels", name, len(s.calls))
		}
	}
	c.mustZoom(t, "assignments/a00007", false, zoom.MaxDepth)
	for name, s := range c.services {
		if len(s.calls) != 4 {
			t.Errorf("outwards %s was called %d times for 4 levels", name, len(s.calls))
		}
	}
}

func TestPagesOfAService(t *testing.T) {
	c := wide(25)
	whole := c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	c.services["actionplanning"].page = 10
	paged := c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	if fmt.Sprint(whole.Nodes) != fmt.Sprint(paged.Nodes) {
		t.Error("pages lose something")
	}
	if n := len(c.services["actionplanning"].calls); n != 1+3+3+1 {
		t.Errorf("%d calls", n)
	}
}

func TestTruncated(t *testing.T) {
	c := wide(11_000)
	a := c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	if !a.Truncated || a.Total.GetNodes() != zoom.MaxNodes || len(a.Nodes) != zoom.MaxNodes {
		t.Errorf("truncated %t, total %d", a.Truncated, a.Total.GetNodes())
	}
	adds(t, a)
	for _, gap := range a.Gaps {
		if strings.HasPrefix(gap, "No ") { // it may have been left out
			t.Errorf("gap %q", gap)
		}
	}
}

// However many have spoken, there is room for what stands behind the goal.
func TestFeedbackLeavesRoom(t *testing.T) {
	c := wide(100)
	for i := range 15_000 {
		f := fmt.Sprintf("feedback/f%05d", i)
		c.add("goals", "feedback", f)
		c.link("goals", f, "is about", "plans/p/goals/g", 0)
	}
	a := c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	if k := a.Total.GetKinds(); !a.Truncated || k["feedback"] != zoom.MaxNodes/2 || k["objective"] != 100 || k["assignment"] != 100 {
		t.Errorf("truncated %t, kinds %v", a.Truncated, k)
	}
}

func TestManyGapsAreCounted(t *testing.T) {
	c := newCity()
	c.add("goals", "goal", "plans/p/goals/g")
	for i := range 1500 {
		p := fmt.Sprintf("programs/p%04d", i)
		c.add("budgeting", "program", p)
		c.link("budgeting", p, "is aligned with", "plans/p/goals/g", 1)
	}
	a := c.mustZoom(t, "plans/p/goals/g", true, zoom.MaxDepth)
	if len(a.Gaps) != 1001 || a.Gaps[1000] != "502 more gaps are not told here; the nodes tell their own." {
		t.Errorf("%d gaps, the last %q", len(a.Gaps), a.Gaps[len(a.Gaps)-1])
	}
}
