package budgeting_test

import (
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
)

// By hand: spread 3 gives police (score 60 %) 1 + 2 × 0.4 = 1.8 and parks (40 %) 2.2 times the rate. Of the 100,000 that the
// general fund is short, police gives 600 × 1.8 / (600 × 1.8 + 400 × 2.2) = 55,102.04 and parks the rest.
func TestSmallCityToTheCent(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	want := map[string]int64{"Police Patrol": 544_898_00, "Neighborhood Parks": 355_102_00, "Branch Libraries": 100_000_00, "Bond Payments": 200_000_00}
	if got := f.allocated(t, a); !maps.Equal(got, want) {
		t.Errorf("allocated %v, want %v", got, want)
	}
	p := a.GetParameters()
	if p.GetSpreadMilli() != 3000 || p.GetMaxCutPpm() != 200_000 || p.GetResultsCapPoints() != 5 || a.GetMethod() != budgetingv1.AllocationMethod_ALLOCATION_METHOD_PRIORITY_ADJUSTMENT ||
		a.GetPurpose() != budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_TARGET || a.GetDisplayName() == "" {
		t.Errorf("defaults are not filled in: %v", a)
	}
	if a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_OPTIMAL || a.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_PROPOSED ||
		a.GetPriorityRevision() != plan+"/priorityRevisions/r1" || a.GetResultsRevision() != "" || len(a.GetContentHash()) != 64 || a.GetCreator() != "fin" ||
		!a.GetCertificate().GetValid() || len(a.GetCertificate().GetChecks()) == 0 || a.GetStale() {
		t.Errorf("allocation %v", a)
	}
	if cents(a.GetTotalBase()) != 1_300_000_00 || cents(a.GetTotalAllocated()) != 1_200_000_00 || a.GetPrograms() != 4 || a.GetProgramsFlagged() != 0 {
		t.Errorf("totals %v %v, %d programs, %d flagged", a.GetTotalBase(), a.GetTotalAllocated(), a.GetPrograms(), a.GetProgramsFlagged())
	}
	total := map[budgetingv1.Treatment]int64{}
	for _, w := range a.GetWaterfall() {
		if w.GetFund() == "" {
			total[w.GetTreatment()] = cents(w.GetAmount())
		}
	}
	if total[budgetingv1.Treatment_TREATMENT_MUST_PAY] != 200_000_00 || total[budgetingv1.Treatment_TREATMENT_COMPETES] != 1_100_000_00 {
		t.Errorf("waterfall %v", total)
	}
	for _, r := range a.GetFunds() {
		if cents(r.GetAvailable()) != cents(r.GetFixed())+cents(r.GetAllocated())+cents(r.GetSurplus()) || r.GetShort().GetUnits() != 0 {
			t.Errorf("fund %v does not balance", r)
		}
	}
	stored, err := f.client.GetAllocation(f.as(t, "fin", "finance"), &budgetingv1.GetAllocationRequest{Name: a.GetName()})
	must(t, err)
	if !proto.Equal(a, stored) {
		t.Errorf("stored\n%v\nanswered\n%v", stored, a)
	}
}

func TestLinesFilteredPagedAndStreamed(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	finance := f.as(t, "fin", "finance")
	page, err := f.client.ListAllocationLines(finance, &budgetingv1.ListAllocationLinesRequest{Parent: a.GetName(), Filter: `score_bp >= 4000`, OrderBy: "score_bp desc", PageSize: 1})
	must(t, err)
	next, err := f.client.ListAllocationLines(finance, &budgetingv1.ListAllocationLinesRequest{
		Parent: a.GetName(), Filter: `score_bp >= 4000`, OrderBy: "score_bp desc", PageSize: 1, PageToken: page.GetNextPageToken(),
	})
	must(t, err)
	police, parks := page.GetLines()[0], next.GetLines()[0]
	if police.GetScoreBp() != 6000 || police.GetProgram() != program("police") || parks.GetScoreBp() != 4000 || next.GetNextPageToken() != "" {
		t.Errorf("lines %v, %v", police, parks)
	}
	if police.GetReasonCode() != "RATE" || !strings.Contains(police.GetReason(), "55,102.00 USD") || cents(police.GetFunding()[0].GetAmount()) != 544_898_00 ||
		cents(police.GetChange()) != -55_102_00 {
		t.Errorf("line %v", police)
	}
	stream, err := f.client.StreamAllocationLines(finance, &budgetingv1.StreamAllocationLinesRequest{Parent: a.GetName()})
	must(t, err)
	var streamed []string
	for {
		m, err := stream.Recv()
		if err == io.EOF {
			break
		}
		must(t, err)
		for _, l := range m.GetLines() {
			streamed = append(streamed, l.GetProgram())
		}
	}
	if want := []string{program("bonds"), program("library"), program("parks"), program("police")}; fmt.Sprint(streamed) != fmt.Sprint(want) {
		t.Errorf("streamed %v, want %v", streamed, want)
	}
}

func TestCreateAllocationOnce(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	r := &budgetingv1.CreateAllocationRequest{Parent: budget, Allocation: &budgetingv1.Allocation{DisplayName: "First"}}
	_, err := f.client.CreateAllocation(finance, r)
	if v := wantReason(t, err, "IDEMPOTENCY_KEY_REQUIRED").Violations; len(v) != 1 || v[0].Field != "request_id" {
		t.Errorf("violations %v", v)
	}
	r.RequestId = "k1"
	first, err := f.client.CreateAllocation(finance, r)
	must(t, err)
	again, err := f.client.CreateAllocation(finance, r)
	must(t, err)
	if !proto.Equal(first, again) {
		t.Errorf("the repeat answers %v, want %v", again, first)
	}
	other := proto.Clone(r).(*budgetingv1.CreateAllocationRequest)
	other.Allocation.DisplayName = "Second"
	_, err = f.client.CreateAllocation(finance, other)
	wantReason(t, err, "IDEMPOTENCY_KEY_REUSED")
	dry := proto.Clone(r).(*budgetingv1.CreateAllocationRequest)
	dry.ValidateOnly, dry.RequestId = true, ""
	trial, err := f.client.CreateAllocation(finance, dry)
	must(t, err)
	if trial.GetContentHash() != first.GetContentHash() || trial.GetResultHash() != first.GetResultHash() || len(trial.GetFunds()) != 3 {
		t.Errorf("a dry run answers %v", trial)
	}
	all, err := f.client.ListAllocations(finance, &budgetingv1.ListAllocationsRequest{Parent: budget, Filter: `outcome = "OPTIMAL"`})
	must(t, err)
	if len(all.GetAllocations()) != 1 {
		t.Errorf("%d allocations are stored, want 1", len(all.GetAllocations()))
	}
}

func TestDebtThatCannotBePaid(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{
		EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("debt"), SharePpm: 950_000}},
	}})
	if a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_INFEASIBLE || a.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_PROPOSED {
		t.Fatalf("outcome %v %v", a.GetOutcome(), a.GetState())
	}
	s := a.GetShortfalls()[0]
	const words = "Debt Service Fund: Bond Payments of 200,000.00 USD must be paid, the fund has 190,000.00 USD: 10,000.00 USD short"
	if len(a.GetShortfalls()) != 1 || s.GetMessage() != words || s.GetPrograms()[0] != program("bonds") || s.GetFunds()[0] != fund("debt") || cents(s.GetShort()) != 10_000_00 {
		t.Errorf("shortfalls %v", a.GetShortfalls())
	}
	for _, r := range a.GetFunds() {
		if r.GetFund() == fund("debt") && (cents(r.GetShort()) != 10_000_00 || cents(r.GetFixed()) != 200_000_00) {
			t.Errorf("debt fund %v", r)
		}
	}
	verified, err := f.client.VerifyAllocation(f.as(t, "aud", "auditor"), &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
	must(t, err)
	if !verified.GetValid() {
		t.Errorf("verified %v", verified)
	}
	why, err := f.client.ExplainAllocation(f.as(t, "aud", "auditor"), &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("bonds")})
	must(t, err)
	if len(why.GetSteps()) == 0 {
		t.Errorf("explanation %v", why)
	}
}

func TestLimitsTooTight(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{MaxCutPpm: proto.Int32(50_000)}})
	if a.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_REDUCTION_SHORT || len(a.GetShortfalls()) != 1 {
		t.Fatalf("outcome %v, shortfalls %v", a.GetOutcome(), a.GetShortfalls())
	}
	const words = "General Fund: 2 programs keep 950,000.00 USD when every cut has reached its limit, the fund has 900,000.00 USD for them: packages must find 50,000.00 USD"
	if s := a.GetShortfalls()[0]; s.GetMessage() != words || cents(s.GetShort()) != 50_000_00 {
		t.Errorf("shortfall %v", s)
	}
	for _, r := range a.GetFunds() {
		if r.GetFund() == fund("general") && (cents(r.GetShort()) != 50_000_00 || cents(r.GetAllocated()) != 900_000_00) {
			t.Errorf("general fund %v", r)
		}
	}
}

func TestGrowthStopsAtWhatWasAskedFor(t *testing.T) {
	f := start(t)
	f.city(t)
	_, err := f.client.UpdateFundingRequest(f.as(t, "fin", "finance"), &budgetingv1.UpdateFundingRequestRequest{
		FundingRequest: &budgetingv1.FundingRequest{Name: request("police"), Requested: usd(650_000)},
	})
	must(t, err)
	a := f.allocate(t, &budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{
		EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: 1_222_223}},
	}})
	got := f.allocated(t, a)
	if got["Police Patrol"] != 650_000_00 || got["Neighborhood Parks"] != 400_000_00 {
		t.Errorf("allocated %v", got)
	}
	for _, r := range a.GetFunds() { // 900,000 × 1.222223 = 1,100,000.70: the cents stay too
		if r.GetFund() == fund("general") && (cents(r.GetAvailable()) != 1_100_000_70 || cents(r.GetSurplus()) != 50_000_70) {
			t.Errorf("general fund %v", r)
		}
	}
}

func TestEnterpriseFundsCompeteWhenNamed(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	_, err := f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{Fund: &budgetingv1.Fund{Name: fund("library"), Kind: budgetingv1.FundKind_FUND_KIND_ENTERPRISE}})
	must(t, err)
	params := &budgetingv1.AllocationParameters{EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("library"), SharePpm: 1_100_000}}}
	apart := f.allocate(t, &budgetingv1.Allocation{Parameters: params})
	sum, unmoved := int64(0), int64(0)
	for _, w := range apart.GetWaterfall() {
		if w.GetFund() == "" {
			sum += cents(w.GetAmount())
			if w.GetTreatment() == budgetingv1.Treatment_TREATMENT_UNSPECIFIED {
				unmoved = cents(w.GetAmount())
			}
		}
	}
	if sum != cents(apart.GetTotalBase()) || unmoved != 100_000_00 {
		t.Errorf("the waterfall comes to %d of %d, %d of it held", sum, cents(apart.GetTotalBase()), unmoved)
	}
	why := func(a *budgetingv1.Allocation) string {
		t.Helper()
		e, err := f.client.ExplainAllocation(finance, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("library")})
		must(t, err)
		return e.GetLine().GetReasonCode()
	}
	params.CompetingFunds = []string{fund("library")}
	named := f.allocate(t, &budgetingv1.Allocation{Parameters: params})
	if a, b := why(apart), why(named); a != "FUND_NOT_NAMED" || b == "FUND_NOT_NAMED" {
		t.Errorf("reasons %s and, named, %s", a, b)
	}
}

func TestMandateIsAFloorOnceAttested(t *testing.T) {
	f := start(t)
	f.city(t)
	_, err := f.client.UpdateFundingRequest(f.as(t, "fin", "finance"), &budgetingv1.UpdateFundingRequestRequest{FundingRequest: &budgetingv1.FundingRequest{
		Name: request("parks"), Mandate: &budgetingv1.Mandate{Source: "Parks Charter", Citation: "§ 4", MinimumAmount: usd(400_000)},
	}})
	must(t, err)
	claim := f.allocate(t, &budgetingv1.Allocation{})
	if got := f.allocated(t, claim)["Neighborhood Parks"]; got != 355_102_00 {
		t.Errorf("a claim moves money: %d", got)
	}
	f.attest(t, budgetingv1.RequestAspect_REQUEST_ASPECT_MANDATE, "parks")
	floor := f.allocate(t, &budgetingv1.Allocation{})
	if got := f.allocated(t, floor)["Neighborhood Parks"]; got != 400_000_00 {
		t.Errorf("an attested mandate is not a floor: %d", got)
	}
	why, err := f.client.ExplainAllocation(f.as(t, "fin", "finance"), &budgetingv1.ExplainAllocationRequest{Name: floor.GetName(), Program: program("parks")})
	must(t, err)
	if text := strings.Join(why.GetSteps(), "\n"); why.GetLine().GetReasonCode() != "FLOOR" || !strings.Contains(text, "Parks Charter, § 4") {
		t.Errorf("line %v\n%s", why.GetLine(), text)
	}
}

func TestWeightsMoveMoneyAndTheExplanationSaysSo(t *testing.T) {
	f := start(t)
	f.city(t)
	before := f.allocated(t, f.allocate(t, &budgetingv1.Allocation{DisplayName: "Spring"}))
	f.goals.certify("r2", epoch, 400_000, 600_000)
	a := f.allocate(t, &budgetingv1.Allocation{DisplayName: "Summer"})
	after := f.allocated(t, a)
	if after["Neighborhood Parks"] != 364_706_00 || after["Police Patrol"] != 535_294_00 {
		t.Errorf("from %v to %v", before, after)
	}
	why, err := f.client.ExplainAllocation(f.as(t, "ann", "council"), &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("parks")})
	must(t, err)
	text := strings.Join(why.GetSteps(), "\n")
	for _, want := range []string{
		`Compared with the proposal before (Spring): Program "Neighborhood Parks" moves from 355,102.00 USD to 364,706.00 USD.`,
		`The weight of goal "Quality of life" goes from 40 % to 60 %, which moves the score by 20 points.`,
		`In fund "General Fund"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the steps lack %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, `"parks"`) || strings.Contains(text, `"general"`) {
		t.Errorf("ids remain in\n%s", text)
	}
	if len(why.GetScore()) != 3 || why.GetScore()[0].GetDisplayName() != "Quality of life" || why.GetScore()[0].GetScoreBp() != 6000 || why.GetScore()[0].GetValue() != 4 {
		t.Errorf("score %v", why.GetScore())
	}
}

func TestUnattestedAlignmentIsUnknown(t *testing.T) {
	f := start(t)
	f.city(t)
	// a new review of police clears its attestation; the department's own view does not
	_, err := f.client.UpdateFundingRequest(f.as(t, "fin", "finance"), &budgetingv1.UpdateFundingRequestRequest{
		FundingRequest: &budgetingv1.FundingRequest{Name: request("police"), Alignments: aligned(4, 1)},
	})
	must(t, err)
	own := aligned(0, 4)
	own[0].SelfScore = proto.Int32(3)
	parks, err := f.client.UpdateFundingRequest(f.as(t, "fin", "finance"), &budgetingv1.UpdateFundingRequestRequest{
		FundingRequest: &budgetingv1.FundingRequest{Name: request("parks"), Alignments: own},
	})
	must(t, err)
	if len(parks.GetAttestations()) != 1 || parks.GetAttestations()[0].GetAttestedBy() != "rev" {
		t.Errorf("attestations of parks %v", parks.GetAttestations())
	}
	a := f.allocate(t, &budgetingv1.Allocation{})
	flagged, err := f.client.ListAllocationLines(f.as(t, "fin", "finance"), &budgetingv1.ListAllocationLinesRequest{Parent: a.GetName(), Filter: "flagged = true"})
	must(t, err)
	if a.GetProgramsFlagged() != 1 || len(flagged.GetLines()) != 1 || flagged.GetLines()[0].GetProgram() != program("police") {
		t.Errorf("%d flagged: %v", a.GetProgramsFlagged(), flagged.GetLines())
	}
}

func TestAllocationRefusals(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	create := func(a *budgetingv1.Allocation) error {
		_, err := f.client.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{Parent: budget, ValidateOnly: true, Allocation: a})
		return err
	}
	err := create(&budgetingv1.Allocation{PriorityRevision: "organizations/o/plans/q/priorityRevisions/r1"})
	if v := wantReason(t, err, "INVALID_FIELDS").Violations; v[0].Field != "allocation.priority_revision" {
		t.Errorf("violations %v", v)
	}
	err = create(&budgetingv1.Allocation{PriorityRevision: plan + "/priorityRevisions/r9"})
	wantReason(t, err, "INVALID_FIELDS")
	err = create(&budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{
		SpreadMilli: 500, EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("debt"), SharePpm: 1}, {Fund: fund("debt"), SharePpm: 2}},
	}})
	if v := wantReason(t, err, "INVALID_FIELDS").Violations; len(v) != 2 || v[1].Field != "allocation.parameters.envelope_scales[1].fund" {
		t.Errorf("violations %v", v)
	}
	// a restriction that changes after requests were written
	_, err = f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{Fund: &budgetingv1.Fund{
		Name: fund("general"), Restriction: []*budgetingv1.RestrictionCondition{{Departments: []string{"Police"}}}, RestrictionBasis: "Charter",
	}})
	must(t, err)
	bad := wantReason(t, create(&budgetingv1.Allocation{}), "RESTRICTION_VIOLATED")
	if len(bad.Violations) != 2 || bad.Violations[0].Field != request("parks")+".cost_lines[0].fund" || !strings.Contains(bad.Violations[0].Detail, "Charter") {
		t.Errorf("violations %v", bad.Violations)
	}
	_, err = f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{
		Fund: &budgetingv1.Fund{Name: fund("general"), DisplayName: "General Fund", Code: "010", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL}, UpdateMask: all(),
	})
	must(t, err)
	_, err = f.client.UpdateBudget(finance, &budgetingv1.UpdateBudgetRequest{Budget: &budgetingv1.Budget{
		Name: budget, Envelopes: []*budgetingv1.Envelope{{Fund: fund("general"), Available: usd(1)}},
	}})
	must(t, err)
	if f := wantReason(t, create(&budgetingv1.Allocation{}), "ENVELOPE_MISSING"); !strings.Contains(f.Message, fund("debt")+", "+fund("library")) {
		t.Errorf("message %q", f.Message)
	}
	f.goals.revision = nil
	wantReason(t, create(&budgetingv1.Allocation{}), "NO_PRIORITY_REVISION")
}
