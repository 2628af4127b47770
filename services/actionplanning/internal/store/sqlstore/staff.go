package sqlstore

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var staff = &resource.Kind[domain.Employee]{
	Type: "employee",
	Name: func(key ...string) string { return domain.EmployeeName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Employee]{
		Name: "staff", Key: []string{"organization_id", "employee_id"},
		Columns: []string{
			"organization_id", "employee_id", "external_id", "display_name", "title", "department", "manager_id", "position",
			"fte_ppm", "status", "worker_type", "subject", "jobs", "leaves", "on_leave", "end_date", "change_date",
			"version", "create_time", "update_time",
		},
		Values: func(e domain.Employee) []any {
			return []any{
				e.Organization, e.ID, e.ExternalID, e.DisplayName, e.Title, e.Department, e.Manager, e.Position,
				e.FTEPPM, string(e.Status), e.WorkerType, e.Subject, resource.JSON(e.Jobs), resource.JSON(e.Leaves), e.OnLeave, e.EndDate, e.Change,
				e.Version, e.CreateTime, e.UpdateTime,
			}
		},
		Scan: scanEmployee,
	},
}

func scanEmployee(r sqldb.Row) (domain.Employee, error) {
	e := domain.Employee{
		Meta: meta(r, 17), Organization: r.Text(0), ID: r.Text(1), ExternalID: r.Text(2), DisplayName: r.Text(3),
		Title: r.Text(4), Department: r.Text(5), Manager: r.Text(6), Position: r.Text(7), FTEPPM: int(r.Int(8)),
		Status: domain.EmployeeStatus(r.Text(9)), WorkerType: r.Text(10), Subject: r.Text(11),
		OnLeave: r.Bool(14), EndDate: domain.Date(r.Text(15)), Change: domain.Date(r.Text(16)),
	}
	if err := resource.FromJSON(r.Text(12), &e.Jobs); err != nil {
		return e, err
	}
	return e, resource.FromJSON(r.Text(13), &e.Leaves)
}

func (t txn) Staff() resource.Collection[domain.Employee] { return staff.In(t.tx, t.journal) }

func (t txn) Employees(organization string, ids []string) ([]domain.Employee, error) {
	found, _, err := staff.Table.GetMany(t.tx, []any{organization}, ids)
	return found, err
}

// SaveStaff needs no look at the versions stored: its transaction is serializable and has read what it changes. Each employee gets
// an event of their own, as after a single change: consumers hold a resource's order and state by its name, and the audit
// log and history of a person must not hide inside that of a sync.
func (t txn) SaveStaff(changed []domain.Employee) error { return save(t, staff, changed) }

// save writes the next versions of many resources, each once; upsert ends the statement that inserts them.
func save[T resource.Resource](t txn, k *resource.Kind[T], changed []T) error {
	changes := make([]resource.Change, len(changed))
	for i, v := range changed {
		changes[i] = resource.Change{Type: k.Type + ".created", Subject: v.Name(), EtagAfter: resource.Etag(v), Resource: v}
		if v.Revision() > 1 {
			changes[i].Type, changes[i].EtagBefore = k.Type+".updated", strconv.FormatInt(v.Revision()-1, 10)
		}
	}
	if err := k.Table.PutMany(t.tx, changed); err != nil {
		return err
	}
	return t.journal.AppendAll(changes)
}

func (t txn) DueStaff(organization string, day domain.Date) (due []domain.Employee, err error) {
	err = t.tx.Query("SELECT "+strings.Join(staff.Table.Columns, ", ")+
		" FROM staff WHERE change_date > '' AND change_date <= ? AND organization_id = ? ORDER BY employee_id", []any{day, organization}, func(r sqldb.Row) error {
		e, err := scanEmployee(r)
		due = append(due, e)
		return err
	})
	return due, err
}

func (t txn) OrganizationsDue(day domain.Date) (due []string, err error) {
	err = t.tx.Query("SELECT DISTINCT organization_id FROM staff WHERE change_date > '' AND change_date <= ? ORDER BY organization_id", []any{day},
		func(r sqldb.Row) error {
			due = append(due, r.Text(0))
			return nil
		})
	return due, err
}

func (t txn) FindSync(organization, id string) (record domain.SyncRecord, found bool, err error) {
	record = domain.SyncRecord{Organization: organization, ID: id}
	found, err = sqldb.QueryOne(t.tx, "SELECT payload_hash, result, create_time FROM staff_syncs WHERE organization_id = ? AND sync_id = ?",
		[]any{organization, id}, func(r sqldb.Row) error {
			record.PayloadHash, record.Time = r.Text(0), r.Time(2)
			return resource.FromJSON(r.Text(1), &record.Result)
		})
	return record, found, err
}

func (t txn) RecordSync(r domain.SyncRecord) error {
	_, err := t.tx.Exec("INSERT INTO staff_syncs (organization_id, sync_id, payload_hash, result, create_time) VALUES (?, ?, ?, ?, ?)",
		r.Organization, r.ID, r.PayloadHash, resource.JSON(r.Result), r.Time)
	return err
}
