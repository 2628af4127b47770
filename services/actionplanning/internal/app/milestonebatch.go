package app

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// MilestoneDraft is a milestone of a batch, with the etag it was read with, or "".
type MilestoneDraft struct {
	domain.Milestone
	Etag string
}

// MilestonesUpserted counts what a batch did.
type MilestonesUpserted struct{ Created, Updated, Unchanged int }

// UpsertMilestones writes milestones, matched by name, all or none.
func (a *App) UpsertMilestones(ctx context.Context, organization string, rows []MilestoneDraft) (MilestonesUpserted, error) {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Name()
	}
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (counts MilestonesUpserted, err error) {
		stored, err := tx.MilestonesNamed(organization, names)
		if err != nil {
			return counts, err
		}
		old := make(map[string]domain.Milestone, len(stored))
		for _, m := range stored {
			old[m.Name()] = m
		}
		next, bad, err := succeed(rows, old, now)
		if err == nil {
			err = existing(tx, organization, &bad, next, old)
		}
		if err == nil {
			err = together(bad.Err(), dependable(tx, organization, milestoneAt, next...))
		}
		if err != nil {
			return counts, err
		}
		changed, counts := different(next, old)
		return counts, tx.SaveMilestones(changed)
	})
}

// succeed are the next versions of the rows, without those that are given twice, and all that is wrong with them.
func succeed(rows []MilestoneDraft, old map[string]domain.Milestone, now time.Time) (next []domain.Milestone, bad fault.Violations, err error) {
	first := make(map[string]int, len(rows))
	next = make([]domain.Milestone, len(rows))
	for i, r := range rows {
		at, name := milestoneAt(i), r.Name()
		if j, twice := first[name]; twice {
			bad.Add(at+".name", "is the same milestone as %s; send each once", milestoneAt(j))
			continue
		}
		first[name] = i
		before, found := old[name]
		if found {
			if err := resource.CheckEtag(before, r.Etag); err != nil {
				return nil, nil, err
			}
			next[i], err = before.Changed(r.Milestone, at, now)
		} else {
			bad.Check(r.Etag == "", at+".etag", "belongs to a milestone that does not exist; leave it out to create one")
			next[i], err = domain.NewMilestone(r.Milestone, at, now)
		}
		if f, ok := fault.As(err); ok {
			bad = append(bad, f.Violations...)
		}
	}
	return next, bad, nil
}

// different are those that are not as they were.
func different(next []domain.Milestone, old map[string]domain.Milestone) (changed []domain.Milestone, counts MilestonesUpserted) {
	for _, m := range next {
		before, found := old[m.Name()]
		switch {
		case !found:
			counts.Created++
		case before.Same(m):
			counts.Unchanged++
			continue
		default:
			counts.Updated++
		}
		changed = append(changed, m)
	}
	return changed, counts
}

// existing records new milestones of objectives that do not exist, and refuses new and changed ones of an objective that is over.
func existing(tx Tx, organization string, bad *fault.Violations, next []domain.Milestone, old map[string]domain.Milestone) error {
	known := map[[2]string]bool{}
	for i, m := range next {
		if before, stored := old[m.Name()]; stored && before.Same(m) || m.ID == "" {
			continue
		}
		k := [2]string{m.Strategy, m.Objective}
		if _, asked := known[k]; !asked {
			o, found, err := tx.Objectives().Find(organization, m.Strategy, m.Objective)
			if err == nil && found {
				err = o.Open()
			}
			if err != nil {
				return err
			}
			known[k] = found
		}
		bad.Check(known[k], milestoneAt(i)+".name", "%s does not exist; create the objective first", m.ObjectiveName())
	}
	return nil
}

func milestoneAt(i int) string { return fmt.Sprintf("milestones[%d]", i) }
