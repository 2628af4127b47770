package app

import (
	"context"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// CurrentRevisionID is the alias of the latest published revision.
const CurrentRevisionID = "current"

// maxRevisions bounds a page: a revision holds the evidence of a whole city, about a megabyte for thousands of programs.
const maxRevisions = 10

// PublishResults freezes what is known now. When that is what the last revision says already, it answers that one: nothing
// new must not make allocations stale.
func (a *App) PublishResults(ctx context.Context, organization string) (domain.ResultsRevision, error) {
	now, id := a.Now(), a.NewID()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.ResultsRevision, error) {
		last, err := tx.LastPublished(organization)
		if err != nil {
			return domain.ResultsRevision{}, err
		}
		judged, err := judge(tx, organization)
		if err != nil {
			return domain.ResultsRevision{}, err
		}
		rev := domain.Results(organization, id, last, judged, now)
		if rev.ContentHash == last.ContentHash {
			return tx.ResultsRevisions().Get(organization, last.ID)
		}
		return rev, tx.ResultsRevisions().Insert(rev)
	})
}

// judge finds, for every measure that counts anywhere, the latest period with both a value and a target.
func judge(tx Tx, organization string) ([]domain.Judged, error) {
	var judged []domain.Judged
	err := tx.Measures().Each([]string{organization}, func(m domain.Measure) error {
		if m.Contributes() {
			judged = append(judged, domain.Judged{Measure: m})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, j := range judged {
		for _, t := range j.Measure.NewestTargets() {
			o, found, err := tx.Observations().Latest(organization, j.Measure.ID, t.Start, t.End)
			if err != nil {
				return nil, err
			}
			if found {
				judged[i].Target, judged[i].Value = t, &o
				break
			}
		}
	}
	return judged, nil
}

// GetResultsRevision reads one; the id "current" means the latest published.
func (a *App) GetResultsRevision(ctx context.Context, organization, id string) (domain.ResultsRevision, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.ResultsRevision, error) {
		if id == CurrentRevisionID {
			last, err := tx.LastPublished(organization)
			if err == nil && last.Sequence == 0 {
				err = fault.New(fault.NotFound, "NO_RESULTS_REVISION",
					"%s has no published results yet; publish them first", domain.OrganizationName(organization))
			}
			if err != nil {
				return domain.ResultsRevision{}, err
			}
			id = last.ID
		}
		return tx.ResultsRevisions().Get(organization, id)
	})
}

// ListResultsRevisions reads a page of an organization's revisions, a few at a time (AIP-158 allows short pages).
func (a *App) ListResultsRevisions(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.ResultsRevision], error) {
	q.Limit = min(q.Limit, maxRevisions)
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.ResultsRevision], err error) {
		p.Items, p.Next, err = tx.ResultsRevisions().List([]string{organization}, q)
		return p, err
	})
}
