package sqlstore

import (
	"slices"
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
			"fte_ppm", "status", "worker_type", "subject", "version", "create_time", "update_time",
		},
		Values: func(e domain.Employee) []any {
			return []any{
				e.Organization, e.ID, e.ExternalID, e.DisplayName, e.Title, e.Department, e.Manager, e.Position,
				e.FTEPPM, string(e.Status), e.WorkerType, e.Subject, e.Version, e.CreateTime, e.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Employee, error) {
			return domain.Employee{
				Meta: meta(r, 12), Organization: r.Text(0), ID: r.Text(1), ExternalID: r.Text(2), DisplayName: r.Text(3),
				Title: r.Text(4), Department: r.Text(5), Manager: r.Text(6), Position: r.Text(7), FTEPPM: int(r.Int(8)),
				Status: domain.EmployeeStatus(r.Text(9)), WorkerType: r.Text(10), Subject: r.Text(11),
			}, nil
		},
	},
}

// upsertStaff ends a statement that inserts employees: it replaces those known.
var upsertStaff = func() string {
	var sets []string
	for _, c := range staff.Table.Columns {
		if !slices.Contains(staff.Table.Key, c) {
			sets = append(sets, c+" = excluded."+c)
		}
	}
	return "ON CONFLICT (" + strings.Join(staff.Table.Key, ", ") + ") DO UPDATE SET " + strings.Join(sets, ", ")
}()

// SaveStaff needs no look at the versions stored: its transaction is serializable and has read what it changes. Each employee gets
// an event of their own, as after a single change: consumers hold a resource's order and state by its name, and the audit
// log and history of a person must not hide inside that of a sync.
func (t txn) SaveStaff(changed []domain.Employee) error {
	rows := make([][]any, len(changed))
	changes := make([]resource.Change, len(changed))
	for i, e := range changed {
		rows[i] = staff.Table.Values(e)
		changes[i] = change(e)
	}
	if _, err := sqldb.InsertRows(t.tx, staff.Table.Name, staff.Table.Columns, rows, upsertStaff); err != nil {
		return err
	}
	return t.journal.AppendAll(changes)
}

func change(e domain.Employee) resource.Change {
	c := resource.Change{Type: staff.Type + ".created", Subject: e.Name(), EtagAfter: resource.Etag(e), Resource: e}
	if e.Version > 1 {
		c.Type, c.EtagBefore = staff.Type+".updated", strconv.FormatInt(e.Version-1, 10)
	}
	return c
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
