package app

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// FeedbackKey finds feedback.
type FeedbackKey struct{ Organization, Feedback string }

// CreateFeedback records what somebody said.
func (a *App) CreateFeedback(ctx context.Context, draft domain.Feedback) (domain.Feedback, error) {
	draft.ID = a.id(draft.ID)
	f := domain.NewFeedback(draft, a.Now())
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Feedback, error) {
		if err := heard(tx, f, nil); err != nil {
			return f, err
		}
		return f, tx.Feedback().Insert(f)
	})
}

// GetFeedback reads one piece.
func (a *App) GetFeedback(ctx context.Context, k FeedbackKey) (domain.Feedback, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Feedback, error) { return tx.Feedback().Get(k.Organization, k.Feedback) })
}

// ListFeedback reads a page of an organization's feedback.
func (a *App) ListFeedback(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Feedback], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Feedback], err error) {
		p.Items, p.Next, err = tx.Feedback().List([]string{organization}, q)
		return p, err
	})
}

// UpdateFeedback applies edit to stored feedback.
func (a *App) UpdateFeedback(ctx context.Context, k FeedbackKey, etag string, edit func(domain.Feedback) (domain.Feedback, error)) (domain.Feedback, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Feedback, error) {
		old, err := tx.Feedback().Get(k.Organization, k.Feedback)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		next, err := edit(old)
		if err != nil {
			return old, err
		}
		next = old.Changed(next, now)
		if err := heard(tx, next, old.Goals); err != nil {
			return old, err
		}
		return next, tx.Feedback().Update(next)
	})
}

// heard refuses feedback that is not whole, or whose number is taken. It may stay about goals that it was about before, though
// they were deleted since.
func heard(tx Tx, f domain.Feedback, before []string) error {
	if _, err := tx.Organizations().Get(f.Organization); err != nil {
		return err
	}
	goals := goalFinder{tx: tx, organization: f.Organization, plans: map[string]map[string]bool{}}
	bad := f.Check("feedback.", func(goal string) bool { return slices.Contains(before, goal) || goals.exists(goal) })
	if goals.err != nil {
		return goals.err
	}
	if f.ExternalID != "" {
		known, err := tx.FeedbackNumbers().Known(f.Organization, []string{f.ExternalID})
		if err != nil {
			return err
		}
		if id, taken := known[f.ExternalID]; taken && id != f.ID {
			bad.Add("feedback.external_id", "%q is that of %s; numbers are unique", f.ExternalID, domain.FeedbackName(f.Organization, id))
		}
	}
	return bad.Err()
}

// goalFinder looks goals up, each plan's once.
type goalFinder struct {
	tx           Tx
	organization string
	plans        map[string]map[string]bool // goal names by plan id
	err          error                      // the first of a look-up
}

func (g *goalFinder) exists(name string) bool {
	plan, _, ok := planOf(g.organization, name)
	if !ok || g.err != nil {
		return false
	}
	names, read := g.plans[plan]
	if !read {
		names = map[string]bool{}
		g.err = g.tx.Goals().Each([]string{g.organization, plan}, func(goal domain.Goal) error {
			names[goal.Name()] = true
			return nil
		})
		g.plans[plan] = names
	}
	return names[name]
}

// RowError says why a row of a batch was refused.
type RowError struct {
	At int // position in the request
	fault.Violation
}

// FeedbackRecorded is what a batch came to: Created + Duplicate + Rejected of it.
type FeedbackRecorded struct {
	Created, Duplicate, Rejected int
	Errors                       []RowError
}

// FeedbackRow is a piece of a batch, with what is wrong with it already.
type FeedbackRow struct {
	domain.Feedback
	Bad fault.Violations
}

// BatchCreateFeedback records many pieces in one transaction; a bad one is told and loses nothing else, and one whose number
// is known changes nothing.
func (a *App) BatchCreateFeedback(ctx context.Context, organization string, drafts []FeedbackRow) (FeedbackRecorded, error) {
	now := a.Now()
	numbers := make([]string, 0, len(drafts))
	ids := make([]string, len(drafts))
	for i, f := range drafts {
		ids[i] = a.NewID()
		if f.ExternalID != "" {
			numbers = append(numbers, f.ExternalID)
		}
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (out FeedbackRecorded, err error) {
		if _, err := tx.Organizations().Get(organization); err != nil {
			return out, err
		}
		known := map[string]string{}
		if len(numbers) > 0 {
			if known, err = tx.FeedbackNumbers().Known(organization, numbers); err != nil {
				return out, err
			}
		}
		goals := goalFinder{tx: tx, organization: organization, plans: map[string]map[string]bool{}}
		for i, row := range drafts {
			row.Organization, row.ID = organization, ids[i]
			f := domain.NewFeedback(row.Feedback, now)
			bad := merged(row.Bad, f.Check("", goals.exists))
			if goals.err != nil {
				return out, goals.err
			}
			for _, v := range bad {
				out.Errors = append(out.Errors, RowError{i, v})
			}
			_, duplicate := known[f.ExternalID]
			switch {
			case len(bad) > 0:
				out.Rejected++
			case duplicate && f.ExternalID != "":
				out.Duplicate++
			default:
				if err := tx.Feedback().Insert(f); err != nil {
					return out, err
				}
				known[f.ExternalID] = f.ID
				out.Created++
			}
		}
		return out, nil
	})
}

// merged is bad with what more says of other fields.
func merged(bad, more fault.Violations) fault.Violations {
	bad = slices.Clone(bad)
	known := len(bad)
	for _, v := range more {
		if !slices.ContainsFunc(bad[:known], func(b fault.Violation) bool { return b.Field == v.Field }) {
			bad = append(bad, v)
		}
	}
	return bad
}

// SummarizeFeedback counts who was heard, and names the stakeholder groups of adopted plans that were not.
func (a *App) SummarizeFeedback(ctx context.Context, organization string, q listing.Query) (domain.FeedbackSummary, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (s domain.FeedbackSummary, err error) {
		var groups []string
		err = tx.Plans().Each([]string{organization}, func(p domain.Plan) error {
			if p.State == domain.PlanAdopted {
				for _, g := range p.Groups {
					groups = append(groups, g.DisplayName)
				}
			}
			return nil
		})
		if err != nil {
			return s, err
		}
		if s, err = tx.FeedbackNumbers().Summary(organization, q); err != nil {
			return s, err
		}
		slices.Sort(groups)
		return s.Summarized(groups), nil
	})
}
