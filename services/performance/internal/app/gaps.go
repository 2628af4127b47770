package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// GapList says what gaps can be filtered and sorted by. They are no rows of a table: columns are what gapColumn knows.
var GapList = listing.Schema{ID: []string{"measure", "kind"}, Fields: map[string]listing.Field{
	"kind": {
		Column: "kind", Type: listing.Enum, Prefix: "GAP_KIND_", Filterable: true,
		Values: []string{string(domain.GapNoValue), string(domain.GapStale), string(domain.GapNoOwner), string(domain.GapNoTarget)},
	},
	"owner":   {Column: "owner", Filterable: true},
	"measure": {Column: "measure", Filterable: true, Sortable: true},
	"periods": {Column: "periods", Type: listing.Int, Sortable: true},
}}

func gapColumn(g *domain.Gap, column string) any {
	switch column {
	case "kind":
		return string(g.Kind)
	case "owner":
		return g.Owner
	case "periods":
		return g.Periods
	default:
		return g.MeasureName()
	}
}

// Reminders are those sent of gaps that are not mended yet.
type Reminders interface {
	// Sent says when each was sent.
	Sent(organization string) (map[domain.GapKey]time.Time, error)
	// Send keeps the reminders of gaps, each sent at its Reminded time, and adds one journal entry about each measure and kind.
	Send(gaps []domain.Gap) error
	// Forget drops those of the keys.
	Forget(organization string, keys []domain.GapKey) error
}

// ListMeasureGaps reads a page of what an organization's measures lack now.
func (a *App) ListMeasureGaps(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Gap], error) {
	now := a.Now()
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Gap], err error) {
		gaps, sent, err := gaps(tx, organization, now)
		if err != nil {
			return p, err
		}
		for i, g := range gaps {
			gaps[i].Reminded = sent[g.GapKey]
		}
		p.Items, p.Next, err = listing.Select(q, gaps, gapColumn)
		return p, err
	})
}

// RemindMeasureOwners sends a reminder of each gap that has none yet.
func (a *App) RemindMeasureOwners(ctx context.Context, organization string) (domain.Reminded, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (out domain.Reminded, err error) {
		open, sent, err := gaps(tx, organization, now)
		if err != nil {
			return out, err
		}
		remind, mended := domain.Remind(open, sent, now)
		if err := tx.Reminders().Forget(organization, mended); err != nil {
			return out, err
		}
		return domain.Reminded{Sent: len(remind), Repeated: len(open) - len(remind)}, tx.Reminders().Send(remind)
	})
}

// RemindOnTick sends the reminders of every organization whenever tick says so, until ctx ends. Several processes may do so
// at once: reminders are sent once.
func (a *App) RemindOnTick(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			a.remindAll(ctx)
		}
	}
}

func (a *App) remindAll(ctx context.Context) {
	organizations, err := resource.Read(ctx, a.Store, func(tx Tx) ([]string, error) { return tx.OrganizationsWithMeasures() })
	if err != nil && ctx.Err() == nil {
		a.Logger.WarnContext(ctx, "measures were not looked through for gaps; that is tried again", "error", err)
	}
	for _, organization := range organizations {
		as := authn.NewContext(ctx, authn.Identity{Subject: "performance", Organization: organization, Roles: []string{authn.RoleService}})
		_, err := a.RemindMeasureOwners(as, organization)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.Logger.WarnContext(ctx, "owners of measures were not reminded; that is tried again", "organization", organization, "error", err)
		}
	}
}

// gaps are what an organization's measures lack, by measure, and when reminders of gaps were sent.
func gaps(tx Tx, organization string, now time.Time) (found []domain.Gap, sent map[domain.GapKey]time.Time, err error) {
	latest, err := tx.Observations().LatestPeriods(organization)
	if err != nil {
		return nil, nil, err
	}
	err = tx.Measures().Each([]string{organization}, func(m domain.Measure) error {
		found = append(found, m.Gaps(latest[m.ID], now)...)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	sent, err = tx.Reminders().Sent(organization)
	return found, sent, err
}

// mend forgets the reminders of what an update has mended, so that it is reminded of again should it come back, however
// soon. What time or a value mends is forgotten when gaps are looked for next.
func mend(tx Tx, old, next domain.Measure, now time.Time) error {
	return tx.Reminders().Forget(old.Organization, old.Mended(next, now))
}
