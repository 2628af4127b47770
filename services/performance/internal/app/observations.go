package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// RecordObservations records rows in one transaction and tells what they came to.
func (a *App) RecordObservations(ctx context.Context, organization, by string, rows []domain.Row) (domain.Recorded, error) {
	if len(rows) == 0 {
		return domain.Recorded{Organization: organization}, nil
	}
	now, measures, cells := a.Now(), distinct(rows, func(r domain.Row) string { return r.Measure }),
		distinct(rows, func(r domain.Row) domain.Cell { return r.Cell })
	return resource.Write(ctx, a.Store, func(tx Tx) (recorded domain.Recorded, err error) {
		l := domain.Ledger{Organization: organization, By: by}
		if l.Frequencies, err = tx.Observations().Frequencies(organization, measures); err != nil {
			return recorded, err
		}
		if l.Current, err = tx.Observations().Current(organization, cells); err != nil {
			return recorded, err
		}
		if l.Time, err = recordTime(tx, organization, now, l.Current); err != nil {
			return recorded, err
		}
		recorded = l.Record(rows)
		if len(recorded.Observations) == 0 {
			return recorded, nil
		}
		return recorded, tx.Observations().Append(recorded)
	})
}

// recordTime is now, unless the clock or the queue of transactions has fallen behind what is already stored: a revision is
// never older than the one before it, and always younger than the results that it is not in. So a read as of a published
// revision's effective_time shows exactly the values it was made from.
func recordTime(tx Tx, organization string, now time.Time, current map[domain.Cell]domain.Observation) (time.Time, error) {
	last, err := tx.LastPublished(organization)
	if err != nil {
		return now, err
	}
	if last.Sequence > 0 {
		now = later(now, last.EffectiveTime.Add(time.Microsecond))
	}
	for _, o := range current {
		now = later(now, o.RecordTime)
	}
	return now, nil
}

// ListObservations reads a page of a measure's observations as known at asOf; zero means now.
func (a *App) ListObservations(ctx context.Context, k MeasureKey, asOf time.Time, q listing.Query) (resource.Page[domain.Observation], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Observation], err error) {
		if _, err := tx.Measures().Get(k.Organization, k.Measure); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Observations().List(k.Organization, k.Measure, asOf, q)
		return p, err
	})
}

func distinct[T comparable](rows []domain.Row, of func(domain.Row) T) []T {
	seen := make(map[T]bool, len(rows))
	var out []T
	for _, r := range rows {
		if v := of(r); !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
