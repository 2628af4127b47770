package actionplanning_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// ListGoals answers a goal a page.
func (f fakeGoals) ListGoals(_ context.Context, r *goalsv1.ListGoalsRequest) (*goalsv1.ListGoalsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name := range maps.Keys(f.goals) {
		if strings.HasPrefix(name, r.GetParent()+"/goals/") && name > r.GetPageToken() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return &goalsv1.ListGoalsResponse{}, nil
	}
	return &goalsv1.ListGoalsResponse{Goals: []*goalsv1.Goal{f.goals[names[0]]}, NextPageToken: names[0]}, nil
}

// ListObservations answers the latest alone.
func (f fakePerformance) ListObservations(_ context.Context, r *performancev1.ListObservationsRequest) (*performancev1.ListObservationsResponse, error) {
	if r.GetFilter() != `dimension = ""` || r.GetOrderBy() != "period_start desc" || r.GetPageSize() != 1 {
		return nil, rpc.ToStatus(fault.New(fault.Internal, "UNEXPECTED", "asked %v", r)).Err()
	}
	if _, err := find(f.world, "performance", "ListObservations", f.measures, r.GetParent()); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := &performancev1.ListObservationsResponse{NextPageToken: "more"}
	if value, ok := f.latest[r.GetParent()]; ok {
		out.Observations = []*performancev1.Observation{{Value: value}}
	}
	return out, nil
}

// milestone creates one and returns it.
func (f *fixture) milestone(t *testing.T, objective, id string, m *actionplanningv1.Milestone) *actionplanningv1.Milestone {
	t.Helper()
	if m.GetDisplayName() == "" {
		m.DisplayName = id
	}
	out, err := f.client.CreateMilestone(f.as(t, "mia", "manager"), &actionplanningv1.CreateMilestoneRequest{Parent: objective, MilestoneId: id, Milestone: m})
	must(t, err)
	return out
}

func planned(start, end *date.Date, dependsOn ...string) *actionplanningv1.Milestone {
	return &actionplanningv1.Milestone{PlannedStartDate: start, PlannedEndDate: end, DependsOn: dependsOn}
}

func TestMilestones(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "dee", "department")
	strategy, objective := f.strategy(t)
	_, err := f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: strategy + "/objectives/none", Milestone: &actionplanningv1.Milestone{
		DisplayName: "x", PlannedStartDate: day(2027, 1, 1), PlannedEndDate: day(2027, 1, 1),
	}})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: &actionplanningv1.Milestone{
		DisplayName: "x", PlannedStartDate: day(2027, 2, 1), PlannedEndDate: day(2027, 1, 1), Percent: 100,
		DependsOn: []string{objective, "organizations/o/milestones/m"},
	}})
	wantFields(t, err, "milestone.depends_on[0]", "milestone.depends_on[1]")
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: &actionplanningv1.Milestone{
		DisplayName: "x", PlannedStartDate: day(2027, 2, 1), PlannedEndDate: day(2027, 1, 1), Percent: 100,
	}})
	wantFields(t, err, "milestone.planned_end_date", "milestone.percent")
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: planned(day(2027, 1, 1), day(2027, 1, 1), objective+"/milestones/none")})
	wantFields(t, err, "milestone.display_name", "milestone.depends_on[0]")

	design := f.milestone(t, objective, "design", planned(day(2027, 1, 1), day(2027, 1, 10)))
	build := f.milestone(t, objective, "build", planned(day(2027, 1, 11), day(2027, 1, 20), design.GetName()))
	open := f.milestone(t, objective, "open", planned(day(2027, 1, 21), day(2027, 1, 21), build.GetName()))
	update := func(m *actionplanningv1.Milestone, paths ...string) (*actionplanningv1.Milestone, error) {
		return f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: m, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	_, err = update(&actionplanningv1.Milestone{Name: design.GetName(), DependsOn: []string{open.GetName()}}, "depends_on")
	wantFields(t, err, "milestone.depends_on")
	if cycle := design.GetName() + " > " + open.GetName() + " > " + build.GetName() + " > " + design.GetName(); !strings.Contains(rpc.FromStatus(err).Error(), cycle) {
		t.Errorf("%v does not name the cycle %s", err, cycle)
	}
	_, err = update(&actionplanningv1.Milestone{Name: design.GetName(), Etag: "9", Percent: 5}, "percent")
	wantReason(t, err, "ETAG_MISMATCH")
	done, err := update(&actionplanningv1.Milestone{
		Name: design.GetName(), ActualStartDate: day(2027, 1, 2), ActualEndDate: day(2027, 1, 12), Percent: 100, Etag: "1",
	}, "actual_start_date", "actual_end_date", "percent")
	must(t, err)
	if done.GetEtag() != "2" || done.GetPercent() != 100 || done.GetActualEndDate().GetDay() != 12 || done.GetPlannedEndDate().GetDay() != 10 {
		t.Errorf("updated %v", done)
	}

	_, err = f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: build.GetName()})
	wantReason(t, err, "MILESTONE_HAS_DEPENDENTS")
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective})
	wantReason(t, err, "OBJECTIVE_HAS_MILESTONES")
	_, err = f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: open.GetName(), ValidateOnly: true})
	must(t, err)
	for _, m := range []*actionplanningv1.Milestone{open, build, design} {
		_, err = f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: m.GetName()})
		must(t, err)
		_, err = f.client.GetMilestone(ctx, &actionplanningv1.GetMilestoneRequest{Name: m.GetName()})
		wantReason(t, err, "RESOURCE_NOT_FOUND")
	}
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective})
	must(t, err)
	_, err = f.client.GetMilestone(f.of(t, "other", "eve", "manager"), &actionplanningv1.GetMilestoneRequest{Name: design.GetName()})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.DeleteMilestone(f.as(t, "sam", "staff"), &actionplanningv1.DeleteMilestoneRequest{Name: design.GetName()})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}

func TestMilestonesAreListed(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "sam", "staff")
	strategy, objective := f.strategy(t)
	second, err := f.client.CreateObjective(f.as(t, "mia", "manager"), &actionplanningv1.CreateObjectiveRequest{
		Parent: strategy, ObjectiveId: "second", Objective: &actionplanningv1.Objective{DisplayName: "Second", DueDate: day(2028, 6, 30)},
	})
	must(t, err)
	for i, o := range []string{objective, objective, second.GetName()} {
		f.milestone(t, o, fmt.Sprintf("m%d", i), planned(day(2027, 1, int32(9-i)), day(2027, 1, 20)))
	}
	list := func(parent, filter, order string) []string {
		t.Helper()
		var ids []string
		for token := ""; ; {
			page, err := f.client.ListMilestones(ctx, &actionplanningv1.ListMilestonesRequest{Parent: parent, Filter: filter, OrderBy: order, PageSize: 2, PageToken: token})
			must(t, err)
			for _, m := range page.GetMilestones() {
				ids = append(ids, m.GetDisplayName())
			}
			if token = page.GetNextPageToken(); token == "" {
				return ids
			}
		}
	}
	for name, c := range map[string]struct {
		got, want []string
	}{
		"of an objective":    {list(objective, "", ""), []string{"m0", "m1"}},
		"of a strategy":      {list(strategy+"/objectives/-", "", "planned_start_date"), []string{"m2", "m1", "m0"}},
		"of all":             {list("organizations/o/strategies/-/objectives/-", "", "display_name desc"), []string{"m2", "m1", "m0"}},
		"that start by then": {list("organizations/o/strategies/-/objectives/-", "planned_start_date <= 2027-01-08 AND percent = 0", ""), []string{"m1", "m2"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	_, err = f.client.ListMilestones(ctx, &actionplanningv1.ListMilestonesRequest{Parent: strategy + "/objectives/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.ListMilestones(ctx, &actionplanningv1.ListMilestonesRequest{Parent: "organizations/o/strategies/-/objectives/x"})
	wantFields(t, err, "parent")
	_, err = f.client.ListMilestones(ctx, &actionplanningv1.ListMilestonesRequest{Parent: objective, OrderBy: "weight", Filter: "weight = 1"})
	wantFields(t, err, "filter", "order_by")
}

func TestManyMilestonesAtOnce(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	const n = 1000
	rows := make([]*actionplanningv1.Milestone, n)
	for i := range rows {
		rows[i] = planned(day(2027, 1, 1), day(2027, 1, 2))
		rows[i].Name, rows[i].DisplayName = fmt.Sprintf("%s/milestones/m%d", objective, i), "Step"
		if i > 0 {
			rows[i].DependsOn = []string{rows[i-1].GetName()}
		}
	}
	slices.Reverse(rows)
	upsert := func(rows ...*actionplanningv1.Milestone) (*actionplanningv1.BatchUpsertMilestonesResponse, error) {
		return f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: rows})
	}
	got, err := upsert(rows...)
	must(t, err)
	if !proto.Equal(got, &actionplanningv1.BatchUpsertMilestonesResponse{Created: n}) {
		t.Errorf("counts %v", got)
	}
	changed := proto.Clone(rows[3]).(*actionplanningv1.Milestone)
	changed.Percent, changed.ActualStartDate = 40, day(2027, 1, 1)
	got, err = upsert(rows[0], changed, rows[1])
	must(t, err)
	if !proto.Equal(got, &actionplanningv1.BatchUpsertMilestonesResponse{Updated: 1, Unchanged: 2}) {
		t.Errorf("counts of the second batch %v", got)
	}
	stored, err := f.client.GetMilestone(ctx, &actionplanningv1.GetMilestoneRequest{Name: changed.GetName()})
	must(t, err)
	if stored.GetPercent() != 40 || stored.GetEtag() != "2" || !slices.Equal(stored.GetDependsOn(), changed.GetDependsOn()) {
		t.Errorf("stored %v", stored)
	}

	// All or nothing: the first is good, and still not kept.
	good, twice, bad := proto.Clone(rows[0]).(*actionplanningv1.Milestone), proto.Clone(rows[0]).(*actionplanningv1.Milestone), planned(day(2027, 1, 2), day(2027, 1, 1))
	good.Percent, good.ActualStartDate = 1, day(2027, 1, 1)
	bad.Name, bad.DisplayName, bad.Etag = "organizations/o/strategies/dispatch/objectives/none/milestones/x", "Step", "1"
	_, err = upsert(good, bad, twice)
	wantFields(t, err, "milestones[1].etag", "milestones[1].planned_end_date", "milestones[2].name", "milestones[1].name")
	stale := proto.Clone(good).(*actionplanningv1.Milestone)
	stale.Etag = "7"
	_, err = upsert(stale)
	wantReason(t, err, "ETAG_MISMATCH")
	loop := proto.Clone(rows[n-1]).(*actionplanningv1.Milestone) // the first of the chain waits for the third, which the same batch moves
	loop.DependsOn = []string{rows[n-3].GetName()}
	_, err = upsert(good, loop)
	wantFields(t, err, "milestones[1].depends_on")
	if text := rpc.FromStatus(err).Error(); !strings.Contains(text, "m0 > "+objective+"/milestones/m2 > "+objective+"/milestones/m1 > "+objective+"/milestones/m0;") {
		t.Errorf("the cycle is not named: %s", text)
	}
	free := proto.Clone(rows[n-3]).(*actionplanningv1.Milestone)
	free.DependsOn = nil
	_, err = upsert(loop, free) // together they make no cycle
	must(t, err)
	kept, err := f.client.GetMilestone(ctx, &actionplanningv1.GetMilestoneRequest{Name: good.GetName()})
	must(t, err)
	if kept.GetPercent() != 0 || kept.GetEtag() != "1" {
		t.Errorf("a refused batch left %v", kept)
	}
	if r, err := f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{
		Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{good}, ValidateOnly: true,
	}); err != nil || r.GetUpdated() != 1 {
		t.Errorf("dry run %v %v", r, err)
	}
	once := &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{good}, RequestId: "once"}
	first, err := f.client.BatchUpsertMilestones(ctx, once)
	must(t, err)
	again, err := f.client.BatchUpsertMilestones(ctx, once)
	must(t, err)
	if first.GetUpdated() != 1 || !proto.Equal(first, again) {
		t.Errorf("the repeat answers %v, want %v", again, first)
	}
	foreign := proto.Clone(good).(*actionplanningv1.Milestone)
	foreign.Name = strings.Replace(foreign.GetName(), "organizations/o/", "organizations/p/", 1)
	_, err = upsert(foreign)
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}
