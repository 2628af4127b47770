package zoom_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/gateway/internal/zoom"
	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	"github.com/throughline/throughline/services/platform/fault"
)

func TestOut(t *testing.T) {
	const vision = `Plan "p" is part of organization "Riverbend", whose vision is: "A good life for all."`
	for name, c := range map[string]struct {
		from  string
		story []string
	}{
		"a citizen's request": {"feedback/pothole", []string{
			`Feedback "pothole" is about program "roads".`, // the shorter way; alignment 2 with the goal above
			`Program "roads" is aligned with goal "life".`, `Goal "life" is part of plan "p".`, vision,
		}},
		"an observation": {"measures/days/observations/2027-01-01", []string{
			`Observation "2027-01-01" is about measure "days".`, `Measure "days" counts for program "roads".`,
			`Program "roads" is aligned with goal "life".`, `Goal "life" is part of plan "p".`, vision,
		}},
		"an assignment": {"assignments/lead", []string{
			`Assignment "lead" works on objective "ten-miles".`, `Objective "ten-miles" is part of strategy "pave".`,
			`Strategy "pave" serves goal "streets".`, `Goal "streets" is part of goal "life".`, `Goal "life" is part of plan "p".`, vision,
		}},
		"a dollar": {"budgets/b/allocations/a/lines/roads", []string{
			`Allocation line "roads" pays for program "roads".`,
			`Program "roads" is aligned with goal "life".`, `Goal "life" is part of plan "p".`, vision,
		}},
		"the organization": {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := riverbend().mustZoom(t, c.from, false, zoom.MaxDepth)
			if !slices.Equal(a.Story, c.story) || a.Vision != "A good life for all." || len(a.Gaps) > 0 || a.Truncated {
				t.Errorf("story %q\nvision %q, gaps %q", a.Story, a.Vision, a.Gaps)
			}
		})
	}
}

// Of two ways of one length the stronger is told, and of equals the one by the first name.
func TestStoryBreaksTies(t *testing.T) {
	c := newCity()
	c.add("goals", "organization", "")
	c.add("goals", "plan", "plans/p")
	c.link("goals", "plans/p", "is part of", "", 0)
	c.add("budgeting", "program", "programs/x")
	for _, goal := range []string{"a", "b", "c"} {
		c.add("goals", "goal", "plans/p/goals/"+goal)
		c.link("goals", "plans/p/goals/"+goal, "is part of", "plans/p", 0)
	}
	for goal, level := range map[string]int32{"a": 1, "b": 3, "c": 3} {
		c.link("budgeting", "programs/x", "is aligned with", "plans/p/goals/"+goal, level)
	}
	if a := c.mustZoom(t, "programs/x", false, 12); a.Story[0] != `Program "x" is aligned with goal "b".` {
		t.Errorf("story %q", a.Story)
	}
}

func TestIn(t *testing.T) {
	c := riverbend()
	a := c.mustZoom(t, "plans/p/goals/streets", true, zoom.MaxDepth)
	var got []string
	for _, n := range a.Nodes {
		got = append(got, fmt.Sprintf("%d %s %s", n.GetLevel(), n.GetNode().GetKind(), n.GetNode().GetDisplayName()))
	}
	want := []string{
		"0 goal streets",
		"1 measure days", "1 program roads", "1 strategy pave",
		"2 allocationLine roads", "2 feedback pothole", "2 objective ten-miles", "2 observation 2027-01-01",
		"3 assignment help", "3 assignment lead", "4 employee ana",
	}
	if !slices.Equal(got, want) {
		t.Errorf("nodes %q", got)
	}
	if len(a.Gaps) > 0 || a.Vision != "" || a.Story != nil {
		t.Errorf("gaps %q, vision %q, story %q", a.Gaps, a.Vision, a.Story)
	}
	// The program is reached directly; that it also pays for the objective, and that the measure counts for it, are no ways to it.
	if l := a.Nodes[2].GetLinks(); len(l) != 1 || l[0].GetRelation() != "is aligned with" || l[0].GetWeight() != 4 {
		t.Errorf("links of the program: %v", l)
	}
	if a.Total.GetMoney().GetUnits() != 900 || a.Levels[1].GetMoney().GetUnits() != 900 || a.Levels[2].GetMoney() != nil {
		t.Errorf("the line's dollar counts again: %v", a.Levels)
	}
	if a.Total.GetEffortPpm() != 750_000 || a.Levels[3].GetEffortPpm() != 750_000 || a.Total.GetNodes() != 11 || a.Total.GetKinds()["assignment"] != 2 {
		t.Errorf("total %v", a.Total)
	}
	adds(t, a)
}

// adds holds the levels against the nodes, and the total against the levels.
func adds(t *testing.T, a zoom.Answer) {
	t.Helper()
	count, kinds := map[int32]int32{}, map[string]int32{}
	for _, n := range a.Nodes {
		count[n.GetLevel()]++
		kinds[n.GetNode().GetKind()]++
	}
	var nodes int32
	for _, l := range a.Levels {
		if l.GetNodes() != count[l.GetLevel()] {
			t.Errorf("level %d says %d nodes and has %d", l.GetLevel(), l.GetNodes(), count[l.GetLevel()])
		}
		nodes += l.GetNodes()
	}
	if a.Total.GetNodes() != nodes || !maps.Equal(a.Total.GetKinds(), kinds) {
		t.Errorf("total %v, of %d nodes and %v", a.Total, nodes, kinds)
	}
}

// A line counts where it is nearer than its program.
func TestMoneyOfALineOutwards(t *testing.T) {
	a := riverbend().mustZoom(t, "budgets/b/allocations/a/lines/roads", false, 12)
	if a.Levels[0].GetMoney().GetUnits() != 900 || a.Levels[1].GetMoney() != nil || a.Total.GetMoney().GetUnits() != 900 {
		t.Errorf("levels %v", a.Levels)
	}
}

func TestDepth(t *testing.T) {
	c := riverbend()
	a := c.mustZoom(t, "plans/p/goals/streets", true, 1)
	if len(a.Levels) != 2 || len(a.Nodes) != 4 {
		t.Errorf("levels %v", a.Levels)
	}
	for name, s := range c.services {
		if len(s.calls) != 1 { // what is at level 1 came with the links
			t.Errorf("%s was called %d times", name, len(s.calls))
		}
	}
	// At the last level a resource that another service's link leads to is still looked up.
	a = c.mustZoom(t, "strategies/pave/objectives/ten-miles", true, 1)
	if i := slices.IndexFunc(a.Nodes, func(n *lineagev1.ZoomNode) bool { return n.GetNode().GetKind() == "program" }); i < 0 || a.Nodes[i].GetNode().GetDisplayName() != "roads" {
		t.Errorf("nodes %v", a.Nodes)
	}
	out := c.mustZoom(t, "feedback/pothole", false, 2)
	if len(out.Story) > 0 || out.Vision != "" || len(out.Levels) != 3 || len(out.Gaps) > 0 {
		t.Errorf("cut off at two levels: %q %q %q", out.Story, out.Vision, out.Gaps)
	}
}

// Resources in a circle, and by two ways, come once.
func TestCyclesAndDiamonds(t *testing.T) {
	c := newCity()
	for _, g := range []string{"a", "b", "c", "d"} {
		c.add("goals", "goal", "plans/p/goals/"+g)
	}
	for _, l := range []string{"ab", "ac", "bd", "cd", "da"} {
		c.link("goals", "plans/p/goals/"+l[:1], "is part of", "plans/p/goals/"+l[1:], 0)
	}
	a := c.mustZoom(t, "plans/p/goals/a", false, 12)
	if len(a.Nodes) != 4 || len(a.Levels) != 3 || len(a.Nodes[3].GetLinks()) != 2 || len(a.Story) > 0 {
		t.Errorf("out: %v", a.Nodes)
	}
	for _, s := range c.services {
		if len(s.calls) != 3 {
			t.Errorf("%d calls for 3 levels", len(s.calls))
		}
	}
	if a := c.mustZoom(t, "plans/p/goals/a", true, 12); len(a.Nodes) != 4 || len(a.Levels) != 4-1 {
		t.Errorf("in: %v", a.Levels)
	}
}

func TestGaps(t *testing.T) {
	for name, c := range map[string]struct {
		from   string
		in     bool
		change func(*city)
		want   []string
	}{
		"a strategy whose goal is gone": {
			"assignments/lead", false, func(c *city) { delete(c.services["goals"].nodes, full("plans/p/goals/streets")) },
			[]string{`organizations/o/plans/p/goals/streets does not exist, though strategy "pave" serves it.`},
		},
		"a program that serves nothing": {
			"feedback/pothole", false, func(c *city) { c.services["budgeting"].links, c.services["actionplanning"].links = nil, nil },
			[]string{`Program "roads" is aligned with no goal.`},
		},
		"what a service says of its own": {"assignments/lead", false, func(c *city) {
			c.add("goals", "plan", "plans/p", lacks("is not adopted"))
			c.add("goals", "organization", "", lacks("has no vision"))
		}, []string{`Plan "p" is not adopted.`, `Organization "organizations/o" has no vision.`}},
		"a goal without measure and program": {"plans/p/goals/streets", true, func(c *city) {
			c.services["performance"].links, c.services["budgeting"].links = nil, nil
			c.services["actionplanning"].links = c.services["actionplanning"].links[:1]
		}, []string{`No measure counts for goal "streets".`, `No program is aligned with goal "streets", and none pays for work below it.`}},
		"a goal whose work is paid": {"plans/p/goals/streets", true, func(c *city) { c.services["budgeting"].links = nil }, nil},
		"a goal below one that is paid": {"plans/p/goals/life", true, func(c *city) {
			c.services["actionplanning"].links = c.services["actionplanning"].links[:1]
			c.services["budgeting"].links = c.services["budgeting"].links[1:] // the program is aligned with the goal above alone
		}, nil},
		"a program that is gone, inwards": {
			"strategies/pave", true, func(c *city) { delete(c.services["budgeting"].nodes, full("programs/roads")) },
			[]string{`organizations/o/programs/roads does not exist, though it pays for objective "ten-miles".`},
		},
		"a service that is down": {
			"assignments/lead", false, func(c *city) { c.services["performance"].err = status.Error(codes.Unavailable, "dial 10.0.0.7") },
			[]string{"What performance knows is missing here: it does not answer now."},
		},
		"a service that may not be read": {
			"assignments/lead", false, func(c *city) { c.services["budgeting"].err = status.Error(codes.PermissionDenied, "no") },
			[]string{"What budgeting knows is missing here: the caller may not read it."},
		},
		"goals are down": {
			"assignments/lead", false, func(c *city) { c.services["goals"].err = status.Error(codes.Internal, "boom") },
			[]string{"What goals knows is missing here: it does not answer now."},
		},
		"the vision may not be read": {
			"assignments/lead", false, func(c *city) { c.vision, c.err = "", status.Error(codes.PermissionDenied, "no") },
			[]string{"The vision cannot be read here: the caller may not read it."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			city := riverbend()
			c.change(city)
			a := city.mustZoom(t, c.from, c.in, 12)
			if !slices.Equal(a.Gaps, c.want) {
				t.Errorf("gaps %q", a.Gaps)
			}
			adds(t, a)
		})
	}
}

// Failures that leave nothing to answer.
func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		from   string
		change func(*city)
		is     func(error) bool
	}{
		"the start is not there": {"assignments/nobody", func(*city) {}, func(err error) bool { return fault.Is(err, fault.NotFound) }},
		"its owner is down": {
			"assignments/lead", func(c *city) { c.services["actionplanning"].err = status.Error(codes.Unavailable, "down") },
			func(err error) bool { return status.Code(err) == codes.Unavailable },
		},
		"its owner denies": {
			"assignments/lead", func(c *city) { c.services["actionplanning"].err = status.Error(codes.PermissionDenied, "no") },
			func(err error) bool { return status.Code(err) == codes.PermissionDenied },
		},
		"no token": {
			"assignments/lead", func(c *city) { c.services["performance"].err = status.Error(codes.Unauthenticated, "who") },
			func(err error) bool { return status.Code(err) == codes.Unauthenticated },
		},
		"money of no currency": {
			"programs/roads", func(c *city) { c.services["budgeting"].nodes[full("programs/roads")].Money.Nanos = 1 },
			func(err error) bool { return strings.Contains(err.Error(), "programs/roads") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			city := riverbend()
			c.change(city)
			if _, err := city.zoom(t, c.from, false, 12); err == nil || !c.is(err) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A service that failed is not asked again, and the answer is the same whichever of the services answers first.
func TestAFailedServiceIsAskedOnce(t *testing.T) {
	c := riverbend()
	c.services["performance"].err = errors.New("down")
	a := c.mustZoom(t, "assignments/lead", false, 12)
	if n := len(c.services["performance"].calls); n != 1 {
		t.Errorf("%d calls", n)
	}
	if again := c.mustZoom(t, "assignments/lead", false, 12); !reflect.DeepEqual(a.Gaps, again.Gaps) || !reflect.DeepEqual(a.Story, again.Story) {
		t.Error("two answers differ")
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"organizations/o":                                 org,
		"organizations/o/plans/p/goals/g":                 org,
		"organizations/o/budgets/b/allocations/a/lines/p": org,
		"organizations/o/budgets/b":                       "",
		"organizations/o/budgets/b/allocations/a":         "",
		"organizations/o/plans":                           "",
		"organizations/-/plans/p":                         "",
		"organizations/o/plans/":                          "",
		"plans/p":                                         "",
		"":                                                "",
		"organizations/o/strategies/s/objectives/o/milestones/m":             org,
		"organizations/o/budgets/b/fundingRequests/r/decisionPackages/d":     org,
		"organizations/o/budgets/b/fundingRequests/r/decisionPackages/d/x/y": "",
	} {
		if got, ok := zoom.Organization(name); got != want || ok != (want != "") {
			t.Errorf("%s: %q %t", name, got, ok)
		}
	}
}
