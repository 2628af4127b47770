package budgeting_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/telemetry/telemetrytest"
)

// A solve is counted where it ends: in the background when its caller has stopped waiting.
func TestSolvesAreMeasured(t *testing.T) {
	meters, read := telemetrytest.Meter(t)
	f := startOn(t, options{patience: time.Nanosecond, meters: meters})
	f.city(t)
	f.hard(t)
	f.allocate(t, &budgetingv1.Allocation{})
	f.settled(t, f.allocate(t, &budgetingv1.Allocation{Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_PACKAGES}).GetName())
	got := read()
	for _, name := range []string{
		"throughline.allocation.solve.duration{method=PRIORITY_ADJUSTMENT,outcome=ok}", "throughline.allocation.gap{method=PRIORITY_ADJUSTMENT}",
		"throughline.allocation.solve.duration{method=PACKAGES,outcome=ok}", "throughline.allocation.gap{method=PACKAGES}",
	} {
		if got[name] != 1 {
			t.Errorf("%s counted %v, want 1; of %v", name, got[name], got)
		}
	}
}

// The gauge counts the proposals that read as stale.
func TestStaleProposalsAreCounted(t *testing.T) {
	meters, read := telemetrytest.Meter(t)
	f := startOn(t, options{meters: meters})
	f.city(t)
	f.allocate(t, &budgetingv1.Allocation{})
	f.allocate(t, &budgetingv1.Allocation{})
	const priorities, results = "throughline.goals.v1", "throughline.performance.v1"
	check := func(when string, want float64) {
		t.Helper()
		list, err := f.client.ListAllocations(f.as(t, "fin", "finance"), &budgetingv1.ListAllocationsRequest{Parent: budget})
		must(t, err)
		shown := 0.0
		for _, a := range list.GetAllocations() {
			if a.GetStale() {
				shown++
			}
		}
		if got := read()["throughline.proposals.stale"]; got != want || shown != want {
			t.Errorf("%s: counted %v and shown %v, want %v", when, got, shown, want)
		}
	}
	f.tell(t, priorities, "priority_revision.created", plan+"/priorityRevisions/r1", 1, f.goals.revision)
	check("with the revision that they pinned", 0)
	r2 := f.goals.certify("r2", epoch.Add(time.Hour), 500_000, 500_000)
	f.tell(t, priorities, "priority_revision.created", r2.GetName(), 1, r2)
	check("with newer priorities", 2)
	adopted := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	check("with a proposal by them", 2)
	x1 := &performancev1.ResultsRevision{Name: "organizations/o/resultsRevisions/x1", ContentHash: "h", EffectiveTime: timestamppb.New(epoch)}
	must(t, f.adopt(t, adopted.GetName()))
	f.tell(t, results, "results_revision.created", x1.GetName(), 1, x1)
	check("with first results, of which each counts once and what is adopted not", 2)
}
