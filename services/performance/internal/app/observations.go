package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// RecordObservations records rows, which it sorts, in one transaction and tells what they came to.
func (a *App) RecordObservations(ctx context.Context, organization, by string, rows []domain.Row) (domain.Recorded, error) {
	if len(rows) == 0 {
		return domain.Recorded{Organization: organization}, nil
	}
	now, batch := a.Now(), domain.NewBatch(rows)
	return resource.Write(ctx, a.Store, func(tx Tx) (recorded domain.Recorded, err error) {
		l := domain.Ledger{Organization: organization, By: by}
		if l.Terms, err = tx.Observations().Terms(organization, batch.Measures); err != nil {
			return recorded, err
		}
		if l.Current, err = current(tx, organization, batch.Cells, l.Terms); err != nil {
			return recorded, err
		}
		if l.Time, err = recordTime(tx, organization, now, l.Current); err != nil {
			return recorded, err
		}
		recorded = l.Record(batch)
		if len(recorded.Observations) == 0 {
			return recorded, nil
		}
		return recorded, tx.Observations().Append(recorded)
	})
}

// current is what is known of each cell. Only those no later than their measure's last period are looked up: most rows are
// of periods that have just ended, or the first of their measure.
func current(tx Tx, organization string, cells []domain.Cell, terms map[string]domain.Terms) ([]domain.Known, error) {
	var places []int
	var asked []domain.Cell
	for i, c := range cells {
		if c.Period <= terms[c.Measure].Last {
			places, asked = append(places, i), append(asked, c)
		}
	}
	found, err := tx.Observations().Current(organization, asked)
	if err != nil {
		return nil, err
	}
	out := make([]domain.Known, len(cells))
	for i, k := range found {
		out[places[i]] = k
	}
	return out, nil
}

// recordTime is now, unless the clock or the queue of transactions has fallen behind what is already stored: a revision is
// never older than the one before it, and always younger than the results that it is not in. So a read as of a published
// revision's effective_time shows exactly the values it was made from.
func recordTime(tx Tx, organization string, now time.Time, current []domain.Known) (time.Time, error) {
	last, err := tx.LastPublished(organization)
	if err != nil {
		return now, err
	}
	if last.Sequence > 0 {
		now = later(now, last.EffectiveTime.Add(time.Microsecond))
	}
	for _, k := range current {
		now = later(now, k.RecordTime)
	}
	return now, nil
}

// ListObservations reads a page of a measure's observations as known at asOf; zero means now. q is of ObservationList, or of
// RevisionList for every revision.
func (a *App) ListObservations(ctx context.Context, k MeasureKey, asOf time.Time, every bool, q listing.Query) (resource.Page[domain.Observation], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Observation], err error) {
		if _, err := tx.Measures().Get(k.Organization, k.Measure); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Observations().List(k.Organization, k.Measure, asOf, every, q)
		return p, err
	})
}
