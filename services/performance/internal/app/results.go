package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// CurrentRevisionID is the alias of the latest published revision.
const CurrentRevisionID = "current"

// maxRevisions bounds a page: a revision holds the evidence of a whole city, about a megabyte for 2,000 measures, and
// clients of gRPC take 4 MiB when nothing else is set.
const maxRevisions = 3

// PublishResults freezes what is known now, read by a rule set (empty means NHS/1). When that is what the last revision says
// already, it answers that one: nothing new must not make allocations stale. Values that become late are news; money adopted
// since is none, so the answer is the old revision with the share of money that it was published with.
func (a *App) PublishResults(ctx context.Context, organization string, rules analysis.RuleSet) (domain.ResultsRevision, error) {
	now, id := a.Now(), a.NewID()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.ResultsRevision, error) {
		last, err := tx.LastPublished(organization)
		if err != nil {
			return domain.ResultsRevision{}, err
		}
		p := domain.NewPublication(organization, id, last, rules, now)
		if err := judge(tx, organization, p); err != nil {
			return domain.ResultsRevision{}, err
		}
		rev := p.Revision()
		if rev.ContentHash == last.ContentHash {
			return tx.ResultsRevisions().Get(organization, last.ID)
		}
		adopted, err := tx.Money().Latest(organization)
		if err != nil {
			return domain.ResultsRevision{}, err
		}
		rev.Money = domain.ShareOf(adopted, rev.Signals)
		return rev, tx.ResultsRevisions().Insert(rev)
	})
}

// judge judges every measure that counts anywhere, in one read of the measures and one of their values.
func judge(tx Tx, organization string, p *domain.Publication) error {
	measures := map[string]domain.Measure{}
	err := tx.Measures().Each([]string{organization}, func(m domain.Measure) error {
		if m.Contributes() {
			measures[m.ID] = m
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = tx.Observations().EachSeries(organization, "", time.Time{}, func(id string, series []domain.Observation) error {
		m, counts := measures[id]
		if !counts {
			return nil
		}
		delete(measures, id)
		return p.Judge(m, series)
	})
	if err != nil {
		return err
	}
	for _, m := range measures { // those without a value; the publication puts them in order
		if err := p.Judge(m, nil); err != nil {
			return err
		}
	}
	return nil
}

// GetResultsRevision reads one; the id "current" means the latest published.
func (a *App) GetResultsRevision(ctx context.Context, organization, id string) (domain.ResultsRevision, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.ResultsRevision, error) { return resultsRevision(tx, organization, id) })
}

func resultsRevision(tx Tx, organization, id string) (domain.ResultsRevision, error) {
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
}

// Explanation is a measure as a results revision saw it, judged again.
type Explanation struct {
	domain.Explained
	Analysis Analysis // of the values and the definition of then
}

// ExplainResultsRevision judges a measure again from the values known when the revision was published, and the definition
// that was published with it.
func (a *App) ExplainResultsRevision(ctx context.Context, organization, id string, k MeasureKey) (Explanation, error) {
	var (
		rev       domain.ResultsRevision
		then, now []domain.Observation
	)
	err := a.Store.Read(ctx, func(tx Tx) (err error) {
		if rev, err = resultsRevision(tx, organization, id); err != nil {
			return err
		}
		if then, err = tx.Observations().Series(organization, k.Measure, "", rev.EffectiveTime); err != nil {
			return err
		}
		now, err = tx.Observations().Series(organization, k.Measure, "", time.Time{})
		return err
	})
	if err != nil {
		return Explanation{}, err
	}
	explained, err := rev.Explain(domain.MeasureName(k.Organization, k.Measure), then, now)
	return Explanation{
		Explained: explained,
		Analysis:  Analysis{Measure: explained.Measure, Observations: then, Result: explained.Result},
	}, err
}

// ListResultsRevisions reads a page of an organization's revisions, a few at a time (AIP-158 allows short pages).
func (a *App) ListResultsRevisions(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.ResultsRevision], error) {
	q.Limit = min(q.Limit, maxRevisions)
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.ResultsRevision], err error) {
		p.Items, p.Next, err = tx.ResultsRevisions().List([]string{organization}, q)
		return p, err
	})
}
