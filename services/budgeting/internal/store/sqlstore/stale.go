package sqlstore

import "github.com/throughline/throughline/services/platform/sqldb"

// Stale counts the proposals of all organizations that rest on priorities or results of which newer ones are known, as domain.Allocation.Against
// tells of each.
func Stale(tx sqldb.Tx) (n int64, err error) {
	const path = "/priorityRevisions/"
	_, err = sqldb.QueryOne(tx, "SELECT COUNT(*) FROM allocations a WHERE a.state = 'PROPOSED' AND EXISTS ("+
		"SELECT 1 FROM revisions_seen s WHERE s.organization_id = a.organization_id AND ("+
		"s.subject = 'results' AND s.revision <> a.results_revision AND s.effective_time > a.results_time OR "+
		"s.subject || ? = substr(a.priority_revision, 1, length(s.subject) + ?) AND s.revision <> a.priority_revision AND s.effective_time > a.priority_time))",
		[]any{path, len(path)}, func(r sqldb.Row) error { n = r.Int(0); return nil })
	return n, err
}
