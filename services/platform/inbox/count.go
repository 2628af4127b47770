package inbox

import "github.com/throughline/throughline/services/platform/sqldb"

// Count is how many letters each consumer has that has any.
func Count(tx sqldb.Tx) (map[string]int64, error) {
	counts := map[string]int64{}
	err := tx.Query("SELECT consumer, COUNT(*) FROM dead_letters GROUP BY consumer", nil, func(r sqldb.Row) error {
		counts[r.Text(0)] = r.Int(1)
		return nil
	})
	return counts, err
}
