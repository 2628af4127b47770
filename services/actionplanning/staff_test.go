package actionplanning_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const (
	delta      = actionplanningv1.SyncMode_SYNC_MODE_DELTA
	full       = actionplanningv1.SyncMode_SYNC_MODE_FULL
	terminated = actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_TERMINATED
	active     = actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_ACTIVE
)

func staffRow(key string) *actionplanningv1.StaffRow {
	return &actionplanningv1.StaffRow{ExternalId: key, DisplayName: "Name of " + key}
}

// sync syncs as the HR system.
func (f *fixture) sync(t testing.TB, id string, mode actionplanningv1.SyncMode, rows ...*actionplanningv1.StaffRow) *actionplanningv1.SyncStaffResponse {
	t.Helper()
	r, err := f.client.SyncStaff(f.as(t, "hr-system", "hr"), &actionplanningv1.SyncStaffRequest{
		Parent: "organizations/o", SyncId: id, Mode: mode, Rows: rows,
	})
	must(t, err)
	return r
}

// wantCounts compares created, updated, unchanged, rejected, terminated.
func wantCounts(t *testing.T, r *actionplanningv1.SyncStaffResponse, want ...int32) {
	t.Helper()
	got := []int32{r.GetCreated(), r.GetUpdated(), r.GetUnchanged(), r.GetRejected(), r.GetTerminated()}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("created, updated, unchanged, rejected, terminated are %v, want %v; errors %v", got, want, r.GetErrors())
	}
}

func (f *fixture) employee(t *testing.T, id string) *actionplanningv1.Employee {
	t.Helper()
	e, err := f.client.GetEmployee(f.as(t, "ann", "staff"), &actionplanningv1.GetEmployeeRequest{Name: "organizations/o/staff/" + id})
	must(t, err)
	return e
}

// changes are the employees' events in the audit log.
func (f *fixture) changes(t *testing.T) (events []outbox.Event) {
	t.Helper()
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) (err error) {
		events, err = outbox.Changes(tx, "o", 0, 100_000)
		return err
	}))
	return events
}

func TestSyncedEmployee(t *testing.T) {
	f := start(t)
	r := f.sync(t, "1", delta, &actionplanningv1.StaffRow{
		ExternalId: "7", DisplayName: "Ann", Title: "Dispatcher", Department: "Police", ManagerExternalId: "Boss.1", Position: "P-1",
		Status: actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_LEAVE, WorkerType: "seasonal", Subject: "ann@city",
	}, &actionplanningv1.StaffRow{ExternalId: "Boss.1", DisplayName: "Bo", FtePpm: 500_000}, &actionplanningv1.StaffRow{ExternalId: "8", FtePpm: -1})
	wantCounts(t, r, 2, 0, 0, 1, 0)
	if e := r.GetErrors(); len(e) != 2 || e[0].GetRow() != 2 || e[0].GetExternalId() != "8" || e[0].GetField() != "display_name" || e[1].GetField() != "fte_ppm" {
		t.Errorf("errors %v", e)
	}
	ann := f.employee(t, "e-7")
	boss, err := f.client.GetEmployee(f.as(t, "ann", "staff"), &actionplanningv1.GetEmployeeRequest{Name: ann.GetManager()})
	must(t, err)
	if boss.GetExternalId() != "Boss.1" || boss.GetManager() != "" || boss.GetFtePpm() != 500_000 || boss.GetStatus() != active {
		t.Errorf("manager %v", boss)
	}
	ann.Manager, ann.CreateTime, ann.UpdateTime = "", nil, nil
	want := &actionplanningv1.Employee{
		Name: "organizations/o/staff/e-7", ExternalId: "7", DisplayName: "Ann", Title: "Dispatcher", Department: "Police", Position: "P-1", FtePpm: 1_000_000,
		Status: actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_LEAVE, WorkerType: "seasonal", Subject: "ann@city", Etag: "1",
	}
	if !proto.Equal(ann, want) {
		t.Errorf("employee %v, want %v", ann, want)
	}
	events := f.changes(t)
	var told actionplanningv1.Employee
	must(t, proto.Unmarshal(events[0].Data, &told))
	if len(events) != 2 || events[0].Type != actionplanning.Source+".employee.created" || events[0].Actor != "hr-system" || told.GetExternalId() != "7" {
		t.Errorf("events %+v", events)
	}
}

func TestSyncComesAndGoes(t *testing.T) {
	f := start(t)
	wantCounts(t, f.sync(t, "1", full, staffRow("1"), staffRow("2")), 2, 0, 0, 0, 0)
	wantCounts(t, f.sync(t, "2", delta, &actionplanningv1.StaffRow{ExternalId: "2", Status: terminated}), 0, 1, 0, 0, 1)
	if e := f.employee(t, "e-2"); e.GetStatus() != terminated || e.GetDisplayName() != "Name of 2" || e.GetEtag() != "2" {
		t.Errorf("ended employee %v", e)
	}
	wantCounts(t, f.sync(t, "3", delta, &actionplanningv1.StaffRow{ExternalId: "2", Status: terminated}), 0, 0, 1, 0, 0)
	wantCounts(t, f.sync(t, "4", full, staffRow("1"), staffRow("2")), 0, 1, 1, 0, 0)
	if e := f.employee(t, "e-2"); e.GetStatus() != active || e.GetEtag() != "3" {
		t.Errorf("returned employee %v", e)
	}
	listed, err := f.client.ListStaff(f.as(t, "ann", "staff"), &actionplanningv1.ListStaffRequest{
		Parent: "organizations/o", Filter: "status = ACTIVE", OrderBy: "external_id desc",
	})
	must(t, err)
	if s := listed.GetStaff(); len(s) != 2 || s[0].GetExternalId() != "2" {
		t.Errorf("active staff %v", s)
	}
	wantReason(t, f.refused(t, &actionplanningv1.SyncStaffRequest{SyncId: "5", Mode: full, Rows: []*actionplanningv1.StaffRow{staffRow("1")}}), "TOO_MANY_TOMBSTONES")
	if e := f.employee(t, "e-2"); e.GetEtag() != "3" {
		t.Errorf("a refused sync changed %v", e)
	}
	wantCounts(t, f.sync(t, "5", full, staffRow("1"), staffRow("2"), staffRow("3")), 1, 0, 2, 0, 0) // a refused sync leaves its id free
}

// refused is the error of a sync.
func (f *fixture) refused(t *testing.T, r *actionplanningv1.SyncStaffRequest) error {
	t.Helper()
	r.Parent = "organizations/o"
	_, err := f.client.SyncStaff(f.as(t, "hr-system", "hr"), r)
	return err
}

func TestSyncOnce(t *testing.T) {
	f := start(t)
	request := &actionplanningv1.SyncStaffRequest{
		Parent: "organizations/o", SyncId: "monday", Mode: full, Rows: []*actionplanningv1.StaffRow{staffRow("1"), staffRow("2"), staffRow("")}, ValidateOnly: true,
	}
	hr := f.as(t, "hr-system", "hr")
	dry, err := f.client.SyncStaff(hr, request)
	must(t, err)
	if n := len(f.changes(t)); n != 0 {
		t.Fatalf("a dry run left %d events", n)
	}
	request.ValidateOnly = false
	first, err := f.client.SyncStaff(hr, request)
	must(t, err)
	wantCounts(t, first, 2, 0, 0, 1, 0)
	f.sync(t, "tuesday", delta, &actionplanningv1.StaffRow{ExternalId: "1", DisplayName: "Renamed"})
	again, err := f.client.SyncStaff(f.as(t, "somebody else", "hr"), request)
	must(t, err)
	if !proto.Equal(dry, first) || !proto.Equal(again, first) {
		t.Errorf("dry run %v, first %v, repeat %v", dry, first, again)
	}
	if e := f.employee(t, "e-1"); e.GetDisplayName() != "Renamed" || len(f.changes(t)) != 3 {
		t.Errorf("the repeat wrote: %v", e)
	}
	request.Rows[0].Title = "Chief"
	wantReason(t, f.refused(t, request), "SYNC_ID_REUSED")
	other, err := f.client.SyncStaff(f.of(t, "other", "hr-system", "hr"), &actionplanningv1.SyncStaffRequest{
		Parent: "organizations/other", SyncId: "monday", Mode: delta, Rows: request.GetRows(),
	})
	must(t, err)
	wantCounts(t, other, 2, 0, 0, 1, 0)
	_, err = f.client.SyncStaff(f.as(t, "mia", "manager"), request)
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}

// roster is the City of Baltimore's staff of fiscal year 2019, without names of persons.
func roster(t testing.TB) []*actionplanningv1.StaffRow {
	t.Helper()
	data := os.Getenv("THROUGHLINE_SHARED_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(data, "staff_rosters", "baltimore_employees_fy2019_noname.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the city data is not here (%v); set THROUGHLINE_SHARED_DATA to its folder", err)
	}
	must(t, err)
	defer func() { _ = file.Close() }()
	lines, err := csv.NewReader(file).ReadAll()
	must(t, err)
	column := map[string]int{}
	for i, name := range lines[0] {
		column[name] = i
	}
	var rows []*actionplanningv1.StaffRow
	for _, line := range lines[1:] {
		rows = append(rows, &actionplanningv1.StaffRow{
			ExternalId: line[column["row_id"]], DisplayName: "Employee " + line[column["row_id"]], Title: line[column["JOBTITLE"]],
			Department: line[column["DESCR"]], Position: line[column["DEPTID"]], WorkerType: "regular",
		})
	}
	return rows
}

func TestSyncOfACity(t *testing.T) {
	f, rows := start(t), roster(t)
	all := int32(len(rows))
	if all != 13_811 {
		t.Fatalf("the file has %d rows", all)
	}
	wantCounts(t, f.sync(t, "1", full, rows...), all, 0, 0, 0, 0)
	wantCounts(t, f.sync(t, "2", full, rows...), 0, 0, all, 0, 0)
	wantCounts(t, f.sync(t, "3", full, rows[1:]...), 0, 0, all-1, 0, 1)
	if n := len(f.changes(t)); n != int(all)+1 {
		t.Errorf("%d events, want one for each of %d creations and one for the ending", n, all)
	}
	wantReason(t, f.refused(t, &actionplanningv1.SyncStaffRequest{SyncId: "4", Mode: full, Rows: rows[:all*94/100]}), "TOO_MANY_TOMBSTONES")
}

func BenchmarkSync20000(b *testing.B) {
	rows := make([]*actionplanningv1.StaffRow, 20_000)
	for i := range rows {
		rows[i] = staffRow(fmt.Sprint(i))
		rows[i].Title, rows[i].Department = "Crossing guard", "Department of Transportation"
		if i > 0 {
			rows[i].ManagerExternalId = fmt.Sprint(i / 8)
		}
	}
	for name, prepare := range map[string]bool{"created": false, "unchanged": true} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				f := start(b)
				if prepare {
					f.sync(b, "before", full, rows...)
				}
				b.StartTimer()
				if r := f.sync(b, "sync", full, rows...); r.GetCreated()+r.GetUnchanged() != 20_000 {
					b.Fatal(r)
				}
			}
		})
	}
}

// BenchmarkLeavers ends a thousand of twenty thousand, each with work, and reads the proposals for it with their candidates.
func BenchmarkLeavers(b *testing.B) {
	rows := make([]*actionplanningv1.StaffRow, 20_000)
	work := make([]*actionplanningv1.Assignment, 1000)
	for i := range rows {
		rows[i] = worker(fmt.Sprint(i), "", fmt.Sprintf("Department %d", i%60), fmt.Sprintf("Title %d", i%400))
		if i > 0 {
			rows[i].ManagerExternalId = fmt.Sprint(i / 8)
		}
	}
	for i := range work {
		work[i] = &actionplanningv1.Assignment{
			Name: fmt.Sprintf("organizations/o/assignments/a%d", i), Employee: staffName(fmt.Sprint(10_000 + i)), Role: support, EffortPpm: 100_000, StartDate: day(2026, 7, 1),
		}
	}
	var listing time.Duration
	for b.Loop() {
		b.StopTimer()
		f := start(b)
		_, calls := f.strategy(b)
		f.sync(b, "before", full, rows...)
		for _, w := range work {
			w.Objective = calls
		}
		done, err := f.client.BatchUpsertAssignments(f.as(b, "hr-system", "hr"), &actionplanningv1.BatchUpsertAssignmentsRequest{Parent: "organizations/o", Assignments: work})
		must(b, err)
		leavers := make([]*actionplanningv1.StaffRow, len(work))
		for i := range leavers {
			leavers[i] = gone(fmt.Sprint(10_000 + i))
		}
		b.StartTimer()
		if r := f.sync(b, "leavers", delta, leavers...); r.GetReassigned() != 1000 || done.GetCreated() != 1000 {
			b.Fatal(r, done)
		}
		from := time.Now()
		r, err := f.client.ListSuccessionProposals(f.as(b, "hr-system", "hr"), &actionplanningv1.ListSuccessionProposalsRequest{Parent: "organizations/o", PageSize: 1000})
		if listing += time.Since(from); err != nil || len(r.GetSuccessionProposals()) != 1000 {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(listing.Milliseconds())/float64(b.N), "ms/list")
}
