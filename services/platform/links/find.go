package links

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// Find visits the rows of an organization whose columns have one of the keys, many keys a statement.
func Find[T any](tx sqldb.Tx, table *sqldb.Table[T], organization string, columns []string, keys [][]string, visit func(T)) error {
	text := "SELECT " + strings.Join(table.Columns, ", ") + " FROM " + table.Name + " WHERE organization_id = ?"
	return Each(tx, text, []any{organization}, columns, keys, func(r sqldb.Row) error {
		v, err := table.Scan(r)
		if err == nil {
			visit(v)
		}
		return err
	})
}

// Each runs a query, which has a WHERE, for the rows whose columns have one of the keys, many keys a statement.
func Each(tx sqldb.Tx, query string, args []any, columns []string, keys [][]string, visit func(sqldb.Row) error) error {
	in, mark := columns[0]+" IN (", "?"
	if len(columns) > 1 {
		in, mark = "("+strings.Join(columns, ", ")+") IN (VALUES ", "("+sqldb.Marks(len(columns))+")"
	}
	for part := range sqldb.Batches(keys) {
		text := query + " AND " + in + mark + strings.Repeat(", "+mark, len(part)-1) + ")"
		all := slices.Grow(slices.Clone(args), len(part)*len(columns))
		for _, key := range part {
			for _, id := range key {
				all = append(all, id)
			}
		}
		if err := tx.Query(text, all, visit); err != nil {
			return err
		}
	}
	return nil
}

// Column are names or ids as keys of one column.
func Column(values ...string) [][]string {
	keys := make([][]string, len(values))
	for i, v := range values {
		keys[i] = []string{v}
	}
	return keys
}
