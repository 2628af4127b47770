package budgeting_test

import (
	"fmt"
	"slices"
	"testing"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/authn"
)

// trace is an answer in short: "kind display state [gaps] cents" and "from relation to weight".
func (f *fixture) trace(t *testing.T, direction typev1.LinkDirection, names ...string) (nodes, found []string) {
	t.Helper()
	const parent = "organizations/o"
	r, err := f.client.TraceLinks(f.as(t, "ann", "staff"), &budgetingv1.TraceLinksRequest{Parent: parent, Names: names, Direction: direction})
	must(t, err)
	for _, n := range r.GetNodes() {
		money := "-"
		if n.GetMoney() != nil {
			money = fmt.Sprint(cents(n.GetMoney()))
		}
		nodes = append(nodes, fmt.Sprint(n.GetKind(), " ", n.GetDisplayName(), " ", n.GetState(), n.GetGaps(), money))
	}
	for _, l := range r.GetLinks() {
		found = append(found, fmt.Sprint(l.GetFrom()[len(parent):], " ", l.GetRelation(), " ", l.GetTo()[len(parent):], " ", l.GetWeight()))
	}
	return nodes, found
}

func TestTraceLinks(t *testing.T) {
	f := start(t)
	f.city(t)
	const in, out = typev1.LinkDirection_LINK_DIRECTION_IN, typev1.LinkDirection_LINK_DIRECTION_OUT
	if nodes, _ := f.trace(t, out, program("police"), program("bonds")); !slices.Equal(nodes, []string{"program Bond Payments [is aligned with no goal]-", "program Police Patrol []-"}) {
		t.Errorf("before any allocation: %q", nodes)
	}
	_, err := f.client.CreateDecisionPackage(f.as(t, "fin", "finance"), &budgetingv1.CreateDecisionPackageRequest{
		Parent: request("police"), DecisionPackageId: "night", DecisionPackage: &budgetingv1.DecisionPackage{
			DisplayName: "Night patrol", Levels: []*budgetingv1.ServiceLevel{level("one", "general", 10_000)},
		},
	})
	must(t, err)
	a := f.allocate(t, &budgetingv1.Allocation{DisplayName: "Proposal", Purpose: recommendation})
	line := a.GetName() + "/lines/police"
	const police, patrol = "program Police Patrol []54489800", "fundingRequest Police Patrol in FY 2027 REQUESTED[]-"
	aLine := "allocationLine Police Patrol in Proposal PROPOSED[]54489800"
	short := line[len("organizations/o"):]
	for name, c := range map[string]struct {
		direction  typev1.LinkDirection
		names      []string
		nodes, all []string
	}{
		"out of a line":     {out, []string{line}, []string{aLine}, []string{short + " pays for /programs/police 0"}},
		"out of a request":  {out, []string{request("police")}, []string{patrol}, []string{"/budgets/fy27/fundingRequests/police is part of /programs/police 0"}},
		"out of a package":  {out, []string{request("police") + "/decisionPackages/night"}, []string{"decisionPackage Night patrol []-"}, []string{"/budgets/fy27/fundingRequests/police/decisionPackages/night is part of /budgets/fy27/fundingRequests/police 0"}},
		"out of programs":   {out, []string{program("police"), program("bonds")}, []string{"program Bond Payments [is aligned with no goal]20000000", police}, []string{"/programs/police is aligned with /plans/p/goals/safety 4"}},
		"into a goal":       {in, []string{goal("life")}, []string{"program Branch Libraries []10000000", "program Neighborhood Parks []35510200"}, []string{"/programs/library is aligned with /plans/p/goals/life 2", "/programs/parks is aligned with /plans/p/goals/life 4"}},
		"into a program":    {in, []string{program("police")}, []string{aLine, patrol, police}, []string{short + " pays for /programs/police 0", "/budgets/fy27/fundingRequests/police is part of /programs/police 0"}},
		"into a request":    {in, []string{request("police")}, []string{patrol, "decisionPackage Night patrol []-"}, []string{"/budgets/fy27/fundingRequests/police/decisionPackages/night is part of /budgets/fy27/fundingRequests/police 0"}},
		"of nothing at all": {out, []string{program("none"), request("none"), a.GetName() + "/lines/none", budget + "/allocations/none/lines/police", a.GetName(), goal("life")}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			nodes, all := f.trace(t, c.direction, c.names...)
			if !slices.Equal(nodes, c.nodes) || !slices.Equal(all, c.all) {
				t.Errorf("nodes %q\nlinks %q", nodes, all)
			}
		})
	}

	t.Run("what is adopted counts, and what council changed of it", func(t *testing.T) {
		_, err := f.client.AdjustAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdjustAllocationRequest{Name: a.GetName(), RequestId: f.key(), Adjustments: []*budgetingv1.Adjustment{
			{Program: program("police"), Fund: fund("general"), Amount: usd(-10_000), Reason: "heard"},
			{Program: program("parks"), Fund: fund("general"), Amount: usd(10_000), Reason: "heard"},
		}})
		must(t, err)
		must(t, f.adopt(t, a.GetName()))
		later := f.allocate(t, &budgetingv1.Allocation{DisplayName: "Afterthought", Purpose: recommendation})
		if nodes, _ := f.trace(t, out, program("police"), line); !slices.Equal(nodes, []string{"allocationLine Police Patrol in Proposal ADOPTED[]53489800", "program Police Patrol []53489800"}) {
			t.Errorf("nodes %q", nodes)
		}
		if _, all := f.trace(t, in, program("police")); !slices.Contains(all, short+" pays for /programs/police 0") || len(all) != 2 {
			t.Errorf("links %q", all)
		}
		if nodes, _ := f.trace(t, out, later.GetName()+"/lines/police"); !slices.Equal(nodes, []string{"allocationLine Police Patrol in Afterthought PROPOSED[]54489800"}) {
			t.Errorf("a line of another: %q", nodes)
		}
	})

	t.Run("the newest request says what a program is for", func(t *testing.T) {
		finance := f.as(t, "fin", "finance")
		_, err := f.client.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{Parent: "organizations/o", BudgetId: "fy28", Budget: &budgetingv1.Budget{
			DisplayName: "FY 2028", FiscalYear: 2028, Plan: plan,
		}})
		must(t, err)
		_, err = f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: "organizations/o/budgets/fy28", FundingRequests: []*budgetingv1.FundingRequest{
			{Name: "organizations/o/budgets/fy28/fundingRequests/police", CostLines: []*budgetingv1.CostLine{cost("general", 1)}, Alignments: aligned(1, 3)},
		}})
		must(t, err)
		if _, all := f.trace(t, out, program("police"), program("parks")); !slices.Equal(all, []string{
			"/programs/parks is aligned with /plans/p/goals/life 4", "/programs/police is aligned with /plans/p/goals/life 3", "/programs/police is aligned with /plans/p/goals/safety 1",
		}) {
			t.Errorf("out %q", all)
		}
		if _, all := f.trace(t, in, goal("safety")); !slices.Equal(all, []string{"/programs/police is aligned with /plans/p/goals/safety 1"}) {
			t.Errorf("in %q", all)
		}
	})

	t.Run("another tenant", func(t *testing.T) {
		other := f.with(t, authn.Identity{Subject: "fin", Organization: "other", Roles: []string{"finance"}})
		const there = "organizations/other"
		for _, direction := range []typev1.LinkDirection{in, out} {
			r, err := f.client.TraceLinks(other, &budgetingv1.TraceLinksRequest{Parent: there, Direction: direction, Names: []string{
				there + "/programs/police", there + "/budgets/fy27/fundingRequests/police", there + line[len("organizations/o"):], there + "/plans/p/goals/safety",
			}})
			must(t, err)
			if len(r.GetNodes())+len(r.GetLinks()) > 0 {
				t.Errorf("%v", r)
			}
		}
		_, err := f.client.TraceLinks(other, &budgetingv1.TraceLinksRequest{Parent: "organizations/other", Names: []string{program("police")}})
		wantReason(t, err, "FOREIGN_ORGANIZATION")
	})
}
