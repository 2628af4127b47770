package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// GapList is what ownership gaps can be filtered and sorted by.
var GapList = listing.Schema{ID: []string{"gap"}, Fields: map[string]listing.Field{
	"kind":      {Column: "kind", Filterable: true},
	"objective": {Column: "objective", Filterable: true, Sortable: true},
	"employee":  {Column: "employee", Filterable: true, Sortable: true},
}}

// ListOwnershipGaps reads a page of the work that nobody, or not enough of somebody, owns today: four reads, however much there is.
func (a *App) ListOwnershipGaps(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Gap], error) {
	today := domain.Today(a.Now())
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Gap], err error) {
		var objectives []domain.Objective
		if err := tx.Objectives().Each([]string{organization}, func(o domain.Objective) error {
			objectives = append(objectives, o)
			return nil
		}); err != nil {
			return p, err
		}
		var work []domain.Assignment
		assigned := map[string]bool{}
		if err := tx.Assignments().Each([]string{organization}, func(w domain.Assignment) error {
			work, assigned[w.Employee] = append(work, w), true
			return nil
		}); err != nil {
			return p, err
		}
		staff := map[string]domain.Employee{}
		if err := tx.Staff().Each([]string{organization}, func(e domain.Employee) error {
			if assigned[e.ID] {
				staff[e.ID] = e.On(today)
			}
			return nil
		}); err != nil {
			return p, err
		}
		open, err := tx.OpenSuccessions(organization)
		if err != nil {
			return p, err
		}
		p.Items, p.Next, err = listing.Select(q, domain.Gaps(objectives, work, staff, open, today), gapValue)
		return p, err
	})
}

func gapValue(g *domain.Gap, column string) any {
	switch column {
	case "kind":
		return string(g.Kind)
	case "objective":
		return g.Objective
	case "employee":
		return g.Employee
	}
	return g.Key()
}
