package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const pageOfSubjects = 1000

// heard is the last event of a subject.
type heard struct {
	subject  string
	sequence int64
	time     time.Time
}

// consumed holds what each service has taken in against what its source has told.
func consumed(ctx context.Context, a *auditor, c *Check) error {
	for _, s := range a.Stores {
		for _, sub := range s.Hears {
			source := a.from(sub.Source)
			if source.DB == nil {
				c.find(sub.Consumer, "add the service to the audit", "a source that is audited", sub.Source)
				continue
			}
			if err := a.behind(ctx, c, source, s, sub); err != nil {
				return fmt.Errorf("what %s has taken in: %w", sub.Consumer, err)
			}
			if err := a.ahead(ctx, c, source, s, sub); err != nil {
				return fmt.Errorf("what %s has taken in: %w", sub.Consumer, err)
			}
		}
	}
	return nil
}

// behind finds subjects whose last published event the consumer has not taken in.
func (a *auditor) behind(ctx context.Context, c *Check, source, s Store, sub bus.Subscription) error {
	condition, args := a.below("subject")
	types, wanted := typesOf(sub.Types)
	query := "SELECT subject, MAX(sequence), MAX(time) FROM outbox WHERE subject > ? AND source = ? AND position <= " + relayed + " AND " + condition + " AND " + types +
		" GROUP BY subject ORDER BY subject LIMIT ?"
	return pages(ctx, source.DB, query, func(after string) []any {
		all := append([]any{after, sub.Source, sub.Source}, args...)
		return append(append(all, wanted...), pageOfSubjects)
	}, func(page []heard) error {
		taken, err := lastOf(ctx, s.DB, "SELECT subject, MAX(sequence) FROM (SELECT subject, sequence FROM inbox WHERE consumer = ? AND source = ? AND subject IN (%[1]s) "+
			"UNION ALL SELECT subject, sequence FROM dead_letters WHERE consumer = ? AND source = ? AND subject IN (%[1]s)) AS taken GROUP BY subject",
			page, func(names []any) []any {
				half := append([]any{sub.Consumer, sub.Source}, names...)
				return append(half, half...)
			})
		for _, h := range page {
			c.Looked++
			if err == nil && taken[h.subject] < h.sequence && a.old(h.time) {
				c.find(h.subject, "look in the consumer's log; deliver the event again, or restore the databases of both services from one backup",
					fmt.Sprintf("%s has taken in event %d of %s", sub.Consumer, h.sequence, at(h.time)), fmt.Sprintf("its last is event %d", taken[h.subject]))
			}
		}
		return err
	})
}

// ahead finds subjects of which the consumer knows an event that its source does not have.
func (a *auditor) ahead(ctx context.Context, c *Check, source, s Store, sub bus.Subscription) error {
	condition, args := a.below("subject")
	query := "SELECT subject, sequence, 0 FROM inbox WHERE subject > ? AND consumer = ? AND source = ? AND " + condition + " ORDER BY subject LIMIT ?"
	return pages(ctx, s.DB, query, func(after string) []any {
		return append(append([]any{after, sub.Consumer, sub.Source}, args...), pageOfSubjects)
	}, func(page []heard) error {
		told, err := lastOf(ctx, source.DB, "SELECT subject, MAX(sequence) FROM outbox WHERE subject IN (%s) GROUP BY subject", page, func(names []any) []any { return names })
		for _, h := range page {
			if err == nil && told[h.subject] < h.sequence {
				c.find(h.subject, "the database of "+source.Service+" is older than that of "+s.Service+": restore both from one backup",
					fmt.Sprintf("event %d, which %s has taken in", h.sequence, sub.Consumer), fmt.Sprintf("its last is event %d", told[h.subject]))
			}
		}
		return err
	})
}

// typesOf is the condition that an event is of one of the types, which may end in ".*"; none means all.
func typesOf(types []string) (condition string, args []any) {
	var either []string
	for _, t := range types {
		if prefix, ok := strings.CutSuffix(t, "*"); ok {
			either, args = append(either, fmt.Sprintf("substr(type, 1, %d) = ?", len(prefix))), append(args, prefix)
		} else {
			either, args = append(either, "type = ?"), append(args, t)
		}
	}
	if either == nil {
		return "1 = 1", nil
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// pages reads subjects page by page; the query takes the last subject of the page before.
func pages(ctx context.Context, db sqldb.DB, query string, args func(after string) []any, do func([]heard) error) error {
	for after := ""; ; {
		var page []heard
		err := db.Read(ctx, func(tx sqldb.Tx) error {
			page = page[:0]
			return tx.Query(query, args(after), func(r sqldb.Row) error {
				page = append(page, heard{r.Text(0), r.Int(1), r.Time(2)})
				return nil
			})
		})
		if err == nil {
			err = do(page)
		}
		if err != nil || len(page) < pageOfSubjects {
			return err
		}
		after = page[len(page)-1].subject
	}
}

// lastOf asks for the last sequence of each subject of a page.
func lastOf(ctx context.Context, db sqldb.DB, query string, page []heard, args func(names []any) []any) (map[string]int64, error) {
	last := make(map[string]int64, len(page))
	err := db.Read(ctx, func(tx sqldb.Tx) error {
		for part := range sqldb.Batches(page) {
			names := make([]any, len(part))
			for i, h := range part {
				names[i] = h.subject
			}
			err := tx.Query(fmt.Sprintf(query, sqldb.Marks(len(part))), args(names), func(r sqldb.Row) error {
				last[r.Text(0)] = r.Int(1)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return last, err
}

// deadLetters finds every event that was set aside.
func deadLetters(ctx context.Context, a *auditor, c *Check) error {
	condition, args := a.of("organization")
	for _, s := range a.Stores {
		c.Looked += int64(len(s.Hears))
		err := s.DB.Read(ctx, func(tx sqldb.Tx) error {
			return tx.Query("SELECT subject, consumer, id, type, cause FROM dead_letters WHERE "+condition+" ORDER BY consumer, source, position, id", args, func(r sqldb.Row) error {
				c.find(r.Text(0), "mend the cause, then have it tried again: throughline dead-letters --retry "+r.Text(2), "taken in by "+r.Text(1), fmt.Sprintf("dead letter %s of type %s: %s", r.Text(2), r.Text(3), r.Text(4)))
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("the dead letters of %s: %w", s.Service, err)
		}
	}
	return nil
}

// answers warns of answers that nobody sweeps. They do no harm, and a system that was down has some.
func answers(ctx context.Context, a *auditor, c *Check) error {
	condition, args := a.of("organization")
	for _, s := range a.Stores {
		var late int64
		err := s.DB.Read(ctx, func(tx sqldb.Tx) error {
			_, err := sqldb.QueryOne(tx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN expires < ? THEN 1 ELSE 0 END), 0) FROM idempotency WHERE "+condition,
				append([]any{a.Now.Add(-24 * time.Hour)}, args...), func(r sqldb.Row) error {
					c.Looked, late = c.Looked+r.Int(0), r.Int(1)
					return nil
				})
			return err
		})
		if err != nil {
			return fmt.Errorf("the kept answers of %s: %w", s.Service, err)
		}
		if late > 0 {
			c.warn(s.Service, "the service drops them each hour: start it, and look in its log for why it did not", "none a day beyond its time", fmt.Sprintf("%d answers", late))
		}
	}
	return nil
}
