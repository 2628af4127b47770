package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// EmployeeKey finds an employee.
type EmployeeKey struct{ Organization, Employee string }

// GetEmployee reads one.
func (a *App) GetEmployee(ctx context.Context, k EmployeeKey) (domain.Employee, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Employee, error) { return tx.Staff().Get(k.Organization, k.Employee) })
}

// ListStaff reads a page of an organization's employees.
func (a *App) ListStaff(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Employee], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Employee], err error) {
		p.Items, p.Next, err = tx.Staff().List([]string{organization}, q)
		return p, err
	})
}

// SyncStaff brings the staff up to what the HR system tells, in one transaction; the same sync again answers its first result.
// A sync that was refused or only tried leaves no record, so its id can be used again.
func (a *App) SyncStaff(ctx context.Context, s domain.StaffSync) (domain.SyncResult, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.SyncResult, error) {
		done, found, err := tx.FindSync(s.Organization, s.ID)
		if err != nil {
			return domain.SyncResult{}, err
		}
		if found {
			return done.Replay(s)
		}
		var stored []domain.Employee
		err = tx.Staff().Each([]string{s.Organization}, func(e domain.Employee) error {
			stored = append(stored, e)
			return nil
		})
		if err != nil {
			return domain.SyncResult{}, err
		}
		result, changed, err := s.Reconcile(stored, now)
		if err != nil {
			return result, err
		}
		if err := tx.SaveStaff(changed); err != nil {
			return result, err
		}
		return result, tx.RecordSync(s.Done(result, now))
	})
}
