package actionplanning_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

const city = "organizations/o"

// trace is an answer in short: "kind display state [gaps] effort" and "from relation to weight".
func (f *fixture) trace(t *testing.T, direction typev1.LinkDirection, names ...string) (nodes, found []string) {
	t.Helper()
	r, err := f.client.TraceLinks(f.as(t, "ann", "staff"), &actionplanningv1.TraceLinksRequest{Parent: city, Names: names, Direction: direction})
	must(t, err)
	for _, n := range r.GetNodes() {
		nodes = append(nodes, fmt.Sprintf("%s %s %s%v%d", n.GetKind(), n.GetDisplayName(), n.GetState(), n.GetGaps(), n.GetEffortPpm()))
	}
	for _, l := range r.GetLinks() {
		found = append(found, fmt.Sprint(l.GetFrom()[len(city):], " ", l.GetRelation(), " ", l.GetTo()[len(city):], " ", l.GetWeight()))
	}
	return nodes, found
}

func TestTraceLinks(t *testing.T) {
	f := start(t)
	f.office(t)
	strategy, objective := f.strategy(t)
	manager := f.as(t, "mia", "manager")
	_, err := f.client.CreateStrategy(manager, &actionplanningv1.CreateStrategyRequest{
		Parent: city, StrategyId: "empty", Strategy: &actionplanningv1.Strategy{
			DisplayName: "Nothing yet", Goal: goal, Contribution: actionplanningv1.WorkContribution_WORK_CONTRIBUTION_SUPPORTS,
		},
	})
	must(t, err)
	m := planned(day(2027, 2, 1), day(2027, 3, 1))
	m.Weight, m.ActualStartDate = 3, day(2027, 1, 1)
	milestone := f.milestone(t, objective, "console", m).GetName()
	f.assign(t, "a1", objective, "ann", actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_SUPPORT, 250_000)
	_, err = f.client.CreateAssignment(manager, &actionplanningv1.CreateAssignmentRequest{Parent: city, AssignmentId: "a2", Assignment: &actionplanningv1.Assignment{
		Objective: objective, Milestone: milestone, Employee: staffName("bo"), Role: actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_LEAD,
		EffortPpm: 100_000, StartDate: day(2027, 1, 1),
	}})
	must(t, err)
	const in, out = typev1.LinkDirection_LINK_DIRECTION_IN, typev1.LinkDirection_LINK_DIRECTION_OUT
	const (
		calls   = "objective Answer within 15 s DRAFT[has no lead]0"
		console = "milestone console STARTED[]0"
		ann     = "assignment Name of ann, support []250000"
		bo      = "assignment Name of bo, lead []100000"
		faster  = "strategy Faster dispatch PROPOSED[]0"
		empty   = "strategy Nothing yet PROPOSED[has no objective]0"
	)
	for name, c := range map[string]struct {
		direction  typev1.LinkDirection
		names      []string
		nodes, all []string
	}{
		"out of staff":        {out, []string{staffName("ann")}, []string{"employee Name of ann ACTIVE[]0"}, []string{"/staff/e-ann holds /assignments/a1 0"}},
		"out of assignments":  {out, []string{city + "/assignments/a1", city + "/assignments/a2"}, []string{ann, bo}, []string{"/assignments/a1 works on /strategies/dispatch/objectives/calls 0", "/assignments/a2 works on /strategies/dispatch/objectives/calls/milestones/console 0"}},
		"out of a milestone":  {out, []string{milestone}, []string{console}, []string{"/strategies/dispatch/objectives/calls/milestones/console is part of /strategies/dispatch/objectives/calls 3"}},
		"out of an objective": {out, []string{objective}, []string{calls}, []string{"/strategies/dispatch/objectives/calls is part of /strategies/dispatch 1"}},
		"out of strategies": {
			out,
			[]string{strategy, city + "/strategies/empty"},
			[]string{faster, empty},
			[]string{"/strategies/dispatch serves /plans/p/goals/safety 1", "/strategies/empty serves /plans/p/goals/safety 0"},
		},
		"out of what others own": {
			out,
			[]string{city + "/programs/e911", city + "/measures/answer-time"},
			nil,
			[]string{"/measures/answer-time informs /strategies/dispatch/objectives/calls 0", "/programs/e911 pays for /strategies/dispatch/objectives/calls 0"},
		},
		"into a goal":     {in, []string{goal}, []string{faster, empty}, []string{"/strategies/dispatch serves /plans/p/goals/safety 1", "/strategies/empty serves /plans/p/goals/safety 0"}},
		"into a strategy": {in, []string{strategy}, []string{faster, calls}, []string{"/strategies/dispatch/objectives/calls is part of /strategies/dispatch 1"}},
		"into an objective and its milestone": {in, []string{objective, milestone}, []string{ann, bo, calls, console}, []string{
			"/assignments/a1 works on /strategies/dispatch/objectives/calls 0", "/measures/answer-time informs /strategies/dispatch/objectives/calls 0",
			"/programs/e911 pays for /strategies/dispatch/objectives/calls 0",
			"/strategies/dispatch/objectives/calls/milestones/console is part of /strategies/dispatch/objectives/calls 3",
			"/assignments/a2 works on /strategies/dispatch/objectives/calls/milestones/console 0",
		}},
		"into an objective alone": {in, []string{milestone}, []string{bo, console}, []string{"/assignments/a2 works on /strategies/dispatch/objectives/calls/milestones/console 0"}},
		"into an assignment":      {in, []string{city + "/assignments/a1"}, []string{ann, "employee Name of ann ACTIVE[]0"}, []string{"/staff/e-ann holds /assignments/a1 0"}},
		"of nothing":              {in, []string{city + "/strategies/none", city + "/assignments/none", staffName("none")}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			nodes, all := f.trace(t, c.direction, c.names...)
			if !slices.Equal(nodes, c.nodes) || !slices.Equal(all, c.all) {
				t.Errorf("nodes %q\nlinks %q", nodes, all)
			}
		})
	}

	t.Run("work that has ended takes nothing", func(t *testing.T) {
		_, err := f.tryAssign(t, "a3", objective, "cy", actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_LEAD, 300_000, day(2026, 1, 1), day(2027, 1, 31))
		must(t, err)
		if nodes, _ := f.trace(t, out, objective, city+"/assignments/a3"); !slices.Equal(nodes, []string{"assignment Name of cy, lead []300000", "objective Answer within 15 s DRAFT[]0"}) {
			t.Errorf("while it lasts %q", nodes)
		}
		f.moveTo(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
		if nodes, _ := f.trace(t, out, objective, city+"/assignments/a3"); !slices.Equal(nodes, []string{"assignment Name of cy, lead ENDED[]0", calls}) {
			t.Errorf("afterwards %q", nodes)
		}
	})

	t.Run("another tenant", func(t *testing.T) {
		const other = "organizations/other"
		for _, direction := range []typev1.LinkDirection{in, out} {
			r, err := f.client.TraceLinks(f.of(t, "other", "mia", "manager"), &actionplanningv1.TraceLinksRequest{Parent: other, Direction: direction, Names: []string{
				other + "/strategies/dispatch", other + "/strategies/dispatch/objectives/calls", other + "/assignments/a1", other + "/staff/e-ann", other + "/programs/e911",
			}})
			must(t, err)
			if len(r.GetNodes())+len(r.GetLinks()) > 0 {
				t.Errorf("%v", r)
			}
		}
		_, err := f.client.TraceLinks(f.of(t, "other", "mia", "manager"), &actionplanningv1.TraceLinksRequest{Parent: "organizations/other", Names: []string{strategy}})
		wantReason(t, err, "FOREIGN_ORGANIZATION")
	})
}
