package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// Money is what adopted allocations give to programs, as budgeting's events tell it.
type Money interface {
	// Of is what the programs, by name, get in these fiscal years, by fiscal year, program and allocation.
	Of(organization string, programs []string, first, last int) ([]domain.MoneyIn, error)
	// Latest is what the budgets of the latest fiscal year that gives any give, by program; what elections give is left out.
	Latest(organization string) ([]domain.MoneyIn, error)
}

// EvaluationKey finds an evaluation.
type EvaluationKey struct{ Organization, Evaluation string }

// CreateEvaluation adds an evaluation, with the money and the results that are known now.
func (a *App) CreateEvaluation(ctx context.Context, draft domain.Evaluation) (domain.Evaluation, error) {
	now := a.Now()
	draft.ID = a.id(draft.ID)
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Evaluation, error) {
		s, err := sources(tx, draft)
		if err != nil {
			return draft, err
		}
		e, err := domain.NewEvaluation(draft, s, now)
		if err != nil {
			return draft, err
		}
		return e, tx.Evaluations().Insert(e)
	})
}

// sources reads what an evaluation copies. Of fields that are wrong it reads nothing; they are refused afterwards.
func sources(tx Tx, e domain.Evaluation) (s domain.Sources, err error) {
	if s.Programs, err = programs(tx, e); err != nil {
		return s, err
	}
	if s.Money, err = tx.Money().Of(e.Organization, s.Programs, e.FirstFiscalYear, e.LastFiscalYear); err != nil {
		return s, err
	}
	s.Measures = make(map[string]domain.Measured, len(e.Outcomes))
	for _, o := range e.Outcomes {
		if _, read := s.Measures[o.Measure]; read {
			continue
		}
		id, ok := strings.CutPrefix(o.Measure, domain.MeasureName(e.Organization, ""))
		if !ok {
			continue
		}
		m, found, err := tx.Measures().Find(e.Organization, id)
		if err != nil {
			return s, err
		}
		if !found {
			continue
		}
		series, err := tx.Observations().Series(e.Organization, id, "", time.Time{})
		if err != nil {
			return s, err
		}
		s.Measures[o.Measure] = domain.Measured{Measure: m, Series: series}
	}
	return s, nil
}

// programs are those whose money counts: the subject, or what the strategy's objectives require, each once.
func programs(tx Tx, e domain.Evaluation) ([]string, error) {
	if e.Strategy() == "" {
		return []string{e.Subject}, nil
	}
	links, err := tx.PlanLinks(e.Organization)
	if err != nil {
		return nil, err
	}
	var required []string
	for _, l := range links {
		if l.Strategy == e.Subject && l.Program != "" {
			required = append(required, l.Program)
		}
	}
	slices.Sort(required)
	return slices.Compact(required), nil
}

// GetEvaluation reads one.
func (a *App) GetEvaluation(ctx context.Context, k EvaluationKey) (domain.Evaluation, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Evaluation, error) {
		return tx.Evaluations().Get(k.Organization, k.Evaluation)
	})
}

// ListEvaluations reads a page of an organization's evaluations.
func (a *App) ListEvaluations(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Evaluation], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Evaluation], err error) {
		p.Items, p.Next, err = tx.Evaluations().List([]string{organization}, q)
		return p, err
	})
}

// UpdateEvaluation applies edit to the stored evaluation and copies the money and the results anew.
func (a *App) UpdateEvaluation(
	ctx context.Context, k EvaluationKey, etag string, edit func(domain.Evaluation) (domain.Evaluation, error),
) (domain.Evaluation, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Evaluation, error) {
		old, err := tx.Evaluations().Get(k.Organization, k.Evaluation)
		if err != nil {
			return old, err
		}
		if err := resource.CheckEtag(old, etag); err != nil {
			return old, err
		}
		next, err := edit(old)
		if err != nil {
			return old, err
		}
		s, err := sources(tx, next)
		if err != nil {
			return old, err
		}
		if next, err = old.Changed(next, s, now); err != nil {
			return old, err
		}
		return next, tx.Evaluations().Update(next)
	})
}

// DeleteEvaluation removes one.
func (a *App) DeleteEvaluation(ctx context.Context, k EvaluationKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		e, err := tx.Evaluations().Get(k.Organization, k.Evaluation)
		if err != nil {
			return nil, err
		}
		if err := resource.CheckEtag(e, etag); err != nil {
			return nil, err
		}
		return nil, tx.Evaluations().Delete(e)
	})
	return err
}
