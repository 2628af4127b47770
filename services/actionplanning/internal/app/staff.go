package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// EmployeeKey finds an employee.
type EmployeeKey struct{ Organization, Employee string }

// GetEmployee reads one, as of today.
func (a *App) GetEmployee(ctx context.Context, k EmployeeKey) (domain.Employee, error) {
	today := domain.Today(a.Now())
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Employee, error) {
		e, err := tx.Staff().Get(k.Organization, k.Employee)
		return e.On(today), err
	})
}

// ListStaff reads a page of an organization's employees, as of today.
func (a *App) ListStaff(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Employee], error) {
	today := domain.Today(a.Now())
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Employee], err error) {
		p.Items, p.Next, err = tx.Staff().List([]string{organization}, q)
		for i, e := range p.Items {
			p.Items[i] = e.On(today)
		}
		return p, err
	})
}

// StaffLoad is what an employee is asked to give, day by day.
type StaffLoad struct {
	Employee domain.Employee
	Spans    []domain.LoadSpan
	OverPPM  int // most by which the load exceeds what is available
}

// GetStaffLoad shows the load of an employee between two days; unset ones are today and a year later.
func (a *App) GetStaffLoad(ctx context.Context, k EmployeeKey, from, to domain.Date) (StaffLoad, error) {
	from, to, err := domain.LoadDays(from, to, domain.Today(a.Now()))
	if err != nil {
		return StaffLoad{}, err
	}
	return resource.Read(ctx, a.Store, func(tx Tx) (out StaffLoad, err error) {
		if out.Employee, err = tx.Staff().Get(k.Organization, k.Employee); err != nil {
			return out, err
		}
		work, err := tx.WorkOf(k.Organization, []string{k.Employee})
		if err != nil {
			return out, err
		}
		out.Spans, out.OverPPM = domain.Load(out.Employee, work, from, to)
		return out, nil
	})
}
