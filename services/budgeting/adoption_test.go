package budgeting_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Police scores 60 and parks 40: moving 10,000 from police to parks costs 2,000 of priority value.
func TestCouncilAdjustsAndAdopts(t *testing.T) {
	f := start(t)
	f.city(t)
	council := f.as(t, "clerk", "council")
	target := f.allocate(t, &budgetingv1.Allocation{})
	a := f.allocate(t, &budgetingv1.Allocation{Purpose: budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_RECOMMENDATION})
	move := func(from, to string, units int64) []*budgetingv1.Adjustment {
		return []*budgetingv1.Adjustment{
			{Program: program(from), Fund: fund("general"), Amount: usd(-units), Reason: "heard at the hearing"},
			{Program: program(to), Fund: fund("general"), Amount: usd(units), Reason: "heard at the hearing"},
		}
	}
	adjust := func(name string, more []*budgetingv1.Adjustment) (*budgetingv1.Allocation, error) {
		return f.client.AdjustAllocation(council, &budgetingv1.AdjustAllocationRequest{Name: name, Adjustments: more, RequestId: f.key()})
	}
	_, err := adjust(target.GetName(), move("police", "parks", 1))
	wantReason(t, err, "ALLOCATION_IS_TARGET")
	_, err = adjust(a.GetName(), move("police", "parks", 1)[:1])
	if got := violated(t, err); !fields(got, "adjustments") {
		t.Errorf("violations %v", got)
	}
	_, err = adjust(a.GetName(), move("police", "bonds", 1))
	if got := violated(t, err); !fields(got, "adjustments[1].fund") {
		t.Errorf("violations %v", got)
	}
	_, err = adjust(a.GetName(), move("police", "parks", 600_000))
	if got := violated(t, err); !fields(got, "adjustments[0].amount") {
		t.Errorf("violations %v", got)
	}
	adjusted, err := adjust(a.GetName(), move("police", "parks", 10_000))
	must(t, err)
	before, after := cents(a.GetPriorityValue()), cents(adjusted.GetAdjustedPriorityValue())
	if before == 0 || after-before != -2_000_00 || len(adjusted.GetAdjustments()) != 2 || adjusted.GetAdjustments()[0].GetAdjustedBy() != "clerk" {
		t.Errorf("priority value %d, then %d; adjustments %v", before, after, adjusted.GetAdjustments())
	}
	lines := f.allocated(t, adjusted)
	if lines["Police Patrol"] != 544_898_00 {
		t.Errorf("what was solved has changed: %v", lines)
	}
	page, err := f.client.ListAllocationLines(council, &budgetingv1.ListAllocationLinesRequest{Parent: a.GetName()})
	must(t, err)
	for _, l := range page.GetLines() {
		if want := map[string]int64{"Police Patrol": -10_000_00, "Neighborhood Parks": 10_000_00}[l.GetDisplayName()]; cents(l.GetAdjustment()) != want ||
			cents(l.GetAdjusted()) != cents(l.GetAllocated())+want {
			t.Errorf("line %v", l)
		}
	}

	act := &budgetingv1.AllocationAdoption{Body: "City Council", ResolutionNumber: "2027-14", AdoptDate: &date.Date{Year: 2026, Month: 12, Day: 15}}
	adopt := func(name, etag string, act *budgetingv1.AllocationAdoption) (*budgetingv1.Allocation, error) {
		return f.client.AdoptAllocation(council, &budgetingv1.AdoptAllocationRequest{Name: name, Etag: etag, Adoption: act, RequestId: f.key()})
	}
	_, err = adopt(a.GetName(), a.GetEtag(), act)
	wantReason(t, err, "ETAG_MISMATCH")
	adopted, err := adopt(a.GetName(), adjusted.GetEtag(), act)
	must(t, err)
	if adopted.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_ADOPTED || adopted.GetAdoption().GetAdoptedBy() != "clerk" || len(adopted.GetAdjustments()) != 2 {
		t.Errorf("adopted %v", adopted)
	}
	b, err := f.client.GetBudget(council, &budgetingv1.GetBudgetRequest{Name: budget})
	must(t, err)
	if b.GetState() != budgetingv1.BudgetState_BUDGET_STATE_ADOPTED || b.GetAdoptedAllocation() != a.GetName() {
		t.Errorf("budget %v", b)
	}
	finance := f.as(t, "fin", "finance")
	_, err = f.client.UpdateBudget(finance, &budgetingv1.UpdateBudgetRequest{
		Budget: &budgetingv1.Budget{Name: budget, Envelopes: b.GetEnvelopes()[:1]}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"envelopes"}},
	})
	wantReason(t, err, "BUDGET_ADOPTED")
	_, err = f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget, FundingRequests: f.requests()})
	wantReason(t, err, "BUDGET_ADOPTED")
	_, err = adjust(a.GetName(), move("police", "parks", 1))
	wantReason(t, err, "ALLOCATION_NOT_OPEN")

	// another adoption replaces it; only council adopts
	second := f.allocate(t, &budgetingv1.Allocation{Purpose: budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_RECOMMENDATION})
	_, err = f.client.AdoptAllocation(finance, &budgetingv1.AdoptAllocationRequest{Name: second.GetName(), Adoption: act, RequestId: f.key()})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = adopt(second.GetName(), "", act)
	must(t, err)
	first, err := f.client.GetAllocation(council, &budgetingv1.GetAllocationRequest{Name: a.GetName()})
	must(t, err)
	if first.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_SUPERSEDED {
		t.Errorf("first is %v", first.GetState())
	}
}

// A budget without the money for its debts is never adopted; a stale recommendation only with a reason.
func TestAdoptionRefusals(t *testing.T) {
	f := start(t)
	f.city(t)
	council := f.as(t, "clerk", "council")
	act := func(reason string) *budgetingv1.AllocationAdoption {
		return &budgetingv1.AllocationAdoption{Body: "City Council", ResolutionNumber: "1", AdoptDate: &date.Date{Year: 2026, Month: 12, Day: 15}, StaleReason: reason}
	}
	propose := func(p *budgetingv1.AllocationParameters) *budgetingv1.Allocation {
		return f.allocate(t, &budgetingv1.Allocation{Purpose: budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_RECOMMENDATION, Parameters: p})
	}
	adopt := func(a *budgetingv1.Allocation, act *budgetingv1.AllocationAdoption) error {
		_, err := f.client.AdoptAllocation(council, &budgetingv1.AdoptAllocationRequest{Name: a.GetName(), Adoption: act, RequestId: f.key()})
		return err
	}
	broke := propose(&budgetingv1.AllocationParameters{EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("debt"), SharePpm: 500_000}}})
	wantReason(t, adopt(broke, act("")), "ALLOCATION_INFEASIBLE")
	short := propose(&budgetingv1.AllocationParameters{MaxCutPpm: proto.Int32(10_000)})
	wantReason(t, adopt(short, act("")), "ALLOCATION_SHORT")
	good := propose(nil)
	if got := violated(t, adopt(good, act("no need"))); !fields(got, "adoption.stale_reason") {
		t.Errorf("violations %v", got)
	}
	_, err := f.client.AdoptAllocation(council, &budgetingv1.AdoptAllocationRequest{Name: good.GetName(), Adoption: act("")})
	wantReason(t, err, "IDEMPOTENCY_KEY_REQUIRED")
	f.tell(t, "throughline.goals.v1", "priority_revision.created", plan+"/priorityRevisions/r2", 1, f.goals.certify("r2", epoch, 400_000, 600_000))
	err = adopt(good, act(""))
	if v := wantReason(t, err, "INVALID_FIELDS").Violations; v[0].Field != "adoption.stale_reason" || !strings.Contains(v[0].Detail, "r2") {
		t.Errorf("violations %v", v)
	}
	must(t, adopt(good, act("the meeting was noticed before the ballots")))
}

func TestBudgetAuthorities(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	update := func(a ...*budgetingv1.TransferAuthority) (*budgetingv1.Budget, error) {
		return f.client.UpdateBudget(finance, &budgetingv1.UpdateBudgetRequest{
			Budget: &budgetingv1.Budget{Name: budget, TransferAuthorities: a}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"transfer_authorities"}},
		})
	}
	b, err := update(
		&budgetingv1.TransferAuthority{Body: "Department head", Scope: budgetingv1.TransferScope_TRANSFER_SCOPE_DEPARTMENT, Limit: usd(5_000)},
		&budgetingv1.TransferAuthority{Body: "City manager", Scope: budgetingv1.TransferScope_TRANSFER_SCOPE_FUND},
	)
	must(t, err)
	if len(b.GetTransferAuthorities()) != 2 || cents(b.GetTransferAuthorities()[0].GetLimit()) != 5_000_00 || b.GetTransferAuthorities()[1].GetLimit() != nil {
		t.Errorf("budget %v", b)
	}
	_, err = update(&budgetingv1.TransferAuthority{Body: "X", Scope: budgetingv1.TransferScope_TRANSFER_SCOPE_FUND, Limit: &money.Money{CurrencyCode: "USD", Units: -1}})
	if got := violated(t, err); !fields(got, "budget.transfer_authorities[0].limit") {
		t.Errorf("violations %v", got)
	}
}

func TestStaleAfterEvents(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	read := func() *budgetingv1.Allocation {
		t.Helper()
		got, err := f.client.GetAllocation(f.as(t, "fin", "finance"), &budgetingv1.GetAllocationRequest{Name: a.GetName()})
		must(t, err)
		return got
	}
	f.tell(t, "throughline.goals.v1", "priority_revision.created", plan+"/priorityRevisions/r1", 1, f.goals.revision)
	if read().GetStale() {
		t.Error("stale by the revision that it pinned")
	}
	r2 := f.goals.certify("r2", epoch.Add(time.Hour), 500_000, 500_000)
	if read().GetStale() {
		t.Error("stale before the event")
	}
	f.tell(t, "throughline.goals.v1", "priority_revision.created", r2.GetName(), 1, r2)
	x1 := &performancev1.ResultsRevision{Name: "organizations/o/resultsRevisions/x1", EffectiveTime: timestamppb.New(epoch)}
	f.tell(t, "throughline.performance.v1", "results_revision.created", x1.GetName(), 1, x1)
	got := read()
	if !got.GetStale() || len(got.GetStaleReasons()) != 2 || !strings.Contains(got.GetStaleReasons()[0], r2.GetName()) || !strings.Contains(got.GetStaleReasons()[1], x1.GetName()) {
		t.Errorf("stale %v %q", got.GetStale(), got.GetStaleReasons())
	}
	f.perf.publish(x1)
	x1.ContentHash = "h"
	if fresh := f.allocate(t, &budgetingv1.Allocation{}); fresh.GetStale() {
		t.Errorf("a new allocation is stale: %v", fresh.GetStaleReasons())
	}
	list, err := f.client.ListAllocations(f.as(t, "fin", "finance"), &budgetingv1.ListAllocationsRequest{Parent: budget, OrderBy: "create_time"})
	must(t, err)
	if len(list.GetAllocations()) != 2 || !list.GetAllocations()[0].GetStale() || list.GetAllocations()[1].GetStale() {
		t.Errorf("list %v", list.GetAllocations())
	}
}
