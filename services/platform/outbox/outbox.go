// Package outbox keeps every change of a service as an event in the transaction that made it.
package outbox

import (
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// Event is one change of one resource: CloudEvents attributes, the audit trail's, and the resource after the change.
type Event struct {
	Position     int64     // in this service's outbox; set by Append, 0 before. Those of a subject ascend with its sequence
	ID           string    // unique within Source; Append fills SUBJECT@SEQUENCE when it is empty
	Source       string    // the service: throughline.goals.v1
	Type         string    // throughline.goals.v1.plan.updated
	Organization string    // id of the organization whose resource changed
	Subject      string    // resource name of what changed, the aggregate whose order is kept
	Sequence     int64     // 1, 2, 3, ... per subject; set by Append
	Time         time.Time // when it was recorded, microseconds UTC; never goes back within a subject
	Actor        string    // who did it
	RequestID    string
	EtagBefore   string // "" for a creation
	EtagAfter    string // "" for a removal
	TraceParent  string // W3C trace context
	Data         []byte // proto bytes of the resource after the change
}

// Removed says that the resource is no more.
func (e Event) Removed() bool { return strings.HasSuffix(e.Type, Removal) }

// Removal ends the type of an event that tells of a resource's end.
const Removal = ".deleted"

// written are the columns that Append fills; the position is the engine's.
const written = "id, source, type, organization, subject, sequence, time, actor, request_id, etag_before, etag_after, trace_parent, data"

const columns = "position, " + written

// Append records the event as the next of its subject and returns it as stored. Should the clock have gone back, Time becomes that of the
// subject's last event, so that the history stays in order.
func Append(tx sqldb.Tx, e Event) (Event, error) {
	var sequence int64
	var last time.Time
	_, err := sqldb.QueryOne(tx, "SELECT sequence, time FROM outbox WHERE subject = ? ORDER BY sequence DESC LIMIT 1", []any{e.Subject}, func(r sqldb.Row) error {
		sequence, last = r.Int(0), r.Time(1)
		return nil
	})
	if err != nil {
		return Event{}, fmt.Errorf("append event: %w", err)
	}
	if e, err = next(e, sequence, last); err != nil {
		return Event{}, err
	}
	_, err = sqldb.QueryOne(tx, "INSERT INTO outbox ("+written+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING position",
		values(e), func(r sqldb.Row) error { e.Position = r.Int(0); return nil })
	if err != nil {
		return Event{}, fmt.Errorf("append event: %w", err)
	}
	return e, nil
}

// Recorded is a resource as its history has it at a moment; false when it was not there yet, or no longer.
func Recorded(tx sqldb.Tx, subject string, at time.Time) (data []byte, found bool, err error) {
	e, found, err := AsOf(tx, subject, at)
	return e.Data, found && !e.Removed(), err
}

// AsOf is the last event of the subject recorded at or before the moment: its Data is the resource as it then was.
func AsOf(tx sqldb.Tx, subject string, at time.Time) (e Event, found bool, err error) {
	found, err = sqldb.QueryOne(tx, "SELECT "+columns+" FROM outbox WHERE subject = ? AND time <= ? ORDER BY sequence DESC LIMIT 1", []any{subject, at}, func(r sqldb.Row) error {
		e = scan(r)
		return nil
	})
	return e, found, err
}

// History passes on the events of all subjects below prefix, a name without its last slash, up to a moment, by subject and then oldest first.
func History(tx sqldb.Tx, prefix string, until time.Time, visit func(Event) error) error {
	// '/' ends a prefix, and '0' is the byte after it: no subject below lies beyond.
	return tx.Query("SELECT "+columns+" FROM outbox WHERE subject >= ? AND subject < ? AND time <= ? ORDER BY subject, sequence",
		[]any{prefix + "/", prefix + "0", until}, func(r sqldb.Row) error { return visit(scan(r)) })
}

// Changes lists an organization's events after a position, oldest first, at most limit: the auditors' log. Only settled events are listed, before
// which no other will appear, so that who goes on behind the last one has missed none; one that was just committed may be absent for as long as
// an older transaction runs.
func Changes(tx sqldb.Tx, organization string, after int64, limit int) ([]Event, error) {
	return list(tx, "SELECT "+columns+" FROM settled_outbox WHERE organization = ? AND position > ? ORDER BY position LIMIT ?", organization, after, limit)
}

// since lists every organization's settled events after a position, for the relay.
func since(tx sqldb.Tx, after int64, limit int) ([]Event, error) {
	return list(tx, "SELECT "+columns+" FROM settled_outbox WHERE position > ? ORDER BY position LIMIT ?", after, limit)
}

func list(tx sqldb.Tx, query string, args ...any) ([]Event, error) {
	var events []Event
	err := tx.Query(query, args, func(r sqldb.Row) error {
		events = append(events, scan(r))
		return nil
	})
	return events, err
}

func scan(r sqldb.Row) Event {
	return Event{
		Position: r.Int(0), ID: r.Text(1), Source: r.Text(2), Type: r.Text(3), Organization: r.Text(4), Subject: r.Text(5),
		Sequence: r.Int(6), Time: r.Time(7), Actor: r.Text(8), RequestID: r.Text(9), EtagBefore: r.Text(10), EtagAfter: r.Text(11),
		TraceParent: r.Text(12), Data: r.Bytes(13),
	}
}
