package outbox

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// Revision tells every state of an organization's rows from every other, by the events seen of it; "" before its first. Positions need not appear
// in order, so the last one alone would not tell: it is the last settled one, before which nothing more appears, and every visible one behind it.
func Revision(tx sqldb.Tx, organization string) (revision string, err error) {
	h, n := sha256.New(), 0
	err = tx.Query("SELECT position, id FROM outbox WHERE organization = ? AND position >= COALESCE("+
		"(SELECT position FROM settled_outbox WHERE organization = ? ORDER BY position DESC LIMIT 1), 0) ORDER BY position",
		[]any{organization, organization}, func(r sqldb.Row) error {
			position, id := strconv.FormatInt(r.Int(0), 10), r.Text(1) // the id as well: another history may follow a backup that was restored
			if n++; n == 1 {
				revision = position + " " + id
			}
			_, err := fmt.Fprintln(h, position, id)
			return err
		})
	if n > 1 {
		revision += " " + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
	}
	return revision, err
}
