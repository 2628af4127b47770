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
