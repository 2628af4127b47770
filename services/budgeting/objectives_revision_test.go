package budgeting_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

// Budgets follow the priorities among goals: a later revision on objectives makes no proposal stale, one on goals does.
func TestRevisionsOnObjectivesMoveNoMoney(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	for i, c := range []struct {
		subject goalsv1.PrioritizationSubject
		stale   bool
	}{
		{goalsv1.PrioritizationSubject_PRIORITIZATION_SUBJECT_OBJECTIVES, false},
		{goalsv1.PrioritizationSubject_PRIORITIZATION_SUBJECT_GOALS, true},
	} {
		revision := &goalsv1.PriorityRevision{
			Name: plan + "/priorityRevisions/later-" + c.subject.String(), Subject: c.subject,
			EffectiveTime: timestamppb.New(epoch.Add(time.Duration(i+1) * time.Hour)),
		}
		f.tell(t, "throughline.goals.v1", "priority_revision.created", revision.GetName(), 1, revision)
		got, err := f.client.GetAllocation(f.as(t, "fin", "finance"), &budgetingv1.GetAllocationRequest{Name: a.GetName()})
		must(t, err)
		if got.GetStale() != c.stale {
			t.Errorf("after a revision on %s: stale %t, want %t", c.subject, got.GetStale(), c.stale)
		}
	}
}
