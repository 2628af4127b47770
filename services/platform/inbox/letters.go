package inbox

import (
	"fmt"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Letter is a buried event.
type Letter struct {
	Consumer string
	Event    outbox.Event
	Cause    string
	Retry    bool // the consumer is to try it again
}

const letterColumns = "consumer, source, id, position, type, organization, subject, sequence, time, actor, request_id, etag_before, etag_after, trace_parent, data, cause, retry"

// Bury keeps a whole event that the consumer failed to take in, with the cause. Burying it again replaces the cause and takes back any Retry.
func Bury(tx sqldb.Tx, consumer string, e outbox.Event, cause error) error {
	if e.Data == nil {
		e.Data = []byte{}
	}
	_, err := tx.Exec("INSERT INTO dead_letters ("+letterColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "+
		"ON CONFLICT (consumer, source, id) DO UPDATE SET cause = excluded.cause, retry = 0",
		consumer, e.Source, e.ID, e.Position, e.Type, e.Organization, e.Subject, e.Sequence, e.Time, e.Actor, e.RequestID, e.EtagBefore, e.EtagAfter, e.TraceParent, e.Data,
		fmt.Sprint(cause))
	return err
}

// Letters lists buried events after one (the zero Letter for the first), by consumer and then in the order they happened, at most limit. consumer
// "" lists those of all.
func Letters(tx sqldb.Tx, consumer string, after Letter, limit int) ([]Letter, error) {
	query, args := "SELECT "+letterColumns+" FROM dead_letters WHERE (consumer, source, position, id) > (?, ?, ?, ?)",
		[]any{after.Consumer, after.Event.Source, after.Event.Position, after.Event.ID}
	if consumer != "" {
		query, args = query+" AND consumer = ?", append(args, consumer)
	}
	return letters(tx, query+" ORDER BY consumer, source, position, id LIMIT ?", append(args, limit)...)
}

// ToRetry lists a consumer's buried events that it is to try again, in the order they happened, at most limit.
func ToRetry(tx sqldb.Tx, consumer string, limit int) ([]Letter, error) {
	return letters(tx, "SELECT "+letterColumns+" FROM dead_letters WHERE consumer = ? AND retry <> 0 ORDER BY source, position, id LIMIT ?", consumer, limit)
}

func letters(tx sqldb.Tx, query string, args ...any) (found []Letter, err error) {
	err = tx.Query(query, args, func(r sqldb.Row) error {
		found = append(found, Letter{Consumer: r.Text(0), Cause: r.Text(15), Retry: r.Bool(16), Event: outbox.Event{
			Source: r.Text(1), ID: r.Text(2), Position: r.Int(3), Type: r.Text(4), Organization: r.Text(5), Subject: r.Text(6), Sequence: r.Int(7), Time: r.Time(8),
			Actor: r.Text(9), RequestID: r.Text(10), EtagBefore: r.Text(11), EtagAfter: r.Text(12), TraceParent: r.Text(13), Data: r.Bytes(14),
		}})
		return nil
	})
	return found, err
}

// Retry asks consumers to try a buried event again, or with id "" all of them, and answers how many.
func Retry(tx sqldb.Tx, id string) (int64, error) {
	if id == "" {
		return tx.Exec("UPDATE dead_letters SET retry = 1")
	}
	return tx.Exec("UPDATE dead_letters SET retry = 1 WHERE id = ?", id)
}

// Drop forgets a buried event, and answers for how many consumers it was buried.
func Drop(tx sqldb.Tx, id string) (int64, error) {
	return tx.Exec("DELETE FROM dead_letters WHERE id = ?", id)
}

// Unbury takes a letter out, when it is there.
func Unbury(tx sqldb.Tx, l Letter) error {
	_, err := tx.Exec("DELETE FROM dead_letters WHERE consumer = ? AND source = ? AND id = ?", l.Consumer, l.Event.Source, l.Event.ID)
	return err
}
