package sqlstore

import (
	"fmt"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// LatestPeriods seeks each measure's latest period by its key, from the newest row back, instead of reading all values.
func (s observations) LatestPeriods(organization string) (map[string]domain.Date, error) {
	latest := map[string]domain.Date{}
	err := s.tx.Query("SELECT m.measure_id, (SELECT o.period_start FROM observations o WHERE o.organization_id = m.organization_id "+
		"AND o.measure_id = m.measure_id AND o.dimension = '' ORDER BY o.period_start DESC LIMIT 1) "+
		"FROM measures m WHERE m.organization_id = ?", []any{organization}, func(r sqldb.Row) error {
		if !r.Null(1) {
			latest[r.Text(0)] = domain.Date(r.Text(1))
		}
		return nil
	})
	return latest, err
}

func (t txn) OrganizationsWithMeasures() (ids []string, err error) {
	err = t.tx.Query("SELECT DISTINCT organization_id FROM measures ORDER BY organization_id", nil, func(r sqldb.Row) error {
		ids = append(ids, r.Text(0))
		return nil
	})
	return ids, err
}

// reminders implements app.Reminders.
type reminders txn

var reminderColumns = []string{"organization_id", "measure_id", "kind", "due_period", "remind_time"}

func (s reminders) Sent(organization string) (map[domain.GapKey]time.Time, error) {
	sent := map[domain.GapKey]time.Time{}
	err := s.tx.Query("SELECT measure_id, kind, due_period, remind_time FROM reminders WHERE organization_id = ?", []any{organization},
		func(r sqldb.Row) error {
			sent[domain.GapKey{Measure: r.Text(0), Kind: domain.GapKind(r.Text(1)), Due: domain.Date(r.Text(2))}] = r.Time(3)
			return nil
		})
	return sent, err
}

func (s reminders) Send(gaps []domain.Gap) error {
	rows, changes := make([][]any, len(gaps)), make([]resource.Change, len(gaps))
	for i, g := range gaps {
		rows[i] = []any{g.Organization, g.Measure, g.Kind, g.Due, g.Reminded}
		changes[i] = resource.Change{Type: "measure.reminded", Subject: g.Subject(), Resource: g}
	}
	if _, err := sqldb.InsertRows(s.tx, "reminders", reminderColumns, rows, ""); err != nil {
		return fmt.Errorf("keep reminders: %w", err)
	}
	return s.journal.AppendAll(changes)
}

func (s reminders) Forget(organization string, keys []domain.GapKey) error {
	for _, k := range keys {
		_, err := s.tx.Exec("DELETE FROM reminders WHERE organization_id = ? AND measure_id = ? AND kind = ? AND due_period = ?",
			organization, k.Measure, k.Kind, k.Due)
		if err != nil {
			return fmt.Errorf("forget reminder: %w", err)
		}
	}
	return nil
}
