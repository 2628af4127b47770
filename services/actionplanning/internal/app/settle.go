package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/resource"
)

// SettleStaff does what the days have brought in one organization: jobs and leaves that started or ended, and people whose last
// day has passed, whose work goes to their managers. It answers how many employees changed; done twice, the second time changes nothing.
func (a *App) SettleStaff(ctx context.Context, organization string) (int, error) {
	now := a.Now()
	due, err := resource.Read(ctx, a.Store, func(tx Tx) ([]domain.Employee, error) { return tx.DueStaff(organization, domain.Today(now)) })
	if err != nil || len(due) == 0 {
		return 0, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (int, error) {
		due, err := tx.DueStaff(organization, domain.Today(now)) // a sync may have been there meanwhile
		if err != nil {
			return 0, err
		}
		_, err = openStaffBookOf(tx, organization, nil, now)
		return len(due), err
	})
}

// SettleOnTick settles the staff of every organization at once and at each tick until ctx ends.
func (a *App) SettleOnTick(ctx context.Context, tick <-chan time.Time) {
	for {
		a.settleAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

func (a *App) settleAll(ctx context.Context) {
	today := domain.Today(a.Now())
	organizations, err := resource.Read(ctx, a.Store, func(tx Tx) ([]string, error) { return tx.OrganizationsDue(today) })
	if err != nil && ctx.Err() == nil {
		a.Logger.WarnContext(ctx, "staff were not looked through for what the day brings; that is tried again", "error", err)
	}
	for _, organization := range organizations {
		as := authn.NewContext(ctx, authn.Identity{Subject: "actionplanning", Organization: organization, Roles: []string{authn.RoleService}})
		_, err := a.SettleStaff(as, organization)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.Logger.WarnContext(ctx, "staff were not brought to the day; that is tried again", "organization", organization, "error", err)
		}
	}
}
