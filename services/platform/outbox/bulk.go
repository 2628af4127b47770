package outbox

import (
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// AppendAll is Append for many events of different subjects, in few statements.
func AppendAll(tx sqldb.Tx, events []Event) error {
	last, err := lastOf(tx, events)
	if err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	rows, seen := make([][]any, len(events)), make(map[string]bool, len(events))
	for i, e := range events {
		if seen[e.Subject] {
			return fmt.Errorf("append events: two of %s at once; append them one by one", e.Subject)
		}
		seen[e.Subject] = true
		before := last[e.Subject]
		if e, err = next(e, before.Sequence, before.Time); err != nil {
			return err
		}
		rows[i] = values(e)
	}
	if _, err := sqldb.InsertRows(tx, "outbox", strings.Split(written, ", "), rows, ""); err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	return nil
}

// lastOf is the sequence and time of the last event of each event's subject; times never go back within a subject.
func lastOf(tx sqldb.Tx, events []Event) (map[string]Event, error) {
	subjects := make([]string, len(events))
	for i, e := range events {
		subjects[i] = e.Subject
	}
	last := make(map[string]Event, len(events))
	for part := range sqldb.Batches(subjects) {
		text := "SELECT subject, MAX(sequence), MAX(time) FROM outbox WHERE subject IN (" + sqldb.Marks(len(part)) + ") GROUP BY subject"
		if err := tx.Query(text, sqldb.Args(nil, part), func(r sqldb.Row) error {
			last[r.Text(0)] = Event{Sequence: r.Int(1), Time: r.Time(2)}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// next is the event as it follows its subject's last one, of that sequence (0 if there is none) and time.
func next(e Event, sequence int64, last time.Time) (Event, error) {
	if e.Source == "" || e.Type == "" || e.Organization == "" || e.Subject == "" || e.Time.IsZero() {
		return Event{}, fmt.Errorf("append event %s of %s: source, type, organization, subject and time are needed", e.Type, e.Subject)
	}
	e.Time, e.Sequence = e.Time.UTC().Truncate(time.Microsecond), sequence+1
	if sequence > 0 && last.After(e.Time) {
		e.Time = last
	}
	if e.Data == nil {
		e.Data = []byte{}
	}
	if e.ID == "" {
		e.ID = fmt.Sprintf("%s@%d", e.Subject, e.Sequence)
	}
	return e, nil
}

// values are those of the columns written.
func values(e Event) []any {
	return []any{
		e.ID, e.Source, e.Type, e.Organization, e.Subject, e.Sequence, e.Time, e.Actor, e.RequestID, e.EtagBefore, e.EtagAfter, e.TraceParent, e.Data,
	}
}
