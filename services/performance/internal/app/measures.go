package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// MeasureKey finds a measure.
type MeasureKey struct{ Organization, Measure string }

// CreateMeasure adds a measure.
func (a *App) CreateMeasure(ctx context.Context, draft domain.Measure) (domain.Measure, error) {
	draft.ID = a.id(draft.ID)
	m, err := domain.NewMeasure(draft, a.Now())
	if err != nil {
		return m, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Measure, error) { return m, tx.Measures().Insert(m) })
}

// GetMeasure reads one.
func (a *App) GetMeasure(ctx context.Context, k MeasureKey) (domain.Measure, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Measure, error) { return tx.Measures().Get(k.Organization, k.Measure) })
}

// measureAsOf is a measure by which the values known at a moment are read: as it was defined then; zero means now. Before it was
// created it had no values, and its definition of now tells that as well.
func (a *App) measureAsOf(tx Tx, k MeasureKey, at time.Time) (domain.Measure, error) {
	m, err := tx.Measures().Get(k.Organization, k.Measure)
	if err != nil || at.IsZero() {
		return m, err
	}
	archived, found, err := tx.Recorded(m.Name(), at)
	if err != nil || !found {
		return m, err
	}
	return a.ReadMeasure(archived)
}

// ListMeasures reads a page of an organization's measures.
func (a *App) ListMeasures(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Measure], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Measure], err error) {
		p.Items, p.Next, err = tx.Measures().List([]string{organization}, q)
		return p, err
	})
}

// UpdateMeasure applies edit to the stored measure. When there is none, it creates what missing answers; a nil missing or
// an etag, which says that it has been read, makes that NotFound.
func (a *App) UpdateMeasure(
	ctx context.Context, k MeasureKey, etag string, edit func(domain.Measure) (domain.Measure, error), missing func() (domain.Measure, error),
) (domain.Measure, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Measure, error) {
		old, found, err := tx.Measures().Find(k.Organization, k.Measure)
		if err != nil {
			return old, err
		}
		if !found {
			return createMissing(tx, k, etag, missing, now)
		}
		if err := resource.CheckEtag(old, etag); err != nil {
			return old, err
		}
		next, err := edit(old)
		if err != nil {
			return old, err
		}
		if next, err = old.Changed(next, now); err != nil {
			return old, err
		}
		if next.Frequency != old.Frequency {
			if err := unused(tx, k, "its frequency cannot change; make a new measure for the other frequency"); err != nil {
				return old, err
			}
		}
		if err := keepsDimensions(tx, old, next); err != nil {
			return old, err
		}
		if err := mend(tx, old, next, now); err != nil {
			return old, err
		}
		return next, tx.Measures().Update(next)
	})
}

func createMissing(
	tx Tx, k MeasureKey, etag string, missing func() (domain.Measure, error), now time.Time,
) (domain.Measure, error) {
	if missing == nil || etag != "" {
		return domain.Measure{}, fault.Missing(domain.MeasureName(k.Organization, k.Measure))
	}
	m, err := missing()
	if err != nil {
		return m, err
	}
	if m, err = domain.NewMeasure(m, now); err != nil {
		return m, err
	}
	return m, tx.Measures().Insert(m)
}

// DeleteMeasure removes a measure that has no observations: those are never erased, and results may rest on them.
func (a *App) DeleteMeasure(ctx context.Context, k MeasureKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		m, err := tx.Measures().Get(k.Organization, k.Measure)
		if err != nil {
			return nil, err
		}
		if err := resource.CheckEtag(m, etag); err != nil {
			return nil, err
		}
		if err := unused(tx, k, "it cannot be deleted; to retire it, remove its links and the targets that still lie ahead"); err != nil {
			return nil, err
		}
		return nil, tx.Measures().Delete(m)
	})
	return err
}

// unused refuses what would change the meaning of values already recorded.
func unused(tx Tx, k MeasureKey, consequence string) error {
	used, err := tx.Observations().Any(k.Organization, k.Measure)
	if err == nil && used {
		err = fault.State("MEASURE_HAS_OBSERVATIONS", "%s has observations, so %s", domain.MeasureName(k.Organization, k.Measure), consequence)
	}
	return err
}

// keepsDimensions refuses to leave values behind in dimensions that are no longer declared.
func keepsDimensions(tx Tx, old, next domain.Measure) error {
	if slices.Equal(old.Dimensions, next.Dimensions) {
		return nil
	}
	var recorded []string
	err := tx.Observations().Dimensions(old.Organization, old.ID, time.Time{}, func(dimension string, _ []domain.Observation) error {
		recorded = append(recorded, dimension)
		return nil
	})
	if err != nil {
		return err
	}
	if lost := old.Losing(next, recorded); len(lost) > 0 {
		return fault.State("DIMENSION_HAS_OBSERVATIONS", "%s has observations for %s, which measure.dimensions would no longer declare; "+
			"declare every dimension that has observations, since those are never erased", old.Name(), strings.Join(lost, ", "))
	}
	return nil
}
