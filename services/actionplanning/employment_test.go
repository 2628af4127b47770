package actionplanning_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

func job(key, title string, fte int32, from, to *date.Date) *actionplanningv1.Job {
	return &actionplanningv1.Job{JobKey: key, Title: title, Department: "Dispatch", FtePpm: fte, StartDate: from, EndDate: to}
}

func TestEmploymentByDays(t *testing.T) {
	f := start(t)
	row := &actionplanningv1.StaffRow{ExternalId: "ann", DisplayName: "Ann", Jobs: []*actionplanningv1.Job{
		job("3", "Supervisor", 0, day(2027, 3, 1), nil),
		job("1", "Trainee", 0, day(2024, 1, 1), day(2025, 12, 31)),
		job("2b", "Trainer", 300_000, day(2026, 6, 1), day(2027, 2, 28)),
		job("2a", "Dispatcher", 600_000, day(2026, 1, 1), day(2027, 2, 28)),
	}, Leaves: []*actionplanningv1.Leave{{StartDate: day(2027, 2, 1), EndDate: day(2027, 2, 14)}}, EndDate: day(2027, 5, 31)}
	row.Jobs[0].ManagerExternalId = "boss"
	r := f.sync(t, "1", delta, row, staffRow("boss"))
	wantCounts(t, r, 2, 0, 0, 0, 0)
	wantCounts(t, f.sync(t, "2", delta, row), 0, 0, 1, 0, 0)
	at := func(y, m, d int32, status actionplanningv1.EmployeeStatus, title string, fte int32, manager, etag string) {
		t.Helper()
		f.moveTo(time.Date(int(y), time.Month(m), int(d), 8, 0, 0, 0, time.UTC))
		read := f.employee(t, "e-ann")
		f.settle <- epoch
		f.settle <- epoch // taken only once the first has been worked off
		stored := f.employee(t, "e-ann")
		for what, e := range map[string]*actionplanningv1.Employee{"read": read, "stored": stored} {
			if e.GetStatus() != status || e.GetTitle() != title || e.GetFtePpm() != fte || trim(e.GetManager()) != manager {
				t.Errorf("%d-%d-%d, %s: %v", y, m, d, what, e)
			}
		}
		if stored.GetEtag() != etag {
			t.Errorf("%d-%d-%d: etag %s, want %s", y, m, d, stored.GetEtag(), etag)
		}
		listed, err := f.client.ListStaff(f.as(t, "ann", "staff"), &actionplanningv1.ListStaffRequest{Parent: "organizations/o", Filter: fmt.Sprintf("title = %q", title)})
		must(t, err)
		if len(listed.GetStaff()) != 1 {
			t.Errorf("%d-%d-%d: %d listed by title", y, m, d, len(listed.GetStaff()))
		}
	}
	at(2027, 1, 1, active, "Dispatcher", 900_000, "", "1")
	at(2027, 2, 1, onLeave, "Dispatcher", 900_000, "", "2")
	at(2027, 2, 15, active, "Dispatcher", 900_000, "", "3")
	at(2027, 3, 5, active, "Supervisor", 1_000_000, " boss", "4")
	at(2027, 5, 31, active, "Supervisor", 1_000_000, " boss", "4")
	at(2027, 6, 1, terminated, "Supervisor", 1_000_000, " boss", "5")
	ann := f.employee(t, "e-ann")
	var keys []string
	for _, j := range ann.GetJobs() {
		keys = append(keys, j.GetJobKey())
	}
	if !slices.Equal(keys, []string{"1", "2a", "2b", "3"}) || ann.GetJobs()[0].GetFtePpm() != 1_000_000 || len(ann.GetLeaves()) != 1 || dayOf(ann.GetEndDate()) != "2027-05-31" {
		t.Errorf("employee %v", ann)
	}
	// A row without jobs is one job without days, and no last day; it ends what was told of jobs before.
	f.sync(t, "3", delta, worker("ann", "", "Dispatch", "Adviser"))
	if e := f.employee(t, "e-ann"); len(e.GetJobs())+len(e.GetLeaves()) != 0 || e.GetTitle() != "Adviser" || e.GetStatus() != active {
		t.Errorf("employee %v", e)
	}
}

func TestRowsOfJobsAreCheckedOneByOne(t *testing.T) {
	f := start(t)
	rows := []*actionplanningv1.StaffRow{
		staffRow("good"),
		{ExternalId: "bad", DisplayName: "Bad", Title: "Clerk", FtePpm: 5, Jobs: []*actionplanningv1.Job{
			job("a", "Clerk", 0, day(2027, 2, 1), day(2027, 1, 1)), job("a", "Clerk", 0, day(2027, 2, 30), nil),
			{JobKey: "b", ManagerExternalId: "ü"},
		}, Leaves: []*actionplanningv1.Leave{{}, {StartDate: day(2027, 2, 2), EndDate: day(2027, 2, 1)}}, EndDate: day(2027, 13, 1)},
		{ExternalId: "strangers", DisplayName: "S", Jobs: []*actionplanningv1.Job{job("a", "Clerk", 0, nil, nil), {JobKey: "b", ManagerExternalId: "nobody", StartDate: day(2030, 1, 1)}}},
	}
	r := f.sync(t, "1", delta, rows...)
	wantCounts(t, r, 1, 0, 0, 2, 0)
	var got []string
	for _, e := range r.GetErrors() {
		got = append(got, fmt.Sprintf("%d %s %s", e.GetRow(), e.GetField(), e.GetReason()))
	}
	want := []string{
		"1 title NOT_WITH_JOBS", "1 fte_ppm NOT_WITH_JOBS", "1 jobs[0].end_date OUT_OF_RANGE", "1 jobs[1].job_key DUPLICATE_JOB_KEY",
		"1 jobs[1].start_date BAD_FORMAT", "1 jobs[2].manager_external_id BAD_FORMAT", "1 leaves[0].start_date REQUIRED", "1 leaves[1].end_date OUT_OF_RANGE",
		"1 end_date BAD_FORMAT", "2 jobs[1].manager_external_id UNKNOWN_MANAGER",
	}
	if !slices.Equal(got, want) {
		t.Errorf("errors\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestStaffLoad(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.sync(t, "1", delta, &actionplanningv1.StaffRow{ExternalId: "ann", DisplayName: "Ann", Jobs: []*actionplanningv1.Job{
		job("a", "Dispatcher", 500_000, nil, nil), job("b", "Trainer", 300_000, day(2027, 4, 1), nil),
	}})
	_, err := f.tryAssign(t, "a", calls, "ann", leads, 400_000, day(2027, 1, 1), day(2027, 5, 31))
	must(t, err)
	_, err = f.tryAssign(t, "b", calls, "ann", support, 300_000, day(2027, 5, 1), nil)
	must(t, err)
	ctx := f.as(t, "mia", "manager")
	load, err := f.client.GetStaffLoad(ctx, &actionplanningv1.GetStaffLoadRequest{Name: staffName("ann"), EndDate: day(2027, 6, 30)})
	must(t, err)
	var spans []string
	for _, s := range load.GetSpans() {
		spans = append(spans, fmt.Sprintf("%s %s %d/%d %d", dayOf(s.GetStartDate()), dayOf(s.GetEndDate()), s.GetLoadPpm(), s.GetAvailablePpm(), len(s.GetAssignments())))
	}
	want := []string{
		"2027-01-01 2027-03-31 400000/500000 1", "2027-04-01 2027-04-30 400000/800000 1", "2027-05-01 2027-05-31 700000/800000 2",
		"2027-06-01 2027-06-30 300000/800000 1",
	}
	if !slices.Equal(spans, want) || load.GetOverPpm() != 0 || load.GetEmployee() != staffName("ann") {
		t.Errorf("load %q, want %q", spans, want)
	}
	_, err = f.client.GetStaffLoad(ctx, &actionplanningv1.GetStaffLoadRequest{Name: staffName("ann"), StartDate: day(2027, 1, 1), EndDate: day(2040, 1, 1)})
	wantFields(t, err, "end_date")
	_, err = f.client.GetStaffLoad(ctx, &actionplanningv1.GetStaffLoadRequest{Name: staffName("nobody")})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}

func TestOverAllocationIsRefusedOrFlagged(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	f.assign(t, "first", calls, "ann", leads, 700_000)
	_, err := f.tryAssign(t, "second", calls, "ann", support, 400_000, day(2027, 1, 1), day(2027, 3, 31))
	wantReason(t, err, "OVER_ALLOCATED")
	if e, _ := fault.As(rpc.FromStatus(err)); e == nil || !strings.Contains(e.Message, "organizations/o/staff/e-ann (Name of ann)") ||
		!strings.Contains(e.Message, "1100000 ppm of 1000000 ppm from 2027-01-01 to 2027-03-31") {
		t.Errorf("error %v", err)
	}
	mia := f.as(t, "mia", "manager")
	policy, err := f.client.GetAssignmentPolicy(mia, &actionplanningv1.GetAssignmentPolicyRequest{Name: "organizations/o/assignmentPolicy"})
	must(t, err)
	if policy.GetOverAllocation() != actionplanningv1.OverAllocation_OVER_ALLOCATION_REFUSE || policy.GetUpdateTime() != nil {
		t.Errorf("policy %v", policy)
	}
	update := &actionplanningv1.UpdateAssignmentPolicyRequest{AssignmentPolicy: &actionplanningv1.AssignmentPolicy{
		Name: policy.GetName(), OverAllocation: actionplanningv1.OverAllocation_OVER_ALLOCATION_FLAG, Etag: policy.GetEtag(),
	}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"over_allocation"}}, ValidateOnly: true}
	_, err = f.client.UpdateAssignmentPolicy(mia, update)
	must(t, err)
	update.ValidateOnly = false
	changed, err := f.client.UpdateAssignmentPolicy(mia, update)
	must(t, err)
	if changed.GetOverAllocation() != actionplanningv1.OverAllocation_OVER_ALLOCATION_FLAG || changed.GetUpdateTime() == nil {
		t.Errorf("policy %v", changed)
	}
	_, err = f.client.UpdateAssignmentPolicy(mia, update)
	wantReason(t, err, "ETAG_MISMATCH")
	_, err = f.client.UpdateAssignmentPolicy(f.as(t, "ann", "staff"), update)
	wantReason(t, err, "ROLE_LACKS_PERMISSION")

	second, err := f.tryAssign(t, "second", calls, "ann", support, 400_000, day(2027, 1, 1), day(2027, 3, 31))
	must(t, err)
	third, err := f.tryAssign(t, "third", calls, "ann", support, 300_000, day(2027, 4, 1), nil)
	must(t, err)
	if !second.GetOverAllocated() || third.GetOverAllocated() || !f.assignment(t, "organizations/o/assignments/first").GetOverAllocated() {
		t.Errorf("flags of %v and %v", second, third)
	}
	if got := f.gaps(t, ""); !slices.Equal(got, []string{"OVER_ALLOCATED  ann proposed=false"}) {
		t.Errorf("gaps %q", got)
	}
	_, err = f.client.DeleteAssignment(mia, &actionplanningv1.DeleteAssignmentRequest{Name: second.GetName()})
	must(t, err)
	if f.assignment(t, "organizations/o/assignments/first").GetOverAllocated() || len(f.gaps(t, "")) != 0 {
		t.Error("nothing is too much any more")
	}
	// A lower availability is not refused, and shows.
	part := worker("ann", "boss", "Dispatch", "Dispatcher")
	part.FtePpm = 500_000
	f.sync(t, "part time", delta, part)
	if !f.assignment(t, "organizations/o/assignments/first").GetOverAllocated() || !f.assignment(t, third.GetName()).GetOverAllocated() {
		t.Error("half time is enough for what was a whole")
	}
}

func TestAssignmentsOfABatch(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	item := func(id, key string, role actionplanningv1.AssignmentRole, effort int32) *actionplanningv1.Assignment {
		return &actionplanningv1.Assignment{
			Name: "organizations/o/assignments/" + id, Objective: calls, Employee: staffName(key), Role: role, EffortPpm: effort, StartDate: day(2027, 1, 1),
		}
	}
	f.assign(t, "there", calls, "bo", support, 100_000)
	there := f.assignment(t, "organizations/o/assignments/there")
	stale := proto.CloneOf(there)
	stale.Etag, stale.EffortPpm = "7", 1
	nobody := item("nobody", "nobody", support, 0)
	nobody.Objective = "organizations/o/strategies/dispatch/objectives/none"
	elsewhere := item("elsewhere", "ann", support, 0)
	elsewhere.Name = "organizations/other/assignments/elsewhere"
	batch := &actionplanningv1.BatchUpsertAssignmentsRequest{Parent: "organizations/o", RequestId: "b", Assignments: []*actionplanningv1.Assignment{
		item("one", "ann", leads, 600_000), item("two", "cy", leads, 0), item("three", "ann", support, 500_000), item("four", "ann", support, 400_000),
		{Name: "organizations/o/assignments/Bad Name"},
		nobody, item("twice", "cy", support, 0), item("twice", "di", support, 0), there, stale,
	}}
	hr := f.as(t, "hr-system", "hr")
	r, err := f.client.BatchUpsertAssignments(hr, batch)
	must(t, err)
	var got []string
	for _, e := range r.GetErrors() {
		if e.GetMessage() == "" {
			t.Errorf("no word about %v", e)
		}
		got = append(got, fmt.Sprintf("%d %s %s", e.GetRow(), e.GetField(), e.GetReason()))
	}
	want := []string{
		"1 role LEAD_TAKEN", "2 effort_ppm OVER_ALLOCATED", "4 objective INVALID_FIELDS", "4 employee INVALID_FIELDS", "4 role INVALID_FIELDS",
		"4 start_date INVALID_FIELDS", "4 name INVALID_FIELDS", "5 objective INVALID_FIELDS", "5 employee INVALID_FIELDS",
		"6 name INVALID_FIELDS", "7 name INVALID_FIELDS", "8 name INVALID_FIELDS", "9 name INVALID_FIELDS",
	}
	if !slices.Equal(got, want) || r.GetCreated() != 2 || r.GetUpdated() != 0 || r.GetUnchanged() != 0 || r.GetRejected() != 8 {
		t.Errorf("%v\nerrors\n%s\nwant\n%s", r, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	again, err := f.client.BatchUpsertAssignments(hr, batch)
	must(t, err)
	if !proto.Equal(r, again) {
		t.Errorf("the repeat answers %v", again)
	}
	more := proto.CloneOf(there)
	more.EffortPpm = 200_000
	batch = &actionplanningv1.BatchUpsertAssignmentsRequest{Parent: "organizations/o", Assignments: []*actionplanningv1.Assignment{item("one", "ann", leads, 600_000), more, stale}, ValidateOnly: true}
	batch.Assignments[2].Name = "organizations/o/assignments/four"
	for dry := range 2 {
		if r, err = f.client.BatchUpsertAssignments(hr, batch); err != nil || r.GetUnchanged() != 1 || r.GetUpdated() != 1 || r.GetRejected() != 1 || r.GetErrors()[0].GetReason() != "ETAG_MISMATCH" {
			t.Errorf("%v, %v", r, err)
		}
		if a := f.assignment(t, there.GetName()); (a.GetEffortPpm() == 200_000) != (dry == 1) {
			t.Errorf("assignment %v", a)
		}
		batch.ValidateOnly = false
	}
	_, err = f.client.BatchUpsertAssignments(hr, &actionplanningv1.BatchUpsertAssignmentsRequest{Parent: "organizations/o", Assignments: []*actionplanningv1.Assignment{elsewhere}})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}

func TestAssignmentChanges(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	for _, key := range []string{"ann", "bo", "cy"} {
		f.assign(t, key, calls, key, support, 100_000)
	}
	hr := f.as(t, "hr-system", "hr")
	_, err := f.client.DeleteAssignment(hr, &actionplanningv1.DeleteAssignmentRequest{Name: "organizations/o/assignments/cy"})
	must(t, err)
	change := func(id string, effort int32) {
		t.Helper()
		_, err := f.client.UpdateAssignment(hr, &actionplanningv1.UpdateAssignmentRequest{
			Assignment: &actionplanningv1.Assignment{Name: "organizations/o/assignments/" + id, EffortPpm: effort}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"effort_ppm"}},
		})
		must(t, err)
	}
	list := func(token string, size int32) (got []string, r *actionplanningv1.ListAssignmentChangesResponse) {
		t.Helper()
		r, err := f.client.ListAssignmentChanges(f.as(t, "hr-system", "hr"), &actionplanningv1.ListAssignmentChangesRequest{Parent: "organizations/o", SyncToken: token, PageSize: size})
		must(t, err)
		for _, c := range r.GetChanges() {
			got = append(got, fmt.Sprintf("%s %d %t", c.GetAssignment().GetName()[len("organizations/o/assignments/"):], c.GetAssignment().GetEffortPpm(), c.GetDeleted()))
		}
		return got, r
	}
	change("ann", 200_000)
	first, r := list("", 1)
	if !slices.Equal(first, []string{"bo 100000 false"}) || !r.GetHasMore() {
		t.Errorf("first %v of %v", first, r)
	}
	second, r := list(r.GetNextSyncToken(), 5)
	if !slices.Equal(second, []string{"ann 200000 false"}) || r.GetHasMore() {
		t.Errorf("second %v of %v", second, r)
	}
	token := r.GetNextSyncToken()
	if none, r := list(token, 0); len(none) != 0 || r.GetHasMore() || r.GetNextSyncToken() == "" {
		t.Errorf("nothing happened, and %v", r)
	}
	change("bo", 300_000)
	change("ann", 300_000)
	change("bo", 400_000)
	_, err = f.client.DeleteAssignment(hr, &actionplanningv1.DeleteAssignmentRequest{Name: "organizations/o/assignments/ann"})
	must(t, err)
	if got, _ := list(token, 0); !slices.Equal(got, []string{"bo 400000 false", "ann 0 true"}) {
		t.Errorf("changes %v", got)
	}
	if got, _ := list("", 0); !slices.Equal(got, []string{"bo 400000 false"}) {
		t.Errorf("anew %v", got)
	}
	ask := func(token string) error {
		_, err := f.client.ListAssignmentChanges(f.as(t, "hr-system", "hr"), &actionplanningv1.ListAssignmentChangesRequest{Parent: "organizations/o", SyncToken: token})
		return err
	}
	for _, bad := range []string{"nonsense", token + "A", "MSBvIDEgMQ"} {
		wantFields(t, ask(bad), "sync_token")
	}
	_, err = f.client.ListAssignmentChanges(f.of(t, "other", "hr", "hr"), &actionplanningv1.ListAssignmentChangesRequest{Parent: "organizations/other", SyncToken: token})
	wantFields(t, err, "sync_token")
	f.moveTo(epoch.AddDate(0, 0, 30))
	must(t, ask(token))
	f.moveTo(epoch.AddDate(0, 0, 30).Add(time.Second))
	wantReason(t, ask(token), "EXPIRED_SYNC_TOKEN")
}
