package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const remedyEvents = "events are never deleted or changed: restore the databases from a backup that audits clean (throughline restore)"

// trail follows the events of one subject.
type trail struct {
	subject, organization string
	sequence              int64
	etag                  string // that the last event of a version left; "" before the first and after a removal
}

// sequences reads every outbox once, without what the events hold, and counts what is there by them.
func sequences(ctx context.Context, a *auditor, c *Check) error {
	condition, args := a.below("subject")
	for _, s := range a.Stores {
		err := s.DB.Read(ctx, func(tx sqldb.Tx) error {
			var t trail
			err := tx.Query("SELECT subject, sequence, type, organization, etag_before, etag_after FROM outbox WHERE "+condition+" ORDER BY subject, sequence",
				args, func(r sqldb.Row) error {
					if subject := r.Text(0); subject != t.subject {
						a.count(t)
						t = trail{subject: subject, organization: r.Text(3)}
						c.Looked++
					}
					t.next(c, outbox.Event{Sequence: r.Int(1), Type: r.Text(2), EtagBefore: r.Text(4), EtagAfter: r.Text(5)})
					return nil
				})
			a.count(t)
			return err
		})
		if err != nil {
			return fmt.Errorf("the outbox of %s: %w", s.Service, err)
		}
	}
	return nil
}

func (t *trail) next(c *Check, e outbox.Event) {
	whole := e.Sequence == t.sequence+1
	if !whole {
		c.find(t.subject, remedyEvents, fmt.Sprintf("event %d", t.sequence+1), fmt.Sprintf("event %d: %d missing", e.Sequence, e.Sequence-t.sequence-1))
	}
	t.sequence = e.Sequence
	if e.EtagBefore == "" && e.EtagAfter == "" {
		return // it tells of no new version
	}
	if whole && e.EtagBefore != t.etag {
		c.find(t.subject, remedyEvents, fmt.Sprintf("event %d follows version %q", e.Sequence, t.etag), fmt.Sprintf("it follows version %q", e.EtagBefore))
	}
	t.etag = e.EtagAfter
}

// count counts a subject that is there, once its events were read.
func (a *auditor) count(t trail) {
	if collections, ok := collectionsOf(t.subject); ok && t.etag != "" {
		a.live[kind{t.organization, collections}]++
	}
}

// collectionsOf is a resource name without its ids; false for names that end in no id.
func collectionsOf(name string) (string, bool) {
	parts := strings.Split(name, "/")
	if len(parts)%2 != 0 {
		return "", false
	}
	for i := 1; i < len(parts)/2; i++ {
		parts[i] = parts[2*i]
	}
	return strings.Join(parts[:len(parts)/2], "/"), true
}

// published warns of a relay that stands still.
func published(ctx context.Context, a *auditor, c *Check) error {
	for _, s := range a.Stores {
		c.Looked++
		var waiting int64
		var oldest time.Time
		err := s.DB.Read(ctx, func(tx sqldb.Tx) error {
			_, err := sqldb.QueryOne(tx, "SELECT COUNT(*), MIN(time) FROM outbox WHERE position > "+relayed, []any{s.Source}, func(r sqldb.Row) error {
				waiting, oldest = r.Int(0), r.Time(1)
				return nil
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("the outbox of %s: %w", s.Service, err)
		}
		if waiting > 0 && a.old(oldest) {
			c.warn(s.Service, "start the service, and look in its log for why events were not published", "no event waits longer than a minute",
				fmt.Sprintf("%d events not published, the oldest of %s", waiting, at(oldest)))
		}
	}
	return nil
}

// relayed is how far the relay of a source, the argument, has come.
const relayed = "COALESCE((SELECT position FROM outbox_position WHERE relay = ?), 0)"

func (a *auditor) old(t time.Time) bool { return a.Now.Sub(t) > grace }

func at(t time.Time) string { return t.Format(time.RFC3339) }
