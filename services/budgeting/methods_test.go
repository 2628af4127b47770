package budgeting_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
)

// By hand, on a general fund of 900,000 for a base of 1,000,000. ONE_RATE shares 600,000 × 60 to 400,000 × 40, which is 36 to 16: police would
// get 623,077 of 900,000 but asks for 600,000 only, and parks gets the rest. ACROSS_THE_BOARD takes 10 % of both. The CUT_LINE funds police, the
// higher score, and stops at parks.
func TestFormulasByHand(t *testing.T) {
	f := start(t)
	f.city(t)
	for method, want := range map[budgetingv1.AllocationMethod][2]int64{
		budgetingv1.AllocationMethod_ALLOCATION_METHOD_ONE_RATE:         {600_000_00, 300_000_00},
		budgetingv1.AllocationMethod_ALLOCATION_METHOD_ACROSS_THE_BOARD: {540_000_00, 360_000_00},
		budgetingv1.AllocationMethod_ALLOCATION_METHOD_CUT_LINE:         {600_000_00, 0},
	} {
		t.Run(method.String(), func(t *testing.T) {
			a := f.allocate(t, &budgetingv1.Allocation{Method: method})
			got := f.allocated(t, a)
			if got["Police Patrol"] != want[0] || got["Neighborhood Parks"] != want[1] || got["Bond Payments"] != 200_000_00 || !a.GetCertificate().GetValid() {
				t.Errorf("allocated %v, want %v; %v", got, want, a.GetOutcome())
			}
			finance := f.as(t, "fin", "finance")
			v, err := f.client.VerifyAllocation(finance, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
			must(t, err)
			if !v.GetValid() {
				t.Errorf("verify: %v", v.GetChecks())
			}
			e, err := f.client.ExplainAllocation(finance, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("parks")})
			must(t, err)
			if len(e.GetSteps()) < 3 {
				t.Errorf("explained by %v", e.GetSteps())
			}
		})
	}
}

// pack adds a package.
func (f *fixture) pack(t *testing.T, of, id string, p *budgetingv1.DecisionPackage) string {
	t.Helper()
	p.DisplayName = "Package " + id
	made, err := f.client.CreateDecisionPackage(f.as(t, "fin", "finance"), &budgetingv1.CreateDecisionPackageRequest{
		Parent: request(of), DecisionPackageId: id, DecisionPackage: p,
	})
	must(t, err)
	return made.GetName()
}

// The general fund has 1,000,000 for police (service levels of 500,000, 550,000 and 600,000) and parks at 400,000. Police scores 60 and parks 40,
// so that 100,000 are left for levels and for lights (50,000 of parks): two more levels of police are worth 60 × 100,000, one level and the lights
// 60 × 50,000 + 40 × 50,000.
func TestPackagesChooseByPriority(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	f.pack(t, "police", "levels", &budgetingv1.DecisionPackage{
		ReplacesBase: true, Levels: []*budgetingv1.ServiceLevel{level("low", "general", 500_000), level("mid", "general", 550_000), level("high", "general", 600_000)},
	})
	lights := f.pack(t, "parks", "lights", &budgetingv1.DecisionPackage{Levels: []*budgetingv1.ServiceLevel{level("all", "general", 50_000)}})
	scale := func(ppm int32) *budgetingv1.AllocationParameters {
		return &budgetingv1.AllocationParameters{EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: ppm}}}
	}
	solve := func(ppm int32) (*budgetingv1.Allocation, map[string]int64) {
		a := f.allocate(t, &budgetingv1.Allocation{Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_PACKAGES, Parameters: scale(ppm)})
		return a, f.allocated(t, a)
	}
	a, got := solve(1_111_112) // 1,000,000.80
	want := map[string]int64{"Police Patrol": 600_000_00, "Neighborhood Parks": 400_000_00, "Branch Libraries": 100_000_00, "Bond Payments": 200_000_00}
	if a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_OPTIMAL || !maps.Equal(got, want) {
		t.Errorf("%v: allocated %v, want %v", a.GetOutcome(), got, want)
	}
	if s := a.GetSearch(); s.GetValue() != s.GetBound() || s.GetGapPpm() != 0 || s.GetValue() == 0 {
		t.Errorf("search %v", s)
	}
	levels := map[string]string{}
	for _, p := range a.GetPackages() {
		levels[p.GetDecisionPackage()] = p.GetLevel()
		if why := map[bool]string{true: `level "high" is picked, at 600,000.00 USD`, false: "worth 0.4 for each 1.00 USD"}[p.GetLevel() != ""]; !strings.Contains(p.GetReason(), why) {
			t.Errorf("%q does not say %q", p.GetReason(), why)
		}
	}
	if levels[request("police")+"/decisionPackages/levels"] != "high" || levels[lights] != "" || len(levels) != 2 {
		t.Errorf("levels %v", levels)
	}
	if _, got := solve(1_166_667); got["Neighborhood Parks"] != 450_000_00 || got["Police Patrol"] != 600_000_00 {
		t.Errorf("with 50,000 more: %v", got)
	}
	if a, _ := solve(990_000); a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_INFEASIBLE || len(a.GetShortfalls()) != 1 ||
		cents(a.GetShortfalls()[0].GetShort()) != 9_000_00 {
		t.Errorf("891,000 for at least 900,000: %v %v", a.GetOutcome(), a.GetShortfalls())
	}
	v, err := f.client.VerifyAllocation(finance, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
	must(t, err)
	r, err := f.client.ReplayAllocation(finance, &budgetingv1.ReplayAllocationRequest{Name: a.GetName()})
	must(t, err)
	if !v.GetValid() || !r.GetIdentical() {
		t.Errorf("verify %v, replay %v", v.GetChecks(), r)
	}
	e, err := f.client.ExplainAllocation(finance, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("parks")})
	must(t, err)
	if said := strings.Join(e.GetSteps(), "\n"); !strings.Contains(said, `is not chosen; it would cost 50,000.00 USD`) || !strings.Contains(said, "stays whole") {
		t.Errorf("explained by\n%s", said)
	}
}

// Ten voters of two dollars each: eight want the playground (10), which costs each of them less than their part; the other two can pay no more than
// 4 of the fountain (9), and it is not bought by equal shares, but the greedy rule, too, finds that it does not fit beside.
func TestElectionsAreAllocated(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	e, err := f.client.CreateElection(finance, &budgetingv1.CreateElectionRequest{Parent: budget, ElectionId: "pb", Election: &budgetingv1.Election{
		DisplayName: "Participatory budget", Fund: fund("general"), Amount: usd(20), VoteKind: budgetingv1.VoteKind_VOTE_KIND_APPROVAL,
		Completion: budgetingv1.CompletionRule_COMPLETION_RULE_NONE,
		Projects:   []*budgetingv1.ElectionProject{{Program: program("police"), Cost: usd(11)}, {Program: program("parks"), Cost: usd(10)}},
	}})
	must(t, err)
	ask := func(method budgetingv1.AllocationMethod) (*budgetingv1.Allocation, error) {
		return f.client.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{Parent: budget, RequestId: f.key(), Allocation: &budgetingv1.Allocation{
			Method: method, Parameters: &budgetingv1.AllocationParameters{Election: e.GetName()},
		}})
	}
	const shares = budgetingv1.AllocationMethod_ALLOCATION_METHOD_EQUAL_SHARES
	_, err = ask(shares)
	wantReason(t, err, "ELECTION_OPEN")
	var ballots []*budgetingv1.ElectionBallot
	for i := range 10 {
		choice := "parks"
		if i >= 8 {
			choice = "police"
		}
		ballots = append(ballots, &budgetingv1.ElectionBallot{Voter: fmt.Sprint(i), Votes: []*budgetingv1.BallotVote{vote(choice, 1)}})
	}
	_, err = f.client.RecordElectionBallots(finance, &budgetingv1.RecordElectionBallotsRequest{Name: e.GetName(), Ballots: ballots})
	must(t, err)
	_, err = f.client.CloseElection(finance, &budgetingv1.CloseElectionRequest{Name: e.GetName()})
	must(t, err)
	a, err := ask(shares)
	must(t, err)
	want := map[string]int64{"Police Patrol": 0, "Neighborhood Parks": 10_00}
	if got := f.allocated(t, a); !maps.Equal(got, want) || a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_OPTIMAL {
		t.Errorf("%v allocated %v, want %v", a.GetOutcome(), got, want)
	}
	if len(a.GetFunds()) != 1 || cents(a.GetFunds()[0].GetAllocated()) != 10_00 {
		t.Errorf("funds %v", a.GetFunds())
	}
	greedy, err := ask(budgetingv1.AllocationMethod_ALLOCATION_METHOD_GREEDY)
	must(t, err)
	if got := f.allocated(t, greedy); !maps.Equal(got, want) {
		t.Errorf("greedy allocated %v, want %v", got, want)
	}
	for _, a := range []*budgetingv1.Allocation{a, greedy} {
		v, err := f.client.VerifyAllocation(finance, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
		must(t, err)
		if !v.GetValid() {
			t.Errorf("verify %v", v.GetChecks())
		}
		why, err := f.client.ExplainAllocation(finance, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("police")})
		must(t, err)
		if said := strings.Join(why.GetSteps(), "\n"); !strings.Contains(said, "2 of 10 voters support it") || !strings.Contains(said, "too little") {
			t.Errorf("explained by\n%s", said)
		}
	}
	_, err = f.client.AnalyzeFragility(finance, &budgetingv1.AnalyzeFragilityRequest{Name: a.GetName()})
	wantReason(t, err, "VOTERS_DECIDE")
	_, err = f.client.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{Parent: budget, RequestId: f.key(), Allocation: &budgetingv1.Allocation{Method: shares}})
	if got := violated(t, err); !fields(got, "allocation.parameters.election") {
		t.Errorf("violations %v", got)
	}
}

// hard fills the budget with packages of value close to cost, which take the search longer than a caller waits.
func (f *fixture) hard(t *testing.T) {
	t.Helper()
	for i := range 40 {
		var levels []*budgetingv1.ServiceLevel
		for j := range 4 {
			levels = append(levels, level(fmt.Sprint("l", j), "general", int64(1_000+977*i%353+(j+1)*1_009)))
		}
		f.pack(t, []string{"police", "parks"}[i%2], fmt.Sprint("p", i), &budgetingv1.DecisionPackage{Levels: levels})
	}
}

// What takes longer than its caller waits is RUNNING, then done in the background with the same answer; or cancelled.
func TestLongSolvesRunInTheBackground(t *testing.T) {
	f := startOn(t, options{patience: time.Nanosecond})
	f.city(t)
	f.hard(t)
	finance := f.as(t, "fin", "finance")
	ask := &budgetingv1.Allocation{
		Method:     budgetingv1.AllocationMethod_ALLOCATION_METHOD_PACKAGES,
		Parameters: &budgetingv1.AllocationParameters{EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: 1_200_000}}, WorkLimit: 2_000_000},
	}
	a := f.allocate(t, ask)
	if a.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_RUNNING || a.GetContentHash() == "" || a.GetCertificate().GetValid() {
		t.Fatalf("answered %v", a)
	}
	done := f.settled(t, a.GetName())
	if done.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_PROPOSED || !done.GetCertificate().GetValid() || done.GetContentHash() != a.GetContentHash() {
		t.Fatalf("solved %v", done)
	}
	dry, err := f.client.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{Parent: budget, Allocation: ask, ValidateOnly: true})
	must(t, err)
	if dry.GetResultHash() != done.GetResultHash() || !proto.Equal(dry.GetTotalAllocated(), done.GetTotalAllocated()) {
		t.Error("the background answers otherwise than the call")
	}
	if lines := f.allocated(t, done); len(lines) != 4 {
		t.Errorf("lines %v", lines)
	}
	_, err = f.client.CancelAllocation(finance, &budgetingv1.CancelAllocationRequest{Name: a.GetName()})
	wantReason(t, err, "ALLOCATION_NOT_RUNNING")
}

func TestRunningAllocationsCanBeCancelled(t *testing.T) {
	f := startOn(t, options{patience: time.Nanosecond, idle: true})
	f.city(t)
	finance := f.as(t, "fin", "finance")
	a := f.allocate(t, &budgetingv1.Allocation{Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_PACKAGES})
	_, err := f.client.VerifyAllocation(finance, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
	wantReason(t, err, "ALLOCATION_RUNNING")
	cancelled, err := f.client.CancelAllocation(finance, &budgetingv1.CancelAllocationRequest{Name: a.GetName()})
	must(t, err)
	if cancelled.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_CANCELLED {
		t.Errorf("cancelled %v", cancelled.GetState())
	}
	_, err = f.client.ExplainAllocation(finance, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("parks")})
	wantReason(t, err, "ALLOCATION_NOT_SOLVED")
}

// settled waits until an allocation runs no more.
func (f *fixture) settled(t *testing.T, name string) *budgetingv1.Allocation {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		a, err := f.client.GetAllocation(f.as(t, "fin", "finance"), &budgetingv1.GetAllocationRequest{Name: name})
		must(t, err)
		if a.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_RUNNING {
			return a
		}
		<-tick.C
	}
	t.Fatalf("%s is still running", name)
	return nil
}
