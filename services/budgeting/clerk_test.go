package budgeting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/platform/fault"
)

const (
	packages    = budgetingv1.AllocationMethod_ALLOCATION_METHOD_PACKAGES
	greedyVotes = budgetingv1.AllocationMethod_ALLOCATION_METHOD_GREEDY
)

// create is CreateAllocation with a fresh key.
func (f *fixture) create(t *testing.T, a *budgetingv1.Allocation) (*budgetingv1.Allocation, error) {
	t.Helper()
	return f.client.CreateAllocation(f.as(t, "fin", "finance"), &budgetingv1.CreateAllocationRequest{Parent: budget, RequestId: f.key(), Allocation: a})
}

// grow gives the general fund this much of its 900,000.
func grow(ppm int32) []*budgetingv1.EnvelopeScale {
	return []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: ppm}}
}

// envelopes replaces those of the budget.
func (f *fixture) envelopes(t *testing.T, all ...*budgetingv1.Envelope) {
	t.Helper()
	_, err := f.client.UpdateBudget(f.as(t, "fin", "finance"), &budgetingv1.UpdateBudgetRequest{
		Budget: &budgetingv1.Budget{Name: budget, Envelopes: all}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"envelopes"}},
	})
	must(t, err)
}

func envelope(id string, units, oneTime int64) *budgetingv1.Envelope {
	return &budgetingv1.Envelope{Fund: fund(id), Available: usd(units), OneTime: usd(oneTime)}
}

// closedElection is one of the extra fund's 20 on parks, of 10, and police, of 11, which parks win.
func (f *fixture) closedElection(t *testing.T, fundID string) string {
	t.Helper()
	finance := f.as(t, "fin", "finance")
	e, err := f.client.CreateElection(finance, &budgetingv1.CreateElectionRequest{Parent: budget, ElectionId: "pb", Election: &budgetingv1.Election{
		DisplayName: "Participatory budget", Fund: fund(fundID), Amount: usd(20), VoteKind: budgetingv1.VoteKind_VOTE_KIND_APPROVAL,
		Projects: []*budgetingv1.ElectionProject{{Program: program("police"), Cost: usd(11)}, {Program: program("parks"), Cost: usd(10)}},
	}})
	must(t, err)
	_, err = f.client.RecordElectionBallots(finance, &budgetingv1.RecordElectionBallotsRequest{
		Name: e.GetName(), Ballots: []*budgetingv1.ElectionBallot{{Voter: "1", Votes: []*budgetingv1.BallotVote{vote("parks", 1)}}},
	})
	must(t, err)
	_, err = f.client.CloseElection(finance, &budgetingv1.CloseElectionRequest{Name: e.GetName()})
	must(t, err)
	return e.GetName()
}

// What a method does not take, and names that are none, are refused where they stand.
func TestParametersFitTheMethod(t *testing.T) {
	f := start(t)
	f.city(t)
	const at = "allocation.parameters."
	p := func(p *budgetingv1.AllocationParameters) *budgetingv1.Allocation {
		return &budgetingv1.Allocation{Parameters: p}
	}
	for name, c := range map[string]struct {
		draft *budgetingv1.Allocation
		want  string
	}{
		"package value": {p(&budgetingv1.AllocationParameters{PackageValue: budgetingv1.PackageValue_PACKAGE_VALUE_BENEFIT}), at + "package_value"},
		"later money": {p(&budgetingv1.AllocationParameters{LaterEnvelopes: []*budgetingv1.LaterEnvelope{
			{Fund: fund("general"), YearOffset: 1, Available: usd(1)},
		}}), at + "later_envelopes"},
		"carry forward":        {p(&budgetingv1.AllocationParameters{CarryForward: true}), at + "carry_forward"},
		"work limit":           {p(&budgetingv1.AllocationParameters{WorkLimit: 5}), at + "work_limit"},
		"election":             {p(&budgetingv1.AllocationParameters{Election: budget + "/elections/none"}), at + "election"},
		"no election":          {&budgetingv1.Allocation{Method: greedyVotes}, at + "election"},
		"attribute of nobody":  {p(&budgetingv1.AllocationParameters{AttributeWeights: []*budgetingv1.AttributeWeight{{Attribute: "mandat", WeightPpm: 1}}}), at + "attribute_weights[0].attribute"},
		"not a revision":       {&budgetingv1.Allocation{PriorityRevision: plan + "/priorityRevisions/a/b"}, "allocation.priority_revision"},
		"not a results rev.":   {&budgetingv1.Allocation{ResultsRevision: "organizations/o/resultsRevisions/"}, "allocation.results_revision"},
		"election of packages": {&budgetingv1.Allocation{Method: packages, Parameters: &budgetingv1.AllocationParameters{Election: budget + "/elections/none"}}, at + "election"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.create(t, c.draft)
			if got := violated(t, err); !fields(got, c.want) {
				t.Errorf("violations %v, want %s", got, c.want)
			}
		})
	}
	a := f.allocate(t, &budgetingv1.Allocation{Method: packages, Parameters: &budgetingv1.AllocationParameters{EnvelopeScales: grow(1_200_000)}})
	if a.GetParameters().GetPackageValue() != budgetingv1.PackageValue_PACKAGE_VALUE_PRIORITY_DOLLARS || a.GetSearch().GetWorkLimit() == 0 {
		t.Errorf("defaults are not filled in: %v %v", a.GetParameters(), a.GetSearch())
	}
}

// Changes by council stay within what can be counted, what each fund pays, and money that comes again for costs that come again.
func TestAdjustmentsThatCannotBePaid(t *testing.T) {
	f := start(t)
	f.city(t)
	later := cost("general", 100_000)
	later.OneTime = true
	f.envelopes(t, envelope("general", 1_000_000, 100_000), envelope("library", 100_000, 0), envelope("debt", 200_000, 0))
	_, err := f.client.BatchUpsertFundingRequests(f.as(t, "fin", "finance"), &budgetingv1.BatchUpsertFundingRequestsRequest{
		Parent: budget, FundingRequests: []*budgetingv1.FundingRequest{{
			Name: request("parks"), CostLines: []*budgetingv1.CostLine{cost("general", 300_000), later}, Alignments: aligned(0, 4), EligibleFunds: []string{fund("debt")},
		}},
	})
	must(t, err)
	a := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	change := func(of, from string, units int64) *budgetingv1.Adjustment {
		return &budgetingv1.Adjustment{Program: program(of), Fund: fund(from), Amount: usd(units), Reason: "heard at the hearing"}
	}
	wraps := make([]*budgetingv1.Adjustment, 21) // of 2^64 cents in all
	for i := range wraps {
		wraps[i] = change("police", "general", 8_784_163_844_623_596)
	}
	silent := []*budgetingv1.Adjustment{change("police", "general", -1), change("parks", "general", 1)}
	silent[0].Reason = " "
	for name, c := range map[string]struct {
		changes []*budgetingv1.Adjustment
		want    string
	}{
		"beyond counting":               {wraps, "adjustments"},
		"no reason":                     {silent, "adjustments[0].reason"},
		"more of a fund than it pays":   {[]*budgetingv1.Adjustment{change("parks", "debt", -1), change("bonds", "debt", 1)}, "adjustments[0].amount"},
		"one-time money for continuing": {[]*budgetingv1.Adjustment{change("parks", "general", -350_000), change("police", "general", 350_000)}, "adjustments"},
		"continuing money":              {[]*budgetingv1.Adjustment{change("parks", "general", -300_000), change("police", "general", 300_000)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.client.AdjustAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdjustAllocationRequest{Name: a.GetName(), Adjustments: c.changes, ValidateOnly: true})
			if c.want == "" {
				must(t, err)
				return
			}
			if got := violated(t, err); !fields(got, c.want) {
				t.Errorf("violations %v, want %s", got, c.want)
			}
		})
	}
}

func (f *fixture) adopt(t *testing.T, name string) error {
	t.Helper()
	_, err := f.client.AdoptAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdoptAllocationRequest{Name: name, RequestId: f.key(), Adoption: &budgetingv1.AllocationAdoption{
		Body: "City Council", ResolutionNumber: "2027-14", AdoptDate: &date.Date{Year: 2026, Month: 12, Day: 15},
	}})
	return err
}

// What is adopted is within the envelopes as they are; the result of an election is adopted beside the budget.
func TestWhatIsAdoptedIsPaid(t *testing.T) {
	f := start(t)
	f.city(t)
	tried := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation, Parameters: &budgetingv1.AllocationParameters{EnvelopeScales: grow(1_050_000)}})
	wantReason(t, f.adopt(t, tried.GetName()), "ENVELOPE_EXCEEDED")
	before := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	f.envelopes(t, envelope("general", 899_999, 0), envelope("library", 100_000, 0), envelope("debt", 200_000, 0))
	wantReason(t, f.adopt(t, before.GetName()), "ENVELOPE_EXCEEDED")

	voted := &budgetingv1.Allocation{
		Method: greedyVotes, Purpose: recommendation, Parameters: &budgetingv1.AllocationParameters{Election: f.closedElection(t, "general")},
	}
	first, second := f.allocate(t, voted), f.allocate(t, voted)
	must(t, f.adopt(t, first.GetName()))
	now := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	must(t, f.adopt(t, now.GetName()))
	must(t, f.adopt(t, second.GetName()))
	council := f.as(t, "clerk", "council")
	b, err := f.client.GetBudget(council, &budgetingv1.GetBudgetRequest{Name: budget})
	must(t, err)
	var states []string
	for _, a := range []*budgetingv1.Allocation{first, second, now} {
		got, err := f.client.GetAllocation(council, &budgetingv1.GetAllocationRequest{Name: a.GetName()})
		must(t, err)
		states = append(states, strings.TrimPrefix(got.GetState().String(), "ALLOCATION_STATE_"))
	}
	if want := []string{"SUPERSEDED", "ADOPTED", "ADOPTED"}; !slices.Equal(states, want) || b.GetAdoptedAllocation() != now.GetName() {
		t.Errorf("states %v, want %v; the budget's is %s", states, want, b.GetAdoptedAllocation())
	}
	// The clock stands still, and still those who hear of both in any order know which came later.
	if told := f.adoptions(t); len(told) != 3 || !told[2].GetAdoptTime().AsTime().After(told[0].GetAdoptTime().AsTime()) {
		t.Errorf("told of adoptions %v", told)
	}
}

// A restriction that was changed since binds packages and elections too.
func TestRestrictionsBindWhatWasWrittenBefore(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	_, err := f.client.CreateFund(finance, &budgetingv1.CreateFundRequest{Parent: "organizations/o", FundId: "extra", Fund: &budgetingv1.Fund{
		DisplayName: "Extra", Code: "040", Kind: budgetingv1.FundKind_FUND_KIND_SPECIAL_REVENUE,
	}})
	must(t, err)
	f.envelopes(t, envelope("general", 1_000_000, 0), envelope("library", 100_000, 0), envelope("debt", 200_000, 0), envelope("extra", 100, 0))
	pack := f.pack(t, "police", "more", &budgetingv1.DecisionPackage{Levels: []*budgetingv1.ServiceLevel{level("one", "extra", 5)}})
	election := f.closedElection(t, "extra")
	_, err = f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{
		Fund:       &budgetingv1.Fund{Name: fund("extra"), Restriction: []*budgetingv1.RestrictionCondition{{Programs: []string{program("parks")}}}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"restriction"}},
	})
	must(t, err)
	_, err = f.create(t, &budgetingv1.Allocation{Method: packages})
	if v := wantReason(t, err, "RESTRICTION_VIOLATED").Violations; len(v) != 1 || v[0].Field != pack+".levels[0].costs[0].fund" {
		t.Errorf("violations %v", v)
	}
	voted := &budgetingv1.Allocation{Method: greedyVotes, Parameters: &budgetingv1.AllocationParameters{Election: election}}
	_, err = f.create(t, voted)
	if v := wantReason(t, err, "RESTRICTION_VIOLATED").Violations; len(v) != 1 || v[0].Field != election+".projects[1]" {
		t.Errorf("violations %v", v)
	}
	f.envelopes(t, envelope("general", 1_000_000, 0), envelope("library", 100_000, 0), envelope("debt", 200_000, 0), envelope("extra", 19, 0))
	_, err = f.create(t, voted)
	wantReason(t, err, "ELECTION_UNPAID")
}

// What the engine refuses is named as callers know it, and what cannot be is told in words.
func TestPackagesThatCannotBe(t *testing.T) {
	f := start(t)
	f.city(t)
	late := level("one", "general", 5)
	late.Costs[0].YearOffset = 1
	name := f.pack(t, "police", "late", &budgetingv1.DecisionPackage{Levels: []*budgetingv1.ServiceLevel{late}})
	_, err := f.create(t, &budgetingv1.Allocation{Method: packages})
	if v := wantReason(t, err, "REQUESTS_INVALID").Violations; len(v) != 1 || v[0].Field != name+".levels[0].costs[0].year_offset" {
		t.Errorf("violations %v", v)
	}
	finance := f.as(t, "fin", "finance")
	_, err = f.client.DeleteDecisionPackage(finance, &budgetingv1.DeleteDecisionPackageRequest{Name: name})
	must(t, err)

	base := func(of string, excludes ...*budgetingv1.PackageReference) string {
		return f.pack(t, of, "base", &budgetingv1.DecisionPackage{ReplacesBase: true, Exclusions: excludes, Levels: []*budgetingv1.ServiceLevel{level("one", "general", 5)}})
	}
	other := &budgetingv1.PackageReference{DecisionPackage: base("police")}
	base("parks", other)
	a := f.allocate(t, &budgetingv1.Allocation{Method: packages})
	if a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_INFEASIBLE || len(a.GetShortfalls()) != 1 ||
		!strings.Contains(a.GetShortfalls()[0].GetMessage(), "prerequisite and exclusion") {
		t.Errorf("%v because of %v", a.GetOutcome(), a.GetShortfalls())
	}
	_, err = f.client.CreateDecisionPackage(finance, &budgetingv1.CreateDecisionPackageRequest{Parent: request("parks"), DecisionPackage: &budgetingv1.DecisionPackage{
		DisplayName: "Never", Levels: []*budgetingv1.ServiceLevel{level("one", "general", 5)},
		Prerequisites: []*budgetingv1.PackageReference{other}, Exclusions: []*budgetingv1.PackageReference{other},
	}})
	if got := violated(t, err); !fields(got, "decision_package.exclusions[0].decision_package") {
		t.Errorf("violations %v", got)
	}
}

// Money that packages carry to later years is left of this one: the fund spends what its lines do.
func TestCarriedMoneyIsNotSpent(t *testing.T) {
	f := start(t)
	f.city(t)
	l := level("one", "general", 5)
	l.Costs = append(l.Costs, &budgetingv1.PackageCost{Fund: fund("general"), YearOffset: 1, Amount: usd(7)})
	f.pack(t, "police", "more", &budgetingv1.DecisionPackage{Levels: []*budgetingv1.ServiceLevel{l}})
	a := f.allocate(t, &budgetingv1.Allocation{Method: packages, Parameters: &budgetingv1.AllocationParameters{
		EnvelopeScales: grow(1_200_000), CarryForward: true, LaterEnvelopes: []*budgetingv1.LaterEnvelope{{Fund: fund("general"), YearOffset: 1, Available: usd(0)}},
	}})
	general := a.GetFunds()[slices.IndexFunc(a.GetFunds(), func(r *budgetingv1.FundResult) bool { return r.GetFund() == fund("general") })]
	if cents(general.GetAllocated()) != 1_000_005_00 || cents(general.GetSurplus()) != 79_995_00 {
		t.Errorf("fund %v", general)
	}
	v, err := f.client.VerifyAllocation(f.as(t, "aud", "auditor"), &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
	must(t, err)
	if !v.GetValid() {
		t.Errorf("verify %v", v.GetChecks())
	}
}

// Capital projects have no priority value, beside a baseline as in the allocation itself.
func TestCapitalProjectsAddNoPriorityValue(t *testing.T) {
	f := start(t)
	f.city(t)
	hall := cost("general", 50_000)
	hall.Treatment = budgetingv1.Treatment_TREATMENT_CAPITAL_PROJECT
	_, err := f.client.BatchUpsertFundingRequests(f.as(t, "fin", "finance"), &budgetingv1.BatchUpsertFundingRequestsRequest{
		Parent: budget, FundingRequests: []*budgetingv1.FundingRequest{{Name: request("parks"), CostLines: []*budgetingv1.CostLine{cost("general", 250_000), hall}, Alignments: aligned(0, 4)}},
	})
	must(t, err)
	a := f.allocate(t, &budgetingv1.Allocation{Method: packages})
	c, err := f.client.CompareAllocation(f.as(t, "aud", "auditor"), &budgetingv1.CompareAllocationRequest{
		Name: a.GetName(), Baseline: budgetingv1.Baseline_BASELINE_ACROSS_THE_BOARD,
	})
	must(t, err)
	if want := cents(a.GetPriorityValue()); want == 0 || cents(c.GetPriorityValue()) != want || cents(c.GetOtherPriorityValue()) != want {
		t.Errorf("values %d and %d, want %d: nothing is cut", cents(c.GetPriorityValue()), cents(c.GetOtherPriorityValue()), want)
	}
}

// An allocation that is being solved says so wherever its result is asked for, and how far it is.
func TestRunningAllocationsAreNotEmpty(t *testing.T) {
	f := startOn(t, options{patience: time.Nanosecond, idle: true})
	f.city(t)
	a := f.running(t, &budgetingv1.AllocationParameters{EnvelopeScales: grow(1_200_000)})
	finance := f.as(t, "fin", "finance")
	_, err := f.client.ListAllocationLines(finance, &budgetingv1.ListAllocationLinesRequest{Parent: a.GetName()})
	wantReason(t, err, "ALLOCATION_RUNNING")
	_, err = f.client.AdjustAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdjustAllocationRequest{Name: a.GetName(), ValidateOnly: true, Adjustments: []*budgetingv1.Adjustment{
		{Program: program("police"), Fund: fund("general"), Amount: usd(1), Reason: "heard at the hearing"},
	}})
	wantReason(t, err, "ALLOCATION_NOT_OPEN")
	f.exec(t, "UPDATE allocation_runs SET value = 300, bound = 400")
	page, err := f.client.ListAllocations(finance, &budgetingv1.ListAllocationsRequest{Parent: budget})
	must(t, err)
	if p := page.GetAllocations()[0].GetProgress(); p.GetGapPpm() != 250_000 {
		t.Errorf("progress %v", p)
	}
}

// Scenarios name what the budget has.
func TestScenariosOfWhatIsNotThere(t *testing.T) {
	f := start(t)
	f.city(t)
	_, err := f.client.CreateScenario(f.as(t, "fin", "finance"), &budgetingv1.CreateScenarioRequest{Parent: budget, Scenario: &budgetingv1.Scenario{
		DisplayName: "Nobody", Method: greedyVotes,
		Parameters: &budgetingv1.AllocationParameters{
			Election: budget + "/elections/none", EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("none"), SharePpm: 1}}, CompetingFunds: []string{fund("none")},
		},
		GoalWeights:      []*budgetingv1.GoalWeightOverride{{Goal: "organizations/o/plans/other/goals/safety", WeightPpm: 1}},
		RequestOverrides: []*budgetingv1.RequestOverride{{Program: program("nobody"), Cap: usd(1)}},
	}})
	if got := violated(t, err); !fields(got, "scenario.parameters.envelope_scales[0].fund", "scenario.parameters.competing_funds[0]", "scenario.goal_weights[0].goal",
		"scenario.request_overrides[0].program", "scenario.parameters.election") {
		t.Errorf("violations %v", got)
	}
}

// An approval of 0 points is none; text of a file that is not UTF-8 is refused where it stands.
func TestBallotsAsTheyAreMeant(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	e, err := f.client.CreateElection(finance, &budgetingv1.CreateElectionRequest{Parent: budget, ElectionId: "open", Election: &budgetingv1.Election{
		DisplayName: "Open", Fund: fund("general"), Amount: usd(20), VoteKind: budgetingv1.VoteKind_VOTE_KIND_APPROVAL,
		Projects: []*budgetingv1.ElectionProject{{Program: program("parks"), Cost: usd(10)}},
	}})
	must(t, err)
	_, err = f.client.RecordElectionBallots(finance, &budgetingv1.RecordElectionBallotsRequest{
		Name: e.GetName(), Ballots: []*budgetingv1.ElectionBallot{{Voter: "1", Votes: []*budgetingv1.BallotVote{vote("parks", 0)}}},
	})
	if got := violated(t, err); !fields(got, "ballots[0].votes[0].points") {
		t.Errorf("violations %v", got)
	}
	file := strings.Replace(pb("approval", "voter_id;vote\na;12,B/7\nb;12\n"), "A bench", "A b\xffnch", 1)
	_, err = budgeting.ReadPabulib(strings.NewReader(file), target)
	if got, ok := fault.As(err); !ok || len(got.Violations) != 1 || got.Violations[0].Field != "line 12" {
		t.Errorf("got %v", err)
	}
}
