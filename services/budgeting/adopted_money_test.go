package budgeting_test

import (
	"maps"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// adoptions are the events that told of adopted money, the oldest first.
func (f *fixture) adoptions(t *testing.T) (told []*budgetingv1.AdoptedMoney) {
	t.Helper()
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		told = nil
		all, err := outbox.Changes(tx, "o", 0, 1000)
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.Type != "throughline.budgeting.v1.allocation.adopted" {
				continue
			}
			m := &budgetingv1.AdoptedMoney{}
			if err := proto.Unmarshal(e.Data, m); err != nil {
				return err
			}
			if e.Subject != m.GetAllocation() || e.Actor != "clerk" {
				t.Errorf("%s tells of %s, by %s", e.Subject, m.GetAllocation(), e.Actor)
			}
			told = append(told, m)
		}
		return nil
	}))
	return told
}

func granted(m *budgetingv1.AdoptedMoney) map[string]int64 {
	out := map[string]int64{}
	for _, p := range m.GetPrograms() {
		out[strings.TrimPrefix(p.GetProgram(), "organizations/o/programs/")] = cents(p.GetAmount())
	}
	return out
}

func TestAdoptionTellsEveryProgramsMoney(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	_, err := f.client.AdjustAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdjustAllocationRequest{
		Name: a.GetName(), RequestId: f.key(), Adjustments: []*budgetingv1.Adjustment{
			{Program: program("police"), Fund: fund("general"), Amount: usd(-10_000), Reason: "hearing"},
			{Program: program("parks"), Fund: fund("general"), Amount: usd(10_000), Reason: "hearing"},
		},
	})
	must(t, err)
	_, err = f.client.AdoptAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdoptAllocationRequest{
		Name: a.GetName(), ValidateOnly: true,
		Adoption: &budgetingv1.AllocationAdoption{Body: "City Council", ResolutionNumber: "2027-14", AdoptDate: &date.Date{Year: 2026, Month: 12, Day: 15}},
	})
	must(t, err)
	if told := f.adoptions(t); len(told) != 0 {
		t.Fatalf("a dry run tells of %v", told)
	}
	must(t, f.adopt(t, a.GetName()))
	told := f.adoptions(t)
	if len(told) != 1 {
		t.Fatalf("%d adoptions were told", len(told))
	}
	m := told[0]
	if m.GetAllocation() != a.GetName() || m.GetBudget() != budget || m.GetFiscalYear() != 2027 || m.GetElection() != "" || !m.GetAdoptTime().AsTime().Equal(epoch) {
		t.Errorf("told %v", m)
	}
	want := map[string]int64{"police": 534_898_00, "parks": 365_102_00, "library": 100_000_00, "bonds": 200_000_00}
	if got := granted(m); !maps.Equal(got, want) {
		t.Errorf("granted %v, want %v", got, want)
	}
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		e, found, err := outbox.AsOf(tx, a.GetName(), epoch)
		if !found || e.Type != "throughline.budgeting.v1.allocation.updated" {
			t.Errorf("the newest entry of the allocation's history is %s", e.Type)
		}
		return err
	}))
}

func TestAdoptionOfAnElectionNamesIt(t *testing.T) {
	f := start(t)
	f.city(t)
	election := f.closedElection(t, "general")
	a := f.allocate(t, &budgetingv1.Allocation{
		Purpose: recommendation, Method: greedyVotes, Parameters: &budgetingv1.AllocationParameters{Election: election},
	})
	must(t, f.adopt(t, a.GetName()))
	told := f.adoptions(t)
	if len(told) != 1 || told[0].GetElection() != election || told[0].GetFiscalYear() != 2027 || !maps.Equal(granted(told[0]), map[string]int64{"parks": 10_00}) {
		t.Errorf("told %v", told)
	}
}
