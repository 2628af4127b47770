package actionplanning_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
)

const (
	onLeave = actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_LEAVE
	leads   = actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_LEAD
	support = actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_SUPPORT
	opened  = actionplanningv1.SuccessionState_SUCCESSION_STATE_OPEN
)

func staffName(key string) string { return "organizations/o/staff/e-" + key }

// worker is a row with a manager, department and title.
func worker(key, manager, department, title string) *actionplanningv1.StaffRow {
	row := staffRow(key)
	row.ManagerExternalId, row.Department, row.Title = manager, department, title
	return row
}

// office syncs a chief, a boss under them, and under the boss ann, bo, cy and di, and elsewhere ed.
func (f *fixture) office(t *testing.T) {
	t.Helper()
	wantCounts(t, f.sync(t, "office", full,
		worker("chief", "", "Manager", "City Manager"), worker("boss", "chief", "Dispatch", "Supervisor"),
		worker("ann", "boss", "Dispatch", "Dispatcher"), worker("bo", "boss", "Dispatch", "Dispatcher"), worker("cy", "boss", "Dispatch", "Clerk"),
		worker("di", "boss", "Dispatch", "Clerk"), worker("ed", "chief", "Police", "Dispatcher"), worker("fay", "chief", "Parks", "Gardener"),
	), 8, 0, 0, 0, 0)
}

// assign gives somebody work from the middle of 2026 on.
func (f *fixture) assign(t *testing.T, id, objective, key string, role actionplanningv1.AssignmentRole, effort int32) *actionplanningv1.Assignment {
	t.Helper()
	a, err := f.tryAssign(t, id, objective, key, role, effort, day(2026, 7, 1), nil)
	must(t, err)
	return a
}

func (f *fixture) tryAssign(
	t *testing.T, id, objective, key string, role actionplanningv1.AssignmentRole, effort int32, from, to *date.Date,
) (*actionplanningv1.Assignment, error) {
	t.Helper()
	return f.client.CreateAssignment(f.as(t, "mia", "manager"), &actionplanningv1.CreateAssignmentRequest{
		Parent: "organizations/o", AssignmentId: id,
		Assignment: &actionplanningv1.Assignment{
			Objective: objective, Employee: staffName(key), Role: role, EffortPpm: effort, StartDate: from, EndDate: to,
		},
	})
}

func (f *fixture) assignment(t *testing.T, name string) *actionplanningv1.Assignment {
	t.Helper()
	a, err := f.client.GetAssignment(f.as(t, "ann", "staff"), &actionplanningv1.GetAssignmentRequest{Name: name})
	must(t, err)
	return a
}

func (f *fixture) proposals(t *testing.T, filter string) []*actionplanningv1.SuccessionProposal {
	t.Helper()
	r, err := f.client.ListSuccessionProposals(f.as(t, "hr-system", "hr"), &actionplanningv1.ListSuccessionProposalsRequest{Parent: "organizations/o", Filter: filter})
	must(t, err)
	return r.GetSuccessionProposals()
}

// gaps are the ownership gaps as "KIND objective employee proposal", shortened.
func (f *fixture) gaps(t *testing.T, filter string) []string {
	t.Helper()
	var out []string
	for token := ""; ; {
		r, err := f.client.ListOwnershipGaps(f.as(t, "mia", "manager"), &actionplanningv1.ListOwnershipGapsRequest{
			Parent: "organizations/o", Filter: filter, PageSize: 1, PageToken: token, OrderBy: "objective, employee",
		})
		must(t, err)
		for _, g := range r.GetGaps() {
			if g.GetDetail() == "" {
				t.Errorf("a gap without a word: %v", g)
			}
			out = append(out, fmt.Sprintf("%s %s%s proposed=%t", g.GetKind().String()[len("OWNERSHIP_GAP_KIND_"):],
				g.GetObjective()[max(0, len(g.GetObjective())-5):], trim(g.GetEmployee()), g.GetSuccessionProposal() != ""))
		}
		if token = r.GetNextPageToken(); token == "" {
			return out
		}
	}
}

func trim(employee string) string {
	if employee == "" {
		return ""
	}
	return " " + employee[len("organizations/o/staff/e-"):]
}

func dayOf(d *date.Date) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
}

func gone(key string) *actionplanningv1.StaffRow {
	return &actionplanningv1.StaffRow{ExternalId: key, Status: terminated}
}

func TestLeaversWorkGoesToTheManager(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	mine := f.assign(t, "ann-leads", calls, "ann", leads, 600_000)
	f.assign(t, "di-helps", calls, "di", support, 300_000)
	if got := f.gaps(t, ""); len(got) != 0 {
		t.Fatalf("gaps %v", got)
	}
	left := f.sync(t, "leaves", delta, gone("ann"))
	wantCounts(t, left, 0, 1, 0, 0, 1)
	if left.GetReassigned() != 1 {
		t.Errorf("%d reassigned", left.GetReassigned())
	}
	if a := f.assignment(t, mine.GetName()); dayOf(a.GetEndDate()) != "2026-12-31" || a.GetEtag() != "2" {
		t.Errorf("the leaver's assignment %v", a)
	}
	if ann := f.employee(t, "e-ann"); ann.GetStatus() != terminated || dayOf(ann.GetEndDate()) != "2026-12-31" {
		t.Errorf("the leaver %v", ann)
	}
	list := f.proposals(t, `state = OPEN AND leaver = "`+staffName("ann")+`" AND objective = "`+calls+`"`)
	if len(list) != 1 {
		t.Fatalf("proposals %v", list)
	}
	p := list[0]
	if p.GetState() != opened || p.GetEndedAssignment() != mine.GetName() || p.GetObjective() != calls || p.GetSuccessor() != "" {
		t.Errorf("proposal %v", p)
	}
	interim := f.assignment(t, p.GetInterimAssignment())
	if interim.GetEmployee() != staffName("boss") || interim.GetRole() != leads || interim.GetEffortPpm() != 600_000 || !interim.GetInterim() ||
		dayOf(interim.GetStartDate()) != "2027-01-01" || interim.GetEndDate() != nil {
		t.Errorf("interim assignment %v", interim)
	}
	// Department and title, then department, by what is left, then title; nobody else.
	var who []string
	for _, c := range p.GetCandidates() {
		who = append(who, fmt.Sprintf("%s department=%t title=%t %d", trim(c.GetEmployee()), c.GetSameDepartment(), c.GetSameTitle(), c.GetFreePpm()))
	}
	want := []string{
		" bo department=true title=true 1000000", " cy department=true title=false 1000000", " di department=true title=false 700000",
		" boss department=true title=false 400000", " ed department=false title=true 1000000",
	}
	if !slices.Equal(who, want) {
		t.Errorf("candidates %q, want %q", who, want)
	}
	if got := f.gaps(t, ""); !slices.Equal(got, []string{"INTERIM calls boss proposed=true"}) {
		t.Errorf("gaps %q", got)
	}

	accept := &actionplanningv1.AcceptSuccessionRequest{Name: p.GetName(), Employee: staffName("bo"), Etag: p.GetEtag(), RequestId: "once", ValidateOnly: true}
	hr := f.as(t, "hr-system", "hr")
	_, err := f.client.AcceptSuccession(hr, accept)
	must(t, err)
	if len(f.proposals(t, "state = OPEN")) != 1 {
		t.Fatal("a dry run decided")
	}
	accept.ValidateOnly = false
	done, err := f.client.AcceptSuccession(hr, accept)
	must(t, err)
	again, err := f.client.AcceptSuccession(hr, accept)
	must(t, err)
	if done.GetState() != actionplanningv1.SuccessionState_SUCCESSION_STATE_ACCEPTED || done.GetSuccessor() != staffName("bo") ||
		done.GetDecidedBy() != "hr-system" || len(done.GetCandidates()) != 5 || !proto.Equal(done, again) {
		t.Errorf("accepted %v, again %v", done, again)
	}
	_, err = f.client.GetAssignment(hr, &actionplanningv1.GetAssignmentRequest{Name: interim.GetName()})
	wantReason(t, err, "RESOURCE_NOT_FOUND") // it had not held for a day
	r, err := f.client.ListAssignments(hr, &actionplanningv1.ListAssignmentsRequest{Parent: "organizations/o", Filter: `employee = "` + staffName("bo") + `"`})
	must(t, err)
	if got := r.GetAssignments(); len(got) != 1 || got[0].GetRole() != leads || got[0].GetEffortPpm() != 600_000 || got[0].GetInterim() || dayOf(got[0].GetStartDate()) != "2027-01-01" {
		t.Errorf("the successor's work %v", got)
	}
	accept.RequestId, accept.Etag = "", ""
	_, err = f.client.AcceptSuccession(hr, accept)
	wantReason(t, err, "SUCCESSION_DECIDED")
	if got := f.gaps(t, ""); len(got) != 0 {
		t.Errorf("gaps %q", got)
	}
	_, err = f.client.GetSuccessionProposal(f.of(t, "other", "eve", "hr"), &actionplanningv1.GetSuccessionProposalRequest{Name: p.GetName()})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}

func TestSuccessorsMustHaveRoom(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	f.assign(t, "ann-leads", calls, "ann", leads, 600_000)
	f.assign(t, "bo-helps", calls, "bo", support, 500_000)
	f.sync(t, "1", delta, gone("ann"))
	before := f.proposals(t, "")[0]
	hr := f.as(t, "hr-system", "hr")
	accept := func(key string) error {
		_, err := f.client.AcceptSuccession(hr, &actionplanningv1.AcceptSuccessionRequest{Name: before.GetName(), Employee: staffName(key)})
		return err
	}
	wantReason(t, accept("bo"), "OVER_ALLOCATED")
	wantReason(t, accept("nobody"), "RESOURCE_NOT_FOUND")
	if p := f.proposals(t, "")[0]; !proto.Equal(p, before) || !f.assignment(t, p.GetInterimAssignment()).GetInterim() {
		t.Errorf("a refusal changed %v into %v", before, p)
	}
	_, err := f.client.DeclineSuccession(hr, &actionplanningv1.DeclineSuccessionRequest{Name: before.GetName(), Reason: " "})
	wantFields(t, err, "reason")
	_, err = f.client.DeclineSuccession(hr, &actionplanningv1.DeclineSuccessionRequest{Name: before.GetName(), Reason: "No", Etag: "9"})
	wantReason(t, err, "ETAG_MISMATCH")

	// After some days the interim owner ends with yesterday; accepting for them makes the work their own.
	f.moveTo(epoch.AddDate(0, 0, 5))
	hr = f.as(t, "hr-system", "hr")
	must(t, accept("cy"))
	if a := f.assignment(t, before.GetInterimAssignment()); dayOf(a.GetEndDate()) != "2027-01-05" {
		t.Errorf("interim assignment %v", a)
	}
	f.sync(t, "2", delta, gone("cy"))
	before = f.proposals(t, "state = OPEN")[0]
	must(t, accept("boss"))
	if a := f.assignment(t, before.GetInterimAssignment()); a.GetInterim() || a.GetEndDate() != nil || a.GetEmployee() != staffName("boss") {
		t.Errorf("the manager's assignment %v", a)
	}
}

func TestInterimOwnersLeaveToo(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	f.assign(t, "ann-leads", calls, "ann", leads, 600_000)
	f.sync(t, "1", delta, gone("ann"))
	first := f.proposals(t, "")[0]

	f.moveTo(epoch.AddDate(0, 0, 10))
	f.sync(t, "2", delta, gone("boss"))
	list := f.proposals(t, "")
	if len(list) != 1 || list[0].GetName() != first.GetName() || list[0].GetLeaver() != staffName("ann") || list[0].GetInterimAssignment() == first.GetInterimAssignment() {
		t.Fatalf("proposals %v", list)
	}
	if a := f.assignment(t, first.GetInterimAssignment()); dayOf(a.GetEndDate()) != "2027-01-10" {
		t.Errorf("the first interim assignment %v", a)
	}
	if a := f.assignment(t, list[0].GetInterimAssignment()); a.GetEmployee() != staffName("chief") || !a.GetInterim() || dayOf(a.GetStartDate()) != "2027-01-11" {
		t.Errorf("the second %v", a)
	}

	// With the last manager gone too, the proposal stays and nobody holds the work.
	left := f.sync(t, "3", delta, gone("chief"))
	if left.GetReassigned() != 0 {
		t.Errorf("%d reassigned to nobody", left.GetReassigned())
	}
	if p := f.proposals(t, "state = OPEN")[0]; p.GetName() != first.GetName() || p.GetInterimAssignment() != "" {
		t.Errorf("proposal %v", p)
	}
	if got := f.gaps(t, ""); !slices.Equal(got, []string{"NO_LEAD calls proposed=true"}) {
		t.Errorf("gaps %q", got)
	}
	// Who comes back finds the work where it went, and can be its successor.
	f.sync(t, "4", delta, worker("ann", "", "Dispatch", "Dispatcher"))
	if ann := f.employee(t, "e-ann"); ann.GetStatus() != active || ann.GetEndDate() != nil {
		t.Errorf("returned %v", ann)
	}
	if got := f.gaps(t, ""); len(got) != 1 {
		t.Errorf("gaps %q", got)
	}
	_, err := f.client.AcceptSuccession(f.as(t, "mia", "manager"), &actionplanningv1.AcceptSuccessionRequest{Name: first.GetName(), Employee: staffName("boss")})
	wantReason(t, err, "EMPLOYEE_TERMINATED")
	_, err = f.client.AcceptSuccession(f.as(t, "mia", "manager"), &actionplanningv1.AcceptSuccessionRequest{Name: first.GetName(), Employee: staffName("ann")})
	must(t, err)
	if got := f.gaps(t, ""); len(got) != 0 {
		t.Errorf("gaps %q", got)
	}
}

func TestWorkMovesWhenTheDayComes(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	f.assign(t, "ann-leads", calls, "ann", leads, 600_000)
	leaving := worker("ann", "boss", "Dispatch", "Dispatcher")
	leaving.EndDate = day(2027, 2, 10)
	wantCounts(t, f.sync(t, "notice", delta, leaving), 0, 1, 0, 0, 0)
	tick := func(at time.Time) {
		f.moveTo(at)
		f.settle <- at
		f.settle <- at // taken only once the first has been worked off
	}
	tick(time.Date(2027, 2, 10, 23, 0, 0, 0, time.UTC))
	if n := len(f.proposals(t, "")); n != 0 || f.employee(t, "e-ann").GetStatus() != active {
		t.Fatalf("%d proposals on the last day", n)
	}
	tick(time.Date(2027, 2, 11, 1, 0, 0, 0, time.UTC))
	events := len(f.changes(t))
	tick(time.Date(2027, 2, 11, 2, 0, 0, 0, time.UTC))
	p := f.proposals(t, "")
	if len(p) != 1 || f.employee(t, "e-ann").GetStatus() != terminated || len(f.changes(t)) != events {
		t.Fatalf("proposals %v, and %d events became %d", p, events, len(f.changes(t)))
	}
	if a := f.assignment(t, "organizations/o/assignments/ann-leads"); dayOf(a.GetEndDate()) != "2027-02-10" {
		t.Errorf("the leaver's assignment %v", a)
	}
	if a := f.assignment(t, p[0].GetInterimAssignment()); dayOf(a.GetStartDate()) != "2027-02-11" || a.GetEmployee() != staffName("boss") {
		t.Errorf("interim assignment %v", a)
	}
	wantCounts(t, f.sync(t, "again", delta, leaving), 0, 0, 1, 0, 0)

	declined, err := f.client.DeclineSuccession(f.as(t, "mia", "manager"), &actionplanningv1.DeclineSuccessionRequest{Name: p[0].GetName(), Reason: "The unit is merged"})
	must(t, err)
	if declined.GetState() != actionplanningv1.SuccessionState_SUCCESSION_STATE_DECLINED || declined.GetReason() != "The unit is merged" || declined.GetDecidedBy() != "mia" {
		t.Errorf("declined %v", declined)
	}
	if a := f.assignment(t, p[0].GetInterimAssignment()); a.GetInterim() {
		t.Errorf("%v is the manager's own now", a)
	}
	if got := f.gaps(t, ""); len(got) != 0 {
		t.Errorf("gaps %q", got)
	}
	// Their own work has a proposal of its own when they leave.
	f.sync(t, "boss leaves", delta, gone("boss"))
	if got := f.proposals(t, "state = OPEN"); len(got) != 1 || got[0].GetLeaver() != staffName("boss") {
		t.Errorf("proposals %v", got)
	}
}

func TestSyncsBringTheDayTooAndReachBack(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	f.assign(t, "ann-leads", calls, "ann", leads, 100_000)
	_, err := f.tryAssign(t, "later", calls, "ann", support, 100_000, day(2027, 6, 1), day(2027, 6, 30))
	must(t, err)
	_, err = f.tryAssign(t, "over", calls, "ann", support, 100_000, day(2026, 1, 1), day(2026, 12, 15))
	must(t, err)
	past := worker("ann", "boss", "Dispatch", "Dispatcher")
	past.EndDate = day(2026, 11, 30)
	left := f.sync(t, "found out late", delta, past)
	wantCounts(t, left, 0, 1, 0, 0, 1)
	if left.GetReassigned() != 2 {
		t.Errorf("%d reassigned", left.GetReassigned())
	}
	if a := f.assignment(t, "organizations/o/assignments/ann-leads"); dayOf(a.GetEndDate()) != "2026-11-30" {
		t.Errorf("ended %v", a)
	}
	if a := f.assignment(t, "organizations/o/assignments/over"); dayOf(a.GetEndDate()) != "2026-12-15" {
		t.Errorf("what was over stays as it was: %v", a)
	}
	_, err = f.client.GetAssignment(f.as(t, "ann", "staff"), &actionplanningv1.GetAssignmentRequest{Name: "organizations/o/assignments/later"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	starts := map[string]bool{}
	for _, p := range f.proposals(t, "") {
		starts[dayOf(f.assignment(t, p.GetInterimAssignment()).GetStartDate())] = true
	}
	if !starts["2027-01-01"] || !starts["2027-06-01"] || len(starts) != 2 {
		t.Errorf("interim work starts on %v", starts)
	}

	// A day that came while nobody looked is brought by the next sync, whatever it is about.
	soon := worker("boss", "chief", "Dispatch", "Supervisor")
	soon.EndDate = day(2027, 1, 15)
	f.sync(t, "notice", delta, soon)
	f.moveTo(epoch.AddDate(0, 0, 20))
	f.sync(t, "about somebody else", delta, worker("ed", "chief", "Police", "Dispatcher"))
	for _, p := range f.proposals(t, "state = OPEN") {
		if a := f.assignment(t, p.GetInterimAssignment()); a.GetEmployee() != staffName("chief") {
			t.Errorf("interim assignment %v", a)
		}
	}
}

func TestLeaveIsNotLeaving(t *testing.T) {
	f := start(t)
	_, calls := f.strategy(t)
	f.office(t)
	f.assign(t, "ann-leads", calls, "ann", leads, 0)
	away := worker("ann", "boss", "Dispatch", "Dispatcher")
	away.Leaves = []*actionplanningv1.Leave{{StartDate: day(2027, 1, 1), EndDate: day(2027, 1, 31)}}
	f.sync(t, "leave", delta, away)
	if ann := f.employee(t, "e-ann"); ann.GetStatus() != onLeave || len(f.proposals(t, "")) != 0 {
		t.Errorf("on leave: %v", ann)
	}
	if got := f.gaps(t, `kind = ON_LEAVE AND employee = "`+staffName("ann")+`"`); !slices.Equal(got, []string{"ON_LEAVE calls ann proposed=false"}) {
		t.Errorf("gaps %q", got)
	}
	f.moveTo(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
	if ann := f.employee(t, "e-ann"); ann.GetStatus() != active {
		t.Errorf("back: %v", ann)
	}
	if got := f.gaps(t, ""); len(got) != 0 {
		t.Errorf("gaps %q", got)
	}
}
