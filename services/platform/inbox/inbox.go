// Package inbox makes a consumer take in each event once, however often it is delivered.
package inbox

import (
	"fmt"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Once records the event for the consumer and says whether it is new: false for one seen before, or older than one seen before of the
// same subject. Call it first in the Write that has the event's effect, and return nil at once when it is not fresh.
func Once(tx sqldb.Tx, consumer string, e outbox.Event) (fresh bool, err error) {
	if consumer == "" || e.Source == "" || e.Subject == "" || e.Sequence <= 0 {
		return false, fmt.Errorf("inbox: event %q lacks source, subject or sequence, or the consumer has no name", e.ID)
	}
	n, err := tx.Exec("INSERT INTO inbox (consumer, source, subject, sequence) VALUES (?, ?, ?, ?) "+
		"ON CONFLICT (consumer, source, subject) DO UPDATE SET sequence = excluded.sequence WHERE inbox.sequence < excluded.sequence",
		consumer, e.Source, e.Subject, e.Sequence)
	return n > 0, err
}

const letterColumns = "source, id, position, type, organization, subject, sequence, time, actor, request_id, etag_before, etag_after, trace_parent, data, cause"

// Bury keeps a whole event that the consumer failed to take in, with the cause. Burying it again replaces the cause.
func Bury(tx sqldb.Tx, consumer string, e outbox.Event, cause error) error {
	if e.Data == nil {
		e.Data = []byte{}
	}
	_, err := tx.Exec("INSERT INTO dead_letters (consumer, "+letterColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (consumer, source, id) DO UPDATE SET cause = excluded.cause",
		consumer, e.Source, e.ID, e.Position, e.Type, e.Organization, e.Subject, e.Sequence, e.Time, e.Actor, e.RequestID, e.EtagBefore, e.EtagAfter, e.TraceParent, e.Data,
		fmt.Sprint(cause))
	return err
}

// Letter is a buried event.
type Letter struct {
	Event outbox.Event
	Cause string
}

// Letters lists a consumer's buried events in the order they happened, at most limit, for an operator to inspect.
func Letters(tx sqldb.Tx, consumer string, limit int) ([]Letter, error) {
	var letters []Letter
	err := tx.Query("SELECT "+letterColumns+" FROM dead_letters WHERE consumer = ? ORDER BY source, position, id LIMIT ?", []any{consumer, limit}, func(r sqldb.Row) error {
		letters = append(letters, Letter{Cause: r.Text(14), Event: outbox.Event{
			Source: r.Text(0), ID: r.Text(1), Position: r.Int(2), Type: r.Text(3), Organization: r.Text(4), Subject: r.Text(5), Sequence: r.Int(6), Time: r.Time(7),
			Actor: r.Text(8), RequestID: r.Text(9), EtagBefore: r.Text(10), EtagAfter: r.Text(11), TraceParent: r.Text(12), Data: r.Bytes(13),
		}})
		return nil
	})
	return letters, err
}
